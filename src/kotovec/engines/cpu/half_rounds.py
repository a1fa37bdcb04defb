"""What each of the two workers of halves.py does in a round, step by step, waiting for the other's part."""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.aiming import aim_scaled, find_scales
from kotovec.engines.cpu.atomics import atomic_load, atomic_store, take_next
from kotovec.engines.cpu.books import (
    BLOCK,
    BY_CLERK,
    DONE,
    HELD,
    PLAN,
    SLOTS,
    TURNS,
    Desk,
    chunk_of,
    list_slot,
    next_round,
)
from kotovec.engines.cpu.borrowing import slot_of
from kotovec.engines.cpu.chunk import fetch_claims, fetch_rows, fetch_windows
from kotovec.engines.cpu.claims import CENTRES, NAMES, claim_list, forget_claims
from kotovec.engines.cpu.compiling import anywhere, helper
from kotovec.engines.cpu.half_updating import (
    change_half,
    drop_gradients,
    drop_scores,
    end_half,
    fetch_gradients,
    fetch_scores,
    learn_scores,
    score_half,
)
from kotovec.engines.cpu.half_visits import VISITED, claim_visits, first_are_held, list_some
from kotovec.engines.cpu.path_lists import DEEP, DEEP_STEPS, PLACES, STEPS
from kotovec.engines.cpu.rows import fetch_all
from kotovec.engines.cpu.waiting import wait_for

# Places in the control array, a cache line apart, beside STOP: how many chunks each worker has scored, of how
# many it has changed its half, and of how many somebody computes the gradients; in how many rounds nodes are
# claimed, how many rounds are listed, and of how many the scales are known.
SCORED, _CHANGED, _TAKEN, CLAIMED, LISTED, _SCALED = (0, 8), (24, 32), 40, 48, 56, 64
DROPS = 72
"""Where it is said whether a worker drops its copies of what the other has written, once it has read that."""
_FEW = 2
"""Chunks whose gradients the clerk will have found before the other worker has read the scores."""


@helper
def wait(control: np.ndarray, place: int, number: int) -> bool:
    """Wait until what is counted in the control array reaches a number; return whether training goes on."""
    return wait_for(control, control, place, number)


@anywhere
def visits_nodes(desk: Desk) -> bool:
    """Return whether there is a tree: its nodes are listed beforehand, and change when a round ends."""
    return desk.books.visits.shape[2] > 0


@helper
def find_all_scales(desk: Desk, number: int) -> None:
    """Find out what the changes of all rows of a round are multiplied by, from what it asks of them."""
    turn, name, claims = number % TURNS, number % NAMES + 1, desk.parameters.claims
    lists, scales, slots = desk.books.lists, desk.books.scales[turn], desk.books.rounds[turn, SLOTS]
    if name == 1:
        forget_claims(claims)
    for slot in range(slots):
        later = min(slot + 1, slots - 1)
        fetch_claims(desk.parameters, lists.listed[turn, later])
        claim_list(claims, lists, turn, slot, name)
    for slot in range(slots):
        find_scales(desk.parameters, lists.listed[turn, slot], scales[slot])
    atomic_store(desk.control, _SCALED, number + 1)


