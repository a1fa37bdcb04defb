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

from kotovec.engines.cpu.aiming import aim_lanes
from kotovec.engines.cpu.bits import lowest
from kotovec.engines.cpu.chunk import Changes, Parameters
from kotovec.engines.cpu.claims import Lists, first_claimant
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_lines, new_matrix, new_table
from kotovec.engines.cpu.places import address_of_row
from kotovec.engines.cpu.rows import add_scaled_row

ROUND = 16
"""Most chunks in a round; so many workers can be kept busy. How many there are is said in scales.py."""
PARTS = 4
"""Parts of W's rows that may be changed at the same time once a round is computed; a power of two."""


class Shared(NamedTuple):
    """What the chunks of a round have in common; a slot is a chunk's place in its round."""

    lists: Lists  # of this round's chunks and of the next one's, by turns
    rows: Any  # float (PARTS * ROUND * R, D), changes of rows that are not alone, R places for part and slot
    waiting_rows: Any  # int32 (PARTS * ROUND * R,), the rows of W that they belong to
    waiting_scales: Any  # float (PARTS * ROUND * R,), what their changes are multiplied by
    waiting: Any  # int64 (ROUND, 8), their numbers, PARTS for each slot
    loss: Any  # float64 (ROUND, 8), two for each slot
    drawn: Any  # float (ROUND, D), the sums of the rows of the chunks' negatives


def new_shared(lists: Lists, width: int, dtype: Any) -> Shared:
    """Return what the chunks of rounds share whose lists are these."""
    places = PARTS * ROUND * lists.listed.shape[2]
    return Shared(
        lists=lists,
        rows=new_matrix(places, width, dtype),
        waiting_rows=new_table(places, np.int32),
        waiting_scales=new_table(places, dtype),
        waiting=new_lines((ROUND,), np.int64),
        loss=new_lines((ROUND,), np.float64),
        drawn=new_matrix(ROUND, width, dtype),
    )


@helper
def _first_place(shared: Shared, part: int, slot: int) -> int:
    """Return where in `rows` those of a slot and a part begin."""
    return (part * ROUND + slot) * shared.lists.listed.shape[2]


@helper
def aim_alone(
    changes: Changes, parameters: Parameters, listed: np.ndarray, shared: Shared, slot: int
) -> None:
    """Let changes of rows that are the chunk's alone be added at once; set the others aside, in order."""
    changes.slot[0] = slot
    # Looked up once: as far as LLVM knows, whatever is stored may change where the tables stand.
    claims, apart, (at, scales, base, _) = parameters.claims, shared.rows, changes.rows
    rows, row_scales, waiting = shared.waiting_rows, shared.waiting_scales, shared.waiting[slot]
    first, apart_part = _first_place(shared, 0, slot), _first_place(shared, 1, 0)
    nothing = address_of_row(changes.nowhere, 1)
    for part in range(PARTS):
        waiting[part] = 0
    for r in range(0, len(listed), LANES):
        several = aim_lanes(changes, parameters, listed, r)
        while several != 0:
            k = np.uint64(r + lowest(several))
            several &= several - 1
            part = first_claimant(claims, listed[k]) & (PARTS - 1)
            place = first + part * apart_part + waiting[part]
            waiting[part] += 1
            rows[place] = listed[k]
            row_scales[place] = scales[k]
            at[k] = address_of_row(apart, place)
            scales[k] = apart.dtype.type(1)
            base[k] = nothing


@helper
def add_shared(parameters: Parameters, shared: Shared, slots: int, share: int, shares: int) -> None:
    """Add the rows set aside whose first claimants are `share` modulo `shares`, slot after slot."""
    rows, scales = shared.waiting_rows, shared.waiting_scales
    for slot in range(slots):
        for part in range(share, PARTS, shares):
            first = _first_place(shared, part, slot)
            for place in range(first, first + shared.waiting[slot, part]):
                add_scaled_row(parameters.W, rows[place], shared.rows, place, scales[place])
