"""What the workers of halves.py do about the nodes of a tree, and nothing where there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.aiming import are_held
from kotovec.engines.cpu.atomics import atomic_add, take_next
from kotovec.engines.cpu.books import PLAN, SLOTS, TURNS, Desk, chunk_of
from kotovec.engines.cpu.borrowing import slot_of
from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.compiling import helper, part_options
from kotovec.engines.cpu.path_lists import (
    claim_deep_nodes,
    claim_nodes,
    fetch_paths,
    fetch_words,
    list_paths,
)
from kotovec.engines.cpu.skipgram_tree_halves import SkipGramTreeHalf
from kotovec.engines.cpu.tree_halves import TreeHalf

# Places in the control array, a cache line apart: of how many chunks somebody lists the nodes, and of how
# many they are listed.
_LISTING, VISITED = 112, 120


def _has_tree(work: Any) -> bool:
    return work.bundle.instance_class in (TreeHalf, SkipGramTreeHalf)


@helper
def _list_next(work: Any, desk: Desk, number: int, first: int) -> bool:
    control, said = desk.control, desk.books.rounds[number % TURNS]
    end = first + said[SLOTS]
    taken = take_next(control, _LISTING, end, 0)
    if taken == end:
        return False
    turn, slot, last = number % TURNS, taken - first, said[SLOTS] - 1
    paths, plan = work.paths, slot_of(desk.plans, said[PLAN])
    chunk, soon = chunk_of(desk, turn, slot), chunk_of(desk, turn, min(slot + 1, last))
    if slot == 0:
        fetch_words(paths, plan, soon)
        fetch_paths(paths, plan, chunk)
    fetch_words(paths, plan, chunk_of(desk, turn, min(slot + 2, last)))
    fetch_paths(paths, plan, soon)
    list_paths(paths, plan, chunk, desk.books.visits[number % 2, slot])
    atomic_add(control, VISITED, 1)
    return True


def list_some(work: Any, desk: Desk, number: int, first: int) -> bool:
    """List the nodes that a chunk of a round will visit; return whether there was one left.

    `first` chunks have come before that round, and `work` are any of the worker's buffers. Whoever would wait
    otherwise does it, so it does not matter which of the workers has the faster core at the moment.
    """
    raise NotImplementedError("only inside kernels")


@overload(list_some, strict=False, jit_options=part_options)
def _choose_list(work: Any, desk: Any, number: Any, first: Any) -> Any:
    return _list_next.py_func if _has_tree(work) else lambda work, desk, number, first: False


def claim_visits(work: Any, visits: np.ndarray, asked: int, slot: int, name: int, deep: bool) -> bool:
    """Claim the nodes that a chunk of a round visits, as its list says.

    First those on the first levels, of all chunks, and then the `deep` ones; return whether any of these are.
    """
    raise NotImplementedError("only inside kernels")


@overload(claim_visits, strict=False, jit_options=part_options)
def _choose_claim(work: Any, visits: Any, asked: Any, slot: Any, name: Any, deep: Any) -> Any:
    def claim(work: Any, visits: np.ndarray, asked: int, slot: int, name: int, deep: bool) -> bool:
        if deep:
            return claim_deep_nodes(work, asked, slot, name)
        claim_nodes(work, visits, asked, slot, name)
        return False

    return claim if _has_tree(work) else lambda work, visits, asked, slot, name, deep: False


def first_are_held(work: Any, parameters: Parameters, name: int) -> bool:
    """Return whether a round asks so much of a node on the first levels that it is held back for it."""
    raise NotImplementedError("only inside kernels")


@overload(first_are_held, strict=False, jit_options=part_options)
def _choose_held(work: Any, parameters: Any, name: Any) -> Any:
    if _has_tree(work):
        return lambda work, parameters, name: are_held(
            work.paths.first_rows, parameters.scale, work.claims, name
        )
    return lambda work, parameters, name: False
