"""CBOW's scores and what they turn into, with products of either kind: of cbow.py or of rounded_cbow.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.bits import lanes_equal, lowest
from kotovec.engines.cpu.chunk import CHUNK, Changes, Chunk, first_negative, padded, score_loss
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.log_loss import loss_of_row
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.products import scores
from kotovec.engines.cpu.rows import add_rows, clear_row, sum_lanes
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row
from kotovec.engines.cpu.tiles import TILE


@helper
def score_negatives(
    S: np.ndarray, H: np.ndarray, rows: int, NT: np.ndarray, split: int, rest: int, lines: np.ndarray
) -> int:
    """S = H @ NT of so many rows, the sum of two parts: `split` steps of the depth, and the `rest`, if any.

    Return the first of the `lines` that is left to ask for.
    """
    m = S.shape[1]
    line = scores(S, H, 0, rows, NT, 0, split, 0, 0, m, m, 0, lines, 0)
    if rest > 0:
        line = scores(S, H, 0, rows, NT, split, rest, 1, 0, m, m, 0, lines, line)
    return line


@helper
def sum_positives(work: Any) -> None:
    """Add up what each part of each positive score is the sum of."""
    SP_part, SP_lanes = work.SP_part, work.SP_lanes
    for part in range(1 if work.split == work.size else 2):
        for i in range(0, CHUNK, LANES):
            sum_lanes(SP_part, part, i, SP_lanes[part], i)


@helper
def join_cbow(work: Any, other: Any, chunk: Chunk) -> None:
    """Put the scores together of whose parts each of two halves has one."""
    for i in range(padded(chunk.size, TILE)):
        add_rows(work.SN, i, work.SN_part, i, other.SN_part, i)
    add_rows(work.SP, 0, work.SP_part, 0, other.SP_part, 0)


@helper
def cbow_gradients(work: Any, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
    """Turn scores into gradients; say the loss where it is measured."""
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    if chunk.measured:
        _measure(work, plan, chunk, listed, changes)
    _turn(work, plan, chunk, listed)


@helper
def _measure(work: Any, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
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
def _turn(work: Any, plan: Plan, chunk: Chunk, listed: np.ndarray) -> None:
    """Turn scores into gradients: rate * s(-x), which is rate * (1 - s(x)), and -step * s(x)."""
    SP, SN = work.SP, work.SN
    number, width, last = SN.dtype.type, SN.shape[1], work.negatives - 1
    rate, step = number(chunk.rate), number(chunk.rate * chunk.negative_weight)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    sigmoid_row(SP, 0, 0, SP.shape[1], number(-1), rate, 0, chunk.size - 1, NO_HOLE)
    for i in range(chunk.size):
        sigmoid_row(SN, i, 0, width, number(1), -step, 0, last, NO_HOLE)
        _spare_word(work, listed, i)
        if left[i] + right[i] == 0:
            SP[0, i] = number(0)
            clear_row(SN, i)
    for i in range(chunk.size, padded(chunk.size, TILE)):
        clear_row(SN, i)


@helper
def _spare_word(work: Any, listed: np.ndarray, i: int) -> None:
    """Take back the push against a negative that is the word of centre i."""
    behind, SN = first_negative(work.window), work.SN
    for m in range(0, SN.shape[1], LANES):
        lanes = lanes_equal(listed, behind + m, listed[i])
        while lanes != 0:
            SN[i, m + lowest(lanes)] = 0
            lanes &= lanes - 1
