"""The loops of counting, compiled: one row of the matrix after the other, straight from the text.

All places of a word are listed. For each of them, the words around it are added to a row of totals, which
fits the cache of a core, and a bit is set for each word met. Going through the bits gives the entries of the
row in the order of their columns: nothing is sorted or looked up.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.compiling import helper, kernel

Ids = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
Bits = npt.NDArray[np.uint64]

# To Numba a signed number beside an unsigned one makes a float, so every constant has its type.
_ONE, _ZERO = np.uint64(1), np.uint64(0)
_SIX, _TWELVE, _LOW_SIX = np.uint64(6), np.uint64(12), np.uint64(63)
_ODD, _PAIRS, _NIBBLES = (np.uint64(n) for n in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F))
_ONES, _TOP_BYTE = np.uint64(0x0101010101010101), np.uint64(56)
_TWO, _FOUR = np.uint64(2), np.uint64(4)


@kernel
def list_places(tokens: Ids, first: int, last: int, starts: Numbers, places: Ids) -> None:
    """List where each word stands in tokens[first:last], in the order of the text.

    tokens : (N,) int32, word ids, and ~id where a sentence begins
    starts : (V + 2,) int64, zeros; written, word i stands at places[starts[i]:starts[i + 1]]
    places : (last - first,) int32, written
    """
    for place in range(first, last):
        starts[(tokens[place] ^ (tokens[place] >> 31)) + 2] += 1
    for word in range(2, len(starts)):
        starts[word] += starts[word - 1]
    for place in range(first, last):
        word = (tokens[place] ^ (tokens[place] >> 31)) + 1
        places[starts[word]] = place
        starts[word] += 1


@helper
def _add(column: int, weight: int, totals: Numbers, bits: Bits, blocks: Bits) -> None:
    """Add to the total of a column, and mark it: a bit for it, and a bit for its block of 64 bits."""
    totals[column] += weight
    place = np.uint64(column)
    bits[place >> _SIX] |= _ONE << (place & _LOW_SIX)
    blocks[place >> _TWELVE] |= _ONE << ((place >> _SIX) & _LOW_SIX)


@helper
def _place_of_lowest(bits: np.uint64) -> np.uint64:
    """Return k where bit k is the lowest that is set: count the bits below it."""
    x = (bits & (~bits + _ONE)) - _ONE
    x -= (x >> _ONE) & _ODD
    x = (x & _PAIRS) + ((x >> _TWO) & _PAIRS)
    x = (x + (x >> _FOUR)) & _NIBBLES
    return (x * _ONES) >> _TOP_BYTE


@helper
def _take_row(
    totals: Numbers, bits: Bits, blocks: Bits, scale: float, columns: Ids, values: Values, taken: int
) -> int:
    """Move the totals that are marked to (columns, values) from `taken` on; leave totals and marks zero."""
    for high in range(len(blocks)):
        in_block = blocks[high]
        blocks[high] = _ZERO
        while in_block != _ZERO:
            middle = (np.uint64(high) << _SIX) | _place_of_lowest(in_block)
            in_block &= in_block - _ONE
            marked = bits[middle]
            bits[middle] = _ZERO
            while marked != _ZERO:
                column = (middle << _SIX) | _place_of_lowest(marked)
                marked &= marked - _ONE
                columns[taken] = column
                values[taken] = np.float64(totals[column]) / scale
                totals[column] = 0
                taken += 1
    return taken


@kernel
def count_rows(
    tokens: Ids,
    places: Ids,
    starts: Numbers,
    first: int,
    last: int,
    weights: Numbers,
    scale: float,
    totals: Numbers,
    bits: Bits,
    blocks: Bits,
    lengths: Numbers,
    columns: Ids,
    values: Values,
) -> int:
    """Count the rows [first, last) of the matrix, and return how many entries they have together.

    C[i, j] = sum over the places p of word i and the places q of word j in the same sentence with
    0 < |p - q| <= w of weights[|p - q|] / scale

    tokens : (N,) int32, word ids, and ~id where a sentence begins; w more on each side are readable
    places, starts : word i stands at places[starts[i]:starts[i + 1]]
    weights : (w + 1,) int64
    totals, bits, blocks : (V,) int64, (ceil(V / 64),) and (ceil(V / 4096),) uint64, all zero before and after
    lengths : (last - first,) int64, the entries of each row, written
    columns, values : int32 and float64, the entries, written
    """
    taken = 0
    for row in range(first, last):
        before = taken
        for k in range(starts[row], starts[row + 1]):
            place = places[k]
            for distance in range(1, len(weights)):
                token = tokens[place + distance]
                if token < 0:
                    break
                _add(token, weights[distance], totals, bits, blocks)
            for distance in range(1, len(weights)):
                if tokens[place - distance + 1] < 0:
                    break
                token = tokens[place - distance]
                _add(token ^ (token >> 31), weights[distance], totals, bits, blocks)
        taken = _take_row(totals, bits, blocks, scale, columns, values, taken)
        lengths[row - first] = taken - before
    return taken


@kernel
def merge_rows(
    all_offsets: Numbers,
    all_columns: Ids,
    all_values: Values,
    first: int,
    last: int,
    scale: float,
    totals: Numbers,
    bits: Bits,
    blocks: Bits,
    lengths: Numbers,
    columns: Ids,
    values: Values,
) -> int:
    """Add up the rows [first, last) of several matrices, and return how many entries the sum has.

    all_offsets : (R, V + 1) int64, where each row of each matrix begins in all_columns and all_values
    the rest : as for `count_rows`
    """
    taken = 0
    for row in range(first, last):
        before = taken
        for run in range(len(all_offsets)):
            for entry in range(all_offsets[run, row], all_offsets[run, row + 1]):
                _add(all_columns[entry], np.int64(all_values[entry]), totals, bits, blocks)
        taken = _take_row(totals, bits, blocks, scale, columns, values, taken)
        lengths[row - first] = taken - before
    return taken
