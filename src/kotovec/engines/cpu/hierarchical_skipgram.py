"""One chunk of skip-gram with hierarchical softmax, as three small matrix products for each centre.

The context words of a centre are all scored against the same nodes, those on the way to the centre in the
Huffman tree (Mikolov et al. 2013, section 2.1; each context word predicts the centre, as in word2vec.c). For
input rows y_q of the context words, vectors n_d of the nodes and turns t_d of 0 or 1:

    loss = sum_q sum_d -log s(+-n_d . y_q)          + where t_d is 0, - where it is 1

    S = N Y^T       G = rate * s(-S) where t_d is 0, -rate * s(S) where it is 1, 0 for the centre itself
    GY = G^T N      GN = G Y

Changes are summed beside W, so that every centre of the chunk sees the parameters as they were.

It must equal `engines.reference.hierarchical.hierarchical_skipgram_deltas`, which plays the same chunk on the
layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    copy_rows,
    list_ahead,
    locate,
    new_matrix,
    padded,
    score_loss,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.paths import Paths, context_places, first_node, place_nodes
from kotovec.engines.cpu.places import Rows, address_of_row, give_row, new_rows, rows_of
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row, copy_row
from kotovec.engines.cpu.sigmoid import sigmoid_row
from kotovec.engines.cpu.tiles import TILE, product, scores


class HierarchicalSkipGramScratch(NamedTuple):
    """One worker's buffers; Q is context_places, P the longest path rounded up to TILE."""

    window: int
    size: int  # vector_size, H; the rows' D - H further elements are zero
    paths: Paths
    places: Any  # int32 (V,), where the chunk's nodes stand in `GN`
    Y: Any  # (Q, D) input rows of the contexts, row q at position first - window + q
    YT: Any  # (D, Q)
    sources: Any  # int64 (Q,), the addresses of the rows of W that are copied to Y
    GY: Any  # (Q, D) their changes
    GY_rows: Rows
    N: Any  # (P, D) the nodes on one centre's path
    GN: Any  # (U, D) changes of all nodes of the chunk
    GN_rows: Rows  # P places in GN, those of one centre's path
    S: Any  # (P, Q) scores of one centre, then gradients; column q is context q
    S_rows: Rows


def new_hierarchical_skipgram_scratch(
    window: int, paths: Paths, nodes: int, size: int, dtype: Any
) -> HierarchicalSkipGramScratch:
    """Return buffers for one worker whose chunks visit up to `nodes` nodes."""
    width, contexts = padded(size, LANES), context_places(window)
    path = padded(int(np.diff(paths.ends).max()), TILE)
    S, GY = new_matrix(path, contexts, dtype), new_matrix(contexts, width, dtype)
    return HierarchicalSkipGramScratch(
        window=window,
        size=size,
        paths=paths,
        places=np.zeros(len(paths.ends), np.int32),
        Y=new_matrix(contexts, width, dtype),
        YT=new_matrix(width, contexts, dtype),
        sources=np.zeros(contexts, np.int64),
        GY=GY,
        GY_rows=rows_of(GY, adds=True),
        N=new_matrix(path, width, dtype),
        GN=new_matrix(nodes, width, dtype),
        GN_rows=new_rows(path, dtype),
        S=S,
        S_rows=rows_of(S),
    )


@helper
def hierarchical_skipgram_chunk(
    work: HierarchicalSkipGramScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Send what the chunk teaches to `changes`; `listed` are its rows, `ahead` those of a later chunk."""
    reach = padded(chunk.size + 2 * work.window + LANES, LANES)
    locate(parameters, listed[CHUNK:], work.sources)
    copy_rows(work.Y, work.YT, work.sources, 0, reach)
    for q in range(reach):
        clear_row(work.GY, q)
    nodes = place_nodes(work, listed)
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    line = 0
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    for i in range(chunk.size):
        left = np.int64(plan.left[chunk.row, chunk.first + i])
        right = np.int64(plan.right[chunk.row, chunk.first + i])
        if left + right > 0:
            word = np.int64(plan.kept[chunk.row, chunk.first + i])
            line = _learn_centre(work, parameters, chunk, changes, word, i, left, right, lines, line)
    one = work.Y.dtype.type(1)
    for q in range(chunk.size + 2 * work.window):
        give_row(changes.rows, CHUNK + q, work.GY, q, one)
    for u in range(nodes):
        give_row(changes.rows, first_node(work.window) + u, work.GN, u, one)


@helper
def _learn_centre(
    work: HierarchicalSkipGramScratch,
    parameters: Parameters,
    chunk: Chunk,
    changes: Changes,
    word: int,
    i: int,
    left: int,
    right: int,
    lines: np.ndarray,
    line: int,
) -> int:
    """Add what centre i, whose word is `word`, teaches its path and its context to GN and GY."""
    S, Y, N = work.S, work.Y, work.N
    number = Y.dtype.type
    start, row = work.paths.ends[word], S.shape[1]
    depth = work.paths.ends[word + 1] - start
    if chunk.measured:
        changes.loss[1] += left + right
    if depth == 0:  # the only word there is
        return line
    path = padded(depth, TILE)
    _gather_path(work, parameters, changes, start, depth, path)
    first, contexts = i + work.window - left, left + right + 1
    columns = padded(contexts, LANES)
    end = first + columns
    line = scores(work.S_rows, N, 0, path, work.YT, first, columns, end, 0, work.size, lines, line)
    if chunk.measured:
        _measure(work, changes, start, depth, first, left, contexts)
    rate, turns = number(chunk.rate), work.paths.turns
    for d in range(depth):
        turn = turns[start + d]
        sign, weight = (number(1), -rate) if turn else (number(-1), rate)
        sigmoid_row(S, d, first, columns, sign, weight, 0, contexts - 1, left)
    line = product(work.GN_rows, 0, S, 0, first, row, 1, Y, first, path, contexts, contexts, 0, lines, line)
    taught = padded(contexts, TILE)
    return product(work.GY_rows, first, S, 0, first, 1, row, N, 0, taught, depth, depth, 0, lines, line)


@helper
def _gather_path(
    work: HierarchicalSkipGramScratch,
    parameters: Parameters,
    changes: Changes,
    start: int,
    depth: int,
    path: int,
) -> None:
    """Copy the nodes of a path, and say where their changes are summed."""
    at, adds, rows, places = work.GN_rows.at, work.GN_rows.adds, work.paths.rows, work.places
    W, N, GN = parameters.W, work.N, work.GN
    for d in range(depth):
        node = rows[start + d]
        copy_row(N, d, W, node)
        at[d] = address_of_row(GN, places[node >> 1])
        adds[d] = True
    for d in range(depth, path):  # rows that only fill a tile
        at[d] = address_of_row(changes.nowhere, 0)
        adds[d] = False


@helper
def _measure(
    work: HierarchicalSkipGramScratch,
    changes: Changes,
    start: int,
    depth: int,
    first: int,
    left: int,
    contexts: int,
) -> None:
    """Add to the loss in float64, from the scores before they become gradients."""
    loss = 0.0
    for d in range(depth):
        answer = 1 - np.int64(work.paths.turns[start + d])
        for c in range(contexts):
            if c != left:
                loss += score_loss(work.S[d, first + c], answer)
    changes.loss[0] += loss
