"""One name for all kernels: the type of a worker's buffers says which one computes a chunk.

And one name for what lists a chunk's rows: that is said by the type of the text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from kotovec.engines.cpu.cbow import CBOWScratch, cbow_chunk
from kotovec.engines.cpu.chunk import Changes, Chunk, Parameters, Visits
from kotovec.engines.cpu.compiling import part_options
from kotovec.engines.cpu.hierarchical_cbow import HierarchicalCBOWScratch, hierarchical_cbow_chunk
from kotovec.engines.cpu.hierarchical_skipgram import HierarchicalSkipGramScratch, hierarchical_skipgram_chunk
from kotovec.engines.cpu.paths import TreeText, list_tree_chunk
from kotovec.engines.cpu.plan import Plan, Text
from kotovec.engines.cpu.rounded_cbow import RoundedCBOW, rounded_cbow_chunk
from kotovec.engines.cpu.rounded_skipgram import RoundedSkipGram, rounded_skipgram_chunk
from kotovec.engines.cpu.schedule import Schedule, list_chunk
from kotovec.engines.cpu.skipgram import skipgram_chunk
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch
from kotovec.engines.cpu.tiled_cbow import TiledCBOW, tiled_cbow_chunk
from kotovec.engines.cpu.tiled_skipgram import TiledSkipGram, tiled_skipgram_chunk
from kotovec.engines.cpu.visits import settle_visits


def update_chunk(
    work: Any,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Compute one chunk with the kernel that the type of `work`, which is borrowed, belongs to."""
    raise NotImplementedError("only inside kernels")


# The kernels themselves are the implementations: one call less to compile. They name their types.
@overload(update_chunk, strict=False, jit_options=part_options)
def _choose_kernel(
    work: Any, parameters: Any, plan: Any, chunk: Any, listed: Any, ahead: Any, changes: Any
) -> Any:
    kernels = {
        SkipGramScratch: skipgram_chunk,
        RoundedSkipGram: rounded_skipgram_chunk,
        TiledSkipGram: tiled_skipgram_chunk,
        CBOWScratch: cbow_chunk,
        RoundedCBOW: rounded_cbow_chunk,
        TiledCBOW: tiled_cbow_chunk,
        HierarchicalSkipGramScratch: hierarchical_skipgram_chunk,
        HierarchicalCBOWScratch: hierarchical_cbow_chunk,
    }
    return kernels[work.bundle.instance_class].py_func


def change_nodes(
    work: Any,
    parameters: Parameters,
    visits: Visits,
    slots: int,
    share: int,
    shares: int,
    name: int,
    asked: np.ndarray,
) -> None:
    """Change a share of the nodes that the chunks of a round have visited, where there is a tree."""
    raise NotImplementedError("only inside kernels")


@overload(change_nodes, strict=False, jit_options=part_options)
def _choose_change(
    work: Any, parameters: Any, visits: Any, slots: Any, share: Any, shares: Any, name: Any, asked: Any
) -> Any:
    if work.bundle.instance_class in (HierarchicalSkipGramScratch, HierarchicalCBOWScratch):
        return lambda work, parameters, visits, slots, share, shares, name, asked: settle_visits(
            parameters, visits, slots, share, shares, name, asked, work.room
        )
    return lambda work, parameters, visits, slots, share, shares, name, asked: None


def list_for_chunk(
    text: Any, schedule: Schedule, plan: Plan, chunk: Chunk, listed: np.ndarray, asked: np.ndarray
) -> None:
    """List the rows that a chunk reads and changes, as the loss wants them that `text` was made for."""
    raise NotImplementedError("only inside kernels")


@overload(list_for_chunk, strict=False, jit_options=part_options)
def _choose_list(text: Any, schedule: Any, plan: Any, chunk: Any, listed: Any, asked: Any) -> Any:
    lists = {Text: list_chunk, TreeText: list_tree_chunk}
    return lists[text.bundle.instance_class].py_func
