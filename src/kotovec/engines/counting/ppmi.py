"""PPMI: how much more often two words meet than chance would have it, where that is more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kotovec.engines.counting.cooccurrence import Cooccurrence
from kotovec.engines.cpu.compiling import kernel
from kotovec.engines.working import Tasks, share_out

_ROWS = 1 << 10


@dataclass(frozen=True, kw_only=True)
class Sparse:
    """A sparse matrix, row by row (CSR)."""

    offsets: npt.NDArray[np.int64]  # (V + 1,)
    columns: npt.NDArray[np.int32]  # (n,)
    values: npt.NDArray[np.float32]  # (n,)


def ppmi(
    counted: Cooccurrence, *, context_smoothing: float, shift: float, workers: int
) -> tuple[Sparse, Sparse]:
    """Return the shifted positive PMI of all pairs of words, and its transpose.

    M[i, j] = max(0, log(P(i, j) / (P(i) P'(j))) - log(shift))

    with the natural logarithm, P(i, j) = C[i, j] / sum of C, and P'(j) in proportion to
    P(j)^context_smoothing (Levy, Goldberg and Dagan 2015, sections 2.1 and 3.2). With smoothing M is not
    symmetric: rows are words and columns are contexts.
    """
    sums = np.empty(len(counted.offsets) - 1)
    stretches = [(first, min(first + _ROWS, len(sums))) for first in range(0, len(sums), _ROWS)]

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
) -> Sparse:
    """Return log(C[i, j] / (rows[i] columns[j])) where it is positive."""
    counts = (counted.offsets, counted.columns, counted.values)
    offsets = np.zeros(len(counted.offsets), np.int64)

    def measure(tasks: Tasks) -> None:
        for task in tasks:
            count_above(*counts, rows, columns, *stretches[task], offsets[1:])

    share_out(measure, len(stretches), workers)
    np.cumsum(offsets, out=offsets)
    kept = Sparse(
        offsets=offsets, columns=np.empty(offsets[-1], np.int32), values=np.empty(offsets[-1], np.float32)
    )

    def fill(tasks: Tasks) -> None:
        for task in tasks:
            fill_above(*counts, rows, columns, *stretches[task], kept.offsets, kept.columns, kept.values)

    share_out(fill, len(stretches), workers)
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
    """Write how many entries of the rows [first, last) are above row_factors[i] * column_factors[j]."""
    for row in range(first, last):
        length = 0
        for entry in range(offsets[row], offsets[row + 1]):
            length += values[entry] > row_factors[row] * column_factors[columns[entry]]
        lengths[row] = length


@kernel
def fill_above(
    offsets: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    row_factors: np.ndarray,
    column_factors: np.ndarray,
    first: int,
    last: int,
    kept_offsets: np.ndarray,
    kept_columns: np.ndarray,
    kept_values: np.ndarray,
) -> None:
    """Write those entries, as logarithms of how many times they are above."""
    for row in range(first, last):
        place = kept_offsets[row]
        for entry in range(offsets[row], offsets[row + 1]):
            expected = row_factors[row] * column_factors[columns[entry]]
            if values[entry] > expected:
                kept_columns[place] = columns[entry]
                kept_values[place] = np.log(values[entry] / expected)
                place += 1


def compile_ppmi() -> None:
    """Have the machine code made, or loaded from disk."""
    none, counts = np.zeros(0, np.int64), np.zeros(0)
    ids, values = np.zeros(0, np.int32), np.zeros(0, np.float32)
    sum_rows(none, counts, 0, 0, counts)
    count_above(none, ids, counts, counts, counts, 0, 0, none)
    fill_above(none, ids, counts, counts, counts, 0, 0, none, ids, values)
