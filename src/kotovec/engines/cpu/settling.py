"""How the changes of a round reach the parameters.

Most rows that a chunk touches are touched by no other chunk of its round. Nobody else reads them until
the round is over, so the worker that computed the chunk adds to them at once, while they are in its cache.
Only the rows of words that several chunks share are kept until all chunks are done, and then added in the
order of the chunks. The sums are the same either way, bit for bit.

Who shares what is found out before the round begins, from word ids alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.aiming import aim_apart, aim_lanes
from kotovec.engines.cpu.bits import lowest
from kotovec.engines.cpu.chunk import Changes, Parameters, new_matrix
from kotovec.engines.cpu.claims import Lists, first_claimant
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.rows import add_scaled_row

ROUND = 16
"""Chunks in a round of a long text; so many workers can be kept busy."""
PARTS = 4
"""Parts of W's rows that are changed at the same time once a round is computed; a power of two."""
PART_OF_TICKET = (1, 2, 3, 0)
"""The order in which parts are given out: so that a worker that takes every second or every fourth ticket
adds what it has set aside itself, wherever only its own chunks want a row."""


class Shared(NamedTuple):
    """What the chunks of a round have in common; a slot is a chunk's place in its round."""

    lists: Lists  # of this round's chunks and of the next one's, by turns
    rows: Any  # float (PARTS * ROUND * R, D), changes of rows that are not alone, R places for part and slot
    waiting_rows: Any  # int32 (PARTS, ROUND, R), the rows of W that they belong to
    waiting_scales: Any  # float (PARTS, ROUND, R), what their changes are multiplied by
    waiting: Any  # int64 (PARTS, ROUND), their number
    loss: Any  # float64 (ROUND, 2)
    drawn: Any  # float (ROUND, D), the sums of the rows of the chunks' negatives


def new_shared(lists: Lists, width: int, dtype: Any) -> Shared:
    """Return what the chunks of rounds share whose lists are these."""
    rows = lists.listed.shape[2]
    return Shared(
        lists=lists,
        rows=new_matrix(PARTS * ROUND * rows, width, dtype),
        waiting_rows=np.zeros((PARTS, ROUND, rows), np.int32),
        waiting_scales=np.zeros((PARTS, ROUND, rows), dtype),
        waiting=np.zeros((PARTS, ROUND), np.int64),
        loss=np.zeros((ROUND, 2)),
        drawn=new_matrix(ROUND, width, dtype),
    )


@helper
def _first_place(shared: Shared, part: int, slot: int) -> int:
    """Return where in `rows` those of a slot and a part begin."""
    return (part * ROUND + slot) * shared.waiting_rows.shape[2]


@helper
def aim_alone(
    changes: Changes, parameters: Parameters, listed: np.ndarray, shared: Shared, slot: int
) -> None:
    """Let changes of rows that are the chunk's alone be added at once; set the others aside, in order."""
    changes.slot[0] = slot
    for part in range(PARTS):
        shared.waiting[part, slot] = 0
    for r in range(0, len(listed), LANES):
        waiting = aim_lanes(changes, parameters, listed, r)
        while waiting != 0:
            at = r + lowest(waiting)
            waiting &= waiting - 1
            part = first_claimant(parameters.claims, listed[at]) & (PARTS - 1)
            n = shared.waiting[part, slot]
            shared.waiting_rows[part, slot, n] = listed[at]
            shared.waiting_scales[part, slot, n] = changes.rows.scale[at]
            shared.waiting[part, slot] = n + 1
            aim_apart(changes, at, shared.rows, _first_place(shared, part, slot) + n)


@helper
def add_shared(parameters: Parameters, shared: Shared, slots: int, part: int) -> None:
    """Add the rows set aside whose first claimants are `part` modulo PARTS, slot after slot."""
    for slot in range(slots):
        rows, scales = shared.waiting_rows[part, slot], shared.waiting_scales[part, slot]
        first = _first_place(shared, part, slot)
        for n in range(shared.waiting[part, slot]):
            add_scaled_row(parameters.W, rows[n], shared.rows, first + n, scales[n])
