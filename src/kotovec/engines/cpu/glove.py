"""GloVe by AdaGrad on all cores, with the same bits at every worker count.

In a turn, BLOCKS cells are learned that share no word on either side, so that it does not matter who learns
which of them when. The next turn joins each block of rows with another block of columns; an epoch has BLOCKS
turns. Nobody waits for a whole turn to end: a cell may be learned as soon as its two blocks have had their
cells of the turn before. Nothing that is computed depends on who computed it, and so the result does not
depend on how many workers there are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.adagrad import descend_rows, dot_halves
from kotovec.engines.cpu.atomics import atomic_add, atomic_load, atomic_store
from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.compiling import helper, kernel
from kotovec.engines.cpu.glove_entries import AHEAD, BLOCKS, NEXT, Entries
from kotovec.engines.cpu.rounds import DIVERGED, DONE, RUNNING, STOP
from kotovec.engines.cpu.rows import fetch_row
from kotovec.engines.cpu.waiting import wait_for


class Sides(NamedTuple):
    """What is being learned: D numbers for each word on each side, and D sums of squares behind them.

    The first `vector_size` of the D numbers are the vector. The next two are the bias and a 1 in W, a 1 and
    the bias in C, so that the product of two rows is w . c + b + b'. The rest is 0. A number whose rate is 0
    stays what it is.
    """

    W: Any  # float (BLOCKS * block_words, 2 D)
    C: Any  # float, the same
    rates: Any  # float (2, D), the learning rates of W's numbers and of C's


class Turns(NamedTuple):
    """Which cells are learned when, and how far the learning is."""

    shifts: Any  # int64 (epochs, BLOCKS): in this turn, row block p meets column block p + shift
    rows_done: Any  # int64 (BLOCKS,), the turns that each block of rows has had
    columns_done: Any  # int64 (BLOCKS,)


@helper
def learn_cell(entries: Entries, first: int, last: int, sides: Sides, row: int, column: int) -> float:
    """Learn from the entries first .. last - 1 in their order; equals reference.glove_step.

    `row` and `column` are where the cell's blocks begin. Returns the sum of f(x) (w . c + b + b' - log x)^2
    / 2, each before its step.
    """
    rows, columns, logs, weights = entries.rows, entries.columns, entries.logs, entries.weights
    W, C, rates = sides.W, sides.C, sides.rates
    loss = 0.0
    for at in range(first, last):
        fetch_row(W, row + rows[at + AHEAD])
        fetch_row(C, column + columns[at + AHEAD])
        i, j = row + rows[at], column + columns[at]
        difference = dot_halves(W, i, C, j) - logs[at]
        slope = weights[at] * difference
        descend_rows(W, i, C, j, rates, slope)
        loss += 0.5 * np.float64(slope) * np.float64(difference)
    return loss


@kernel
def run_cells(control: np.ndarray, entries: Entries, sides: Sides, turns: Turns, losses: np.ndarray) -> None:
    """Work until the training is finished or stopped; every worker runs this at the same time.

    `losses`, float64 (epochs, BLOCKS, 2), gets the summed loss and the number of entries of each block of
    rows, whose cells are learned one after another. Tickets are handed out in order, so whoever waits waits
    for cells that are at work.
    """
    entries, sides, turns = borrow(entries), borrow(sides), borrow(turns)
    starts, words = entries.starts, len(sides.W) // BLOCKS
    while atomic_load(control, STOP) == RUNNING:
        ticket = atomic_add(control, NEXT, 1)
        turn, p = ticket // BLOCKS, ticket % BLOCKS
        if turn >= turns.shifts.size:
            return
        q = (p + turns.shifts[turn // BLOCKS, turn % BLOCKS]) % BLOCKS
        if not wait_for(control, turns.rows_done, p, turn) or not wait_for(
            control, turns.columns_done, q, turn
        ):
            return
        first, last = starts[p * BLOCKS + q], starts[p * BLOCKS + q + 1]
        loss = learn_cell(entries, first, last, sides, p * words, q * words)
        losses[turn // BLOCKS, p, 0] += loss
        losses[turn // BLOCKS, p, 1] += last - first
        if not np.isfinite(loss):
            atomic_store(control, STOP, DIVERGED)
        atomic_add(control, DONE, last - first)
        atomic_store(turns.rows_done, p, turn + 1)
        atomic_store(turns.columns_done, q, turn + 1)
