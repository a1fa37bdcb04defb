"""One block of text, encoded by itself: its distinct words, and a code for every token.

Blocks know nothing of each other, so that any number of them can be encoded at once. The long loops are
compiled and run in NumPy, which lets other threads go on meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kotovec.corpus.tokenizers import Segment, Tokenizer
from kotovec.corpus.word_table import Ids, WordTable

REPLACEMENT = "\ufffd"
REPLACEMENT_BYTES = REPLACEMENT.encode()


@dataclass(frozen=True)
class EncodedBlock:
    """A block whose tokens are codes into its own list of words.

    Attributes
    ----------
    words : bytes
        The D words in order of first appearance, a newline after each; one may be there several times.
    counts : int64 array of shape (D,)
        Tokens with each code.
    codes : int32 array of shape (N,)
        The tokens.
    ends : int32 array
        Where lines end, as numbers of tokens before the end; never decreasing.
    replaced : int
        Byte sequences that were not UTF-8.
    """

    words: bytes
    counts: npt.NDArray[np.int64]
    codes: Ids
    ends: Ids
    replaced: int


def encode_block(block: bytes, tokenizer: Tokenizer, segment: Segment | None = None) -> EncodedBlock:
    """Encode one block of text that ends where a word ends."""
    replaced = found = 0
    if segment is not None:
        block, replaced = _valid_utf8(block)
        block = segment(block)
    if tokenizer.translation is not None:
        block = block.translate(tokenizer.translation)
    table = WordTable()
    codes, ends = table.scan(block)
    counts = np.bincount(codes, minlength=len(table)).astype(np.int64, copy=False)
    words = table.joined()
    if not words.isascii():
        words, lengths, found = _words_of_pieces(words, table.offsets(), counts, tokenizer)
        if (lengths != 1).any():
            codes, ends = _expand(codes, ends, lengths)
            counts = np.repeat(counts, lengths)
    return EncodedBlock(words, counts, codes, ends, replaced + found)


def _words_of_pieces(
    joined: bytes, offsets: npt.NDArray[np.int64], counts: npt.NDArray[np.int64], tokenizer: Tokenizer
) -> tuple[bytes, Ids, int]:
    """Return the words of all distinct pieces, how many each has, and the replacements.

    Pieces come and words go as bytes with a newline after each. Pure ASCII is a word as it stands.
    """
    others = np.flatnonzero(np.frombuffer(joined, dtype=np.uint8) >= 0x80)
    places = np.unique(np.searchsorted(offsets, others, side="right") - 1)
    bounds = offsets[places].tolist(), offsets[places + 1].tolist()
    lengths = np.ones(len(counts), dtype=np.int32)
    parts: list[bytes] = []
    done = replaced = 0
    for place, start, end in zip(places.tolist(), *bounds, strict=True):
        piece = joined[start : end - 1]
        text = piece.decode("utf-8", "replace")
        words = tokenizer.words_of(text)
        if REPLACEMENT in text:
            replaced += (text.count(REPLACEMENT) - piece.count(REPLACEMENT_BYTES)) * int(counts[place])
        elif words == [text]:
            continue
        lengths[place] = len(words)
        parts += [joined[done:start], *(word.encode() + b"\n" for word in words)]
        done = end
    return b"".join([*parts, joined[done:]]), lengths, replaced


def _expand(codes: Ids, ends: Ids, lengths: Ids) -> tuple[Ids, Ids]:
    """Replace every piece by the words it consists of: none, one or several."""
    repeats = lengths[codes]
    before = np.concatenate([[0], np.cumsum(repeats)])
    first_word = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    within = np.arange(before[-1]) - np.repeat(before[:-1], repeats)
    expanded = np.repeat(first_word[codes], repeats) + within
    return expanded.astype(np.int32), before[ends].astype(np.int32)


def _valid_utf8(block: bytes) -> tuple[bytes, int]:
    """Return the block with U+FFFD for whatever is not UTF-8, and how many of them were put in."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        text = block.decode("utf-8", "replace")
        return text.encode(), text.count(REPLACEMENT) - block.count(REPLACEMENT_BYTES)
    return block, 0