@helper
def score_round(desk: Desk, number: int, before: int, scored: int) -> int:
    """Compute this half's part of all scores of a round; return how many chunks have been scored by then.

    `before` were when the round before it began. With some models the gradients of that one, which the other
    worker may not have read yet, stand where these scores will.
    """
    control, turn, parameters, first, changed = (
        desk.control,
        number % TURNS,
        desk.parameters,
        scored,
        np.int64(0),
    )
    other_has_changed = _CHANGED[0] if desk.clerk else _CHANGED[1]
    said, listed, no_lines = desk.books.rounds[turn], desk.books.lists.listed[turn], desk.changes.lines[:0]
    plan, last, visits = slot_of(desk.plans, said[PLAN]), said[SLOTS] - 1, desk.books.visits[number % 2]
    chunk, tree = chunk_of(desk, turn, 0), visits_nodes(desk)
    if tree and not wait(control, VISITED, first + said[SLOTS]):
        return scored
    for slot in range(said[SLOTS]):
        later = chunk_of(desk, turn, min(slot + 1, last))
        if tree:
            soon = visits[min(slot + 1, last)]
            fetch_all(soon[: STEPS + np.int64(soon[PLACES])])
            fetch_all(soon[-DEEP_STEPS:][: np.int64(soon[DEEP])])
            fetch_all(visits[min(slot + 2, last), :STEPS])
        # The lists are the clerk's, the rows this worker's own.
        fetch_all(listed[min(slot + 2, last)])
        fetch_windows(plan, later)
        fetch_rows(parameters, listed[min(slot + 1, last)])
        work, needed = slot_of(desk.works, slot), min(before + slot + 1, first)
        if desk.books.in_place and changed < needed:
            if not wait(control, other_has_changed, needed):
                break
            changed = atomic_load(control, other_has_changed)
        score_half(work, parameters, plan, chunk, listed[slot], visits[slot], no_lines)
        chunk = later
        if desk.clerk:
            asked = desk.books.lists.asked[turn, slot, CENTRES]
            claim_visits(work, visits[slot], asked, slot, number % NAMES + 1, False)
        scored += 1
        atomic_store(control, SCORED[1] if desk.clerk else SCORED[0], scored)
    return scored


@helper
def list_until(desk: Desk, place: int, needed: int, number: int, first: int) -> bool:
    """Wait as `wait` does, and list what a round will visit meanwhile."""
    work = slot_of(desk.works, 0)
    while atomic_load(desk.control, place) < needed and list_some(work, desk, number, first):
        pass
    return wait(desk.control, place, needed)


@helper
def claim_rest(desk: Desk, number: int) -> None:
    """Claim what is left of the nodes that the chunks of a round visit, where there is a tree.

    The clerk claims all nodes, those on the first levels as soon as it has scored a chunk.
    """
    turn, name, visits = number % TURNS, number % NAMES + 1, desk.books.visits[number % 2]
    held = first_are_held(slot_of(desk.works, 0), desk.parameters, name)
    for slot in range(desk.books.rounds[turn, SLOTS]):
        asked = desk.books.lists.asked[turn, slot, CENTRES]
        held |= claim_visits(slot_of(desk.works, slot), visits[slot], asked, slot, name, True)
    desk.books.rounds[turn, HELD] = held
    atomic_store(desk.control, CLAIMED, number + 1)


@helper
def learn_round(desk: Desk, number: int, first: int) -> bool:
    """Find the gradients of the chunks of a round from chunk `first` on; return whether training goes on.

    Each worker takes the next chunk that nobody has taken, but the last few are left to the clerk, who lists
    a later round meanwhile.
    """
    control, books, turn, clerk = desk.control, desk.books, number % TURNS, desk.clerk
    end, listed, left = first + books.rounds[turn, SLOTS], 0, 0 if clerk else _FEW
    lists = desk.schedule.round_chunks if clerk else 0
    name = number % NAMES + 1 if books.rounds[turn, HELD] else 0
    plan, loss = slot_of(desk.plans, books.rounds[turn, PLAN]), desk.changes.loss
    taken = take_next(control, _TAKEN, end, left)
    while taken < end or listed < lists:
        slot = taken - first
        if taken < end:
            for half in range(2):
                if not list_until(desk, SCORED[half], taken + 1, number + 1, end):
                    return False
            fetch_scores(slot_of(desk.works, slot), slot_of(desk.others, slot))
        if listed < lists:
            # Whoever has scored a chunk of this round is done with the one before, whose place is taken now;
            # and the clerk takes one chunk at least, since nobody else takes the last few.
            if listed == 0:
                next_round(desk)
            list_slot(desk, number + 2, listed)
            listed += 1
        if taken < end:
            chunk, rows = chunk_of(desk, turn, slot), books.lists.listed[turn, slot]
            work, other = slot_of(desk.works, slot), slot_of(desk.others, slot)
            learn_scores(work, other, desk.parameters, plan, chunk, rows, name, desk.changes)
            if atomic_load(control, DROPS):
                drop_scores(work, other)
            books.loss[slot, 0], books.loss[slot, 1] = loss[0], loss[1]
            books.learned[slot, BY_CLERK] = clerk
            atomic_store(books.learned[slot], 0, number + 1)
            taken = take_next(control, _TAKEN, end, left)
    if clerk:
        atomic_store(control, LISTED, number + 3)
    while list_some(slot_of(desk.works, 0), desk, number + 1, end):
        pass
    return True


