"""CBOW with hierarchical softmax for two workers, each of which has half of the columns, see halves.py.

What a chunk teaches is what hierarchical_cbow.py says. The nodes that its centres visit are listed before the
round begins, see path_lists.py. Most of what a worker does for a visit does not depend on how many columns it
has; so as much as possible of it is done once, for both: what is left are a number to look up and a few
multiply-adds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.aiming import scale_visits
from kotovec.engines.cpu.chunk import CHUNK, Changes, Chunk, Parameters, padded
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import in_slots, new_array, new_matrix, new_table
from kotovec.engines.cpu.node_lists import FIRST, NODES, change_nodes_by, score_nodes, sum_nodes
from kotovec.engines.cpu.path_groups import GROUPS
from kotovec.engines.cpu.path_lists import ASKS, DEEP, DEEP_STEPS, steps_of_chunk, take_list
from kotovec.engines.cpu.paths import Paths, loss_of_path
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_rows, drop_all, fetch_all, take_all
from kotovec.engines.cpu.sigmoid import gradients_of_sums
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.window_changes import change_contexts
from kotovec.engines.cpu.window_means import means_of_contexts
from kotovec.engines.cpu.windows import list_shares


class TreeHalf(NamedTuple):
    """Buffers for one chunk, as in CBOWScratch; what is common to both halves is said to be so."""

    window: int
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    paths: Paths
    P: Any  # (T + 2w + 1, D) prefix sums of the context rows; on the way back the difference array
    GH: Any  # (T + 1, D) the gradients of the means, dH, each with its centre's share; the last row is zero
    no_rows: Any  # (0, D)
    no_lanes: Any  # (2, 0, LANES)
    S: Any  # (1, N) the scores of a chunk, both parts together, where its loss is measured
    H: Any  # (T, D) means of the contexts; belongs to the chunk
    nodes: Any  # int32 (N,) the steps of all centres, one centre after another; belongs to the chunk
    centres: Any  # int32 (T, 2) where each centre's nodes stand, see node_lists.py; belongs to the chunk
    visitors: Any  # int32 (GROUPS + 1,) how many centres visit the first nodes, see path_groups.py
    S_part: Any  # (N,) a half's part of the scores; belongs to the chunk
    G: Any  # (1, N) gradients times learning rate; common
    F: Any  # (N,) the same times what the nodes' changes are multiplied by; common
    shares: Any  # (T,) of each context word in the gradient of the mean; common
    claims: Any  # uint32 (2 * V,), what a round asks of each node's row; common


def tree_halves(
    window: int, divide: bool, paths: Paths, columns: tuple[int, int], slots: int, dtype: Any
) -> tuple[TreeHalf, TreeHalf]:
    """Return the buffers of both halves for rounds of so many chunks, as `borrow_slots` takes them."""
    places = steps_of_chunk(paths)
    common = {
        "G": new_array((slots, 1, places), dtype),
        "F": new_array((slots, places), dtype),
        "shares": new_array((slots, padded(CHUNK, LANES)), dtype),  # whole cache lines: both write to some
    }
    claims = new_claims(2 * len(paths.words))

    def half(width: int) -> TreeHalf:
        own = {
            "H": new_array((slots, CHUNK, width), dtype),
            "nodes": new_array((slots, places), np.int32),
            "centres": new_array((slots, CHUNK, 2), np.int32),
            "S_part": new_array((slots, places), dtype),
        }
        work = TreeHalf(
            window=window,
            divide=divide,
            paths=paths,
            P=new_matrix(CHUNK + 2 * window + 1, width, dtype),
            GH=new_matrix(CHUNK + 1, width, dtype),
            no_rows=new_matrix(0, width, dtype),
            no_lanes=new_array((2, 0, LANES), dtype),
            S=new_matrix(1, places, dtype),
            claims=claims,
            visitors=new_table(GROUPS + 1, np.int32),
            **{name: part[0] for name, part in (own | common).items()},
        )
        return in_slots(work, slots, lambda name, _: (own | common).get(name))

    return half(padded(columns[0], LANES)), half(padded(columns[1], LANES))


@helper
def score_tree(
    work: TreeHalf, parameters: Parameters, plan: Plan, chunk: Chunk, listed: np.ndarray, visits: np.ndarray
) -> None:
    """Compute the means of the contexts, and a half's part of all scores of the nodes that are visited."""
    rows, H = padded(chunk.size, TILE), work.H
    take_all(work.S_part)
    take_list(work.nodes, work.centres, visits)
    means_of_contexts(work, H, parameters, plan, chunk, listed, rows, 0, work.no_lanes, work.no_rows)
    deep, steps = np.int64(visits[DEEP]), visits[-DEEP_STEPS:]
    score_nodes(work.S_part, H, parameters.W, work.nodes, work.centres, steps, deep, np.int64(visits[ASKS]))


