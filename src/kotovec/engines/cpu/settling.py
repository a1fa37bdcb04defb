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

from kotovec.engines.cpu.chunk import UNUSED, Changes, Parameters, aim, aim_at_word, new_matrix, scale_of
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.places import address_of_row
from kotovec.engines.cpu.rows import add_scaled_row

ROUND = 16
"""Chunks in a round; so many workers can be kept busy."""
PARTS = 4
"""Parts of W's rows that are changed at the same time once a round is computed; a power of two."""
_SLOT_BITS = 5
_SEVERAL = 31  # the slot of a row that several chunks touch


class Shared(NamedTuple):
    """What the chunks of a round have in common; a slot is a chunk's place in its round."""

    listed: Any  # int32 (2, ROUND, R), the lists of this round's chunks and of the next one's, by turns
    owner: Any  # uint16 (rows of W,), round and slot that last claimed each row, or _SEVERAL for the slot
    rows: Any  # float (ROUND * R, D), changes of rows that are not alone, slot after slot
    waiting_rows: Any  # int32 (ROUND, R + 1), the rows of W that they belong to
    waiting: Any  # int64 (ROUND,), their number
    loss: Any  # float64 (ROUND, 2)


def new_shared(matrix_rows: int, rows: int, width: int, dtype: Any) -> Shared:
    """Return room for rounds of chunks whose lists have so many rows, of a W with `matrix_rows`."""
    return Shared(
        listed=np.full((2, ROUND, rows), UNUSED, np.int32),
        owner=np.zeros(matrix_rows, np.uint16),
        rows=new_matrix(ROUND * rows, width, dtype),
        waiting_rows=np.zeros((ROUND, rows + 1), np.int32),
        waiting=np.zeros(ROUND, np.int64),
        loss=np.zeros((ROUND, 2)),
    )


@helper
def forget_claims(shared: Shared) -> None:
    """Let the names of rounds begin anew."""
    for row in range(len(shared.owner)):
        shared.owner[row] = 0


@helper
def claim_rows(shared: Shared, turn: int, slots: int, name: int) -> None:
    """Write down whose the rows of the lists of `turn` are; `name`, 1 .. 2047, is the round's own."""
    owner = shared.owner
    for slot in range(slots):
        claim = np.uint16((name << _SLOT_BITS) | slot)
        several = np.uint16((name << _SLOT_BITS) | _SEVERAL)
        listed = shared.listed[turn, slot]
        for r in range(len(listed)):
            if listed[r] != UNUSED:
                before = owner[listed[r]]
                taken = before >> _SLOT_BITS == name and before != claim
                owner[listed[r]] = several if taken else claim


@helper
def aim_alone(
    changes: Changes, parameters: Parameters, listed: np.ndarray, shared: Shared, slot: int
) -> None:
    """Let changes of rows that are the chunk's alone be added at once; set the others aside, in order."""
    changes.slot[0] = slot
    waiting = 0
    one = changes.nowhere.dtype.type(1)
    for r in range(len(listed)):
        row = listed[r]
        if row == UNUSED:
            aim_at_word(changes, r, parameters, row)
            continue
        # Nobody can predict which rows are alone, so nothing here branches on it.
        alone = shared.owner[row] & _SEVERAL != _SEVERAL
        apart = address_of_row(shared.rows, slot * len(listed) + waiting)
        at = address_of_row(parameters.W, row) if alone else apart
        aim(changes, r, at, scale_of(parameters, row) if alone else one, alone)
        shared.waiting_rows[slot, waiting] = row
        waiting += not alone
    shared.waiting[slot] = waiting


@helper
def add_shared(parameters: Parameters, shared: Shared, slots: int, part: int, parts: int) -> None:
    """Add the rows set aside whose pairs are `part` modulo `parts`, a power of two, slot after slot."""
    mask = np.int32(parts - 1)
    rows = shared.listed.shape[2]
    for slot in range(slots):
        for n in range(shared.waiting[slot]):
            row = shared.waiting_rows[slot, n]
            if (row >> 1) & mask == part:
                add_scaled_row(parameters.W, row, shared.rows, slot * rows + n, scale_of(parameters, row))
