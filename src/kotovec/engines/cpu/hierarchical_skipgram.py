"""One chunk of skip-gram with hierarchical softmax, as small matrix products for each centre.

The context words of a centre are all scored against the same nodes, those on the way to the centre in the
Huffman tree (Mikolov et al. 2013, section 2.1; each context word predicts the centre, as in word2vec.c). For
input rows y_q of the context words, vectors n_d of the nodes and turns t_d of 0 or 1:

    loss = sum_q sum_d -log s(+-n_d . y_q)          + where t_d is 0, - where it is 1

    S = N Y^T       G = rate * (s(-S) - t), which is -rate * s(S) where t_d is 1; 0 for the centre itself
    dY = G^T N      dN = G Y

dY is summed beside W, and dN is left to visits.py, so that every centre of the chunk sees the parameters as
they were.

It must equal `engines.reference.hierarchical.hierarchical_skipgram_deltas`, which plays the same chunk on the
layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    Visits,
    fetch_claims,
    fetch_some,
    first_half,
    list_ahead,
    locate,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES, QUAD
from kotovec.engines.cpu.memory import new_matrix, new_table
from kotovec.engines.cpu.path_products import teach_contexts
from kotovec.engines.cpu.path_scores import copy_quads, score_path
from kotovec.engines.cpu.paths import (
    DEPTH,
    LINES_A_CENTRE,
    START,
    Paths,
    context_places,
    fetch_path,
    longest,
    loss_of_path,
    new_room,
)
from kotovec.engines.cpu.places import give_row
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row
from kotovec.engines.cpu.sigmoid import NO_HOLE, path_gradients, sigmoid_row
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.visits import forget_visits, new_visits, note_visits


class HierarchicalSkipGramScratch(NamedTuple):
    """One worker's buffers; Q is context_places."""

    window: int
    size: int  # vector_size, H; the rows' D - H further elements are zero
    split: int  # scores are sums over the columns before this one and over the others
    paths: Paths
    Y4: Any  # (D / QUAD, QUAD * Q) the input rows of the contexts, see copy_quads; half as many rows of pairs
    sources: Any  # int64 (Q,), the addresses of the rows of W that are copied
    GY: Any  # (Q, D) their changes
    S: Any  # (2 window + 1, longest path) scores of one centre, with room for whole vectors and tiles
    room: Any  # int32, see paths.new_room


def new_hierarchical_skipgram_scratch(
    window: int, paths: Paths, size: int, dtype: Any, *, rounded: bool = False
) -> HierarchicalSkipGramScratch:
    """Return buffers for one worker; `rounded` says that products are made of bfloat16."""
    width, contexts = padded(size, LANES), context_places(window)
    pairs, number = (PAIR, np.int32) if rounded else (1, dtype)
    return HierarchicalSkipGramScratch(
        window=window,
        size=size,
        split=min(first_half(size), size),
        paths=paths,
        Y4=new_matrix(width // (QUAD * pairs), QUAD * contexts, number),
        sources=new_table(contexts, np.int64),
        GY=new_matrix(contexts, width, dtype),
        S=new_matrix(padded(2 * window + 1, TILE), padded(longest(paths), LANES), dtype),
        room=new_room(paths, window, size, rounded=rounded),
    )


def hierarchical_skipgram_visits(
    slots: int, window: int, paths: Paths, width: int, dtype: Any, *, rounded: bool = False
) -> Visits:
    """Return room for what the chunks of so many slots say about nodes."""
    contexts, rows = padded(2 * window + 1, TILE), context_places(window)
    if rounded:
        types = (np.int32, np.int16)
        return new_visits(slots, paths, inputs=rows // PAIR, contexts=contexts, width=width, dtypes=types)
    return new_visits(slots, paths, inputs=rows, contexts=contexts, width=width, dtypes=(dtype, dtype))


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
    slot = changes.slot[0]
    forget_visits(changes.visits, slot)
    reach = padded(chunk.size + 2 * work.window + TILE, QUAD)
    locate(parameters, listed[CHUNK:], work.sources)
    for q in range(0, reach, QUAD):
        copy_quads(changes.visits.inputs[slot], work.Y4, work.sources, q)
    for q in range(chunk.size + 2 * work.window):
        clear_row(work.GY, q)
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    gradient = 0
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    fetch_claims(parameters, ahead)
    line = 0
    for i in range(chunk.size):
        fetch_path(parameters, work.paths, plan, chunk, i)
        line = fetch_some(lines, line, LINES_A_CENTRE)
        gradient = _learn_centre(work, parameters, plan, chunk, changes, i, gradient)
    one = work.GY.dtype.type(1)
    for q in range(chunk.size + 2 * work.window):
        give_row(changes.rows, CHUNK + q, work.GY, q, one)


@helper
def _learn_centre(
    work: HierarchicalSkipGramScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    changes: Changes,
    i: int,
    gradient: int,
) -> int:
    """Add what centre i teaches its context to GY, and note what it teaches its path.

    The gradients stand from place `gradient` on; what is returned is the place after the last one.
    """
    left = np.int64(plan.left[chunk.row, chunk.first + i])
    right = np.int64(plan.right[chunk.row, chunk.first + i])
    word = np.int64(plan.kept[chunk.row, chunk.first + i])
    paths, W, S = work.paths, parameters.W, work.S
    start, depth = np.int64(paths.words[word, START]), np.int64(paths.words[word, DEPTH])
    if chunk.measured:
        changes.loss[1] += left + right
    if left + right == 0 or depth == 0:  # no context, or the only word there is
        return gradient
    first, contexts = i + work.window - left, left + right + 1
    rows, stride = padded(contexts, TILE), padded(depth, TILE)
    pitch = S.shape[1]
    score_path(
        S, 0, pitch, W, paths.steps, start, depth, work.Y4, first, rows, work.split, work.size, work.room
    )
    if chunk.measured:
        _measure(work, changes, start, depth, left, contexts)
    number = S.dtype.type
    for q in range(contexts):
        sigmoid_row(S, q, 0, padded(depth, LANES), number(-1), number(1), 0, depth - 1, NO_HOLE)
    G, rate = changes.visits.gradients[changes.slot[0]], S.dtype.type(chunk.rate)
    path_gradients(G, gradient, stride, S, 0, pitch, paths.steps, start, depth, rate, contexts, left)
    teach_contexts(work.GY, first, contexts, G, gradient, stride, W, paths.steps, start, depth, work.room)
    note_visits(changes, i, start, depth, first, contexts, gradient, stride)
    return gradient + contexts * stride


@helper
def _measure(
    work: HierarchicalSkipGramScratch, changes: Changes, start: int, depth: int, left: int, contexts: int
) -> None:
    """Add to the loss in float64, from the scores before they become gradients."""
    for c in range(contexts):
        if c != left:
            changes.loss[0] += loss_of_path(work.S, c * work.S.shape[1], work.paths.steps, start, depth)
