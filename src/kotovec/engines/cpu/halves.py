"""Two workers, each of which learns half of the columns of everything.

Where two cores share rows of W, each takes from the other what that has just changed: some hundred cache
lines for each chunk, and how long that takes depends on how far apart the cores are. Here each worker has a
matrix of its own, with half of the columns of every row, which the other never reads. It computes its part of
every score, for a dot product is a sum over columns. What is handed over are these parts and the gradients: a
number for each pair of rows, not the rows.

A round has the same meaning as in rounds.py, and training the same bits: all scores of a round come from the
parameters as they stood when it began, and changes are added in the order of the chunks. Every score is the
sum of two parts there, too (but in tiled_skipgram.py, which has no halves).

The first half has one vector of columns more than the second where their number is odd. The second worker,
the clerk, does the rest of the work meanwhile: it plans the text, lists the rows of the chunks, finds what
their changes are multiplied by, and turns scores into gradients. Nobody waits for the end of a round: each
worker goes on as soon as what it needs from the other is there.

If one of them could only wait for the other, from whom the operating system takes its core (alone.py), the
other sleeps from the beginning of a round on, and the clerk does both halves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.atomics import atomic_load, atomic_store, sleep
from kotovec.engines.cpu.books import DONE, SLOTS, TURNS, Books, Desk
from kotovec.engines.cpu.borrowing import address_of, at_address, borrow, borrow_slots
from kotovec.engines.cpu.chunk import Changes, Parameters
from kotovec.engines.cpu.compiling import helper, kernel
from kotovec.engines.cpu.half_rounds import (
    CLAIMED,
    LISTED,
    add_losses,
    change_round,
    claim_rest,
    desk_of,
    find_all_scales,
    learn_round,
    list_until,
    score_round,
    wait,
)
from kotovec.engines.cpu.plan import Plan, Text
from kotovec.engines.cpu.rounds import DIVERGED, RUNNING, STOP
from kotovec.engines.cpu.schedule import Order, Progress, Schedule

ALONE = 80
"""Where it is said whether the clerk is to work alone, on both halves."""
# From which round on the other worker is to sleep, or 0; from which it does; where its desk is; and from
# where it is to go on: a round, and how many chunks had been scored when the one before and it began.
_SLEEP_FROM, _ASLEEP_FROM, _DESK, _NEXT = 88, 96, 104, (105, 106, 107)
CONTROL_SIZE = 128
_OVER = -1


@helper
def _play_round(desk: Desk, number: int, before: int, first: int, other: Desk, alone: bool) -> int:
    """Do this worker's part of a round; the clerk does both where it works `alone`, with the `other` desk.

    Return how many chunks have been scored by then, or _OVER at the end.
    """
    control, clerk, begun, scored = desk.control, desk.clerk, number >= 0, first
    if not wait(control, LISTED, number + 2):
        return _OVER
    if begun:
        if desk.books.rounds[number % TURNS, SLOTS] == 0:
            if clerk:
                desk.seen.tokens[0] = desk.books.rounds[number % TURNS, DONE]
            return _OVER  # what the other worker still needs is there
        for half in range(2 if alone else 1):
            scored = score_round(desk_of(half, desk, other, alone), number, before, first)
    if clerk and begun:
        claim_rest(desk, number)
    if clerk and number >= -1:
        find_all_scales(desk, number + 1)
    if begun and not list_until(desk, CLAIMED, number + 1, number + 1, scored):
        return _OVER
    if (clerk or begun) and not learn_round(desk, number, first):
        return _OVER
    if begun and not change_round(desk, number, first, other, alone):
        return _OVER
    if clerk and begun and not add_losses(desk, number):
        atomic_store(control, STOP, DIVERGED)
        return _OVER
    return scored


@helper
def _sleep_until_woken(control: np.ndarray, number: int) -> tuple[int, int, int]:
    """Leave this half to the clerk; return from where to go on.

    Even if training is being stopped it is the clerk who says so, for it may still use what stands here.
    """
    atomic_store(control, _ASLEEP_FROM, number)
    while atomic_load(control, _SLEEP_FROM) == number:
        sleep()
    return control[_NEXT[0]], control[_NEXT[1]], control[_NEXT[2]]


@helper
def _wake(control: np.ndarray, number: int, before: int, first: int) -> None:
    """Let the other worker go on from a round, if it sleeps."""
    control[_NEXT[0]], control[_NEXT[1]], control[_NEXT[2]] = number, before, first
    atomic_store(control, _SLEEP_FROM, 0)


@kernel
def run_halves(
    control: np.ndarray,
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    books: Books,
    plans: Plan,
    orders: Order,
    works: Any,
    others: Any,
    changes: Changes,
    seen: Progress,
    clerk: bool,
) -> None:
    """Work until the training is finished or stopped; both workers run this at the same time.

    `parameters`, `works` and `changes` are those of the worker's own half, `others` is `works` of the other.
    """
    desk = borrow(
        Desk(
            control, borrow(text), borrow(schedule), borrow(parameters), borrow(books),
            borrow_slots(plans), borrow_slots(orders), borrow_slots(works), borrow_slots(others),
            borrow(changes), borrow(seen), clerk,
        )
    )  # fmt: skip
    if atomic_load(control, STOP) != RUNNING:
        return
    if not clerk:
        atomic_store(control, _DESK, address_of(desk))
    # Before the first round the clerk lists two, and finds the scales and visits of the first.
    number, before, first, other, alone = np.int64(-2), np.int64(0), np.int64(0), desk, False
    while atomic_load(control, STOP) == RUNNING:
        if clerk:
            if alone and not atomic_load(control, ALONE):
                alone = False
                _wake(control, number, before, first)
            elif not alone and number > 0 and atomic_load(control, _SLEEP_FROM) == number:
                if not wait(control, _ASLEEP_FROM, number):
                    break
                other, alone = at_address(desk, atomic_load(control, _DESK)), True
            elif not alone and number >= 0 and atomic_load(control, ALONE):
                # The other worker cannot have finished this round, which needs scores from here.
                atomic_store(control, _SLEEP_FROM, number + 1)
        elif number > 0 and atomic_load(control, _SLEEP_FROM) == number:
            number, before, first = _sleep_until_woken(control, number)
            continue
        scored = _play_round(desk, number, before, first, other, alone)
        if scored == _OVER:
            break
        before, first, number = first, scored, number + 1
    if clerk:
        _wake(control, number, before, first)
