"""One name for what the workers of halves.py do with a chunk, whatever the loss, as in updating.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.cbow import (
    CBOWScratch,
    change_cbow,
    fetch_cbow_gradients,
    fetch_cbow_scores,
    learn_cbow,
    score_cbow,
)
from kotovec.engines.cpu.cbow_gradients import join_cbow
from kotovec.engines.cpu.chunk import Changes, Chunk, Parameters
from kotovec.engines.cpu.compiling import part_options
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rounded_cbow import (
    RoundedCBOW,
    change_rounded_cbow,
    drop_rounded_gradients,
    drop_rounded_scores,
    fetch_rounded_gradients,
    fetch_rounded_scores,
    learn_rounded_cbow,
    score_rounded_cbow,
)
from kotovec.engines.cpu.rounded_skipgram import (
    RoundedSkipGram,
    change_rounded,
    learn_rounded_skipgram,
    score_rounded,
)
from kotovec.engines.cpu.rows import drop_all, fetch_all
from kotovec.engines.cpu.skipgram import change_skipgram, follow_half, score_skipgram
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch
from kotovec.engines.cpu.skipgram_gradients import learn_skipgram
from kotovec.engines.cpu.skipgram_tree_halves import (
    SkipGramTreeHalf,
    change_skipgram_nodes,
    change_skipgram_tree,
    drop_skipgram_tree,
    drop_skipgram_tree_gradients,
    fetch_skipgram_tree,
    fetch_skipgram_tree_gradients,
    learn_skipgram_tree,
    score_skipgram_tree,
)
from kotovec.engines.cpu.tiled_cbow import (
    TiledCBOW,
    change_tiled_cbow,
    drop_tiled_gradients,
    learn_tiled_cbow,
    score_tiled_cbow,
)
from kotovec.engines.cpu.tree_halves import (
    TreeHalf,
    change_tree,
    change_visited,
    drop_tree_gradients,
    drop_tree_scores,
    fetch_tree_gradients,
    fetch_tree_scores,
    learn_tree,
    score_tree,
)


def score_half(
    work: Any,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    visits: np.ndarray,
    lines: np.ndarray,
) -> None:
    """Compute a half's part of a chunk's scores."""
    raise NotImplementedError("only inside kernels")


@overload(score_half, strict=False, jit_options=part_options)
def _choose_scores(
    work: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, visits: Any, lines: Any
) -> Any:
    return {
        SkipGramScratch: lambda work, parameters, plan, chunk, listed, visits, lines: score_skipgram(
            work, parameters, chunk, listed, lines
        ),
        RoundedSkipGram: lambda work, parameters, plan, chunk, listed, visits, lines: score_rounded(
            work, parameters, chunk, listed, lines
        ),
        CBOWScratch: lambda work, parameters, plan, chunk, listed, visits, lines: score_cbow(
            work, parameters, plan, chunk, listed, lines
        ),
        RoundedCBOW: lambda work, parameters, plan, chunk, listed, visits, lines: score_rounded_cbow(
            work, parameters, plan, chunk, listed, lines
        ),
        TiledCBOW: lambda work, parameters, plan, chunk, listed, visits, lines: score_tiled_cbow(
            work, parameters, plan, chunk, listed
        ),
        TreeHalf: lambda work, parameters, plan, chunk, listed, visits, lines: score_tree(
            work, parameters, plan, chunk, listed, visits
        ),
        SkipGramTreeHalf: lambda work, parameters, plan, chunk, listed, visits, lines: score_skipgram_tree(
            work, parameters, plan, chunk, listed, visits
        ),
    }[work.bundle.instance_class]


def fetch_scores(work: Any, other: Any) -> None:
    """Ask the memory for the other half's part of a chunk's scores."""
    raise NotImplementedError("only inside kernels")


@overload(fetch_scores, strict=False, jit_options=part_options)
def _choose_fetch_scores(work: Any, other: Any) -> Any:
    return {
        SkipGramScratch: lambda work, other: fetch_all(other.S),
        RoundedSkipGram: lambda work, other: fetch_all(other.S),
        CBOWScratch: lambda work, other: fetch_cbow_scores(other),
        RoundedCBOW: fetch_rounded_scores.py_func,
        TiledCBOW: lambda work, other: None,
        TreeHalf: fetch_tree_scores.py_func,
        SkipGramTreeHalf: fetch_skipgram_tree.py_func,
    }[work.bundle.instance_class]


def learn_scores(
    work: Any,
    other: Any,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    name: int,
    changes: Changes,
) -> None:
    """Put both halves' parts of a chunk's scores together and turn them into gradients; say the loss.

    `name` is the round's own, by which it claims rows, or 0 where no claim holds a row back.
    """
    raise NotImplementedError("only inside kernels")


@overload(learn_scores, strict=False, jit_options=part_options)
def _choose_gradients(
    work: Any, other: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, name: Any, changes: Any
) -> Any:
    def join_and_learn_cbow(
        work: Any, other: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, name: Any, changes: Any
    ) -> None:
        join_cbow(work, other, chunk)
        learn_cbow(work, plan, chunk, listed, changes)

    def join_and_learn_rounded_cbow(
        work: Any, other: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, name: Any, changes: Any
    ) -> None:
        join_cbow(work, other, chunk)
        learn_rounded_cbow(work, plan, chunk, listed, changes)

    def join_and_learn_tiled_cbow(
        work: Any, other: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, name: Any, changes: Any
    ) -> None:
        join_cbow(work, other, chunk)
        learn_tiled_cbow(work, plan, chunk, listed, changes)

    return {
        SkipGramScratch: lambda work, other, parameters, plan, chunk, listed, name, changes: learn_skipgram(
            work, other, plan, chunk, listed, changes
        ),
        RoundedSkipGram: lambda work, other, parameters, plan, chunk, listed, name, changes: (
            learn_rounded_skipgram(work, other, plan, chunk, listed, changes)
        ),
        CBOWScratch: join_and_learn_cbow,
        RoundedCBOW: join_and_learn_rounded_cbow,
        TiledCBOW: join_and_learn_tiled_cbow,
        TreeHalf: lambda work, other, parameters, plan, chunk, listed, name, changes: learn_tree(
            work, other, parameters, plan, chunk, name, changes
        ),
        SkipGramTreeHalf: lambda work, other, parameters, plan, chunk, listed, name, changes: (
            learn_skipgram_tree(work, other, parameters, chunk, name, changes)
        ),
    }[work.bundle.instance_class]


def fetch_gradients(work: Any, other: Any, mine: bool) -> None:
    """Ask the memory for the gradients that were made of a chunk's scores, by this worker or the other."""
    raise NotImplementedError("only inside kernels")


