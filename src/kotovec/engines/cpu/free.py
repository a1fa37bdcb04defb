"""Free-running workers: no rounds, no waiting, and other bits in every run."""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.atomics import atomic_add, atomic_load, atomic_store
from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.chunk import Changes, Parameters
from kotovec.engines.cpu.claims import NAMES, Lists, claim_rows, forget_claims
from kotovec.engines.cpu.compiling import kernel
from kotovec.engines.cpu.control import follow
from kotovec.engines.cpu.plan import SLICES, Plan, Text
from kotovec.engines.cpu.rounds import BLOCK_INDEX, DIVERGED, RUNNING, STATE, STOP
from kotovec.engines.cpu.schedule import Progress, Schedule, chunk_at, chunks_of, plan_row
from kotovec.engines.cpu.updating import change_nodes, list_for_chunk, update_chunk


@kernel
def run_freely(
    control: np.ndarray,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    lists: Lists,
    changes: Changes,
    seen: Progress,
    work: Any,
) -> None:
    """Take slices and add each chunk's changes at once, whatever the other workers do.

    The workers race for the parameters (Niu et al. 2011, "Hogwild!"): other bits in every run, a little
    faster. They race for the mean of all negatives, too: means of their own would follow the rows the later,
    the more workers there are, and hold a short text back altogether.

    `parameters.claims`, `plan`, `lists`, `changes` and `seen.loss` are this worker's own; `lists` holds
    the rows of a chunk and of the one after it. What is asked of a row is limited in each chunk.
    """
    text, schedule, parameters, plan = borrow(text), borrow(schedule), borrow(parameters), borrow(plan)
    lists, changes, seen, work = borrow(lists), borrow(changes), borrow(seen), borrow(work)
    name = 0
    total = len(text.token_ids)
    slices = (total + schedule.slice_length - 1) // schedule.slice_length
    while atomic_load(control, STOP) == RUNNING:
        ticket = atomic_add(control, STATE, 1)
        if ticket >= slices * schedule.epochs:
            return
        block = ticket // slices * schedule.blocks + ticket % slices // SLICES
        row = ticket % slices % SLICES
        plan_row(text, schedule, plan, block, row)
        chunks = chunks_of(schedule, plan, row)
        coming = chunk_at(text, schedule, plan, block, row, 0)
        if chunks > 0:
            list_for_chunk(text, schedule, plan, coming, lists.listed[0, 0], lists.asked[0, 0])
        for index in range(chunks):
            turn, later = index % 2, (index + 1) % 2
            listed, ahead, chunk = lists.listed[turn, 0], lists.listed[later, 0], coming
            if index + 1 < chunks:
                coming = chunk_at(text, schedule, plan, block, row, index + 1)
                list_for_chunk(text, schedule, plan, coming, ahead, lists.asked[later, 0])
            if name == NAMES:
                forget_claims(parameters.claims)
                name = 0
            name += 1
            claim_rows(parameters.claims, lists, turn, 1, name)
            aim_at_words(changes, parameters, listed)
            update_chunk(work, parameters, plan, chunk, listed, ahead, changes)
            follow(parameters, changes.drawn, 0, schedule.negatives)
            change_nodes(work, parameters, changes.visits, 1, 0, 1, name, lists.asked[turn])
            if not np.isfinite(changes.loss[0]):
                control[BLOCK_INDEX] = block
                atomic_store(control, STOP, DIVERGED)
                return
            seen.loss[block, 0] += changes.loss[0]
            seen.loss[block, 1] += changes.loss[1]
            if atomic_load(control, STOP) != RUNNING:
                return
        atomic_add(
            seen.tokens, 0, min(schedule.slice_length, total - (ticket % slices) * schedule.slice_length)
        )
