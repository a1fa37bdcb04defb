"""Cosine similarity between one direction and every row of a matrix, exact and the same on every machine.

One float32 matrix-vector product finds the candidates, float64 arithmetic scores and orders them: BLAS
libraries and thread counts differ in the last bits of the product, but not in what is returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]

_BLOCK_FLOATS = 1 << 18  # floats in a float64 copy of some rows: 2 MB, which stays in the cache
# Between these norms no float32 product of a row with a unit vector overflows, or loses digits to underflow.
_SMALLEST_SAFE, _LARGEST_SAFE = 1e-15, 1e30

# The vectors are float32, with seven digits; float64 sums of their products agree to more than twelve.
_SCORE_DECIMALS = 12


@dataclass(frozen=True, eq=False)
class RowNorms:
    """The lengths of the rows of a matrix (V, H).

    Parameters
    ----------
    norms
        Float64 (V,); nan or inf for a row that is not finite.
    inverse
        Float32 (V,); 1 / norm, 0 for rows of zeros and for delicate rows.
    delicate
        Int64 (D,); ids of rows so long or so short that float32 products may overflow or vanish.
    """

    norms: Float64
    inverse: Float32
    delicate: Ids

    def of_first(self, number: int) -> RowNorms:
        """Return what is known of the first so many rows."""
        return RowNorms(self.norms[:number], self.inverse[:number], self.delicate[self.delicate < number])


def row_blocks(matrix: npt.NDArray[np.floating]) -> range:
    """Return the first row of each block of rows that is worth handling at once."""
    return range(0, len(matrix), block_rows(matrix))


def block_rows(matrix: npt.NDArray[np.floating]) -> int:
    """Return how many rows make one block."""
    return max(1, _BLOCK_FLOATS // int(matrix.shape[1]))


def first_not_finite(matrix: npt.NDArray[np.floating]) -> int | None:
    """Return the first row that holds nan or infinity, None where there is none; a block at a time."""
    for start in row_blocks(matrix):
        finite = np.isfinite(matrix[start : start + block_rows(matrix)]).all(axis=1)
        if not finite.all():
            return start + int(np.argmin(finite))
    return None


def row_norms(matrix: Float32) -> RowNorms:
    """Measure the rows of a matrix (V, H), a block at a time so that the matrix is never copied whole."""
    norms = np.empty(len(matrix), np.float64)
    step = block_rows(matrix)
    for start in row_blocks(matrix):
        block = matrix[start : start + step].astype(np.float64)
        norms[start : start + step] = np.sqrt((block * block).sum(axis=1))
    safe = (norms > _SMALLEST_SAFE) & (norms < _LARGEST_SAFE)
    inverse = np.zeros(len(norms), np.float32)
    inverse[safe] = 1.0 / norms[safe]
    return RowNorms(norms, inverse, np.flatnonzero(~safe & (norms != 0.0)))


def unit(vector: npt.NDArray[np.floating]) -> Float64:
    """Return a vector (H,) scaled to length 1 in float64; a vector of zeros stays as it is."""
    scaled: Float64 = vector.astype(np.float64)
    largest = np.abs(scaled).max()
    if largest == 0.0:
        return scaled
    scaled /= largest  # so that no square overflows or vanishes
    scaled /= np.sqrt((scaled * scaled).sum())
    return scaled


def tidy(cosines: Float64) -> Float64:
    """Return cosines within [-1, 1] and without rounding noise: equal directions have equal scores."""
    return np.clip(np.round(cosines, _SCORE_DECIMALS), -1.0, 1.0)


def nearest(matrix: Float32, rows: RowNorms, query: Float64, excluded: Ids, top: int) -> tuple[Ids, Float64]:
    """Return ids and cosines of the rows closest to a unit vector, best first; equal cosines by lower id.

    Parameters
    ----------
    matrix
        (V, H).
    rows
        What `row_norms` says of the matrix.
    query
        (H,), of length 1 or all zeros; against zeros every cosine counts as 0.
    excluded
        Ids that are not to be returned; those that the matrix has not do no harm.
    top
        How many to return; all where it is more than there are.
    """
    excluded = excluded[excluded < len(matrix)]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        approximate = (matrix @ query.astype(np.float32)) * rows.inverse
    approximate[rows.delicate] = -np.inf
    approximate[excluded] = -np.inf
    wanted = np.ones(len(matrix), np.bool_)
    if top < len(matrix):
        last = np.partition(approximate, len(matrix) - top)[len(matrix) - top]
        # A float32 dot product of H terms between unit vectors errs by less than H rounding errors.
        margin = (matrix.shape[1] + 8) * np.finfo(np.float32).eps
        wanted = approximate >= last - 2.0 * margin
        wanted[rows.delicate] = True
    wanted[excluded] = False
    ids = np.flatnonzero(wanted)
    scores = _cosines(matrix, rows.norms, query, ids)
    order = np.lexsort((ids, -scores))[:top]
    return ids[order], scores[order]


def _cosines(matrix: Float32, norms: Float64, query: Float64, ids: Ids) -> Float64:
    """Return the cosine of a unit vector with each of the rows `ids` in float64; 0 for rows of zeros."""
    scores = np.zeros(len(ids), np.float64)
    step = block_rows(matrix)
    for start in range(0, len(ids), step):
        block = matrix[ids[start : start + step]].astype(np.float64)
        scores[start : start + step] = (block * query).sum(axis=1)
    lengths = norms[ids]
    np.divide(scores, lengths, out=scores, where=lengths > 0.0)
    return tidy(scores)