@overload(fetch_gradients, strict=False, jit_options=part_options)
def _choose_fetch_gradients(work: Any, other: Any, mine: Any) -> Any:
    def fetch_skipgram_gradients(work: Any, other: Any, mine: bool) -> None:
        if not mine:
            fetch_scores(work, other)

    def fetch_handed(work: Any, other: Any, mine: bool) -> None:
        if not mine:
            fetch_all(other.handed)

    def fetch_gradients_of_tree(work: Any, other: Any, mine: bool) -> None:
        if not mine:
            fetch_skipgram_tree_gradients(work, other)

    return {
        SkipGramScratch: fetch_skipgram_gradients,
        RoundedSkipGram: fetch_handed,
        CBOWScratch: lambda work, other, mine: fetch_cbow_gradients(work),
        RoundedCBOW: lambda work, other, mine: fetch_rounded_gradients(work),
        TiledCBOW: lambda work, other, mine: None,
        TreeHalf: lambda work, other, mine: fetch_tree_gradients(work),
        SkipGramTreeHalf: fetch_gradients_of_tree,
    }[work.bundle.instance_class]


def change_half(
    work: Any,
    learner: Any,
    source: Any,
    found: bool,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    to: Rows,
    lines: np.ndarray,
) -> None:
    """Change a half of the chunk's listed rows by what the gradients say; `learner` is whose they are.

    What a worker makes of these for itself, if anything, stands in the buffers of `source`, if `found`.
    """
    raise NotImplementedError("only inside kernels")


