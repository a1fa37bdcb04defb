"""What a word is, under each of the three tokenizers.

`whitespace` and `words` are defined on a *piece*: a run of text without ASCII whitespace. A block of
text is cut into pieces without looking at their letters, equal pieces are found by compiled code, and
only the distinct ones that are not pure ASCII come here, one by one, in plain Python. So the definition
below is the very code that runs, and it still costs little.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from kotovec.corpus.blocks import ASCII_SPACES, WIDE_SPACES

WHITESPACE, WORDS, JAPANESE = "whitespace", "words", "ja"
TOKENIZERS: tuple[str, ...] = (WHITESPACE, WORDS, JAPANESE)
LISTS = "lists"

BLOCK_BYTES = 4 << 20
# Decompressing, and joining the blocks in order, is work for one thread: more readers would only wait.
MOST_READERS = 8
JAPANESE_BLOCK_BYTES = 1 << 19
JAPANESE_LONG_LINE = 1 << 18
MOST_TAGGERS = 64

Segment = Callable[[bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """How one tokenizer treats a block of text.

    Attributes
    ----------
    name : str
        What the user calls it.
    words_of : function
        The words of one piece that is not pure ASCII, in order.
    cuts : tuple of bytes
        After any of these a line longer than a block may be cut.
    translation : bytes or None
        A table for `bytes.translate` that makes every piece of pure ASCII a word as it stands.
    block_bytes, longest_line : int
        The size of a block, and the length below which a line is never cut, in bytes.
    most_workers : int
        How many threads can be of use.
    """

    name: str
    words_of: Callable[[str], list[str]]
    cuts: tuple[bytes, ...]
    translation: bytes | None = None
    block_bytes: int = BLOCK_BYTES
    most_workers: int = MOST_READERS
    longest_line: int = 0

    def segmenter(self, workers: int, total_bytes: int | None) -> AbstractContextManager[Segment | None]:
        """Return what rewrites a block before it is cut at whitespace, or None where nothing does."""
        if self.name != JAPANESE:
            return nullcontext(None)
        from kotovec.corpus.japanese import JapaneseSegmenter

        return JapaneseSegmenter(workers, total_bytes)


def words_of_piece(piece: str) -> list[str]:
    """Return the lower-cased runs of letters and digits in a piece of text.

    A run begins with a letter (Unicode category L*) or a digit (N*) and goes on over letters, digits
    and marks (M*), so that an accent written as its own character stays with its letter. Everything
    else separates, the apostrophe too: "don't" is the two words "don" and "t". Each run is lowered
    by itself, as `str.lower` does it.

    Examples
    --------
    >>> words_of_piece("Don't—ΟΔΥΣΣΕΥΣ!")
    ['don', 't', 'οδυσσευς']
    """
    word = piece.rstrip()
    if word.isalnum():
        return [word.lower()]
    runs = map(_without_leading_marks, piece.translate(_SEPARATORS).split())
    return [run.lower() for run in runs if run]


def _without_leading_marks(run: str) -> str:
    if run[0].isalnum():
        return run
    first = next((place for place, character in enumerate(run) if character.isalnum()), len(run))
    return run[first:]


class _Separators(dict[int, int]):
    """A table for `str.translate` that turns into a space whatever belongs to no word; filled when asked."""

    def __missing__(self, code: int) -> int:
        self[code] = replacement = code if unicodedata.category(chr(code))[0] in "LNM" else ord(" ")
        return replacement


_SEPARATORS = _Separators()


def _ascii_words() -> bytes:
    """Return the table that lowers ASCII letters and blanks ASCII signs, and leaves the newline alone."""
    table = bytearray(range(256))
    for code in range(128):
        character = chr(code)
        if character != "\n":
            table[code] = ord(character.lower()) if character.isalnum() else ord(" ")
    return bytes(table)


_SPACES = (*ASCII_SPACES, *WIDE_SPACES)
_SIGNS = tuple(sign.encode() for sign in ".,;:!?\"'()[]{}<>/|=&、。，！？・「」")
_SENTENCE_ENDS = tuple(sign.encode() for sign in "。！？")

_BY_NAME = {
    WHITESPACE: Tokenizer(name=WHITESPACE, words_of=str.split, cuts=_SPACES),
    WORDS: Tokenizer(
        name=WORDS, words_of=words_of_piece, cuts=(*_SPACES, *_SIGNS), translation=_ascii_words()
    ),
    JAPANESE: Tokenizer(
        name=JAPANESE,
        words_of=str.split,
        cuts=(*_SPACES, *_SENTENCE_ENDS),
        block_bytes=JAPANESE_BLOCK_BYTES,
        most_workers=MOST_TAGGERS,
        longest_line=JAPANESE_LONG_LINE,
    ),
}


def tokenizer_named(name: str) -> Tokenizer:
    """Return the tokenizer that has one of the names in `TOKENIZERS`."""
    return _BY_NAME[name]
