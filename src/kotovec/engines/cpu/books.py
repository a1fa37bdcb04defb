"""What is written down about the rounds to come, for the two workers of halves.py.

In rounds.py, whoever finishes a phase decides what comes next, and nobody works meanwhile. Here one worker,
the clerk, is always a little ahead: while one round is learned and what the next one asks of its rows is
counted, the clerk lists the one after that, and plans the next block of the text slice by slice.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.borrowing import borrow_slot
from kotovec.engines.cpu.claims import Lists, new_lists
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.memory import in_each_slot, in_slots, new_array, new_lines, new_table
from kotovec.engines.cpu.plan import SLICE, SLICES, Plan, Text, new_plan
from kotovec.engines.cpu.schedule import Order, Schedule, chunk_at, plan_row, put_in_order
from kotovec.engines.cpu.updating import list_for_chunk

BLOCK, FIRST, SLOTS, PLAN, DONE = range(5)
"""What is said of a round: its block, the place of its first chunk in the block's order, how many chunks it
has, which of the plans is that of its block, and how many tokens the blocks before that one have."""
_CHUNKS, _PLANNED, _NUMBER = range(5, 8)
"""What the clerk notes besides: how many chunks that block has, how many slices of the next block are
planned, and how many rounds have been written down."""
TURNS = 3
"""Rounds that are written down at a time: one that is learned, one to be counted, one to be listed."""


class Books(NamedTuple):
    """What is written down about TURNS rounds, and the plans of as many blocks."""

    rounds: Any  # int64 (TURNS, 8), what is said of each round; one without slots is the end
    plans: Plan  # of TURNS blocks, see memory.in_slots
    orders: Order  # the same
    lists: Lists
    scales: Any  # float (TURNS, slots, R), what the changes of the listed rows are multiplied by
    learned: Any  # int64 (slots, 8), 1 more than the number of the last round whose gradients are known
    loss: Any  # float64 (slots, 8), two for each slot
    noted: Any  # int64 (8,), what is said of the round that was written down last, and the clerk's own notes


def new_books(window: int, slots: int, rows: int, negatives: int, dtype: Any) -> Books:
    """Return empty books for rounds of so many chunks; before the first block is one that has none."""
    lists = new_lists(slots, rows, negatives, TURNS)
    order = Order(*(np.zeros(SLICES * SLICE, np.int32) for _ in range(2)))
    books = Books(
        rounds=new_lines((TURNS,), np.int64),
        plans=in_slots(new_plan(window), TURNS, in_each_slot(TURNS)),
        orders=in_slots(order, TURNS, in_each_slot(TURNS)),
        lists=lists,
        scales=new_array(lists.listed.shape, dtype),
        learned=new_lines((slots,), np.int64),
        loss=new_lines((slots,), np.float64),
        noted=new_table(8, np.int64),
    )
    books.noted[BLOCK] = -1
    return books


@helper
def _plan_rows(books: Books, text: Text, schedule: Schedule, block: int, last: int) -> None:
    """Plan the slices of a block before `last` that are not planned yet, beside the plans that are in use."""
    noted = books.noted
    plan = borrow_slot(books.plans, (noted[PLAN] + 1) % TURNS)
    for row in range(noted[_PLANNED], last):
        plan_row(text, schedule, plan, block, row)
    noted[_PLANNED] = max(last, noted[_PLANNED])


@helper
def next_round(books: Books, text: Text, schedule: Schedule) -> None:
    """Write down which round follows the one that was written down last."""
    noted = books.noted
    blocks = schedule.blocks * schedule.epochs
    noted[FIRST] += schedule.round_chunks
    while noted[FIRST] >= noted[_CHUNKS] and noted[BLOCK] < blocks:
        if noted[BLOCK] >= 0:
            span = SLICES * schedule.slice_length
            noted[DONE] += min(span, len(text.token_ids) - (noted[BLOCK] % schedule.blocks) * span)
        noted[BLOCK] += 1
        noted[FIRST] = noted[_CHUNKS] = 0
        if noted[BLOCK] < blocks:
            _plan_rows(books, text, schedule, noted[BLOCK], SLICES)
            spare = (noted[PLAN] + 1) % TURNS
            noted[_CHUNKS] = put_in_order(borrow_slot(books.plans, spare), borrow_slot(books.orders, spare))
            noted[_PLANNED] = 0
            if noted[_CHUNKS] > 0:
                noted[PLAN] = spare
    noted[SLOTS] = max(min(schedule.round_chunks, noted[_CHUNKS] - noted[FIRST]), 0)
    said = books.rounds[noted[_NUMBER] % TURNS]
    for what in range(DONE + 1):
        said[what] = noted[what]
    noted[_NUMBER] += 1
    # The slices of the next block are planned one by one, so that the other worker need not wait for all. But
    # while the first round of a block is written down, two older ones may still need the two other plans.
    if noted[FIRST] > 0 and noted[SLOTS] > 0 and noted[BLOCK] + 1 < blocks:
        done = (noted[FIRST] + noted[SLOTS]) * SLICES // noted[_CHUNKS]
        _plan_rows(books, text, schedule, noted[BLOCK] + 1, done)


@helper
def chunk_of(books: Books, text: Text, schedule: Schedule, turn: int, slot: int) -> Any:
    """Return a chunk of one of the rounds that are written down."""
    said = books.rounds[turn]
    at = said[FIRST] + slot
    plan, order = borrow_slot(books.plans, said[PLAN]), borrow_slot(books.orders, said[PLAN])
    return chunk_at(text, schedule, plan, said[BLOCK], order.rows[at], order.indices[at])


@helper
def list_slot(books: Books, text: Text, schedule: Schedule, number: int, slot: int) -> None:
    """List the rows of one chunk of a round, if there is one."""
    turn = number % TURNS
    if slot < books.rounds[turn, SLOTS]:
        chunk = chunk_of(books, text, schedule, turn, slot)
        plan = borrow_slot(books.plans, books.rounds[turn, PLAN])
        lists = books.lists
        list_for_chunk(text, schedule, plan, chunk, lists.listed[turn, slot], lists.asked[turn, slot])