@helper
def _is_mine(desk: Desk, slot: int) -> bool:
    """Return whether it was this worker that found a chunk's gradients."""
    return (desk.books.learned[slot, BY_CLERK] == 1) == desk.clerk


@helper
def _learner(desk: Desk, slot: int) -> Any:
    """Return the buffers of a chunk that belong to whoever found its gradients."""
    return slot_of(desk.works if _is_mine(desk, slot) else desk.others, slot)


@helper
def _let_go(desk: Desk, slot: int, changed: int) -> None:
    """Say that of so many chunks what the other worker has found is used."""
    if not _is_mine(desk, slot) and atomic_load(desk.control, DROPS):
        drop_gradients(slot_of(desk.works, slot), slot_of(desk.others, slot))
    atomic_store(desk.control, _CHANGED[1] if desk.clerk else _CHANGED[0], changed)


@helper
def desk_of(half: int, desk: Desk, other: Desk, alone: bool) -> Desk:
    """Return the desk for the first or second half that one works on: the `other` comes first, if at all."""
    return other if alone and half == 0 else desk


@helper
def _change_chunk(desk: Desk, number: int, slot: int, changed: int, finder: Desk, found: bool) -> None:
    """Change a half of W by what one chunk teaches, but for the nodes of a tree.

    What the changes are made of is in the buffers of the `finder`, if it is `found` already.
    """
    books, turn, parameters, no_lines = desk.books, number % TURNS, desk.parameters, desk.changes.lines[:0]
    listed, scales, learned = books.lists.listed[turn], books.scales[turn], books.learned
    later = min(slot + 1, books.rounds[turn, SLOTS] - 1)
    fetch_all(scales[later])
    if atomic_load(learned[later], 0) > number:
        fetch_gradients(slot_of(desk.works, later), slot_of(desk.others, later), _is_mine(desk, later))
    to = aim_scaled(desk.changes, parameters.W, listed[slot], scales[slot])
    chunk, plan = chunk_of(desk, turn, slot), slot_of(desk.plans, books.rounds[turn, PLAN])
    work, source = slot_of(desk.works, slot), slot_of(finder.works, slot)
    change_half(work, _learner(desk, slot), source, found, parameters, plan, chunk, to, no_lines)
    if not visits_nodes(desk):
        _let_go(desk, slot, changed + slot + 1)


@helper
def change_round(desk: Desk, number: int, changed: int, other: Desk, alone: bool) -> bool:
    """Change a half of W, or both, by what all chunks of a round teach; return whether training goes on.

    `changed` chunks had changed W when the round began. Who works `alone` changes both halves.
    """
    control, books, halves = desk.control, desk.books, 2 if alone else 1
    slots, finder = books.rounds[number % TURNS, SLOTS], desk_of(0, desk, other, alone)
    if not wait(control, _SCALED, number + 1):
        return False
    for slot in range(slots):
        if not wait_for(control, books.learned[slot], 0, number + 1):
            return False
        for half in range(halves):
            _change_chunk(desk_of(half, desk, other, alone), number, slot, changed, finder, half > 0)
    for half in range(halves):
        own = desk_of(half, desk, other, alone)
        for slot in range(slots):
            end_half(slot_of(own.works, slot), _learner(own, slot), own.parameters, own.changes)
            if visits_nodes(own):
                _let_go(own, slot, changed + slot + 1)
    return True


@helper
def add_losses(desk: Desk, number: int) -> bool:
    """Say how far training is, and add what a round's chunks have lost; return whether that is a number."""
    books, seen, turn = desk.books, desk.seen, number % TURNS
    block = books.rounds[turn, BLOCK]
    seen.tokens[0] = books.rounds[turn, DONE]
    for slot in range(books.rounds[turn, SLOTS]):
        seen.loss[block, 0] += books.loss[slot, 0]
        seen.loss[block, 1] += books.loss[slot, 1]
    return np.isfinite(seen.loss[block, 0])
