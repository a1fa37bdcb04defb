"""The loops over every byte and every token of a text, compiled by Numba.

Nothing else in the room imports Numba, and this file is imported when the first text is read: all that
only looks at vectors starts without a compiler. All kernels and their helpers stand in this one file,
because Numba's disk cache notices a change only in the file that holds the function.

The hash table of words
-----------------------
`slots` is int32, a power of two of them: 0 where a slot is empty, or else the id of a word and 1. At most
half of the slots are taken; a word whose slot is taken goes to the next one that is not. The rest is in
order of the ids, so that what is needed most, the words that appear first, lies close together.

`keys` is uint64 of shape (words, 2). The key of a word of up to fifteen bytes is the word itself: its
bytes, lowest first, a 1 after the last, and zeros. So most words are compared without looking at their
letters. A longer word has its first eight bytes, bit 63 of the second number, and a hash of the rest in
the other bits; equal keys then mean that the letters have to be compared. The letters of all words stand
in `letters`, a newline after each, and word w begins at `offsets[w]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from kotovec.kept_code import check_compiling, compiled

check_compiling(numba.config)

Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int32]

_njit: Any = numba.njit  # without its incomplete types

# Kernels allocate nothing, so nothing is counted; ways to be called that nobody uses are not compiled.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
    "no_cfunc_wrapper": True,
}

# To Numba a signed number beside an unsigned one makes a float, so every constant has its type.
_BYTE = np.uint64(8)
_SIXTEEN = np.uint64(16)
_ONE = np.uint64(1)
_ZERO = np.uint64(0)
_ONES = np.uint64(0x0101010101010101)
_LOW_BITS = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH_BITS = np.uint64(0x8080808080808080)
# Added to seven bits, these set the eighth from 9, 14, 28 and 33 on: str.split cuts at 9-13 and 28-32.
_FROM_9, _FROM_14, _FROM_28, _FROM_33 = (
    np.uint64((0x80 - low) * 0x0101010101010101) for low in (9, 14, 28, 33)
)
_LONG = np.uint64(1 << 63)
_BLANK, _NEWLINE = np.uint8(ord(" ")), np.uint8(ord("\n"))
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: Knuth, TAOCP 3, section 6.4
_SEVEN, _HALF, _TOP_BYTE = np.uint64(7), np.uint64(32), np.uint64(56)


def _kernel(function: Callable[..., Any]) -> Any:
    """Compile on the first call, and keep the machine code on disk for later runs."""
    return compiled(_njit, function, **_OPTIONS)


def _helper(function: Callable[..., Any]) -> Any:
    """Compile as a part of the kernels that call it; Python cannot."""
    return _njit(no_cpython_wrapper=True, **_OPTIONS)(function)


@_helper
def _eight_bytes(text: Bytes, place: Any) -> Any:
    """Return the eight bytes from `place` on, the first one lowest; beyond the text there are blanks."""
    eight = _ZERO
    if place + _BYTE <= np.uint64(len(text)):
        # LLVM makes one load of these.
        for step in range(_BYTE):
            eight |= np.uint64(text[place + step]) << (step * _BYTE)
        return eight
    for step in range(_BYTE):
        byte = text[place + step] if place + step < np.uint64(len(text)) else _BLANK
        eight |= np.uint64(byte) << (step * _BYTE)
    return eight


@_helper
def _first_space(eight: Any) -> Any:
    """Return 2^(8 k) where byte k is the first of eight that is whitespace, and 0 where none is."""
    low = eight & _LOW_BITS
    spaces = ((low + _FROM_9) & ~(low + _FROM_14)) | ((low + _FROM_28) & ~(low + _FROM_33))
    spaces &= ~eight & _HIGH_BITS
    return (spaces & (~spaces + _ONE)) >> _SEVEN


@_helper
def _up_to(eight: Any, space: Any) -> Any:
    """Return the bytes before the first space and a 1 after the last; all of them where there is none."""
    return (eight & (space - _ONE)) | space


@_helper
def _length(space: Any) -> Any:
    """Return k of 2^(8 k), and 8 of 0: the product adds up the bytes below in its top byte."""
    return (((space - _ONE) & _ONES) * _ONES) >> _TOP_BYTE


@_helper
def _hash_long(text: Bytes, place: Any) -> Any:
    """Return a number for the rest of a long word, from `place` on, and the length of that rest."""
    mixed = length = _ZERO
    while True:
        eight = _eight_bytes(text, place + length)
        space = _first_space(eight)
        mixed = (mixed ^ _up_to(eight, space)) * _MULTIPLIER
        mixed ^= mixed >> _HALF
        length += _length(space)
        if space != _ZERO:
            return mixed | _LONG, length


@_helper
def _read_word(text: Bytes, place: Any) -> Any:
    """Return the two numbers of the key and the length of the word at `place`: 0 where no word begins."""
    first, second = _eight_bytes(text, place), _eight_bytes(text, place + _BYTE)
    space, later_space = _first_space(first), _first_space(second)
    # No branch on the length: it could not be foreseen, and a wrong guess costs as much as all the rest.
    goes_on = _ZERO - np.uint64(space == _ZERO)
    low, high = _up_to(first, space), _up_to(second, later_space) & goes_on
    length = _length(space) + (_length(later_space) & goes_on)
    if length == _SIXTEEN:
        high, rest = _hash_long(text, place + _BYTE)
        length = _BYTE + rest
    return low, high, length


@_helper
def _first_slot(low: Any, high: Any, slots: Ids) -> Any:
    mixed = low ^ high * _MULTIPLIER
    return ((mixed ^ mixed >> _HALF) * _MULTIPLIER >> _HALF) & np.uint64(len(slots) - 1)


@_helper
def _next_slot(slot: Any, slots: Ids) -> Any:
    return (slot + _ONE) & np.uint64(len(slots) - 1)


@_helper
def _same_letters(text: Bytes, place: Any, length: Any, letters: Bytes, begin: Any) -> bool:
    for step in range(length):
        if text[place + step] != letters[begin + step]:
            return False
    return letters[begin + length] == _NEWLINE


@_kernel
def scan(
    text: Bytes,
    slots: Ids,
    keys: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    letters: Bytes,
    ids: Ids,
    ends: Ids,
    place: int,
    tokens: int,
    lines: int,
    words: int,
) -> tuple[Any, int, int, int]:
    """Find the words of a text from `place` on, number them and note where lines end.

    Parameters
    ----------
    text : uint8 array
        The text, which ends where a word ends.
    slots, keys, offsets, letters : arrays
        The hash table, with `words` words in it.
    ids : int32 array
        Gets the ids of the words from `tokens` on.
    ends : int32 array
        Gets from `lines` on after how many tokens a line ends; of empty lines only the first counts.
    place, tokens, lines, words : int
        Where to begin.

    Returns
    -------
    (place, tokens, lines, words)
        The same at the end. Where `place` is not the end of the text, the table was full.
    """
    at, size = np.uint64(place), np.uint64(len(text))
    while at < size:
        low, high, length = _read_word(text, at)
        if length != _ZERO:
            slot = _first_slot(low, high, slots)
            while slots[slot] != 0:
                word = np.uint32(slots[slot] - 1)
                if (
                    keys[word, 0] == low
                    and keys[word, 1] == high
                    and (high < _LONG or _same_letters(text, at, length, letters, np.uint64(offsets[word])))
                ):
                    break
                slot = _next_slot(slot, slots)
            if slots[slot] == 0:
                begin, end = np.uint64(offsets[words]), np.uint64(offsets[words]) + length
                if words == len(keys) or end >= np.uint64(len(letters)):
                    break
                for step in range(length):
                    letters[begin + step] = text[at + step]
                letters[end] = _NEWLINE
                keys[words, 0], keys[words, 1] = low, high
                words += 1
                offsets[words] = np.int64(end + _ONE)
                slots[slot] = words
            ids[tokens] = slots[slot] - 1
            tokens += 1
            at += length
            if at == size:
                break
        # Here stands whitespace.
        if text[at] == _NEWLINE and (lines == 0 or ends[lines - 1] != tokens):
            ends[lines] = tokens
            lines += 1
        at += _ONE
    return at, tokens, lines, words


@_kernel
def fill_slots(slots: Ids, keys: npt.NDArray[np.uint64]) -> None:
    """Enter words into empty slots."""
    for word in range(len(keys)):
        slot = _first_slot(keys[word, 0], keys[word, 1], slots)
        while slots[slot] != 0:
            slot = _next_slot(slot, slots)
        slots[slot] = word + 1


@_kernel
def renumber(ids: Ids, ends: Ids, final: Ids, last_end: int) -> tuple[int, int]:
    """Give the words of a block their final ids, in place, and drop those that have none.

    Parameters
    ----------
    ids : int32 array
        Codes, which become the final ids of the words that are kept.
    ends : int32 array
        After how many words a line ends, which becomes after how many of the kept ones a sentence does.
    final : int32 array
        The final id that each code stands for, or -1.
    last_end : int
        Where the last sentence before these words ended: 0 or, while a line is still open, less.

    Returns
    -------
    (kept, sentences)
        How many words were kept and how many sentences end.
    """
    kept = 0
    sentences = 0
    read = 0
    for line in range(len(ends) + 1):
        stop = ends[line] if line < len(ends) else len(ids)
        for token in range(read, stop):
            word = final[ids[token]]
            ids[kept] = word
            kept += 1 if word >= 0 else 0
        read = stop
        # A sentence none of whose words were kept ends where the one before it ended.
        if line < len(ends) and kept > last_end:
            ends[sentences] = kept
            sentences += 1
            last_end = kept
    return kept, sentences
