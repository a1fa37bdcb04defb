"""Which chunk is learned when: slices, their chunks, learning rates and the keys of the dice."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.chunk import Chunk, first_negative, list_rows, row_of_word
from kotovec.engines.cpu.claims import CENTRES, CONTEXTS, NEGATIVES, asked_of
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.plan import SLICES, Plan, Text, plan_slice
from kotovec.engines.cpu.random_bits import bits_at, one_in
from kotovec.engines.cpu.repetition import caution
from kotovec.engines.cpu.sampling import draw_negatives


class Schedule(NamedTuple):
    """What stays fixed while training: sizes, rates and keys."""

    window: int
    sides: int  # rows of W for each word: 2, or 1 where one plays both parts
    contexts_are_inputs: bool  # CBOW looks contexts up in w_in, skip-gram centres
    negatives: int  # M
    negative_weight: float  # K / M
    input_questions: float  # asked of an input row, where one is asked of an output row
    first_rate: float
    last_rate: float
    epochs: int
    slice_length: int  # positions in a slice
    blocks: int  # blocks of SLICES slices in an epoch
    chunk_centres: int  # centres in a chunk, at most CHUNK
    round_chunks: int  # chunks in a round, at most settling.ROUND
    known_after: float  # tokens after which the mean of all negatives is known, see control.py
    loss_stride: int  # the loss is measured on one in so many chunks
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


@helper
def learning_rate(schedule: Schedule, total: int, done: float) -> float:
    """Return the rate after `done` positions of all epochs together: a straight line."""
    share = done / (total * schedule.epochs)
    return schedule.first_rate - (schedule.first_rate - schedule.last_rate) * share


@helper
def put_in_order(schedule: Schedule, plan: Plan, order: Order) -> int:
    """List the block's chunks and return how many there are."""
    chunks = index = 0
    found = True
    while found:
        found = False
        for row in range(SLICES):
            if index * schedule.chunk_centres < plan.centres[row]:
                order.rows[chunks] = row
                order.indices[chunks] = index
                chunks += 1
                found = True
        index += 1
    return chunks


@helper
def plan_row(text: Text, schedule: Schedule, plan: Plan, block: int, row: int) -> None:
    """Plan one slice of a block."""
    start = ((block % schedule.blocks) * SLICES + row) * schedule.slice_length
    end = min(start + schedule.slice_length, len(text.token_ids))
    key = schedule.position_keys[block // schedule.blocks]
    plan_slice(text, plan, row, start, end, schedule.window, key)


@helper
def chunks_of(schedule: Schedule, plan: Plan, row: int) -> int:
    """Return how many chunks the slice in row `row` of the plan has."""
    return (plan.centres[row] + schedule.chunk_centres - 1) // schedule.chunk_centres


@helper
def _serial(schedule: Schedule, block: int, row: int, index: int) -> int:
    """Return a number that no other chunk of the epoch has."""
    place = (block % schedule.blocks) * SLICES + row
    return place * schedule.slice_length + index


@helper
def _is_measured(schedule: Schedule, block: int, row: int, index: int) -> bool:
    """Return whether the loss of a chunk is measured: in each epoch they are others."""
    slices, most = np.int64(block) * SLICES + row, schedule.slice_length // schedule.chunk_centres + 1
    return one_in(schedule.loss_stride, slices * most + index)


@helper
def chunk_at(text: Text, schedule: Schedule, plan: Plan, block: int, row: int, index: int) -> Chunk:
    """Return chunk `index` of the slice in row `row` of the plan."""
    total, centres = len(text.token_ids), schedule.chunk_centres
    start = ((block % schedule.blocks) * SLICES + row) * schedule.slice_length
    length = min(schedule.slice_length, total - start)
    share = index / chunks_of(schedule, plan, row)
    done = float((block // schedule.blocks) * total + start) + length * share
    key = bits_at(schedule.negative_keys[block // schedule.blocks], _serial(schedule, block, row, index))
    return Chunk(
        row,
        schedule.window + index * centres,
        min(centres, plan.centres[row] - index * centres),
        learning_rate(schedule, total, done),
        schedule.negative_weight,
        _is_measured(schedule, block, row, index),
        done >= schedule.known_after,
        np.int64(key),
    )


@helper
def steps_to_claim(schedule: Schedule, plan: Plan, chunk: Chunk) -> float:
    """Return the steps that one question of a chunk asks, and more where the chunk repeats itself."""
    words = plan.kept[chunk.row, chunk.first : chunk.first + chunk.size]
    return _steps_of_question(schedule, plan, chunk) * caution(words)


@helper
def _steps_of_question(schedule: Schedule, plan: Plan, chunk: Chunk) -> float:
    """Return the steps that one question asks, times a centre's context words in skip-gram.

    The context words are counted on average over the chunk. A skip-gram centre is asked about all of them,
    and a context word by as many centres.
    """
    if schedule.contexts_are_inputs:
        return chunk.rate
    pairs = np.int32(0)
    left, right = plan.left[chunk.row], plan.right[chunk.row]
    for at in range(chunk.first, chunk.first + chunk.size):
        pairs += np.int32(left[at]) + np.int32(right[at])
    return chunk.rate * pairs / chunk.size


@helper
def list_chunk(
    text: Text, schedule: Schedule, plan: Plan, chunk: Chunk, listed: np.ndarray, asked: np.ndarray
) -> None:
    """List the rows of a chunk; this draws its negatives.

    `asked`, uint32 (LIST_PARTS,), is what is asked of each of them.
    """
    steps = steps_to_claim(schedule, plan, chunk)
    inputs, outputs = (CONTEXTS, CENTRES) if schedule.contexts_are_inputs else (CENTRES, CONTEXTS)
    asked[inputs] = asked_of(steps * schedule.input_questions)
    asked[outputs] = asked_of(steps)
    asked[NEGATIVES] = asked_of(steps * schedule.negative_weight * chunk.size)
    list_rows(plan, chunk, schedule.window, schedule.sides, schedule.contexts_are_inputs, listed)
    behind = first_negative(schedule.window)
    negatives = listed[behind : behind + schedule.negatives]
    draw_negatives(np.uint64(chunk.key), text.negative_ends, text.negative_guide, negatives)
    for m in range(schedule.negatives):
        negatives[m] = row_of_word(negatives[m], schedule.sides, True)
