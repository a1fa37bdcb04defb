"""How scores become gradients in skip-gram with negative sampling, and what the loss was."""

from __future__ import annotations

import numpy as np

from kotovec.engines.cpu.chunk import Changes, Chunk, band_width, padded, score_loss
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.log_loss import loss_of_row
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_rows
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch
from kotovec.engines.cpu.sparing import count_contexts, spare_contexts
from kotovec.engines.cpu.tiles import TILE


@helper
def skipgram_gradients(
    work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes
) -> None:
    """Turn scores into gradients; say the loss where it is measured."""
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    if chunk.measured:
        _measure(work, plan, chunk, listed, changes)
    _gradients(work, plan, chunk)
    spare_contexts(work, plan, chunk, listed)


@helper
def learn_skipgram(
    work: SkipGramScratch,
    other: SkipGramScratch,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    changes: Changes,
) -> None:
    """Add the other half's part of the scores to this one's, and do the same."""
    mine, others = work.S, other.S
    for i in range(padded(chunk.size, TILE)):
        add_rows(mine, i, mine, i, others, i)
    skipgram_gradients(work, plan, chunk, listed, changes)


@helper
def _measure(work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
    """Sum the loss in float64, from the scores before they become gradients."""
    number, band, columns = work.S.dtype.type, band_width(work.window), len(work.sources) - work.contexts
    loss = 0.0
    for i in range(chunk.size):
        left = np.int64(plan.left[chunk.row, chunk.first + i])
        right = np.int64(plan.right[chunk.row, chunk.first + i])
        changes.loss[1] += left + right
        centre = i % TILE + work.window
        loss += loss_of_row(work.S, i, 0, band, number(1), centre - left, centre + right, centre)
        pushed = loss_of_row(work.S, i, band, columns, number(-1), 0, work.negatives - 1, NO_HOLE)
        loss += chunk.negative_weight * (left + right) * pushed
    for m in range(work.negatives):
        low, high = count_contexts(work, plan, chunk, listed, m)
        for i in range(low, high):
            loss -= chunk.negative_weight * work.spared[i] * score_loss(work.S[i, band + m], 0)
            work.spared[i] = number(0)
    changes.loss[0] = loss


@helper
def _gradients(work: SkipGramScratch, plan: Plan, chunk: Chunk) -> None:
    """Turn scores into gradients: rate * s(-x), which is rate * (1 - s(x)), and -step * s(x)."""
    number = work.S.dtype.type
    rate, step = number(chunk.rate), number(chunk.rate * chunk.negative_weight)
    band = band_width(work.window)
    negatives, last = len(work.sources) - work.contexts, work.negatives - 1
    S, window, all_pairs = work.S, work.window, work.pairs
    before, after = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    for i in range(padded(chunk.size, TILE)):
        left = right = np.int64(0)
        if i < chunk.size:
            left, right = np.int64(before[i]), np.int64(after[i])
        pairs = number(left + right)
        all_pairs[i] = pairs
        centre = i % TILE + window
        sigmoid_row(S, i, 0, band, number(-1), rate, centre - left, centre + right, centre)
        sigmoid_row(S, i, band, negatives, number(1), -step * pairs, 0, last, NO_HOLE)
