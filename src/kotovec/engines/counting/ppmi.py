"""PPMI: how much more often two words meet than chance would have it, where that is more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kotovec.engines.counting.bands import Banded, band_of, empty_banded, number_of_bands, start_of_band
from kotovec.engines.counting.cooccurrence import Cooccurrence
from kotovec.engines.cpu.compiling import kernel, like_mapped
from kotovec.engines.working import Tasks, cut, share_out

_ROWS = 1 << 10


def ppmi(
    counted: Cooccurrence, *, context_smoothing: float, shift: float, workers: int
) -> tuple[Banded, Banded]:
    """Return the shifted positive PMI of all pairs of words, and its transpose.

    M[i, j] = max(0, log(P(i, j) / (P(i) P'(j))) - log(shift))

    with the natural logarithm, P(i, j) = C[i, j] / sum of C, and P'(j) in proportion to
    P(j)^context_smoothing (Levy, Goldberg and Dagan 2015, sections 2.1 and 3.2). With smoothing M is not
    symmetric: rows are words and columns are contexts.
    """
    sums = np.empty(len(counted.offsets) - 1)
    stretches = cut(len(sums), _ROWS)

    def add(tasks: Tasks) -> None:
        for task in tasks:
            sum_rows(counted.offsets, counted.values, *stretches[task], sums)

    share_out(add, len(stretches), workers)
    # A count is above `words[i] * contexts[j]` where its PMI is above log(shift).
    smoothed = sums**context_smoothing
    words, contexts = sums * (shift / smoothed[sums > 0].sum()), smoothed
    M = _above(counted, words, contexts, stretches, workers)
    # C is symmetric, and so the transpose needs no transposing.
    return M, M if context_smoothing == 1 else _above(counted, contexts, words, stretches, workers)


def _above(
    counted: Cooccurrence,
    rows: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
    stretches: list[tuple[int, int]],
    workers: int,
) -> Banded:
    """Return log(C[i, j] / (rows[i] columns[j])) where it is positive."""
    counts = (counted.offsets, counted.columns, counted.values)
    lengths = np.zeros((number_of_bands(len(rows)), len(rows)), np.int32)

    def measure(tasks: Tasks) -> None:
        for task in tasks:
            count_above(*counts, rows, columns, *stretches[task], lengths)

    share_out(measure, len(stretches), workers)
    kept = empty_banded(lengths)

    def fill(tasks: Tasks) -> None:
        for task in tasks:
            first, last = kept.parts[task], kept.parts[task + 1]
            part = lengths[:, first:last]
            starts = kept.firsts[task] + np.cumsum(part, dtype=np.int64).reshape(part.shape) - part
            fill_above(*counts, rows, columns, first, last, starts, kept.columns, kept.values)

    share_out(fill, len(kept.parts) - 1, workers)
    return kept


@kernel
def sum_rows(offsets: np.ndarray, values: np.ndarray, first: int, last: int, sums: np.ndarray) -> None:
    """Write the sums of the rows [first, last)."""
    for row in range(first, last):
        total = 0.0
        for entry in range(offsets[row], offsets[row + 1]):
            total += values[entry]
        sums[row] = total


@kernel
def count_above(
    offsets: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    row_factors: np.ndarray,
    column_factors: np.ndarray,
    first: int,
    last: int,
    lengths: np.ndarray,
) -> None:
    """Count, in each band, the entries of the rows [first, last) above row_factors[i] * column_factors[j]."""
    for row in range(first, last):
        band, length = 0, 0
        for entry in range(offsets[row], offsets[row + 1]):
            here = band_of(columns[entry])
            if here != band:
                lengths[band, row] = length
                band, length = here, 0
            length += values[entry] > row_factors[row] * column_factors[columns[entry]]
        lengths[band, row] = length


@kernel
def fill_above(
    offsets: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    row_factors: np.ndarray,
    column_factors: np.ndarray,
    first: int,
    last: int,
    starts: np.ndarray,
    kept_columns: np.ndarray,
    kept_values: np.ndarray,
) -> None:
    """Write those entries, as logarithms of how many times they are above.

    Those of row i in a band begin at starts[band, i - first].
    """
    for row in range(first, last):
        band = -1
        place = start = np.int64(0)
        for entry in range(offsets[row], offsets[row + 1]):
            column = columns[entry]
            if band_of(column) != band:
                band = band_of(column)
                place, start = starts[band, row - first], start_of_band(band)
            expected = row_factors[row] * column_factors[column]
            if values[entry] > expected:
                kept_columns[place] = column - start
                kept_values[place] = np.log(values[entry] / expected)
                place += 1


def compile_ppmi() -> None:
    """Have the machine code made, or loaded from disk."""
    offsets, ids, counts = (like_mapped(kind) for kind in (np.int64, np.int32, np.float64))
    sums = np.zeros(0)
    sum_rows(offsets, counts, 0, 0, sums)
    count_above(offsets, ids, counts, sums, sums, 0, 0, np.zeros((1, 0), np.int32))
    kept = np.zeros(0, np.uint16), np.zeros(0, np.float32)
    fill_above(offsets, ids, counts, sums, sums, 0, 0, np.zeros((1, 0), np.int64), *kept)
