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

from kotovec.engines.cpu.chunk import UNUSED, Chunk, Deltas, Parameters, new_matrix
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_scaled_row, copy_row

ROUND = 8
"""Chunks in a round; so many workers can be kept busy. Twice as many cost 10 % of the speed: their rows no
longer fit the cache between computing and adding."""
_SLOT_BITS = 5
_SHARED = 31  # the slot of a row that several chunks touch


class Shared(NamedTuple):
    """What the chunks of a round have in common; a slot is a chunk's place in its round."""

    in_owner: Any  # int64 (V,), round and slot that last claimed each row of w_in
    out_owner: Any  # int64 (V,), the same for w_out
    negatives: Any  # int32 (ROUND, M)
    rows: Any  # float (ROUND * R, D), deltas of shared rows, slot after slot
    word_ids: Any  # int32 (ROUND, R)
    waiting: Any  # int64 (ROUND, 2), shared rows of w_in, and of both matrices
    loss: Any  # float64 (ROUND, 2)


def new_shared(words: int, deltas: Deltas, dtype: Any) -> Shared:
    """Return room for rounds of chunks whose deltas look like `deltas`."""
    rows, width = deltas.rows.shape
    return Shared(
        in_owner=np.zeros(words, np.int64),
        out_owner=np.zeros(words, np.int64),
        negatives=np.zeros((ROUND, len(deltas.negatives)), np.int32),
        rows=new_matrix(ROUND * rows, width, dtype),
        word_ids=np.zeros((ROUND, rows), np.int32),
        waiting=np.zeros((ROUND, 2), np.int64),
        loss=np.zeros((ROUND, 2)),
    )


@helper
def _claim_row(owner: np.ndarray, word_id: int, claim: int) -> None:
    before = owner[word_id]
    if before >> _SLOT_BITS == claim >> _SLOT_BITS and before != claim:
        owner[word_id] = claim | _SHARED
    else:
        owner[word_id] = claim


@helper
def claim_rows(
    shared: Shared, plan: Plan, chunk: Chunk, window: int, contexts_are_inputs: bool, slot: int, name: int
) -> None:
    """Note for each row that the chunk will touch that round `name`, above 0, has it in `slot`."""
    claim = (name << _SLOT_BITS) | slot
    of_centres = shared.out_owner if contexts_are_inputs else shared.in_owner
    of_contexts = shared.in_owner if contexts_are_inputs else shared.out_owner
    for at in range(chunk.first, chunk.first + chunk.size):
        _claim_row(of_centres, plan.kept[chunk.row, at], claim)
    low = max(plan.low[chunk.row], chunk.first - window)
    high = min(plan.high[chunk.row], chunk.first + chunk.size + window)
    for at in range(low, high):
        _claim_row(of_contexts, plan.kept[chunk.row, at], claim)
    for m in range(shared.negatives.shape[1]):
        _claim_row(shared.out_owner, shared.negatives[slot, m], claim)


@helper
def settle(parameters: Parameters, deltas: Deltas, shared: Shared, slot: int) -> None:
    """Add the rows that are this chunk's alone to the parameters; set the others aside, in their order."""
    waiting = 0
    rows = len(deltas.word_ids)
    for r in range(rows):
        if r == deltas.inputs:
            shared.waiting[slot, 0] = waiting
        word_id = deltas.word_ids[r]
        if word_id == UNUSED:
            continue
        if r < deltas.inputs:
            if shared.in_owner[word_id] & _SHARED != _SHARED:
                add_scaled_row(parameters.w_in, word_id, deltas.rows, r, parameters.in_scale[word_id])
                continue
        elif shared.out_owner[word_id] & _SHARED != _SHARED:
            add_scaled_row(parameters.w_out, word_id, deltas.rows, r, parameters.out_scale[word_id])
            continue
        copy_row(shared.rows, slot * rows + waiting, deltas.rows, r)
        shared.word_ids[slot, waiting] = word_id
        waiting += 1
    shared.waiting[slot, 1] = waiting
    shared.loss[slot, 0] = deltas.loss[0]
    shared.loss[slot, 1] = deltas.loss[1]


@helper
def add_shared(parameters: Parameters, shared: Shared, slots: int, part: int, parts: int) -> None:
    """Add the rows set aside whose word ids are `part` modulo `parts`, a power of two, slot after slot."""
    mask = np.int32(parts - 1)
    rows = shared.word_ids.shape[1]
    for slot in range(slots):
        for n in range(shared.waiting[slot, 1]):
            word_id = shared.word_ids[slot, n]
            if word_id & mask != part:
                continue
            at = slot * rows + n
            if n < shared.waiting[slot, 0]:
                add_scaled_row(parameters.w_in, word_id, shared.rows, at, parameters.in_scale[word_id])
            else:
                add_scaled_row(parameters.w_out, word_id, shared.rows, at, parameters.out_scale[word_id])