@overload(change_half, strict=False, jit_options=part_options)
def _choose_change(
    work: Any,
    learner: Any,
    source: Any,
    found: Any,
    parameters: Any,
    plan: Any,
    chunk: Any,
    to: Any,
    lines: Any,
) -> Any:
    return {
        SkipGramScratch: lambda work, learner, source, found, parameters, plan, chunk, to, lines: (
            change_skipgram(work, learner.S, chunk, to, lines, 0)
        ),
        RoundedSkipGram: lambda work, learner, source, found, parameters, plan, chunk, to, lines: (
            change_rounded(work, learner.handed, chunk, to, lines, 0)
        ),
        CBOWScratch: lambda work, learner, source, found, parameters, plan, chunk, to, lines: change_cbow(
            work, plan, chunk, to, lines, 0
        ),
        RoundedCBOW: lambda work, learner, source, found, parameters, plan, chunk, to, lines: (
            change_rounded_cbow(work, chunk, to, lines, 0)
        ),
        TiledCBOW: lambda work, learner, source, found, parameters, plan, chunk, to, lines: change_tiled_cbow(
            work, source, found, plan, chunk, to, lines
        ),
        TreeHalf: lambda work, learner, source, found, parameters, plan, chunk, to, lines: change_tree(
            work, parameters, plan, chunk, to, lines
        ),
        SkipGramTreeHalf: lambda work, learner, source, found, parameters, plan, chunk, to, lines: (
            change_skipgram_tree(work, learner.G, parameters, chunk, to)
        ),
    }[work.bundle.instance_class]


def end_half(work: Any, learner: Any, parameters: Parameters, changes: Changes) -> None:
    """Change what else a chunk of the round changes in a half, all rows that are listed being changed."""
    raise NotImplementedError("only inside kernels")


@overload(end_half, strict=False, jit_options=part_options)
def _choose_end(work: Any, learner: Any, parameters: Any, changes: Any) -> Any:
    ends = {
        SkipGramScratch: lambda work, learner, parameters, changes: follow_half(work, parameters),
        RoundedSkipGram: lambda work, learner, parameters, changes: follow_half(work, parameters),
        TreeHalf: lambda work, learner, parameters, changes: change_visited(work, parameters),
        SkipGramTreeHalf: lambda work, learner, parameters, changes: change_skipgram_nodes(
            work, learner.G, learner.S, parameters
        ),
    }
    return ends.get(work.bundle.instance_class, lambda work, learner, parameters, changes: None)


def drop_scores(work: Any, other: Any) -> None:
    """Have no copy of the other half's part of a chunk's scores any longer, now that it is used."""
    raise NotImplementedError("only inside kernels")


@overload(drop_scores, strict=False, jit_options=part_options)
def _choose_drop(work: Any, other: Any) -> Any:
    drops = {
        SkipGramScratch: lambda work, other: drop_all(other.S),
        RoundedSkipGram: lambda work, other: drop_all(other.S),
        SkipGramTreeHalf: drop_skipgram_tree.py_func,
        RoundedCBOW: lambda work, other: drop_rounded_scores(other),
        TiledCBOW: lambda work, other: drop_rounded_scores(other),
        TreeHalf: drop_tree_scores.py_func,
    }
    return drops.get(work.bundle.instance_class, lambda work, other: None)


def drop_gradients(work: Any, other: Any) -> None:
    """Have no copy of the gradients that the other half has found any longer, now that they are used."""
    raise NotImplementedError("only inside kernels")


@overload(drop_gradients, strict=False, jit_options=part_options)
def _choose_drop_of_gradients(work: Any, other: Any) -> Any:
    drops = {
        RoundedSkipGram: lambda work, other: drop_all(other.handed),
        RoundedCBOW: lambda work, other: drop_rounded_gradients(work),
        TiledCBOW: lambda work, other: drop_tiled_gradients(work),
        TreeHalf: lambda work, other: drop_tree_gradients(work),
        SkipGramTreeHalf: drop_skipgram_tree_gradients.py_func,
    }
    # Skip-gram's gradients in float32 take the place of the scores that they are made of. CBOW in float32
    # drops nothing: it hands over so little that it is no faster so.
    return drops.get(work.bundle.instance_class, lambda work, other: drop_scores(work, other))
