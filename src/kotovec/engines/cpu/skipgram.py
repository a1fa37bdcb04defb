"""One chunk of skip-gram with negative sampling, as five small matrix products.

For a centre i with input row x_i, a context word at position q with output row y_q, and M negatives
n_m shared by the chunk (Mikolov et al. 2013, equation 4, the negatives weighted by K / M each):

    loss_i = sum_q [ -log s(x_i . y_q) - K/M * sum_m -log s(-x_i . n_m) ]      n_m = word q left out

    S_P = X Y^T (a band, cut by each centre's window)       S_N = X N^T             Z = [Y; N], S = [S_P, S_N]
    G_P = rate * (1 - s(S_P)) inside the windows            G_N = -rate * K/M * pairs * s(S_N)
    dX  = G_P Y + G_N N        dY = G_P^T X        dN = G_N^T X

It must equal `engines.reference.skipgram.skipgram_deltas`, which plays the same chunk on the layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.bits import any_equal, lanes_equal, lowest
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    band_width,
    context_rows,
    copy_rows,
    fetch_claims,
    fetch_some,
    first_negative,
    list_ahead,
    locate,
    padded,
    score_loss,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.control import control, is_controlled, sum_negatives
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.log_loss import loss_of_row
from kotovec.engines.cpu.memory import new_matrix, new_table
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import copy_row
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row
from kotovec.engines.cpu.tiles import TILE, product, scores


class SkipGramScratch(NamedTuple):
    """One worker's buffers; T is CHUNK, w the window, M the negatives rounded up to LANES."""

    window: int
    negatives: int
    size: int  # vector_size, H; the rows' D - H further elements are zero
    contexts: int  # Q, the rows of Z before those of the negatives
    X: Any  # (T, D) input rows of the centres
    Z: Any  # (Q + M', D) output rows: contexts, row q at position first - window + q, then negatives and mu
    ZT: Any  # (D, Q + M)
    S: Any  # (T, Q + 2 M') scores, then gradients; between a tile's band and the negatives, nothing; at last
    # the negatives' plain gradients, see control.py, M' being M or, where there is no room for mu, LANES more
    sources: Any  # int64 (Q + M,), the addresses of the rows of W that are copied to Z
    pairs: Any  # (T,) positive pairs of each centre
    spared: Any  # (T,) zeros between uses, see _count_contexts


def new_skipgram_scratch(window: int, negatives: int, size: int, dtype: Any) -> SkipGramScratch:
    """Return buffers for one worker."""
    width, contexts = padded(size, LANES), context_rows(window)
    outputs, m = contexts + padded(negatives, LANES), padded(negatives + 1, LANES)
    return SkipGramScratch(
        window=window,
        negatives=negatives,
        size=size,
        contexts=contexts,
        X=new_matrix(CHUNK, width, dtype),
        Z=new_matrix(contexts + m, width, dtype),
        ZT=new_matrix(width, outputs, dtype),
        S=new_matrix(CHUNK, contexts + 2 * m, dtype),
        sources=new_table(outputs, np.int64),
        pairs=new_table(CHUNK, dtype),
        spared=new_table(CHUNK, dtype),
    )


