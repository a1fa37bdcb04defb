"""Truncated SVD: the largest singular values of a sparse matrix, by a randomised block Krylov method.

Musco and Musco (2015), "Randomized block Krylov methods for stronger and faster approximate singular value
decomposition", as a block Lanczos process (Golub and Underwood 1977): from a random block X, the space of
X, (M'M) X, (M'M)^2 X, ... holds the largest singular vectors almost completely long before it is large.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from kotovec.engines.counting.bands import Banded, start_of_band
from kotovec.engines.counting.lapack import largest_of_band, one_thread, whole_svd
from kotovec.engines.counting.products import (
    WIDTH,
    Panel,
    Square,
    add_product,
    gram,
    multiply,
    panel_rows,
    reordered,
)

Matrix = npt.NDArray[np.float32]

_STARTS = 3
"""What the streams of random numbers are for, beside those of the other engine."""

_LEAST_BLOCKS = 8
"""Few vectors cost little; with these, they are found all the more exactly."""

_LOST = 1e-10
"""Of a squared length: what float32 leaves of a vector that is nothing but rounding errors."""

_SHORT = 1e-4
"""Of a squared length: what is shorter has to be made orthogonal once more after it was scaled."""


def truncated_svd(
    M: Banded,
    transposed: Banded,
    size: int,
    *,
    seed: int,
    workers: int,
    look: Callable[[float], None] = lambda share: None,
) -> tuple[Matrix, npt.NDArray[np.float64], Matrix]:
    """Return U (V, size), S (size,) from large to small, and V (V, size), with M about U diag(S) V'.

    Each column of U has its sign fixed, as in the layers' `canonical_svd`: the first word whose part in it is
    at least a tenth of the largest one has a positive part. Columns for singular values of 0 are 0.
    `look` is called with the share of the work that is done.
    """
    words = M.lengths.shape[1]
    blocks = max(-(-5 * size // (2 * WIDTH)) + 3, _LEAST_BLOCKS)
    # With less than a block to spare, the last blocks would be made of what rounding left.
    if words < (blocks + 1) * WIDTH:
        U, S, V = whole_svd(_dense(M), size, lambda: look(0.0))
    else:
        with one_thread():
            right = _right_vectors(M, transposed, blocks, size, seed, workers, look)
            U, S, V = _decomposed(M, right, size, workers)
    look(1.0)
    # Rounding errors have no direction.
    some = S / max(S[0], 1e-300) > 1e-6
    large = np.abs(U) >= 0.1 * np.abs(U).max(axis=0)
    signs = np.where(some, np.sign(U[large.argmax(axis=0), np.arange(size)]), 0).astype(np.float32)
    U *= signs
    V *= signs
    return U, np.where(some, S, 0), V


def _dense(M: Banded) -> Matrix:
    """Return all of a matrix, with its zeros."""
    words = M.lengths.shape[1]
    matrix = np.zeros((words, words), np.float32)
    entry = 0
    for first, last in pairwise(M.parts.tolist()):
        for band, lengths in enumerate(M.lengths[:, first:last]):
            rows = np.repeat(np.arange(first, last), lengths)
            here = slice(entry, entry + len(rows))
            matrix[rows, start_of_band(band) + M.columns[here].astype(np.intp)] = M.values[here]
            entry = here.stop
    return matrix


def _right_vectors(
    M: Banded,
    transposed: Banded,
    blocks: int,
    size: int,
    seed: int,
    workers: int,
    look: Callable[[float], None],
) -> list[Panel]:
    """Return the right singular vectors of the largest singular values, in panels."""
    basis, band = _lanczos(M, transposed, blocks, seed, workers, look)
    panels = -(-size // WIDTH)
    turns = np.zeros((basis.shape[1], panels * WIDTH))
    turns[:, :size] = largest_of_band(band, size, lambda: look((blocks - 0.5) / blocks))
    right = [np.zeros((len(basis), WIDTH), np.float32) for _ in range(panels)]
    for at, panel in enumerate(right):
        add_product(panel, basis, turns[:, _columns(at)], workers)
    return right


def _decomposed(
    M: Banded, right: list[Panel], size: int, workers: int
) -> tuple[Matrix, npt.NDArray[np.float64], Matrix]:
    """Return the singular values of M and both sides' vectors, of those on the right."""
    words = M.lengths.shape[1]
    left = [multiply(M, panel, workers) for panel in right]
    S = np.concatenate([np.sqrt(np.diag(gram(image, image, workers))) for image in left])[:size]
    order = np.argsort(-S, kind="stable")
    V = reordered(right, order, words, workers)
    U = reordered(left, order, words, workers)
    U /= np.where(S > 0, S, 1)[order].astype(np.float32)
    return U, S[order], V


