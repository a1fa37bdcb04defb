"""One chunk of CBOW with hierarchical softmax, centre by centre.

For a centre with mean h of its context's input rows, vectors n_d of the nodes on the way to it in the Huffman
tree, and turns t_d of 0 or 1 (Mikolov et al. 2013, section 2.1):

    loss = sum_d -log s(x_d),    x_d = +n_d . h where t_d is 0, -n_d . h where it is 1
    g_d  = +-rate * s(-x_d)      dh = sum_d g_d n_d      dn_d = g_d h

The means and the way back to the context are those of negative sampling (cbow.py). Changes of the nodes are
summed beside W, so that every centre of the chunk sees the parameters as they were.

It must equal `engines.reference.hierarchical.hierarchical_cbow_deltas`, which plays the same chunk on the
layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.cbow import change_contexts, means_of_contexts
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    fetch_some,
    list_ahead,
    new_matrix,
    padded,
    score_loss,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.paths import Paths, first_node, place_nodes
from kotovec.engines.cpu.places import address_of_row, give_row
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row, dot_rows, scale_row, share_along_path
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row
from kotovec.engines.cpu.tiles import TILE

_LINES_A_CENTRE = 50
"""Cache lines to ask for with each centre: those of some seven nodes; more are left to the way back."""


class HierarchicalCBOWScratch(NamedTuple):
    """One worker's buffers; T is CHUNK, w the window."""

    window: int
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    paths: Paths
    places: Any  # int32 (V,), where the chunk's nodes stand in `GN`
    P: Any  # (T + 2w + 1, D) prefix sums of the context rows; on the way back the difference array
    H: Any  # (T, D) means of the contexts
    GH: Any  # (T, D) their gradients, dH, each with its centre's share
    GN: Any  # (U, D) changes of all nodes of the chunk
    nodes: Any  # int64 (P,), the addresses of the nodes on one centre's path, P the longest path
    sums: Any  # int64 (P,), those of their rows of GN
    S: Any  # (1, longest path rounded up to LANES) scores of one centre, then gradients


def new_hierarchical_cbow_scratch(
    window: int, divide: bool, paths: Paths, nodes: int, size: int, dtype: Any
) -> HierarchicalCBOWScratch:
    """Return buffers for one worker whose chunks visit up to `nodes` nodes."""
    width, path = padded(size, LANES), int(np.diff(paths.ends).max())
    return HierarchicalCBOWScratch(
        window=window,
        divide=divide,
        paths=paths,
        places=np.zeros(len(paths.ends), np.int32),
        P=new_matrix(CHUNK + 2 * window + 1, width, dtype),
        H=new_matrix(CHUNK, width, dtype),
        GH=new_matrix(CHUNK, width, dtype),
        GN=new_matrix(nodes, width, dtype),
        nodes=np.zeros(path, np.int64),
        sums=np.zeros(path, np.int64),
        S=new_matrix(1, padded(path, LANES), dtype),
    )


@helper
def hierarchical_cbow_chunk(
    work: HierarchicalCBOWScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Send what the chunk teaches to `changes`; `listed` are its rows, `ahead` those of a later chunk."""
    number = work.H.dtype.type
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    means_of_contexts(work, parameters, plan, chunk, listed, padded(chunk.size, TILE))
    nodes = place_nodes(work, listed)
    line = 0
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    for i in range(chunk.size):
        at = chunk.first + i
        contexts = np.int64(plan.left[chunk.row, at]) + np.int64(plan.right[chunk.row, at])
        if contexts == 0:
            clear_row(work.GH, i)
        else:
            word = np.int64(plan.kept[chunk.row, at])
            _learn_centre(work, parameters, chunk, changes, word, i)
            if work.divide:
                scale_row(work.GH, i, work.GH, i, number(1) / number(contexts))
        line = fetch_some(lines, line, _LINES_A_CENTRE)
    # From here on rows of W may change.
    change_contexts(work, plan, chunk, changes, lines, line)
    for u in range(nodes):
        give_row(changes.rows, first_node(work.window) + u, work.GN, u, number(1))


@helper
def _learn_centre(
    work: HierarchicalCBOWScratch, parameters: Parameters, chunk: Chunk, changes: Changes, word: int, i: int
) -> None:
    """Add what centre i, whose word is `word`, teaches its path to GN, and its mean to GH."""
    W, S, H, GH, GN = parameters.W, work.S, work.H, work.GH, work.GN
    rows, turns, places, nodes, sums = work.paths.rows, work.paths.turns, work.places, work.nodes, work.sums
    start = work.paths.ends[word]
    depth = work.paths.ends[word + 1] - start
    for d in range(depth):
        score = dot_rows(H, i, W, rows[start + d])
        S[0, d] = -score if turns[start + d] else score
    if chunk.measured:
        loss = 0.0
        for d in range(depth):
            loss += score_loss(S[0, d], 1)
        changes.loss[0] += loss
        changes.loss[1] += 1
    number = H.dtype.type
    sigmoid_row(S, 0, 0, padded(depth, LANES), number(-1), number(chunk.rate), 0, depth - 1, NO_HOLE)
    for d in range(depth):
        node = rows[start + d]
        S[0, d] = -S[0, d] if turns[start + d] else S[0, d]
        nodes[d] = address_of_row(W, node)
        sums[d] = address_of_row(GN, places[node >> 1])
    share_along_path(GH, i, H, i, nodes, sums, S, depth)