@helper
def skipgram_chunk(
    work: SkipGramScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Send what the chunk teaches to `changes`; `listed` are its rows, `ahead` those of a later chunk."""
    rows = padded(chunk.size, TILE)
    _gather(work, parameters, chunk, listed)
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    fetch_claims(parameters, ahead)
    line = _score(work, rows, lines)
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    if chunk.measured:
        _measure(work, plan, chunk, listed, changes)
    _gradients(work, plan, chunk, rows)
    _spare_contexts(work, plan, chunk, listed)
    controlled = is_controlled(parameters, work.negatives)
    if controlled:
        sum_negatives(changes.drawn, work.Z, work.contexts, work.negatives)
        control(work.S, rows, work.Z, work.contexts, work.negatives, parameters.mean_negative)
    line = _change(work, controlled, changes, rows, lines, line)
    fetch_some(lines, line, len(lines))  # what the products have left


@helper
def _gather(work: SkipGramScratch, parameters: Parameters, chunk: Chunk, listed: np.ndarray) -> None:
    """Copy all rows, so that they lie close together and may be changed meanwhile."""
    # The fields of a borrowed bundle are read anew after every store: in loops, here and below, they are not.
    X, W = work.X, parameters.W
    for i in range(chunk.size):
        copy_row(X, i, W, listed[i])
    reach = padded(chunk.size + band_width(work.window), LANES)
    locate(parameters, listed[CHUNK:], work.sources)
    copy_rows(work.Z, work.ZT, work.sources, 0, reach)
    copy_rows(work.Z, work.ZT, work.sources, work.contexts, len(work.sources))


@helper
def _score(work: SkipGramScratch, rows: int, lines: np.ndarray) -> int:
    contexts, band = work.contexts, band_width(work.window)
    negatives = len(work.sources) - contexts
    line, S, X, ZT, size = 0, work.S, work.X, work.ZT, work.size
    for i in range(0, rows, TILE):
        line = scores(S, X, i, TILE, ZT, 0, size, 0, i, band, contexts, negatives, lines, line)
    return line


@helper
def _measure(work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
    """Sum the loss in float64, from the scores before they become gradients."""
    number, contexts, band = work.S.dtype.type, work.contexts, band_width(work.window)
    columns = len(work.sources) - contexts
    loss = 0.0
    for i in range(chunk.size):
        left = np.int64(plan.left[chunk.row, chunk.first + i])
        right = np.int64(plan.right[chunk.row, chunk.first + i])
        changes.loss[1] += left + right
        start = i // TILE * TILE
        centre = i - start + work.window
        loss += loss_of_row(work.S, i, start, band, number(1), centre - left, centre + right, centre)
        pushed = loss_of_row(work.S, i, contexts, columns, number(-1), 0, work.negatives - 1, NO_HOLE)
        loss += chunk.negative_weight * (left + right) * pushed
    for m in range(work.negatives):
        low, high = _count_contexts(work, plan, chunk, listed, m)
        for i in range(low, high):
            if work.spared[i] > 0:
                loss -= chunk.negative_weight * work.spared[i] * score_loss(work.S[i, contexts + m], 0)
                work.spared[i] = number(0)
    changes.loss[0] = loss


@helper
def _gradients(work: SkipGramScratch, plan: Plan, chunk: Chunk, rows: int) -> None:
    """Turn scores into gradients: rate * s(-x), which is rate * (1 - s(x)), and -step * s(x)."""
    number = work.X.dtype.type
    rate, step = number(chunk.rate), number(chunk.rate * chunk.negative_weight)
    band = band_width(work.window)
    negatives, last = len(work.sources) - work.contexts, work.negatives - 1
    S, contexts, window, all_pairs = work.S, work.contexts, work.window, work.pairs
    before, after = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    for i in range(rows):
        left = right = np.int64(0)
        if i < chunk.size:
            left, right = np.int64(before[i]), np.int64(after[i])
        pairs = number(left + right)
        all_pairs[i] = pairs
        start = i // TILE * TILE
        centre = i - start + window
        sigmoid_row(S, i, start, band, number(-1), rate, centre - left, centre + right, centre)
        sigmoid_row(S, i, contexts, negatives, number(1), -step * pairs, 0, last, NO_HOLE)


@helper
def _spare_contexts(work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray) -> None:
    """Take back the push against a negative for those pairs whose context word it is."""
    number = work.X.dtype.type
    for m in range(work.negatives):
        low, high = _count_contexts(work, plan, chunk, listed, m)
        for i in range(low, high):
            if work.spared[i] > 0:
                work.S[i, work.contexts + m] *= number(1) - work.spared[i] / work.pairs[i]
                work.spared[i] = number(0)


@helper
def _count_contexts(
    work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, m: int
) -> tuple[int, int]:
    """Count in `spared` how many of each centre's context words negative m is.

    What is returned is the first centre that may have some and the one after the last; whoever has read
    `spared` makes it zero again.
    """
    number, behind = work.X.dtype.type, first_negative(work.window)
    negative = listed[behind + m]
    low, high = chunk.size, 0
    if not any_equal(listed, CHUNK, behind, negative):
        return low, high
    for place in range(CHUNK, behind, LANES):
        lanes = lanes_equal(listed, place, negative)
        while lanes != 0:
            q = place - CHUNK + lowest(lanes)
            lanes &= lanes - 1
            first, last = max(q - 2 * work.window, 0), min(q + 1, chunk.size)
            low, high = min(low, first), max(high, last)
            for i in range(first, last):
                work.spared[i] += number(_is_context(work, plan, chunk, i, q))
    return low, high


@helper
def _is_context(work: SkipGramScratch, plan: Plan, chunk: Chunk, i: int, q: int) -> Any:
    """Return whether row q of Y lies in the window of centre i."""
    distance = q - work.window - i
    left = np.int64(plan.left[chunk.row, chunk.first + i])
    right = np.int64(plan.right[chunk.row, chunk.first + i])
    return (distance != 0) & (-left <= distance) & (distance <= right)


@helper
def _change(
    work: SkipGramScratch, controlled: bool, changes: Changes, rows: int, lines: np.ndarray, line: int
) -> int:
    X, Z, S, to = work.X, work.Z, work.S, changes.rows
    n, row, band = work.contexts, S.shape[1], TILE + 2 * work.window
    # The band, then the negatives and, where there is one, the mean of all.
    steps = band + work.negatives + np.int64(controlled)
    for i in range(0, rows, TILE):
        line = product(to, i, S, i, i, row, 1, Z, i, TILE, steps, band, n - i - band, lines, line)
    for q in range(0, rows + 2 * work.window, TILE):
        first = max(q - 2 * work.window, 0)
        seen = min(q + TILE, rows) - first
        line = product(to, CHUNK + q, S, first, q, 1, row, X, first, TILE, seen, seen, 0, lines, line)
    behind, negatives = first_negative(work.window), padded(work.negatives, TILE)
    plain = len(Z) if controlled else n
    return product(to, behind, S, 0, plain, 1, row, X, 0, negatives, rows, rows, 0, lines, line)
