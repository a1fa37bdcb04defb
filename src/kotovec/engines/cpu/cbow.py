"""One chunk of CBOW with negative sampling, at a cost that does not depend on the window.

For a centre i with output row y_i whose context has n_i words, and M negatives shared by the chunk:

    h_i    = (1 / n_i) * sum of the context's input rows
    loss_i = -log s(h_i . y_i) - K/M * sum_m log s(-h_i . n_m)             n_m = word i left out

The sum over a window is the difference of two prefix sums of the rows, and the way back is a
difference array with one running sum:

    P_j = x_0 + ... + x_(j-1)        h_i = (P_(i+r+1) - P_(i-l) - x_i) / n_i
    G = -rate * K/M * s(H N^T)       g_i = rate * (1 - s(h_i . y_i))
    dH = G N + g_i y_i               dY_i = g_i h_i                dN = G^T H

Each context row moves by dH_i / n_i, because h_i is a mean (Irsoy, Benton and Stratos 2021,
arXiv:2012.15332). word2vec.c, and gensim after it, leave that division out; `divide` False does so too.

It must equal `engines.reference.cbow.cbow_deltas`, which plays the same chunk on the layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.cbow_gradients import cbow_gradients, score_negatives, sum_positives
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    copy_rows,
    fetch_claims,
    first_half,
    first_negative,
    list_ahead,
    locate,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import in_all_slots, in_slots, new_array, new_matrix, new_table
from kotovec.engines.cpu.places import Rows, addresses_of_rows, give_row, rows_of
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.products import product
from kotovec.engines.cpu.rows import add_rows, fetch_all, take_all
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.window_changes import change_contexts
from kotovec.engines.cpu.window_means import means_of_contexts


class CBOWScratch(NamedTuple):
    """Buffers for one chunk; T is CHUNK, w the window, M the negatives rounded up to LANES.

    A worker that has half of the columns only (halves.py) keeps what is said to belong to the chunk for each
    chunk of a round, and both workers share what is said to be common.
    """

    window: int
    negatives: int
    size: int  # columns that are not padding: vector_size, or what of it stands in a half
    split: int  # scores are sums over the columns before this one and over the others
    shared: bool  # whether another worker reads the scores
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    P: Any  # (T + 2w + 1, D) prefix sums of the context rows; on the way back the difference array
    H: Any  # (T, D) means of the contexts; belongs to the chunk
    Y: Any  # (T, D) the centres' output rows; belongs to the chunk
    GH: Any  # (T + 1, D) the gradients of the means, dH; the last row stays zero
    GH_rows: Rows  # where they are; they begin as rows of Y, which is the chunk's; the rest is common
    N: Any  # (M, D) output rows of the negatives; belongs to the chunk
    NT: Any  # (D, M)
    sources: Any  # int64 (M,), the addresses of the negatives' rows of W
    SN_part: Any  # (T, M) scores of the negatives, or a half's part of them; belongs to the chunk
    SP_part: Any  # (2, T rounded up to LANES) both parts of the scores of the positives; belongs to the chunk
    SP_lanes: Any  # (2, T rounded up to LANES, LANES) what those are the sums of
    SN: Any  # (T, M) whole scores, then gradients of the negatives; common
    SP: Any  # (1, T rounded up to LANES) the same for the positives; common


def new_cbow_scratch(
    window: int, divide: bool, negatives: int, size: int, split: int, dtype: Any
) -> CBOWScratch:
    """Return buffers for one chunk of all columns, or of so many as `size` says."""
    m, width, centres = padded(negatives, LANES), padded(size, LANES), padded(CHUNK, LANES)
    GH, Y = new_matrix(CHUNK + 1, width, dtype), new_matrix(CHUNK, width, dtype)
    SN = new_matrix(CHUNK, m, dtype)
    return CBOWScratch(
        window=window,
        negatives=negatives,
        size=size,
        split=min(split, size),
        shared=False,
        divide=divide,
        P=new_matrix(CHUNK + 2 * window + 1, width, dtype),
        H=new_matrix(CHUNK, width, dtype),
        Y=Y,
        GH=GH,
        GH_rows=rows_of(GH)._replace(base=addresses_of_rows(Y)),
        N=new_matrix(m, width, dtype),
        NT=new_matrix(width, m, dtype),
        sources=new_table(m, np.int64),
        SN_part=SN,
        SP_part=new_matrix(2, centres, dtype),
        SP_lanes=new_array((2, centres, LANES), dtype),
        SN=SN,
        SP=new_matrix(1, centres, dtype),
    )


@helper
def cbow_chunk(
    work: CBOWScratch,
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
    line = score_cbow(work, parameters, plan, chunk, listed, lines)
    add_rows(work.SP, 0, work.SP_part, 0, work.SP_part, 1)
    learn_cbow(work, plan, chunk, listed, changes)
    change_cbow(work, plan, chunk, changes.rows, lines, line)


@helper
def score_cbow(
    work: CBOWScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    lines: np.ndarray,
) -> int:
    """Compute the means of the contexts and both parts of all scores, from W as it is."""
    rows, first = padded(chunk.size, TILE), padded(work.split, LANES)
    if work.shared:
        take_all(work.SN_part)
        take_all(work.SP_part[0])
    means_of_contexts(work, work.H, parameters, plan, chunk, listed, rows, first, work.SP_lanes, work.Y)
    locate(parameters, listed[first_negative(work.window) :], work.sources)
    copy_rows(work.N, work.NT, work.sources, 0, len(work.N))
    line = score_negatives(work.SN_part, work.H, rows, work.NT, work.split, work.size - work.split, lines)
    sum_positives(work)
    return line


@helper
def fetch_cbow_scores(work: CBOWScratch) -> None:
    """Ask the memory for the other half's part of the scores, and for the place of what is made of them."""
    fetch_all(work.SN_part)
    fetch_all(work.SP_part[0])
    take_all(work.SN)
    take_all(work.SP)
    take_all(work.GH_rows.scale)
    take_all(work.GH_rows.keep)