def _columns(block: int) -> slice:
    return slice(block * WIDTH, (block + 1) * WIDTH)


def _lanczos(
    M: Banded, transposed: Banded, blocks: int, seed: int, workers: int, look: Callable[[float], None]
) -> tuple[Panel, Square]:
    """Return orthonormal panels Q, side by side, and the lower band of Q' M' M Q, (2 WIDTH, dimensions)."""
    words = M.lengths.shape[1]
    generator = np.random.default_rng((seed, _STARTS))
    band = np.zeros((2 * WIDTH, blocks * WIDTH))
    basis = np.zeros((panel_rows(words), blocks * WIDTH), np.float32)
    wanted = multiply(transposed, _random(generator, words), workers)
    for block in range(blocks):
        image = wanted.copy()
        panel = _orthonormal(wanted, basis[:, : block * WIDTH], generator, words, workers)
        if block:
            _lay(band, block - 1, 1, gram(panel, image, workers))
        basis[:, _columns(block)] = panel
        projected = multiply(M, panel, workers)
        _lay(band, block, 0, gram(projected, projected, workers))
        if block < blocks - 1:
            wanted = multiply(transposed, projected, workers)
        look((block + 0.5) / blocks)
    return basis, band


def _lay(band: Square, block: int, below: int, square: Square) -> None:
    """Lay a square of the matrix, `below` squares below its diagonal, into the band."""
    for column in range(WIDTH):
        first = 0 if below else column
        place = below * WIDTH + first - column
        band[place : place + WIDTH - first, block * WIDTH + column] = square[first:, column]


def _random(generator: np.random.Generator, words: int) -> Panel:
    panel = np.zeros((panel_rows(words), WIDTH), np.float32)
    generator.standard_normal(out=panel[:words], dtype=np.float32)
    return panel


def _orthonormal(
    panel: Panel, basis: Panel, generator: np.random.Generator, words: int, workers: int
) -> Panel:
    """Return orthonormal columns, orthogonal to all of `basis`, that span those of `panel` and more.

    Where a column lies in what the others span, a random one takes its place, so that the space keeps
    growing where M has equal singular values. Changes `panel`.
    """
    # What was near the last two blocks is taken off first, so that the second pass has little to do.
    against = [basis[:, -2 * WIDTH :], basis]
    longest = np.diag(gram(panel, panel, workers)).max()
    while True:
        for each in against:
            add_product(panel, each, -gram(each, panel, workers), workers)
        squares, turn = np.linalg.eigh(gram(panel, panel, workers))
        kept = squares > _LOST * longest
        square = turn * np.where(kept, 1 / np.sqrt(np.where(kept, squares, 1)), 0)
        result = np.zeros_like(panel)
        add_product(result, panel, square, workers)
        if not kept.all():
            result[:, ~kept] = _random(generator, words)[:, ~kept] / np.sqrt(np.float32(words))
        if kept.all() and squares[0] > 0.99 * longest:
            return result
        # Short vectors have become long, and their errors with them.
        against = [] if squares[0] > _SHORT * longest else [basis]
        panel, longest = result, 1.0
