"""The three matrix products of CBOW, of float32 or of bfloat16, which some CPUs multiply twice as fast.

W, means, scores, gradients and all sums have one type in both cases. What is rounded to bfloat16 are the
means, negatives and gradients that are multiplied with one another (decision 0014).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.bfloat import PAIR, round_both, transpose_pairs
from kotovec.engines.cpu.chunk import CHUNK, copy_rows, first_negative, padded
from kotovec.engines.cpu.compiling import helper, part_options
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.places import Rows, address_of_row
from kotovec.engines.cpu.products import product, scores


class Factors(NamedTuple):
    """What is multiplied beside means and gradients; M are the negatives rounded up to LANES."""

    N: Any  # (M, D) output rows of the negatives; belongs to the chunk
    NT: Any  # (D, M)


class RoundedFactors(NamedTuple):
    """What is multiplied, in pairs of bfloat16, see bfloat.py; T is CHUNK."""

    H_columns: Any  # (T, D / 2) means, in pairs of columns
    H_rows: Any  # (T / 2, D) means, in pairs of rows; belongs to the chunk
    N_columns: Any  # (LANES, D / 2) some negatives, in pairs of columns
    N_rows: Any  # (M / 2, D) negatives, in pairs of rows; belongs to the chunk
    NT: Any  # (D / 2, M) negatives, in pairs of columns, transposed
    G_columns: Any  # (T, M / 2) gradients, in pairs of columns
    G_rows: Any  # (T / 2, M) gradients, in pairs of rows


OF_CHUNK = ("N", "H_rows", "N_rows")
"""Fields of both that belong to the chunk."""


def new_factors(m: int, width: int, dtype: Any, *, rounded: bool) -> Factors | RoundedFactors:
    """Return room for the factors of one chunk."""
    if not rounded:
        return Factors(N=new_matrix(m, width, dtype), NT=new_matrix(width, m, dtype))
    return RoundedFactors(
        H_columns=new_matrix(CHUNK, width // PAIR, np.int32),
        H_rows=new_matrix(CHUNK // PAIR, width, np.int32),
        N_columns=new_matrix(LANES, width // PAIR, np.int32),
        N_rows=new_matrix(m // PAIR, width, np.int32),
        NT=new_matrix(width // PAIR, m, np.int32),
        G_columns=new_matrix(CHUNK, m // PAIR, np.int32),
        G_rows=new_matrix(CHUNK // PAIR, m, np.int32),
    )


def _by_factors(work: Any, plain: Any, rounded: Any) -> Any:
    bundle = getattr(work, "bundle", work)  # tests do not borrow it
    kind = bundle.types[bundle.fields.index("factors")].instance_class
    return {Factors: plain, RoundedFactors: rounded}[kind].py_func


def score_negatives(work: Any, rows: int, lines: np.ndarray) -> int:
    """Copy the negatives from their sources, and compute both parts of their scores with the means."""
    raise NotImplementedError("only inside kernels")


@overload(score_negatives, strict=False, jit_options=part_options)
def _choose_scores(work: Any, rows: Any, lines: Any) -> Any:
    return _by_factors(work, _score, _score_rounded)


def teach_means(work: Any, rows: int, lines: np.ndarray, line: int) -> int:
    """Find the gradients of the means, from what the negatives say."""
    raise NotImplementedError("only inside kernels")


@overload(teach_means, strict=False, jit_options=part_options)
def _choose_means(work: Any, rows: Any, lines: Any, line: Any) -> Any:
    return _by_factors(work, _teach_means, _teach_means_rounded)


def teach_negatives(work: Any, to: Rows, rows: int, lines: np.ndarray, line: int) -> int:
    """Give the negatives what the means say."""
    raise NotImplementedError("only inside kernels")


@overload(teach_negatives, strict=False, jit_options=part_options)
def _choose_negatives(work: Any, to: Any, rows: Any, lines: Any, line: Any) -> Any:
    return _by_factors(work, _teach_negatives, _teach_negatives_rounded)


@helper
def _score(work: Any, rows: int, lines: np.ndarray) -> int:
    H, S, size, split, (N, NT) = work.H, work.SN_part, work.size, work.split, work.factors
    m = len(N)
    copy_rows(N, NT, work.sources, 0, m)
    line = scores(S, H, 0, rows, NT, 0, split, 0, 0, m, m, 0, lines, 0)
    if split < size:
        line = scores(S, H, 0, rows, NT, split, size - split, 1, 0, m, m, 0, lines, line)
    return line


@helper
def _score_rounded(work: Any, rows: int, lines: np.ndarray) -> int:
    H, S, sources, factors = work.H, work.SN_part, work.sources, work.factors
    H_columns, H_rows, N_columns, N_rows, NT = factors[:5]
    m, width = len(sources), H.shape[1]
    for i in range(0, rows, PAIR):
        at, behind = address_of_row(H, i), address_of_row(H, i + 1)
        round_both(H_columns, i, H_rows, i // PAIR, 0, at, behind, width)
    for z in range(0, m, LANES):
        for r in range(0, LANES, PAIR):
            at = z + r
            round_both(N_columns, r, N_rows, at // PAIR, 0, sources[at], sources[at + 1], width)
        transpose_pairs(NT, z, N_columns)
    split, rest = padded(work.split, PAIR) // PAIR, padded(work.size - work.split, PAIR) // PAIR
    line = scores(S, H_columns, 0, rows, NT, 0, split, 0, 0, m, m, 0, lines, 0)
    if rest > 0:
        line = scores(S, H_columns, 0, rows, NT, split, rest, 1, 0, m, m, 0, lines, line)
    return line


@helper
def _teach_means(work: Any, rows: int, lines: np.ndarray, line: int) -> int:
    G, N = work.SN, work.factors.N
    m = G.shape[1]
    return product(work.GH_rows, 0, G, 0, 0, m, 1, N, 0, rows, m, m, 0, 0, lines, line)


@helper
def _teach_means_rounded(work: Any, rows: int, lines: np.ndarray, line: int) -> int:
    S, G, G_rows, N_rows = work.SN, work.factors.G_columns, work.factors.G_rows, work.factors.N_rows
    m, pairs = S.shape[1], G.shape[1]
    for i in range(0, rows, PAIR):
        round_both(G, i, G_rows, i // PAIR, 0, address_of_row(S, i), address_of_row(S, i + 1), m)
    return product(work.GH_rows, 0, G, 0, 0, pairs, 1, N_rows, 0, rows, pairs, pairs, 0, 0, lines, line)


@helper
def _teach_negatives(work: Any, to: Rows, rows: int, lines: np.ndarray, line: int) -> int:
    G, behind = work.SN, first_negative(work.window)
    m = G.shape[1]
    return product(to, behind, G, 0, 0, 1, m, work.H, 0, m, rows, rows, 0, 0, lines, line)


@helper
def _teach_negatives_rounded(work: Any, to: Rows, rows: int, lines: np.ndarray, line: int) -> int:
    G, H, behind = work.factors.G_rows, work.factors.H_rows, first_negative(work.window)
    m, pairs = G.shape[1], rows // PAIR
    return product(to, behind, G, 0, 0, 1, m, H, 0, m, pairs, pairs, 0, 0, lines, line)
