"""One chunk of CBOW whose products are made of bfloat16, on CPUs that multiply these twice as fast.

It is the chunk of cbow.py. W, scores, gradients, means and all sums are float32 as there; what is rounded are
the means, rows and gradients that are multiplied with one another (decision 0014), once they are known. The
way back to the contexts is a product as well, see window_gradients.py: it costs more, the wider a window is.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.cbow_gradients import cbow_gradients, score_negatives, sum_positives
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    band_width,
    context_rows,
    fetch_claims,
    fetch_some,
    first_half,
    first_negative,
    list_ahead,
    locate,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES, QUAD
from kotovec.engines.cpu.memory import in_all_slots, in_slots, new_array, new_matrix, new_table
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.products import product
from kotovec.engines.cpu.rounding import give_pair, pair_rows, round_rows
from kotovec.engines.cpu.rows import add_rows, drop_all, fetch_all, take_all
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.window_gradients import gather_gradients, list_windows
from kotovec.engines.cpu.window_means import rounded_means_of_contexts


class RoundedCBOW(NamedTuple):
    """Buffers for one chunk; T is CHUNK, w the window, M the negatives rounded up to LANES.

    Q are context_rows, and the band is band_width, of the window. A worker that has half of the columns only
    (halves.py) keeps what is said to belong to the chunk for each chunk of a round, and both workers share
    what is said to be common. Pairs are int32, see bfloat.py.
    """

    window: int
    negatives: int
    negative_pairs: int  # M / 2
    size: int  # columns that are not padding: vector_size, or what of it stands in a half
    split: int  # scores are sums over the columns before this one and over the others
    shared: bool  # whether another worker reads the scores
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    P: Any  # float (T + 2w + 1, D) prefix sums of the context rows
    H: Any  # (T, D / 2) means of the contexts, in pairs of columns
    H_quads: Any  # int64 (T, D / 4) the same array, two pairs as one element
    H_rows: Any  # (T / 2, D) the same in pairs of rows; belongs to the chunk
    N: Any  # (LANES, D / 2) output rows of some negatives, in pairs of columns
    N_quads: Any  # int64 (LANES, D / 4) the same array, two pairs as one element
    NT: Any  # int64 (D / 4, M) those of all negatives, transposed
    Z_rows: Any  # ((M + T) / 2, D) rows of negatives, then of centres, in pairs of rows; the chunk's own
    sources: Any  # int64 (M,), the addresses of the negatives' rows of W
    SN_part: Any  # float (T, M) scores of the negatives, or a half's part of them; belongs to the chunk
    SP_part: Any  # float (2, T rounded up to LANES) both parts of the positives' scores; belongs to the chunk
    SP_lanes: Any  # float (2, T rounded up to LANES, LANES) what those are the sums of
    SN: Any  # float (T, M) whole scores, then gradients of the negatives
    SP: Any  # float (1, T rounded up to LANES) the same for the positives; common
    G_rows: Any  # (T / 2, M) gradients of the negatives, in pairs of rows; common
    C: Any  # (Q, (M + band) / 2) what Z is multiplied by for the contexts, in pairs of columns; common
    C_shares: Any  # (TILE, band / 2) room for gather_gradients
    starts: Any  # int32 (2w + T + band,), as the next three, what gather_gradients is to know of centres
    ends: Any  # int32 (2w + T + band,)
    shares: Any  # float (2w + T + band,)
    steps: Any  # float (2w + T + band,)


def new_rounded_cbow(window: int, divide: bool, negatives: int, size: int, split: int) -> RoundedCBOW:
    """Return buffers for one chunk of all columns, or of so many as `size` says."""
    m, width, centres, band = (
        padded(negatives, LANES), padded(size, LANES), padded(CHUNK, LANES), band_width(window),
    )  # fmt: skip
    number, places = np.float32, 2 * window + CHUNK + band
    SN = new_matrix(CHUNK, m, number)
    H, N = (new_matrix(rows, width // PAIR, np.int32) for rows in (CHUNK, LANES))
    work = RoundedCBOW(
        window=window,
        negatives=negatives,
        negative_pairs=m // PAIR,
        size=size,
        split=min(split, size),
        shared=False,
        divide=divide,
        P=new_matrix(CHUNK + 2 * window + 1, width, number),
        H=H,
        H_quads=H.view(np.int64),
        H_rows=new_matrix(CHUNK // PAIR, width, np.int32),
        N=N,
        N_quads=N.view(np.int64),
        NT=new_matrix(width // QUAD, m, np.int64),
        Z_rows=new_matrix((m + CHUNK) // PAIR, width, np.int32),
        sources=new_table(m, np.int64),
        SN_part=SN,
        SP_part=new_matrix(2, centres, number),
        SP_lanes=new_array((2, centres, LANES), number),
        SN=SN,
        SP=new_matrix(1, centres, number),
        G_rows=new_matrix(CHUNK // PAIR, m, np.int32),
        C=new_matrix(context_rows(window), (m + band) // PAIR, np.int32),
        C_shares=new_matrix(TILE, band // PAIR, np.int32),
        starts=new_table(places, np.int32),
        ends=new_table(places, np.int32),
        shares=new_table(places, number),
        steps=new_table(places, number),
    )
    work.starts[:] = 1  # no centre anywhere: its last row, 0, comes before its first
    return work


def rounded_cbow_halves(
    window: int, divide: bool, negatives: int, size: int, slots: int
) -> tuple[RoundedCBOW, RoundedCBOW]:
    """Return the buffers of both halves for rounds of so many chunks, as `borrow_slots` takes them."""
    first = first_half(size)
    whole = new_rounded_cbow(window, divide, negatives, size, first)
    common = in_all_slots(whole, slots, ("SP", "G_rows", "C"))

    def half(columns: int) -> RoundedCBOW:
        work = new_rounded_cbow(window, divide, negatives, columns, columns)._replace(shared=True)
        own = in_all_slots(work, slots, ("H_rows", "Z_rows", "SN_part", "SP_part"))
        return in_slots(work, slots, lambda name, _: (own | common).get(name))

    return half(first), half(size - first)


@helper
def rounded_cbow_chunk(
    work: RoundedCBOW,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Send what the chunk teaches to `changes`; `listed` are its rows, `ahead` those of a later chunk."""
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    fetch_claims(parameters, ahead)
    line = score_rounded_cbow(work, parameters, plan, chunk, listed, lines)
    add_rows(work.SP, 0, work.SP_part, 0, work.SP_part, 1)
    learn_rounded_cbow(work, plan, chunk, listed, changes)
    line = change_rounded_cbow(work, chunk, changes.rows, lines, line)
    fetch_some(lines, line, len(lines))  # what the products have left


