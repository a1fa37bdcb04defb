"""Rounds: training on all cores that gives the same bits at every worker count.

A round is up to 16 chunks, from as many slices of the text: chunks that follow one another share their
topic's words, which would all be moved from the same stale place. First all its chunks are computed from
the parameters as they stood when the round began; then their changes are added, each row by one worker, in
the order of the chunks (settling.py does the first for rows that nobody else needs). Neither step depends
on who does what, and so the result does not depend on how many workers there are.

Work is handed out in tickets. The tickets of a phase may be taken by anyone in any order; the next
phase opens when the last of them is done. A worker that the operating system has put to sleep holds
up the others only if it holds a ticket. Each worker has tickets that it takes before all others, the same in
every round: so it knows which chunk it will most likely compute next, and asks the memory for that one's rows
while it computes this one; and its slices and its part of W stay in its cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.atomics import (
    atomic_add,
    atomic_load,
    atomic_store,
    compare_and_swap,
    give_way,
    relax,
)
from kotovec.engines.cpu.bits import highest, lowest
from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.chunk import Changes, Parameters
from kotovec.engines.cpu.claims import NAMES, claim_rows, forget_claims
from kotovec.engines.cpu.compiling import anywhere, helper, kernel
from kotovec.engines.cpu.control import follow
from kotovec.engines.cpu.plan import SLICES, Plan, Text
from kotovec.engines.cpu.rows import copy_row
from kotovec.engines.cpu.schedule import (
    Order,
    Progress,
    Schedule,
    chunk_at,
    plan_row,
    put_in_order,
)
from kotovec.engines.cpu.settling import (
    Shared,
    add_shared,
    aim_alone,
)
from kotovec.engines.cpu.updating import change_nodes, list_for_chunk, update_chunk

# Places in the control array, a cache line apart where several workers write.
STATE, DONE, STOP = 0, 8, 16
PHASE, BLOCK_INDEX, ROUND_INDEX, CHUNKS, WORKERS, TICKETS, JOINED, NAME = 24, 25, 26, 27, 28, 29, 30, 31
SHARES = 32
CONTROL_SIZE = 40
PLANNING, COMPUTING, ADDING = 0, 1, 2
RUNNING, FINISHED, INTERRUPTED, DIVERGED = 0, 1, 2, 3
_SPINS = 300
_MOST_TICKETS = 32
_TICKETS_MASK = (1 << _MOST_TICKETS) - 1


@anywhere
def _state(serial: int, tickets: int) -> int:
    """Return the control word of a phase that begins: its number and the set of its tickets."""
    return (serial << 32) | ((1 << tickets) - 1)


def open_first_phase(control: np.ndarray, workers: int, shares: int) -> None:
    """Prepare the control array for so many workers and shares; the first block is planned first."""
    control[WORKERS], control[SHARES] = workers, shares
    control[TICKETS] = SLICES
    control[STATE] = _state(1, SLICES)


@helper
def _open_phase(control: np.ndarray, serial: int, phase: int, tickets: int) -> None:
    """Let the workers in."""
    control[PHASE] = phase
    control[DONE] = 0
    control[TICKETS] = tickets
    atomic_store(control, STATE, _state(serial, tickets))


@helper
def _list_slot(
    control: np.ndarray,
    index: int,
    slot: int,
    text: Text,
    schedule: Schedule,
    plan: Plan,
    order: Order,
    shared: Shared,
) -> None:
    """List the rows of one chunk of the block's round `index`, if there is one."""
    at = index * schedule.round_chunks + slot
    if at < control[CHUNKS]:
        listed, asked = shared.lists.listed[index % 2, slot], shared.lists.asked[index % 2, slot]
        chunk = chunk_at(text, schedule, plan, control[BLOCK_INDEX], order.rows[at], order.indices[at])
        list_for_chunk(text, schedule, plan, chunk, listed, asked)


@helper
def _next_name(control: np.ndarray) -> int:
    """Return what the claims of the next round are named by: the numbers 1 to NAMES, over and over."""
    return control[NAME] % NAMES + 1


@helper
def _slots(control: np.ndarray, schedule: Schedule, index: int) -> int:
    """Return how many chunks the block's round `index` has."""
    return max(min(schedule.round_chunks, control[CHUNKS] - index * schedule.round_chunks), 0)


