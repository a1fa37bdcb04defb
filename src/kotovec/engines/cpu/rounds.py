"""The workers' loop: rounds that give the same bits at every worker count, or free running.

A round is ROUND chunks, from as many slices of the text: chunks that follow one another share their
topic's words, which would all be moved from the same stale place. First all its chunks are computed from
the parameters as they stood when the round began; then their deltas are added, each row by one worker, in
the order of the chunks. Neither step depends on who does what, and so the result does not depend on how
many workers there are.

Work is handed out in tickets. The tickets of a phase may be taken by anyone in any order; the next
phase opens when the last of them is done. A worker that the operating system has put to sleep holds
up the others only if it holds a ticket.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.atomics import (
    atomic_add,
    atomic_load,
    atomic_store,
    compare_and_swap,
    give_way,
    relax,
)
from kotovec.engines.cpu.cbow import CBOWScratch, cbow_chunk
from kotovec.engines.cpu.chunk import CHUNK, Chunk, Deltas, Parameters, apply_slot
from kotovec.engines.cpu.compiling import helper, kernel
from kotovec.engines.cpu.plan import SLICES, Plan, Text, plan_slice
from kotovec.engines.cpu.random_bits import bits_at
from kotovec.engines.cpu.sampling import draw_negatives
from kotovec.engines.cpu.skipgram import SkipGramScratch, skipgram_chunk

ROUND = 16
"""Chunks in a round, as many as slices in a block; so many workers can be kept busy."""
PARTS = 4
"""Row partitions of the second phase."""

# Places in the control array, a cache line apart where several workers write.
STATE, DONE, STOP = 0, 8, 16
PHASE, BLOCK_INDEX, ROUND_INDEX, CHUNKS = 24, 25, 26, 27
CONTROL_SIZE = 32
PLANNING, COMPUTING, APPLYING = 0, 1, 2
RUNNING, FINISHED, INTERRUPTED, DIVERGED = 0, 1, 2, 3
_SPINS = 300


class Schedule(NamedTuple):
    """What stays fixed while training: sizes, rates and keys."""

    window: int
    negatives: int
    negative_weight: float  # K / M
    first_rate: float
    last_rate: float
    epochs: int
    slice_length: int  # positions in a slice
    blocks: int  # blocks of SLICES slices in an epoch
    loss_stride: int  # the loss is measured on every so many chunks
    position_keys: Any  # uint64 (epochs,), for subsampling and windows
    negative_keys: Any  # uint64 (epochs,), for negatives


class Order(NamedTuple):
    """In which order a block's chunks are learned: the first of every slice, then the second, and so on."""

    rows: Any  # int32 (SLICES * SLICE,), each chunk's row of the plan
    indices: Any  # int32 (SLICES * SLICE,), its place in that row


class Progress(NamedTuple):
    """What is known of the run while it goes on."""

    loss: Any  # float64 (blocks, 2), summed loss and positive pairs of the measured chunks
    tokens: Any  # int64 (1,), positions trained on


def update_chunk(
    work: Any, parameters: Parameters, plan: Plan, chunk: Chunk, deltas: Deltas, slot: int
) -> None:
    """Compute one chunk with the kernel that the type of `work` belongs to."""
    raise NotImplementedError("only inside kernels")


@overload(update_chunk)
def _choose_kernel(work: Any, parameters: Any, plan: Any, chunk: Any, deltas: Any, slot: Any) -> Any:
    kernels = {SkipGramScratch: skipgram_chunk, CBOWScratch: cbow_chunk}
    chosen = kernels[work.instance_class]

    def call(work: Any, parameters: Any, plan: Any, chunk: Any, deltas: Any, slot: Any) -> Any:
        return chosen(work, parameters, plan, chunk, deltas, slot)

    return call


def first_state(tickets: int) -> int:
    """Return the control word that opens the first phase with so many tickets."""
    return (1 << 32) | (tickets << 16)


@helper
def learning_rate(schedule: Schedule, total: int, done: float) -> float:
    """Return the rate after `done` positions of all epochs together: a straight line."""
    share = done / (total * schedule.epochs)
    return schedule.first_rate - (schedule.first_rate - schedule.last_rate) * share


@helper
def _run_chunk(
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    deltas: Deltas,
    work: Any,
    block: int,
    row: int,
    index: int,
    slot: int,
) -> None:
    """Compute chunk `index` of the slice in row `row` of the plan."""
    total = len(text.token_ids)
    epoch = block // schedule.blocks
    place = (block % schedule.blocks) * SLICES + row
    start = place * schedule.slice_length
    length = min(schedule.slice_length, total - start)
    centres = plan.centres[row]
    chunks = (centres + CHUNK - 1) // CHUNK
    serial = place * schedule.slice_length + index
    key = bits_at(schedule.negative_keys[epoch], serial)
    draw_negatives(key, text.negative_ends, text.negative_guide, deltas.negatives, slot, schedule.negatives)
    chunk = Chunk(
        row,
        schedule.window + index * CHUNK,
        min(CHUNK, centres - index * CHUNK),
        learning_rate(schedule, total, float(epoch * total + start) + length * (index / chunks)),
        schedule.negative_weight,
        serial % schedule.loss_stride == 0,
    )
    update_chunk(work, parameters, plan, chunk, deltas, slot)


@helper
def _put_in_order(plan: Plan, order: Order) -> int:
    """List the block's chunks and return how many there are."""
    chunks = index = 0
    found = True
    while found:
        found = False
        for row in range(SLICES):
            if index * CHUNK < plan.centres[row]:
                order.rows[chunks] = row
                order.indices[chunks] = index
                chunks += 1
                found = True
        index += 1
    return chunks


