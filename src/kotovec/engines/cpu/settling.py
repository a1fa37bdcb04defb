"""How the deltas of a round reach the parameters.

Most rows that a chunk touches are touched by no other chunk of its round. Nobody else reads them until
the round is over, so the worker that computed the chunk adds to them at once, while they are in its cache.
Only the rows of words that several chunks share are kept until all chunks are done, and then added in the
order of the chunks. The sums are the same either way, bit for bit.

Who shares what is found out before the round begins, from word ids alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.chunk import UNUSED, Deltas, Parameters, add_row, new_matrix
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.rows import copy_row

ROUND = 8
"""Chunks in a round; so many workers can be kept busy. Twice as many cost 10 % of the speed: their rows no
longer fit the cache between computing and adding."""
_SLOT_BITS = 4
_SEVERAL = 15  # the slot of a row that several chunks touch


class Shared(NamedTuple):
    """What the chunks of a round have in common; a slot is a chunk's place in its round."""

    inputs: int  # the first so many rows of a chunk's list belong to w_in
    word_ids: Any  # int32 (2, ROUND, R), the lists of this round's chunks and of the next one's, by turns
    alone: Any  # bool (ROUND, R), whether no other chunk of the round touches the row
    in_owner: Any  # uint16 (V,), round and slot that last claimed each row of w_in
    out_owner: Any  # uint16 (V,), the same for w_out
    rows: Any  # float (ROUND * R, D), deltas of rows that are not alone, slot after slot
    waiting_ids: Any  # int32 (ROUND, R), their words
    waiting: Any  # int64 (ROUND, 2), their number, of w_in and of both matrices
    loss: Any  # float64 (ROUND, 2)


def new_shared(words: int, deltas: Deltas, dtype: Any) -> Shared:
    """Return room for rounds of chunks whose deltas look like `deltas`."""
    rows, width = deltas.rows.shape
    return Shared(
        inputs=deltas.inputs,
        word_ids=np.full((2, ROUND, rows), UNUSED, np.int32),
        alone=np.zeros((ROUND, rows), np.bool_),
        in_owner=np.zeros(words, np.uint16),
        out_owner=np.zeros(words, np.uint16),
        rows=new_matrix(ROUND * rows, width, dtype),
        waiting_ids=np.zeros((ROUND, rows), np.int32),
        waiting=np.zeros((ROUND, 2), np.int64),
        loss=np.zeros((ROUND, 2)),
    )


@helper
def forget_claims(shared: Shared) -> None:
    """Let the names of rounds begin anew."""
    for word_id in range(len(shared.in_owner)):
        shared.in_owner[word_id] = 0
        shared.out_owner[word_id] = 0


@helper
def claim_rows(shared: Shared, turn: int, slots: int, name: int) -> None:
    """Find out which rows of the lists of `turn` are alone; `name`, 1 .. 4095, is the round's own."""
    rows = shared.word_ids.shape[2]
    for slot in range(slots):
        claim = np.uint16((name << _SLOT_BITS) | slot)
        several = np.uint16((name << _SLOT_BITS) | _SEVERAL)
        for r in range(rows):
            word_id = shared.word_ids[turn, slot, r]
            if word_id == UNUSED:
                continue
            owner = shared.in_owner if r < shared.inputs else shared.out_owner
            before = owner[word_id]
            taken = before >> _SLOT_BITS == name and before != claim
            owner[word_id] = several if taken else claim
    for slot in range(slots):
        for r in range(rows):
            word_id = shared.word_ids[turn, slot, r]
            if word_id != UNUSED:
                owner = shared.in_owner if r < shared.inputs else shared.out_owner
                shared.alone[slot, r] = owner[word_id] & _SEVERAL != _SEVERAL


@helper
def settle(parameters: Parameters, word_ids: np.ndarray, deltas: Deltas, shared: Shared, slot: int) -> None:
    """Add the rows that are this chunk's alone to the parameters; set the others aside, in their order."""
    waiting = 0
    rows = len(word_ids)
    for r in range(rows):
        if r == deltas.inputs:
            shared.waiting[slot, 0] = waiting
        if word_ids[r] == UNUSED:
            continue
        if shared.alone[slot, r]:
            add_row(parameters, word_ids[r], r < deltas.inputs, deltas.rows, r)
            continue
        copy_row(shared.rows, slot * rows + waiting, deltas.rows, r)
        shared.waiting_ids[slot, waiting] = word_ids[r]
        waiting += 1
    shared.waiting[slot, 1] = waiting
    shared.loss[slot, 0] = deltas.loss[0]
    shared.loss[slot, 1] = deltas.loss[1]


@helper
def add_shared(parameters: Parameters, shared: Shared, slots: int, part: int, parts: int) -> None:
    """Add the rows set aside whose word ids are `part` modulo `parts`, a power of two, slot after slot."""
    mask = np.int32(parts - 1)
    rows = shared.waiting_ids.shape[1]
    for slot in range(slots):
        for n in range(shared.waiting[slot, 1]):
            word_id = shared.waiting_ids[slot, n]
            if word_id & mask == part:
                add_row(parameters, word_id, n < shared.waiting[slot, 0], shared.rows, slot * rows + n)