@helper
def _next_phase(
    control: np.ndarray,
    serial: int,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    order: Order,
    shared: Shared,
    seen: Progress,
) -> None:
    """Decide what comes now; called by the one worker that finished the phase's last ticket."""
    block, index, phase = control[BLOCK_INDEX], control[ROUND_INDEX], control[PHASE]
    if phase == COMPUTING:
        for slot in range(_slots(control, schedule, index)):
            seen.loss[block, 0] += shared.loss[slot, 0]
            seen.loss[block, 1] += shared.loss[slot, 1]
            follow(parameters, shared.drawn, slot, schedule.negatives)
        if not np.isfinite(seen.loss[block, 0]):
            atomic_store(control, STOP, DIVERGED)
            return
        _open_phase(control, serial, ADDING, control[SHARES] + 1)
        return
    if phase == PLANNING:
        control[CHUNKS] = put_in_order(schedule, plan, order)
        index = np.int64(0)  # a plain 0 would be a type of its own, and its helpers compiled twice
        for slot in range(schedule.round_chunks):
            _list_slot(control, index, slot, text, schedule, plan, order, shared)
    else:
        index += 1
    slots, name = _slots(control, schedule, index), _next_name(control)
    control[ROUND_INDEX], control[NAME] = index, name
    if name == 1:
        forget_claims(parameters.claims)
    if name == 1 or phase == PLANNING:
        claim_rows(parameters.claims, shared.lists, index % 2, slots, name)
    if slots > 0:
        _open_phase(control, serial, COMPUTING, slots)
        return
    span = SLICES * schedule.slice_length
    seen.tokens[0] += min(span, len(text.token_ids) - (block % schedule.blocks) * span)
    if block + 1 == schedule.blocks * schedule.epochs:
        atomic_store(control, STOP, FINISHED)
        return
    control[BLOCK_INDEX] = block + 1
    _open_phase(control, serial, PLANNING, SLICES)


@helper
def _own_tickets(control: np.ndarray) -> int:
    """Return the set of tickets that this worker takes before all others; each worker has its own."""
    workers, own = control[WORKERS], 0
    for ticket in range(atomic_add(control, JOINED, 1), _MOST_TICKETS, workers):
        own |= 1 << ticket
    return own


@kernel
def run_rounds(
    control: np.ndarray,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    order: Order,
    shared: Shared,
    changes: Changes,
    seen: Progress,
    work: Any,
) -> None:
    """Work until the training is finished or stopped; every worker runs this at the same time."""
    text, schedule, parameters = borrow(text), borrow(schedule), borrow(parameters)
    plan, order, shared = borrow(plan), borrow(order), borrow(shared)
    changes, seen, work = borrow(changes), borrow(seen), borrow(work)
    own = _own_tickets(control)
    spins = 0
    while atomic_load(control, STOP) == RUNNING:
        state = atomic_load(control, STATE)
        left = state & _TICKETS_MASK
        if left == 0:
            spins += 1
            if spins < _SPINS:
                relax()
            else:
                give_way()
            continue
        ticket = lowest(left & own) if left & own else highest(left)
        if not compare_and_swap(control, STATE, state, state & ~(1 << ticket)):
            continue
        spins = 0
        # While this ticket is held the phase stays open, and what describes it stays the same.
        tickets = control[TICKETS]
        block, index = control[BLOCK_INDEX], control[ROUND_INDEX]
        if control[PHASE] == PLANNING:
            plan_row(text, schedule, plan, block, ticket)
        elif control[PHASE] == COMPUTING:
            # The lists of the next round need nothing that this round still changes.
            _list_slot(control, index + 1, ticket, text, schedule, plan, order, shared)
            at = index * schedule.round_chunks + ticket
            chunk = chunk_at(text, schedule, plan, block, order.rows[at], order.indices[at])
            listed = shared.lists.listed[index % 2, ticket]
            later = ticket + control[WORKERS]  # this worker's next, unless it helps out or others do
            turns, slot = divmod(later, schedule.round_chunks)
            ahead = shared.lists.listed[(index + turns) % 2, slot]
            aim_alone(changes, parameters, listed, shared, ticket)
            update_chunk(work, parameters, plan, chunk, listed, ahead, changes)
            shared.loss[ticket, 0] = changes.loss[0]
            shared.loss[ticket, 1] = changes.loss[1]
            copy_row(shared.drawn, ticket, changes.drawn, 0)
        elif ticket == 0:
            turn, name = (index + 1) % 2, _next_name(control)
            if name != 1:  # all names being used, the claims are forgotten and made when this phase is over
                claim_rows(parameters.claims, shared.lists, turn, _slots(control, schedule, index + 1), name)
        else:
            # Whoever takes every second or every fourth ticket adds what it has set aside itself, wherever
            # only its own chunks want a row.
            shares, slots = control[SHARES], _slots(control, schedule, index)
            name, asked = control[NAME], shared.lists.asked[index % 2]
            add_shared(parameters, shared, slots, ticket % shares, shares)
            change_nodes(work, parameters, changes.visits, slots, ticket % shares, shares, name, asked)
        if atomic_add(control, DONE, 1) + 1 == tickets:
            _next_phase(control, (state >> 32) + 1, text, schedule, parameters, plan, order, shared, seen)