@helper
def _plan_row(text: Text, schedule: Schedule, plan: Plan, block: int, row: int) -> None:
    start = ((block % schedule.blocks) * SLICES + row) * schedule.slice_length
    end = min(start + schedule.slice_length, len(text.token_ids))
    key = schedule.position_keys[block // schedule.blocks]
    plan_slice(text, plan, row, start, end, schedule.window, key)


@helper
def _open_phase(control: np.ndarray, serial: int, phase: int, tickets: int) -> None:
    """Let the workers in. One word holds the phase's number, its tickets and the next of them."""
    control[PHASE] = phase
    control[DONE] = 0
    atomic_store(control, STATE, (serial << 32) | (tickets << 16))


@helper
def _next_phase(
    control: np.ndarray,
    serial: int,
    text: Text,
    schedule: Schedule,
    plan: Plan,
    order: Order,
    deltas: Deltas,
    seen: Progress,
) -> None:
    """Decide what comes now; called by the one worker that finished the phase's last ticket."""
    block = control[BLOCK_INDEX]
    chunks = control[CHUNKS]
    if control[PHASE] == PLANNING:
        chunks = _put_in_order(plan, order)
        control[CHUNKS] = chunks
        control[ROUND_INDEX] = 0
    elif control[PHASE] == COMPUTING:
        for slot in range(min(ROUND, chunks - control[ROUND_INDEX] * ROUND)):
            seen.loss[block, 0] += deltas.loss[slot, 0]
            seen.loss[block, 1] += deltas.loss[slot, 1]
        if not np.isfinite(seen.loss[block, 0]):
            atomic_store(control, STOP, DIVERGED)
            return
        _open_phase(control, serial, APPLYING, PARTS)
        return
    else:
        control[ROUND_INDEX] += 1
    left = chunks - control[ROUND_INDEX] * ROUND
    if left > 0:
        _open_phase(control, serial, COMPUTING, min(ROUND, left))
        return
    span = SLICES * schedule.slice_length
    seen.tokens[0] += min(span, len(text.token_ids) - (block % schedule.blocks) * span)
    if block + 1 == schedule.blocks * schedule.epochs:
        atomic_store(control, STOP, FINISHED)
        return
    control[BLOCK_INDEX] = block + 1
    _open_phase(control, serial, PLANNING, SLICES)


@helper
def _do_ticket(
    control: np.ndarray,
    ticket: int,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    order: Order,
    deltas: Deltas,
    work: Any,
) -> None:
    block = control[BLOCK_INDEX]
    first = control[ROUND_INDEX] * ROUND
    if control[PHASE] == PLANNING:
        _plan_row(text, schedule, plan, block, ticket)
    elif control[PHASE] == COMPUTING:
        row, index = order.rows[first + ticket], order.indices[first + ticket]
        _run_chunk(text, schedule, parameters, plan, deltas, work, block, row, index, ticket)
    else:
        for slot in range(min(ROUND, control[CHUNKS] - first)):
            apply_slot(parameters, deltas, slot, ticket, PARTS)


@kernel
def run_rounds(
    control: np.ndarray,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    order: Order,
    deltas: Deltas,
    seen: Progress,
    work: Any,
) -> None:
    """Work until the training is finished or stopped; every worker runs this at the same time."""
    spins = 0
    while atomic_load(control, STOP) == RUNNING:
        state = atomic_load(control, STATE)
        tickets, ticket = (state >> 16) & 0xFFFF, state & 0xFFFF
        if ticket < tickets:
            if compare_and_swap(control, STATE, state, state + 1):
                spins = 0
                _do_ticket(control, ticket, text, schedule, parameters, plan, order, deltas, work)
                if atomic_add(control, DONE, 1) + 1 == tickets:
                    _next_phase(control, (state >> 32) + 1, text, schedule, plan, order, deltas, seen)
            continue
        spins += 1
        if spins < _SPINS:
            relax()
        else:
            give_way()


@kernel
def run_freely(
    control: np.ndarray,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    order: Order,
    deltas: Deltas,
    seen: Progress,
    work: Any,
) -> None:
    """Take slices and add each chunk's deltas at once, whatever the other workers do.

    The workers race for the parameters (Niu et al. 2011, "Hogwild!"): other bits in every run, a little
    faster. `plan` and `deltas` are this worker's own; `order` is not used.
    """
    total = len(text.token_ids)
    slices = (total + schedule.slice_length - 1) // schedule.slice_length
    while atomic_load(control, STOP) == RUNNING:
        ticket = atomic_add(control, STATE, 1)
        if ticket >= slices * schedule.epochs:
            return
        block = ticket // slices * schedule.blocks + ticket % slices // SLICES
        row = ticket % slices % SLICES
        _plan_row(text, schedule, plan, block, row)
        for index in range((plan.centres[row] + CHUNK - 1) // CHUNK):
            _run_chunk(text, schedule, parameters, plan, deltas, work, block, row, index, 0)
            if not np.isfinite(deltas.loss[0, 0]):
                control[BLOCK_INDEX] = block
                atomic_store(control, STOP, DIVERGED)
                return
            apply_slot(parameters, deltas, 0, 0, 1)
            seen.loss[block, 0] += deltas.loss[0, 0]
            seen.loss[block, 1] += deltas.loss[0, 1]
            if atomic_load(control, STOP) != RUNNING:
                return
        atomic_add(
            seen.tokens, 0, min(schedule.slice_length, total - (ticket % slices) * schedule.slice_length)
        )
