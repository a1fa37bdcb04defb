"""Skip-gram with hierarchical softmax for two workers, each of which has half of the columns, see halves.py.

What a chunk teaches is what hierarchical_skipgram.py says. The nodes that its centres visit are listed before
the round begins, see path_lists.py. What a worker hands over about a chunk stands in one row of numbers:
parts of scores, or the gradients that were made of them, one centre after another, and then what the changes
of all nodes are multiplied by.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.aiming import scale_visits
from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.chunk import CHUNK, Changes, Chunk, Parameters, locate, padded
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES, QUAD
from kotovec.engines.cpu.memory import in_slots, new_array, new_matrix, new_table
from kotovec.engines.cpu.node_changes import (
    FIRST,
    GRADIENT,
    NODES,
    NOTED,
    NUMBER,
    START,
    STRIDE,
    teach_listed,
)
from kotovec.engines.cpu.path_groups import GROUPS
from kotovec.engines.cpu.path_lists import RARE_LEVEL, steps_of_chunk, take_list
from kotovec.engines.cpu.path_products import teach_contexts
from kotovec.engines.cpu.path_scores import copy_quads, score_path
from kotovec.engines.cpu.paths import Paths, context_places, loss_of_path, most_visits, new_room, row_of_step
from kotovec.engines.cpu.places import Rows, give_row
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_rows, clear_row, drop_all, fetch_all, fetch_row
from kotovec.engines.cpu.sigmoid import path_gradients, sigmoid_of_sums
from kotovec.engines.cpu.tiles import TILE

_AHEAD = 3
"""Centres between asking for nodes and using them."""


class SkipGramTreeHalf(NamedTuple):
    """Buffers for one chunk; what belongs to the chunk is there once for each chunk of a round."""

    window: int
    size: int  # columns that are not padding, of this half
    paths: Paths
    Y4: Any  # (D / QUAD, QUAD * Q) the input rows of the contexts, see copy_quads; half as many rows of pairs
    sources: Any  # int64 (Q,), the addresses of the rows of W that are copied
    GY: Any  # (Q, D) their changes
    whole: Any  # (1, P) the scores of a chunk, both parts together, and then their sigmoids
    claims: Any  # uint32 (2 * V,), what a round asks of each node's row; common to both workers
    Y: Any  # (Q, D) the input rows as they are, or in pairs of rows; belongs to the chunk
    nodes: Any  # int32 (N,) the steps of all centres, one centre after another; belongs to the chunk
    centres: Any  # int32 (T, NOTED), what is said of each centre, see node_changes.py; belongs to the chunk
    visitors: Any  # int32 (GROUPS + 1,) how many centres visit the first nodes, see path_groups.py
    places: Any  # int64 (2,), how many scores there are, and how many numbers in S; belongs to the chunk
    S: Any  # (1, P + N) what is handed over; belongs to the chunk
    G: Any  # the same place, for the gradients: S itself, or the numbers of 16 bits that stand there
    room: Any  # int32, see paths.new_room


def skipgram_tree_halves(
    window: int, paths: Paths, columns: tuple[int, int], slots: int, dtype: Any, *, rounded: bool
) -> tuple[SkipGramTreeHalf, SkipGramTreeHalf]:
    """Return the buffers of both halves, of so many columns, for rounds of so many chunks.

    `rounded` says that products are made of bfloat16.
    """
    contexts, claims = context_places(window), new_claims(2 * len(paths.words))
    nodes = steps_of_chunk(paths)
    # Room for rows that fill the last quad, too: those of the last centre reach behind all scores, to
    # where F will stand. It is written later, by whoever finds the gradients.
    scores = most_visits(paths) * padded(2 * window + 1, TILE) + LANES

    def half(size: int) -> SkipGramTreeHalf:
        width = padded(size, LANES)
        S = new_array((slots, 1, padded(scores + nodes, LANES)), dtype)
        pairs, quads = (PAIR, np.int32) if rounded else (1, dtype)
        own = {
            "Y": new_array((slots, contexts // pairs, width), quads),
            "nodes": new_array((slots, nodes), np.int32),
            "centres": new_array((slots, CHUNK, NOTED), np.int32),
            "places": new_array((slots, 2), np.int64),
            "S": S,
            "G": S.view(np.int16) if rounded else S,
        }
        work = SkipGramTreeHalf(
            window=window,
            size=size,
            paths=paths,
            Y4=new_matrix(width // (QUAD * pairs), QUAD * contexts, quads),
            sources=new_table(contexts, np.int64),
            GY=new_matrix(contexts, width, dtype),
            room=new_room(paths, window, size, rounded=rounded),
            whole=new_matrix(1, padded(scores, LANES), dtype),
            claims=claims,
            visitors=new_table(GROUPS + 1, np.int32),
            **{name: part[0] for name, part in own.items()},
        )
        return in_slots(work, slots, lambda name, _: own.get(name))

    return half(columns[0]), half(columns[1])


@helper
def score_skipgram_tree(
    work: SkipGramTreeHalf,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    visits: np.ndarray,
) -> None:
    """Copy the contexts' rows, and compute a half's part of all scores of the nodes that are visited."""
    take_list(work.nodes, work.centres, visits)
    _say_places(work, plan, chunk)
    locate(parameters, listed[CHUNK:], work.sources)
    Y, Y4, S, W, nodes, centres, size = (
        work.Y, work.Y4, work.S, parameters.W, work.nodes, work.centres, work.size,
    )  # fmt: skip
    for q in range(0, padded(chunk.size + 2 * work.window + TILE, QUAD), QUAD):
        copy_quads(Y, Y4, work.sources, q)
    for i in range(chunk.size):
        _fetch_nodes(W, nodes, centres[min(i + _AHEAD, chunk.size - 1)])
        centre = centres[i]
        if centre[NODES] > 0:
            start, depth, first = np.int64(centre[START]), np.int64(centre[NODES]), np.int64(centre[FIRST])
            at, stride = np.int64(centre[GRADIENT]), np.int64(centre[STRIDE])
            # Rows that fill the last quad are written where the next centre or F comes, and both come later.
            rows = padded(np.int64(centre[NUMBER]), QUAD)
            score_path(S, at, stride, W, nodes, start, depth, Y4, first, rows, size, size, work.room)


@helper
def _fetch_nodes(W: np.ndarray, nodes: np.ndarray, centre: np.ndarray) -> None:
    """Ask the memory for the nodes that a centre visits, but those that are in the cache anyway."""
    start, depth = np.int64(centre[START]), np.int64(centre[NODES])
    for z in range(start + RARE_LEVEL, start + depth):
        fetch_row(W, row_of_step(np.int64(nodes[z])))


@helper
def _say_places(work: SkipGramTreeHalf, plan: Plan, chunk: Chunk) -> None:
    """Say of each centre where its contexts and its scores stand, and where all scores end."""
    centres, place, last = work.centres, np.int64(0), np.int64(0)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    for i in range(chunk.size):
        before, centre = np.int64(left[i]), centres[i]
        centre[FIRST] = i + work.window - before
        centre[NUMBER] = before + np.int64(right[i]) + 1
        centre[GRADIENT] = place
        centre[STRIDE] = padded(np.int64(centre[NODES]), TILE)
        place += np.int64(centre[STRIDE]) * np.int64(centre[NUMBER])
        last = np.int64(centre[START]) + np.int64(centre[STRIDE])
    # The gradients of the last centre may be written LANES - 1 places too far.
    work.places[0] = padded(place + LANES, LANES)
    work.places[1] = work.places[0] + padded(last, LANES)


@helper
def learn_skipgram_tree(
    work: SkipGramTreeHalf,
    other: SkipGramTreeHalf,
    parameters: Parameters,
    chunk: Chunk,
    name: int,
    changes: Changes,
) -> None:
    """Put both halves' parts of the scores together and turn them into gradients; say the loss.

    All nodes of the round are claimed, by its `name`, which is 0 here where no claim holds a node back: so it
    is known what their changes are multiplied by.
    """
    whole, centres = work.whole, work.centres
    S, G = work.S, work.G
    rate, behind = S.dtype.type(chunk.rate), work.places[0]
    F, nodes = S[0, behind : work.places[1]], work.nodes
    for z in range(len(F)):
        F[z] = S.dtype.type(1)
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    if chunk.measured:
        add_rows(whole[:, :behind], 0, S, 0, other.S, 0)
        _measure(work, chunk, changes)
    sigmoid_of_sums(whole, S, other.S, behind)
    for i in range(chunk.size):
        centre = centres[i]
        contexts, depth = np.int64(centre[NUMBER]), np.int64(centre[NODES])
        if depth == 0:
            continue
        start, at, stride = (
            np.int64(centre[START]), np.int64(centre[GRADIENT]), np.int64(centre[STRIDE]),
        )  # fmt: skip
        hole = i + work.window - np.int64(centre[FIRST])
        path_gradients(G, at, stride, whole, at, stride, nodes, start, depth, rate, contexts, hole)
    scale_visits(F, nodes, len(F), parameters.scale, work.claims, name)


@helper
def _measure(work: SkipGramTreeHalf, chunk: Chunk, changes: Changes) -> None:
    """Say the loss, from whole scores, and the number of pairs."""
    nodes, whole, centres = work.nodes, work.whole, work.centres
    for i in range(chunk.size):
        centre = centres[i]
        contexts, depth, at = np.int64(centre[NUMBER]), np.int64(centre[NODES]), np.int64(centre[GRADIENT])
        start = np.int64(centre[START])
        changes.loss[1] += contexts - 1
        for c in range(contexts if depth > 0 else 0):
            if c != i + work.window - np.int64(centre[FIRST]):
                place = at + c * np.int64(centre[STRIDE])
                changes.loss[0] += loss_of_path(whole, place, nodes, start, depth)


@helper
def change_skipgram_tree(
    work: SkipGramTreeHalf, G: np.ndarray, parameters: Parameters, chunk: Chunk, to: Rows
) -> None:
    """Change the contexts' rows by what the nodes teach, which are still as they were; G are the gradients.

    They are kept for change_skipgram_nodes.
    """
    GY, W, nodes, centres, contexts = work.GY, parameters.W, work.nodes, work.centres, 2 * work.window
    room = work.room
    for q in range(chunk.size + contexts):
        clear_row(GY, q)
    for i in range(chunk.size):
        centre = centres[i]
        if centre[NODES] > 0:
            start, depth, first = np.int64(centre[START]), np.int64(centre[NODES]), np.int64(centre[FIRST])
            at, stride = np.int64(centre[GRADIENT]), np.int64(centre[STRIDE])
            number = np.int64(centre[NUMBER])
            teach_contexts(GY, first, number, G, at, stride, W, nodes, start, depth, room)
    one = GY.dtype.type(1)
    for q in range(chunk.size + contexts):
        give_row(to, CHUNK + q, GY, q, one)


@helper
def change_skipgram_nodes(
    work: SkipGramTreeHalf, G: np.ndarray, S: np.ndarray, parameters: Parameters
) -> None:
    """Change the nodes that the centres of a chunk have visited; S has what that is multiplied by."""
    teach_listed(parameters.W, work.nodes, work.centres, G, work.Y, S, work.places[0], work.room)


@helper
def fetch_skipgram_tree(work: SkipGramTreeHalf, other: SkipGramTreeHalf) -> None:
    """Ask the memory for the other half's part of the scores."""
    fetch_all(other.S[0, : work.places[0]])


@helper
def fetch_skipgram_tree_gradients(work: SkipGramTreeHalf, other: SkipGramTreeHalf) -> None:
    """Ask the memory for the gradients that the other half has found, and for what stands behind them."""
    fetch_all(other.G[0, : work.places[0]])
    fetch_all(other.S[0, work.places[0] : work.places[1]])


@helper
def drop_skipgram_tree(work: SkipGramTreeHalf, other: SkipGramTreeHalf) -> None:
    """Have no copy of the other half's part of the scores any longer, now that it is used."""
    drop_all(other.S[0, : work.places[0]])


@helper
def drop_skipgram_tree_gradients(work: SkipGramTreeHalf, other: SkipGramTreeHalf) -> None:
    """Have no copy of the gradients any longer, nor of what stands behind them."""
    drop_all(other.G[0, : work.places[0]])
    drop_all(other.S[0, work.places[0] : work.places[1]])
