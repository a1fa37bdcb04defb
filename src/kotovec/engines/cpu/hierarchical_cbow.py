"""One chunk of CBOW with hierarchical softmax, centre by centre.

For a centre with mean h of its context's input rows, vectors n_d of the nodes on the way to it in the Huffman
tree, and turns t_d of 0 or 1 (Mikolov et al. 2013, section 2.1):

    loss = sum_d -log s(+-n_d . h)                       + where t_d is 0, - where it is 1
    g_d  = rate * (s(-n_d . h) - t_d)                    dh = sum_d g_d n_d      dn_d = g_d h

The means and the way back to the context are those of negative sampling (windows.py). dn_d is left to
visits.py, so that every centre of the chunk sees the parameters as they were.

It must equal `engines.reference.hierarchical.hierarchical_cbow_deltas`, which plays the same chunk on the
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
    Visits,
    fetch_claims,
    fetch_some,
    first_half,
    list_ahead,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_array, new_matrix
from kotovec.engines.cpu.path_products import sum_path
from kotovec.engines.cpu.path_scores import dot_path
from kotovec.engines.cpu.paths import (
    DEPTH,
    LINES_A_CENTRE,
    START,
    Paths,
    fetch_path,
    longest,
    loss_of_path,
    new_room,
)
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row, scale_row
from kotovec.engines.cpu.sigmoid import NO_HOLE, path_gradients, sigmoid_row
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.visits import forget_visits, new_visits, note_visits
from kotovec.engines.cpu.window_changes import change_contexts
from kotovec.engines.cpu.window_means import means_of_contexts


class HierarchicalCBOWScratch(NamedTuple):
    """One worker's buffers; T is CHUNK, w the window."""

    window: int
    split: int  # scores are sums over the columns before this one and over the others
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    paths: Paths
    P: Any  # (T + 2w + 1, D) prefix sums of the context rows; on the way back the difference array
    GH: Any  # (T + 1, D) the gradients of the means, dH, each with its centre's share; the last row is zero
    no_rows: Any  # (0, D): there are no words' own rows to score the means against
    no_parts: Any  # (2, 0, LANES)
    S: Any  # (1, longest path) scores of one centre, with room for whole vectors and tiles
    room: Any  # none: nothing is rounded


def new_hierarchical_cbow_scratch(
    window: int, divide: bool, paths: Paths, size: int, dtype: Any
) -> HierarchicalCBOWScratch:
    """Return buffers for one worker."""
    width = padded(size, LANES)
    return HierarchicalCBOWScratch(
        window=window,
        split=first_half(size),
        divide=divide,
        paths=paths,
        P=new_matrix(CHUNK + 2 * window + 1, width, dtype),
        GH=new_matrix(CHUNK + 1, width, dtype),
        no_rows=new_matrix(0, width, dtype),
        no_parts=new_array((2, 0, LANES), dtype),
        S=new_matrix(1, padded(longest(paths), LANES), dtype),
        room=new_room(paths, window, size, rounded=False),
    )


def hierarchical_cbow_visits(slots: int, paths: Paths, width: int, dtype: Any) -> Visits:
    """Return room for what the chunks of so many slots say about nodes."""
    return new_visits(slots, paths, inputs=CHUNK, contexts=1, width=width, dtypes=(dtype, dtype))


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
    number = work.GH.dtype.type
    slot = changes.slot[0]
    forget_visits(changes.visits, slot)
    H = changes.visits.inputs[slot]
    means_of_contexts(
        work, H, parameters, plan, chunk, listed, padded(chunk.size, TILE), 0, work.no_parts, work.no_rows
    )
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    gradient = 0
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    fetch_claims(parameters, ahead)
    line = 0
    for i in range(chunk.size):
        fetch_path(parameters, work.paths, plan, chunk, i)
        line = fetch_some(lines, line, LINES_A_CENTRE)
        at = chunk.first + i
        contexts = np.int64(plan.left[chunk.row, at]) + np.int64(plan.right[chunk.row, at])
        if contexts == 0:
            clear_row(work.GH, i)
            continue
        word = np.int64(plan.kept[chunk.row, at])
        gradient = _learn_centre(work, parameters, chunk, changes, word, i, gradient)
        if work.divide:
            scale_row(work.GH, i, work.GH, i, number(1) / number(contexts))
    # From here on rows of W may change.
    change_contexts(work, plan, chunk, changes.rows, lines, line)


@helper
def _learn_centre(
    work: HierarchicalCBOWScratch,
    parameters: Parameters,
    chunk: Chunk,
    changes: Changes,
    word: int,
    i: int,
    gradient: int,
) -> int:
    """Fill row i of GH with what centre i, whose word is `word`, teaches its mean; note the visits.

    The gradients stand from place `gradient` on; what is returned is the place after the last one.
    """
    slot, paths, W, S = changes.slot[0], work.paths, parameters.W, work.S
    H, G = changes.visits.inputs[slot], changes.visits.gradients[slot]
    steps = paths.steps
    start, depth = np.int64(paths.words[word, START]), np.int64(paths.words[word, DEPTH])
    dot_path(S, H, i, W, steps, start, depth, work.split)
    if chunk.measured:
        changes.loss[0] += loss_of_path(S, 0, steps, start, depth)
        changes.loss[1] += 1
    number = S.dtype.type
    rate = number(chunk.rate)
    sigmoid_row(S, 0, 0, padded(depth, LANES), number(-1), number(1), 0, depth - 1, NO_HOLE)
    path_gradients(G, gradient, 0, S, 0, 0, steps, start, depth, rate, 1, NO_HOLE)
    sum_path(work.GH, i, G, gradient, W, steps, start, depth)
    note_visits(changes, i, start, depth, i, 1, gradient, 0)
    return gradient + padded(depth, TILE)