@helper
def fetch_cbow_gradients(work: CBOWScratch) -> None:
    """Ask the memory for the gradients, and for what stands beside them."""
    fetch_all(work.SN)
    fetch_all(work.SP)
    fetch_all(work.GH_rows.scale)
    fetch_all(work.GH_rows.keep)


@helper
def learn_cbow(work: CBOWScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
    """Turn scores into gradients; find what share of dH a context row takes, and how much of y is in dH."""
    cbow_gradients(work, plan, chunk, listed, changes)
    number, SP, (_, shares, _, keep) = work.SN.dtype.type, work.SP, work.GH_rows
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    for i in range(chunk.size):
        contexts = np.int64(left[i]) + np.int64(right[i])
        shares[i] = number(1) / number(max(contexts, 1)) if work.divide else number(1)
        keep[i] = SP[0, i] * shares[i]


@helper
def change_cbow(work: CBOWScratch, plan: Plan, chunk: Chunk, to: Rows, lines: np.ndarray, line: int) -> int:
    """Give the chunk's rows what the gradients say; return the first line that is left to ask for."""
    rows, H, SP, G, N, behind = (
        padded(chunk.size, TILE), work.H, work.SP, work.SN, work.N, first_negative(work.window),
    )  # fmt: skip
    m = len(N)
    line = product(work.GH_rows, 0, G, 0, 0, m, 1, N, 0, rows, m, m, 0, 0, lines, line)
    # In the order of the chunk's list: with tied weights a row may be centre, context and negative.
    for i in range(chunk.size):
        give_row(to, i, H, i, SP[0, i])
    line = change_contexts(work, plan, chunk, to, lines, line)
    return product(to, behind, G, 0, 0, 1, m, H, 0, m, rows, rows, 0, 0, lines, line)


def cbow_halves(
    window: int, divide: bool, negatives: int, size: int, slots: int, dtype: Any
) -> tuple[CBOWScratch, CBOWScratch]:
    """Return the buffers of both halves for rounds of so many chunks, as `borrow_slots` takes them."""
    first = first_half(size)
    whole = new_cbow_scratch(window, divide, negatives, size, first, dtype)
    # What one half has to read of the other, and what is made of it.
    common = in_all_slots(whole, slots, ("SN", "SP"))
    # Whole cache lines for each slot, since both workers write to some.
    scale, keep = (new_array((slots, padded(CHUNK + 1, LANES)), dtype) for _ in range(2))
    common |= {"scale": scale, "keep": keep}

    def half(columns: int) -> CBOWScratch:
        work = new_cbow_scratch(window, divide, negatives, columns, columns, dtype)
        work = work._replace(shared=True)
        own = in_all_slots(work, slots, ("H", "Y", "N", "SN_part", "SP_part"))
        own["base"] = np.stack([addresses_of_rows(rows) for rows in own["Y"]])
        return in_slots(work, slots, lambda name, _: (own | common).get(name))

    return half(first), half(size - first)