@helper
def score_rounded_cbow(
    work: RoundedCBOW,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    lines: np.ndarray,
) -> int:
    """Compute the means of the contexts and both parts of all scores, from W as it is."""
    if work.shared:
        take_all(work.SN_part)
        take_all(work.SP_part[0])
    split, first = padded(work.split, LANES), work.negative_pairs
    rounded_means_of_contexts(work, parameters, plan, chunk, listed, split, first)
    locate(parameters, listed[first_negative(work.window) :], work.sources)
    round_rows(work.N, work.Z_rows, work.NT, work.N_quads, work.sources, 0, len(work.sources))
    split, rest = padded(work.split, QUAD) // QUAD, padded(work.size - work.split, QUAD) // QUAD
    rows = padded(chunk.size, TILE)
    line = score_negatives(work.SN_part, work.H_quads, rows, work.NT, split, rest, lines)
    sum_positives(work)
    return line


@helper
def fetch_rounded_scores(work: RoundedCBOW, other: RoundedCBOW) -> None:
    """Ask the memory for the other half's part of the scores, and for the place of what is made of them."""
    fetch_all(other.SN_part)
    fetch_all(other.SP_part[0])
    take_all(work.SP)
    take_all(work.G_rows)
    take_all(work.C)


@helper
def fetch_rounded_gradients(work: RoundedCBOW) -> None:
    """Ask the memory for the gradients, and for what is made of them."""
    fetch_all(work.SP)
    fetch_all(work.G_rows)
    fetch_all(work.C)


@helper
def drop_rounded_scores(other: RoundedCBOW) -> None:
    """Have no copy of the other half's part of the scores any longer."""
    drop_all(other.SN_part)
    drop_all(other.SP_part[0])


@helper
def drop_rounded_gradients(work: RoundedCBOW) -> None:
    """Have no copy of the gradients any longer, nor of what is made of them."""
    drop_all(work.SP)
    drop_all(work.G_rows)
    drop_all(work.C)


@helper
def learn_rounded_cbow(
    work: RoundedCBOW, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes
) -> None:
    """Turn scores into gradients, and these into factors of all products."""
    cbow_gradients(work, plan, chunk, listed, changes)
    find_factors(work, plan, chunk)


@helper
def find_factors(work: RoundedCBOW, plan: Plan, chunk: Chunk) -> None:
    """Turn gradients into what is multiplied on the way back."""
    SN, SP, G_rows, rows, w = work.SN, work.SP, work.G_rows, padded(chunk.size, TILE), work.window
    for i in range(0, rows, PAIR):
        pair_rows(G_rows, i // PAIR, 0, SN, i, 0, SN.shape[1])
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    starts, ends, shares, steps = work.starts, work.ends, work.shares, work.steps
    list_windows(starts, ends, shares, steps, left, right, SP, w, chunk.size, work.divide)
    gather_gradients(work.C, work.C_shares, G_rows, starts, ends, shares, steps, w, rows)


@helper
def change_rounded_cbow(work: RoundedCBOW, chunk: Chunk, to: Rows, lines: np.ndarray, line: int) -> int:
    """Give the chunk's rows what the gradients say; return the first line that is left to ask for."""
    C, G_rows, H_rows, Z_rows, SP, w, n = (
        work.C, work.G_rows, work.H_rows, work.Z_rows, work.SP, work.window, work.negative_pairs,
    )  # fmt: skip
    rows, behind, m = padded(chunk.size, TILE), first_negative(w), G_rows.shape[1]
    # In the order of the chunk's list: with tied weights a row may be centre, context and negative.
    for i in range(0, chunk.size, PAIR):
        give_pair(to, i, H_rows, i // PAIR, SP[0, i], SP[0, i + 1])
    for q in range(0, rows + 2 * w, TILE):
        before = q // PAIR - w  # the first pair of centres whose windows reach the tile, if there is one
        first, last = max(before, 0), min(q + TILE, rows) // PAIR
        line = product(
            to, CHUNK + q, C, q, 0, C.shape[1], 1, Z_rows, 0, TILE,
            n + last - first, n, first - before, first, lines, line,
        )  # fmt: skip
    return product(
        to, behind, G_rows, 0, 0, 1, m, H_rows, 0, m, rows // PAIR, rows // PAIR, 0, 0, lines, line
    )
