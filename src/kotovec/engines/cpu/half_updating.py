"""One name for what the workers of halves.py do with a chunk, whatever the loss, as in updating.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.cbow import (
    CBOWScratch,
    cbow_gradients,
    change_cbow,
    fetch_cbow_gradients,
    fetch_cbow_scores,
    join_cbow,
    score_cbow,
)
from kotovec.engines.cpu.chunk import Changes, Chunk, Parameters
from kotovec.engines.cpu.compiling import part_options
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.tree_halves import (
    TreeHalf,
    change_tree,
    change_visited,
    claim_visits_of_tree,
    fetch_tree_gradients,
    fetch_tree_scores,
    learn_tree,
    score_tree,
)


def claim_visits(work: Any, asked: int, slot: int, name: int, deep: bool) -> None:
    """Claim the nodes that a chunk visits, where there is a tree: first those on the first levels."""
    raise NotImplementedError("only inside kernels")


@overload(claim_visits, strict=False, jit_options=part_options)
def _choose_claim(work: Any, asked: Any, slot: Any, name: Any, deep: Any) -> Any:
    if work.bundle.instance_class is TreeHalf:
        return claim_visits_of_tree.py_func
    return lambda work, asked, slot, name, deep: None


def score_half(
    work: Any, parameters: Parameters, plan: Plan, chunk: Chunk, listed: np.ndarray, lines: Any
) -> None:
    """Compute a half's part of a chunk's scores."""
    raise NotImplementedError("only inside kernels")


@overload(score_half, strict=False, jit_options=part_options)
def _choose_scores(work: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, lines: Any) -> Any:
    return {
        CBOWScratch: lambda work, parameters, plan, chunk, listed, lines: score_cbow(
            work, parameters, plan, chunk, listed, lines
        ),
        TreeHalf: lambda work, parameters, plan, chunk, listed, lines: score_tree(
            work, parameters, plan, chunk, listed
        ),
    }[work.bundle.instance_class]


def fetch_scores(work: Any) -> None:
    """Ask the memory for the other half's part of a chunk's scores."""
    raise NotImplementedError("only inside kernels")


@overload(fetch_scores, strict=False, jit_options=part_options)
def _choose_fetch_scores(work: Any) -> Any:
    fetches = {CBOWScratch: fetch_cbow_scores, TreeHalf: fetch_tree_scores}
    return fetches[work.bundle.instance_class].py_func


def learn_scores(
    work: Any,
    other: Any,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    changes: Changes,
) -> None:
    """Put both halves' parts of a chunk's scores together and turn them into gradients; say the loss."""
    raise NotImplementedError("only inside kernels")


@overload(learn_scores, strict=False, jit_options=part_options)
def _choose_gradients(
    work: Any, other: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, changes: Any
) -> Any:
    def learn_cbow(
        work: Any, other: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, changes: Any
    ) -> None:
        join_cbow(work, other, chunk)
        cbow_gradients(work, plan, chunk, listed, changes)

    return {
        CBOWScratch: learn_cbow,
        TreeHalf: lambda work, other, parameters, plan, chunk, listed, changes: learn_tree(
            work, other, parameters, plan, chunk, changes
        ),
    }[work.bundle.instance_class]


def fetch_gradients(work: Any) -> None:
    """Ask the memory for the gradients that were made of a chunk's scores."""
    raise NotImplementedError("only inside kernels")


@overload(fetch_gradients, strict=False, jit_options=part_options)
def _choose_fetch_gradients(work: Any) -> Any:
    fetches = {CBOWScratch: fetch_cbow_gradients, TreeHalf: fetch_tree_gradients}
    return fetches[work.bundle.instance_class].py_func


def change_half(
    work: Any, parameters: Parameters, plan: Plan, chunk: Chunk, to: Rows, lines: np.ndarray
) -> None:
    """Change a half of the chunk's listed rows by what the gradients say."""
    raise NotImplementedError("only inside kernels")


@overload(change_half, strict=False, jit_options=part_options)
def _choose_change(work: Any, parameters: Any, plan: Any, chunk: Any, to: Any, lines: Any) -> Any:
    return {
        CBOWScratch: lambda work, parameters, plan, chunk, to, lines: change_cbow(
            work, plan, chunk, to, lines, 0
        ),
        TreeHalf: change_tree.py_func,
    }[work.bundle.instance_class]


def change_nodes_of(work: Any, parameters: Parameters) -> None:
    """Change a half of the nodes that a chunk has visited, all its round being changed otherwise."""
    raise NotImplementedError("only inside kernels")


@overload(change_nodes_of, strict=False, jit_options=part_options)
def _choose_node_change(work: Any, parameters: Any) -> Any:
    if work.bundle.instance_class is TreeHalf:
        return change_visited.py_func
    return lambda work, parameters: None
