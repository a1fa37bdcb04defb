"""One block of text, encoded by itself: its distinct words, and a code for every token.

Blocks know nothing of each other, so that any number of them can be encoded at once. The long loops
run in NumPy and PyArrow, which let other threads go on meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.corpus.tokenizers import Segment, Tokenizer

REPLACEMENT = "\ufffd"
REPLACEMENT_BYTES = REPLACEMENT.encode()
_MASKED = bytes(range(128)) + b"?" * 128

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class EncodedBlock:
    """A block whose tokens are codes into its own list of words.

    Attributes
    ----------
    words : list of str, length D
        The words in order of first appearance; one word may be there several times.
    counts : int64 array of shape (D,)
        Tokens with each code.
    codes : int32 array of shape (N,)
        The tokens.
    ends : int32 array
        Where lines end, as numbers of tokens before the end; never decreasing, repeated at empty lines.
    replaced : int
        Byte sequences that were not UTF-8.
    """

    words: list[str]
    counts: npt.NDArray[np.int64]
    codes: Codes
    ends: Codes
    replaced: int


@dataclass(frozen=True)
class Pieces:
    """A block cut at ASCII whitespace; each distinct piece carries the whitespace that follows it."""

    codes: Codes  # (P,)
    values: bytes  # the distinct pieces, one after the other
    offsets: Codes  # (D + 1,) where each begins in `values`
    starts_with_break: bool


def encode_block(block: bytes, tokenizer: Tokenizer, segment: Segment | None = None) -> EncodedBlock:
    """Encode one block of text that ends where a word ends."""
    replaced = 0
    if segment is not None:
        block, replaced = _valid_utf8(block)
        block = segment(block)
    if tokenizer.translation is not None:
        block = block.translate(tokenizer.translation)
    pieces = cut_into_pieces(block)
    counts = np.bincount(pieces.codes, minlength=len(pieces.offsets) - 1).astype(np.int64, copy=False)
    words, lengths, found = _words_of_pieces(pieces, counts, tokenizer)
    codes, ends = pieces.codes, _line_ends(pieces)
    if lengths is not None:
        codes, ends = _expand(codes, ends, lengths)
        counts = np.repeat(counts, lengths)
    return EncodedBlock(words, counts, codes, ends, replaced + found)


def cut_into_pieces(block: bytes) -> Pieces:
    """Cut a block before every run of text and let PyArrow find which pieces are equal.

    Each piece keeps the whitespace after it. So the pieces lie one after the other in the block
    itself, nothing is copied, and a piece that holds a newline ends a line.
    """
    import pyarrow as pa

    text = np.frombuffer(block, dtype=np.uint8)
    # Bytes 9-13 and 28-32 are what str.split() cuts at; the subtraction wraps around below them.
    space = (text - np.uint8(9)) <= 4
    space |= (text - np.uint8(28)) <= 4
    inner = space[:-1] & ~space[1:]
    begins_at_once = bool(len(text)) and not space[0]
    starts = np.flatnonzero(inner)
    offsets = np.empty(len(starts) + begins_at_once + 1, dtype=np.int32)
    offsets[0] = 0
    offsets[int(begins_at_once) : -1] = starts
    offsets[int(begins_at_once) : -1] += 1
    offsets[-1] = len(text)
    count = len(offsets) - 1
    leading = block[: offsets[0]] if count else block
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block)]
    encoded = pa.Array.from_buffers(pa.binary(), count, buffers).dictionary_encode()
    values, value_offsets = _buffers_of(encoded.dictionary)
    return Pieces(encoded.indices.to_numpy(), values, value_offsets, b"\n" in leading)


def _buffers_of(array: Any) -> tuple[bytes, Codes]:  # noqa: ANN401 - PyArrow has no types
    _, offsets, values = array.buffers()
    if len(array) == 0:
        return b"", np.zeros(1, dtype=np.int32)
    return values.to_pybytes(), np.frombuffer(offsets, dtype=np.int32)[: len(array) + 1]


def _words_of_pieces(
    pieces: Pieces, counts: npt.NDArray[np.int64], tokenizer: Tokenizer
) -> tuple[list[str], Codes | None, int]:
    """Return the words of all distinct pieces, how many each has (None: one each), and the replacements."""
    values, offsets = pieces.values, pieces.offsets
    if values.isascii():
        return values.decode("ascii").split(), None, 0
    distinct = len(offsets) - 1
    # Whatever is not ASCII is masked at first, so that the split finds exactly one text in each piece.
    texts = values.translate(_MASKED).decode("ascii").split()
    highest = np.maximum.reduceat(np.frombuffer(values, dtype=np.uint8), offsets[:-1])
    lengths = np.ones(distinct, dtype=np.int32)
    groups: dict[int, list[str]] = {}
    replaced = 0
    for place in np.flatnonzero(highest >= 0x80).tolist():
        piece = values[offsets[place] : offsets[place + 1]]
        text = piece.decode("utf-8", "replace")
        if REPLACEMENT in text:
            replaced += (text.count(REPLACEMENT) - piece.count(REPLACEMENT_BYTES)) * int(counts[place])
        words = tokenizer.words_of(text)
        if len(words) == 1:
            texts[place] = words[0]
        else:
            groups[place] = words
            lengths[place] = len(words)
    if not groups:
        return texts, None, replaced
    flat: list[str] = []
    done = 0
    for place, words in groups.items():
        flat += texts[done:place]
        flat += words
        done = place + 1
    return flat + texts[done:], lengths, replaced


def _line_ends(pieces: Pieces) -> Codes:
    """Return after how many pieces each line ends."""
    newlines = np.flatnonzero(np.frombuffer(pieces.values, dtype=np.uint8) == 10)
    breaks = np.zeros(len(pieces.offsets) - 1, dtype=bool)
    breaks[np.searchsorted(pieces.offsets, newlines, side="right") - 1] = True
    ends = np.flatnonzero(breaks[pieces.codes]).astype(np.int32) + np.int32(1)
    return np.concatenate([np.zeros(1, dtype=np.int32), ends]) if pieces.starts_with_break else ends


def _expand(codes: Codes, ends: Codes, lengths: Codes) -> tuple[Codes, Codes]:
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