@helper
def learn_tree(
    work: TreeHalf,
    other: TreeHalf,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    name: int,
    changes: Changes,
) -> None:
    """Put both halves' parts of the scores together and turn them into gradients; say the loss.

    All nodes of the round are claimed, by its `name`, which is 0 here where no claim holds a node back: so it
    is known what their changes are multiplied by.
    """
    number, listed = work.G.dtype.type, _listed(work)
    S, G, F, nodes, mine, others = work.S, work.G, work.F, work.nodes, work.S_part, other.S_part
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    changes.loss[0] = 0.0
    changes.loss[1] = 0.0
    if chunk.measured:
        add_rows(S, 0, mine, 0, others, 0)
        _measure(work, plan, chunk, changes)
    # One path after another, as if they were one.
    gradients_of_sums(G, F, mine, others, nodes, listed, number(chunk.rate))
    list_shares(work.shares, left, right, chunk.size, work.divide)
    scale_visits(F, nodes, listed, parameters.scale, work.claims, name)


@helper
def _measure(work: TreeHalf, plan: Plan, chunk: Chunk, changes: Changes) -> None:
    """Say the loss, from whole scores, and the number of means."""
    for i in range(chunk.size):
        place, depth, at = np.int64(work.centres[i, FIRST]), np.int64(work.centres[i, NODES]), chunk.first + i
        changes.loss[0] += loss_of_path(work.S, place, work.nodes, place, depth)
        changes.loss[1] += np.int64(plan.left[chunk.row, at]) + np.int64(plan.right[chunk.row, at]) > 0


@helper
def change_tree(
    work: TreeHalf, parameters: Parameters, plan: Plan, chunk: Chunk, to: Rows, lines: np.ndarray
) -> None:
    """Change the contexts' rows by what the nodes teach, which are still as they were."""
    sum_nodes(work.GH, work.G, work.shares, parameters.W, work.nodes, work.centres)
    change_contexts(work, plan, chunk, to, lines, 0)


@helper
def change_visited(work: TreeHalf, parameters: Parameters) -> None:
    """Change the nodes that the centres of a chunk have visited."""
    change_nodes_by(work.F, work.H, parameters.W, work.nodes, work.centres)


@helper
def fetch_tree_scores(work: TreeHalf, other: TreeHalf) -> None:
    """Ask the memory for the other half's part of the scores, and for the place of what is made of them."""
    listed = _listed(work)
    fetch_all(other.S_part[:listed])
    take_all(work.G[0, :listed])
    take_all(work.F[:listed])
    take_all(work.shares)


@helper
def fetch_tree_gradients(work: TreeHalf) -> None:
    """Ask the memory for the gradients, and for what stands beside them."""
    listed = _listed(work)
    fetch_all(work.G[0, :listed])
    fetch_all(work.F[:listed])
    fetch_all(work.shares)


@helper
def _listed(work: TreeHalf) -> int:
    """Return how many places of the list a chunk's nodes take."""
    return np.int64(work.centres[CHUNK - 1, FIRST]) + padded(np.int64(work.centres[CHUNK - 1, NODES]), TILE)


@helper
def drop_tree_scores(work: TreeHalf, other: TreeHalf) -> None:
    """Have no copy of the other half's part of the scores any longer."""
    drop_all(other.S_part[: _listed(work)])


@helper
def drop_tree_gradients(work: TreeHalf) -> None:
    """Have no copy of the gradients any longer, nor of what stands beside them."""
    listed = _listed(work)
    drop_all(work.G[0, :listed])
    drop_all(work.F[:listed])
    drop_all(work.shares)
