"""What is written down about the rounds to come, for the two workers of halves.py.

In rounds.py, whoever finishes a phase decides what comes next, and nobody works meanwhile. Here one worker,
the clerk, is always a little ahead: while one round is learned and what the next one asks of its rows is
counted, the clerk lists the one after that, and plans the next block of the text slice by slice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.borrowing import slot_of
from kotovec.engines.cpu.chunk import Chunk
from kotovec.engines.cpu.claims import Lists, new_lists
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.memory import in_each_slot, in_slots, new_array, new_lines, new_table
from kotovec.engines.cpu.plan import SLICE, SLICES, Plan, new_plan
from kotovec.engines.cpu.rows import fetch_all
from kotovec.engines.cpu.schedule import Order, chunk_at, plan_row, put_in_order
from kotovec.engines.cpu.updating import list_for_chunk

BLOCK, FIRST, SLOTS, PLAN, DONE = range(5)
"""What is said of a round: its block, the place of its first chunk in the block's order, how many chunks it
has, which of the plans is that of its block, and how many tokens the blocks before that one have."""
HELD = 5
"""Where, once its nodes are claimed, it is said whether any is held back for what the round asks of it."""
_CHUNKS, _PLANNED, _NUMBER = range(5, 8)
"""What the clerk notes besides: how many chunks that block has, how many slices of the next block are
planned, and how many rounds have been written down."""
BY_CLERK = 1
"""The place beside the number of a round where it is said who found the gradients."""
TURNS = 3
"""Rounds that are written down at a time: one that is learned, one to be counted, one to be listed."""


class Books(NamedTuple):
    """What is written down about TURNS rounds."""

    rounds: Any  # int64 (TURNS, 8), what is said of each round; one without slots is the end
    lists: Lists
    scales: Any  # float (TURNS, slots, R), what the changes of the listed rows are multiplied by
    visits: Any  # int32 (2, slots, P), the lists of path_lists.py, by turns; without a tree P is 0
    in_place: bool  # whether the gradients of a chunk stand where its scores did, which a worker writes
    learned: Any  # int64 (slots, 8), 1 more than the number of the last round whose gradients are known; and,
    # at BY_CLERK, whether it was the clerk that found them
    loss: Any  # float64 (slots, 8), two for each slot
    noted: Any  # int64 (8,), what is said of the round that was written down last, and the clerk's own notes


class Desk(NamedTuple):
    """All that one of the two workers has at hand: addresses, so that a helper is given but one."""

    control: Any
    text: Any
    schedule: Any
    parameters: Any  # of the worker's own half, as `works` and `changes` are
    books: Any
    plans: Any  # of TURNS blocks
    orders: Any  # the same
    works: Any  # the buffers of each slot
    others: Any  # those of the other worker
    changes: Any
    seen: Any
    clerk: bool


def new_books(slots: int, rows: int, negatives: int, visits: int, dtype: Any, *, in_place: bool) -> Books:
    """Return empty books for rounds of so many chunks; before the first block is one that has none.

    `visits` is how long the lists of nodes are; for `in_place` see Books.
    """
    lists = new_lists(slots, rows, negatives, TURNS)
    books = Books(
        rounds=new_lines((TURNS,), np.int64),
        lists=lists,
        scales=new_array(lists.listed.shape, dtype),
        visits=new_array((2, slots, visits), np.int32),
        in_place=in_place,
        learned=new_lines((slots,), np.int64),
        loss=new_lines((slots,), np.float64),
        noted=new_table(8, np.int64),
    )
    books.noted[BLOCK] = -1
    return books


def new_plans(window: int) -> tuple[Plan, Order]:
    """Return room for the plans of TURNS blocks and the order of their chunks, for `borrow_slots`."""
    order = Order(*(np.zeros(SLICES * SLICE, np.int32) for _ in range(2)))
    own = in_each_slot(TURNS)
    return in_slots(new_plan(window), TURNS, own), in_slots(order, TURNS, own)


@helper
def _plan_rows(desk: Desk, block: int, last: int) -> None:
    """Plan the slices of a block before `last` that are not planned yet, beside the plans that are in use."""
    noted, text, schedule = desk.books.noted, desk.text, desk.schedule
    plan = slot_of(desk.plans, (noted[PLAN] + 1) % TURNS)
    for row in range(noted[_PLANNED], last):
        plan_row(text, schedule, plan, block, row)
    noted[_PLANNED] = max(last, noted[_PLANNED])


@helper
def next_round(desk: Desk) -> None:
    """Write down which round follows the one that was written down last, and plan some of the next block.

    The slices of that block are planned one by one, so that the other worker need not wait for all.
    """
    noted, schedule = desk.books.noted, desk.schedule
    blocks, over = schedule.blocks * schedule.epochs, True
    noted[FIRST] += schedule.round_chunks
    while over:
        over = noted[FIRST] >= noted[_CHUNKS] and noted[BLOCK] < blocks
        last = SLICES if over else _write_down(desk)
        if noted[BLOCK] + 1 < blocks:
            _plan_rows(desk, noted[BLOCK] + 1, last)
        if over:
            _next_block(desk, blocks)


@helper
def _next_block(desk: Desk, blocks: int) -> None:
    """Begin the next block, whose slices are all planned, if there is one."""
    noted, schedule = desk.books.noted, desk.schedule
    if noted[BLOCK] >= 0:
        span = SLICES * schedule.slice_length
        noted[DONE] += min(span, len(desk.text.token_ids) - (noted[BLOCK] % schedule.blocks) * span)
    noted[BLOCK] += 1
    noted[FIRST] = noted[_CHUNKS] = noted[_PLANNED] = 0
    if noted[BLOCK] < blocks:
        spare = (noted[PLAN] + 1) % TURNS
        noted[_CHUNKS] = put_in_order(desk.schedule, slot_of(desk.plans, spare), slot_of(desk.orders, spare))
        if noted[_CHUNKS] > 0:
            noted[PLAN] = spare


@helper
def _write_down(desk: Desk) -> int:
    """Write down the round that was found; return how many slices of the next block are due by now."""
    noted, round_chunks = desk.books.noted, desk.schedule.round_chunks
    noted[SLOTS] = max(min(round_chunks, noted[_CHUNKS] - noted[FIRST]), 0)
    said = desk.books.rounds[noted[_NUMBER] % TURNS]
    for what in range(DONE + 1):
        said[what] = noted[what]
    noted[_NUMBER] += 1
    # While the first round of a block is written down, two older ones may still need the two other plans.
    if noted[FIRST] == 0 or noted[SLOTS] == 0:
        return 0
    return (noted[FIRST] + noted[SLOTS]) * SLICES // noted[_CHUNKS]


@helper
def chunk_of(desk: Desk, turn: int, slot: int) -> Chunk:
    """Return a chunk of one of the rounds that are written down."""
    said = desk.books.rounds[turn]
    at = said[FIRST] + slot
    plan, order = slot_of(desk.plans, said[PLAN]), slot_of(desk.orders, said[PLAN])
    return chunk_at(desk.text, desk.schedule, plan, said[BLOCK], order.rows[at], order.indices[at])


@helper
def _fetch_words(desk: Desk, said: np.ndarray, at: int) -> None:
    """Ask the memory for the words of one of a block's chunks."""
    plan, order = slot_of(desk.plans, said[PLAN]), slot_of(desk.orders, said[PLAN])
    centres, window = desk.schedule.chunk_centres, desk.schedule.window
    first = order.indices[at] * centres
    fetch_all(plan.kept[order.rows[at], first : first + centres + 2 * window])


@helper
def list_slot(desk: Desk, number: int, slot: int) -> None:
    """List the rows of one chunk of a round, if there is one."""
    turn = number % TURNS
    _fetch_words(desk, desk.books.rounds[turn], desk.books.rounds[turn, FIRST] + slot + 1)
    if slot < desk.books.rounds[turn, SLOTS]:
        chunk = chunk_of(desk, turn, slot)
        plan, lists = slot_of(desk.plans, desk.books.rounds[turn, PLAN]), desk.books.lists
        listed, asked = lists.listed[turn, slot], lists.asked[turn, slot]
        list_for_chunk(desk.text, desk.schedule, plan, chunk, listed, asked)
