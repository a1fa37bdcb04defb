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

from kotovec.engines.cpu.bits import lanes_equal, lowest
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    copy_rows,
    first_negative,
    list_ahead,
    locate,
    padded,
    score_loss,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.log_loss import loss_of_row
from kotovec.engines.cpu.memory import new_matrix, new_table
from kotovec.engines.cpu.places import Rows, address_of_row, give_row, rows_of
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row, sum_lanes
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row
from kotovec.engines.cpu.tiles import TILE, product, scores
from kotovec.engines.cpu.window_changes import change_contexts
from kotovec.engines.cpu.window_means import means_of_contexts


class CBOWScratch(NamedTuple):
    """One worker's buffers; T is CHUNK, w the window, M the negatives rounded up to LANES."""

    window: int
    negatives: int
    size: int  # vector_size, H; the rows' D - H further elements are zero
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    P: Any  # (T + 2w + 1, D) prefix sums of the context rows; on the way back the difference array
    H: Any  # (T, D) means of the contexts
    GH: Any  # (T + 1, D) their gradients, dH; the last row stays zero
    GH_rows: Rows  # where they are, with each centre's share; they begin as the centre's own row
    N: Any  # (M, D) output rows of the negatives
    NT: Any  # (D, M)
    sources: Any  # int64 (M,), the addresses of the rows of W that are copied to N
    SN: Any  # (T, M) scores, then gradients of the negatives
    SP: Any  # (1, T rounded up to LANES) the same for the positives
    SP_parts: Any  # (T rounded up to LANES, LANES) what the scores of the positives are the sums of


def new_cbow_scratch(window: int, divide: bool, negatives: int, size: int, dtype: Any) -> CBOWScratch:
    """Return buffers for one worker."""
    m, width = padded(negatives, LANES), padded(size, LANES)
    GH = new_matrix(CHUNK + 1, width, dtype)
    return CBOWScratch(
        window=window,
        negatives=negatives,
        size=size,
        divide=divide,
        P=new_matrix(CHUNK + 2 * window + 1, width, dtype),
        H=new_matrix(CHUNK, width, dtype),
        GH=GH,
        GH_rows=rows_of(GH),
        N=new_matrix(m, width, dtype),
        NT=new_matrix(width, m, dtype),
        sources=new_table(m, np.int64),
        SN=new_matrix(CHUNK, m, dtype),
        SP=new_matrix(1, padded(CHUNK, LANES), dtype),
        SP_parts=new_matrix(padded(CHUNK, LANES), LANES, dtype),
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
    rows = padded(chunk.size, TILE)
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    means_of_contexts(work, work.H, parameters, plan, chunk, listed, rows, work.SP_parts)
    line = _score(work, parameters, chunk, listed, rows, lines)
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    if chunk.measured:
        _measure(work, plan, chunk, listed, changes)
    _gradients(work, parameters, plan, chunk, listed, rows)
    line = _centre_changes(work, chunk, changes, rows, lines, line)
    # In the order of the chunk's list: with tied weights a row may be centre, context and negative.
    line = change_contexts(work, plan, chunk, changes, lines, line)
    _negative_changes(work, changes, rows, lines, line)


@helper
def _score(
    work: CBOWScratch,
    parameters: Parameters,
    chunk: Chunk,
    listed: np.ndarray,
    rows: int,
    lines: np.ndarray,
) -> int:
    negatives = work.N.shape[0]
    locate(parameters, listed[first_negative(work.window) :], work.sources)
    copy_rows(work.N, work.NT, work.sources, 0, negatives)
    size = work.size
    line = scores(work.SN, work.H, 0, rows, work.NT, 0, negatives, negatives, 0, size, lines, 0)
    for i in range(0, chunk.size, LANES):
        sum_lanes(work.SP, 0, i, work.SP_parts, i)
    return line


@helper
def _measure(work: CBOWScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
    """Sum the loss in float64, from the scores before they become gradients."""
    number, behind = work.SN.dtype.type, first_negative(work.window)
    loss = 0.0
    for i in range(chunk.size):
        at = chunk.first + i
        if plan.left[chunk.row, at] + plan.right[chunk.row, at] == 0:
            continue
        changes.loss[1] += 1
        loss += score_loss(work.SP[0, i], 1)
        pushed = loss_of_row(work.SN, i, 0, work.SN.shape[1], number(-1), 0, work.negatives - 1, NO_HOLE)
        for m in range(0, work.negatives, LANES):
            lanes = lanes_equal(listed, behind + m, listed[i])
            while lanes != 0:
                pushed -= score_loss(work.SN[i, m + lowest(lanes)], 0)
                lanes &= lanes - 1
        loss += chunk.negative_weight * pushed
    changes.loss[0] = loss


@helper
def _gradients(
    work: CBOWScratch, parameters: Parameters, plan: Plan, chunk: Chunk, listed: np.ndarray, rows: int
) -> None:
    """Turn scores into gradients: rate * s(-x), which is rate * (1 - s(x)), and -step * s(x).

    Also find each context row's share of dH, and say that GH begins with the centre's own row.
    """
    number = work.H.dtype.type
    rate, step = number(chunk.rate), number(chunk.rate * chunk.negative_weight)
    SP, SN, W, (_, shares, base, keep) = work.SP, work.SN, parameters.W, work.GH_rows
    width, last = SN.shape[1], work.negatives - 1
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    sigmoid_row(SP, 0, 0, SP.shape[1], number(-1), rate, 0, chunk.size - 1, NO_HOLE)
    for i in range(chunk.size):
        contexts = np.int64(left[i]) + np.int64(right[i])
        asked = last
        if contexts == 0:
            asked, SP[0, i] = -1, number(0)
        sigmoid_row(SN, i, 0, width, number(1), -step, 0, asked, NO_HOLE)
        _spare_word(work, listed, i)
        shares[i] = number(1) / number(max(contexts, 1)) if work.divide else number(1)
        base[i], keep[i] = address_of_row(W, listed[i]), SP[0, i] * shares[i]
    for i in range(chunk.size, rows):
        clear_row(SN, i)


@helper
def _spare_word(work: CBOWScratch, listed: np.ndarray, i: int) -> None:
    """Take back the push against a negative that is the word of centre i."""
    behind, SN = first_negative(work.window), work.SN
    for m in range(0, SN.shape[1], LANES):
        lanes = lanes_equal(listed, behind + m, listed[i])
        while lanes != 0:
            SN[i, m + lowest(lanes)] = 0
            lanes &= lanes - 1


@helper
def _centre_changes(
    work: CBOWScratch, chunk: Chunk, changes: Changes, rows: int, lines: np.ndarray, line: int
) -> int:
    """Complete dH, and change the centres' output rows."""
    H, SN, SP = work.H, work.SN, work.SP
    negatives = SN.shape[1]
    line = product(
        work.GH_rows, 0, SN, 0, 0, negatives, 1, work.N, 0, rows, negatives, negatives, 0, lines, line
    )
    # From here on rows of W may change.
    for i in range(chunk.size):
        give_row(changes.rows, i, H, i, SP[0, i])
    return line


@helper
def _negative_changes(work: CBOWScratch, changes: Changes, rows: int, lines: np.ndarray, line: int) -> None:
    """Change the negatives' output rows."""
    H, SN = work.H, work.SN
    behind, negatives = first_negative(work.window), SN.shape[1]
    product(changes.rows, behind, SN, 0, 0, 1, negatives, H, 0, negatives, rows, rows, 0, lines, line)
