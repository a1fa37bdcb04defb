"""Sparse matrices cut into bands of columns and parts of rows, their entries in the order of a product.

A product adds up rows of a panel, see products.py, and those of a band's columns fit a core's cache. Entries
stand part by part, there band by band, and there row by row: the memory is read from one end to the other.
Row by row it would be read in pieces of some dozen entries, and it answers late.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.compiling import anywhere

_NARROW, _WIDE = 1 << 12, 1 << 16
_ENTRIES, _ROWS = 1 << 19, 1 << 14
"""of a part, at most; one row may have more entries"""


@dataclass(frozen=True, kw_only=True)
class Banded:
    """A sparse matrix of V rows and columns, of which n entries are not zero.

    `lengths` grows with V * V: 124 MB for a million words, 1.8 GB for five.
    """

    parts: npt.NDArray[np.int64]  # (P + 1,), where each part's rows begin
    firsts: npt.NDArray[np.int64]  # (P + 1,), where its entries do
    lengths: npt.NDArray[np.int32]  # (bands, V), how many entries each row has in each band
    columns: npt.NDArray[np.uint16]  # (n,), counted from where the band begins
    values: npt.NDArray[np.float32]  # (n,)


def empty_banded(lengths: npt.NDArray[np.int32]) -> Banded:
    """Return a matrix whose entries are still to be filled in."""
    words = lengths.shape[1]
    offsets = np.append(0, np.cumsum(lengths.sum(axis=0, dtype=np.int64)))
    entries = offsets[-1]
    cuts = np.searchsorted(offsets, np.arange(0, entries, _ENTRIES))
    parts = np.unique(np.concatenate([cuts, np.arange(0, words, _ROWS), [words]]))
    return Banded(
        parts=parts,
        firsts=offsets[parts],
        lengths=lengths,
        columns=np.empty(entries, np.uint16),
        values=np.empty(entries, np.float32),
    )


def number_of_bands(words: int) -> int:
    """Return how many bands so many columns have."""
    return band_of(max(words, 1) - 1) + 1


@anywhere
def band_of(column: int) -> int:
    """Return the band of a column: sixteen are of 4,096 columns, and those that follow of 65,536."""
    return column // _NARROW if column < _WIDE else column // _WIDE + (_WIDE // _NARROW - 1)


@anywhere
def start_of_band(band: int) -> int:
    """Return a band's first column."""
    narrow = _WIDE // _NARROW
    return band * _NARROW if band < narrow else (band - (narrow - 1)) * _WIDE
