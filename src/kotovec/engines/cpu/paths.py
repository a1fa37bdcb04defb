"""Hierarchical softmax's rows: the ways through the Huffman tree to all words.

Node 0 of the engine is the root, and a node's children have larger numbers: `HuffmanTree`'s numbers
backwards, so that the nodes that are asked about most come first. Of W's 2 V rows, word k has row k and node
k has row V + k. If a node stood where a word's second row would be, nodes would share half of the places of
a cache wherever a row has 256 bytes, and could not use the other half. There is one node less than words.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.chunk import CHUNK, UNUSED, Chunk, Parameters, list_rows, padded
from kotovec.engines.cpu.claims import CENTRES, CONTEXTS, asked_of
from kotovec.engines.cpu.compiling import anywhere, helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.log_loss import loss_of_row
from kotovec.engines.cpu.memory import new_table
from kotovec.engines.cpu.path_groups import rows_of_groups
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import fetch_element, fetch_row
from kotovec.engines.cpu.schedule import Schedule, steps_to_claim
from kotovec.engines.cpu.sigmoid import NO_HOLE
from kotovec.engines.cpu.tiles import TILE
from kotovec.layers import HuffmanTree

START, DEPTH = 0, 1
"""The columns of Paths.words."""

_AHEAD = 8
"""Centres between asking for a path and using it."""

_NODES_AHEAD = 2
"""Centres between asking for the nodes on a path and using them."""

LINES_A_CENTRE = 10
"""Cache lines of a later chunk's contexts to ask for with each centre."""

_AT_HAND = 63
"""Nodes that are on the first levels, and never leave the cache."""


class Paths(NamedTuple):
    """The paths of all words, V words, L nodes on all paths together."""

    words: Any  # int32 (V, 2), where each word's path begins among the steps and its length
    steps: Any  # int32 (L + 2 * LANES,), 2 r + t for turn t at the node in row r of W, the root first
    first_rows: Any  # int32 (GROUPS + 1,), the rows of W of the nodes on the first levels, see path_groups.py


class TreeText(NamedTuple):
    """What the corpus and the vocabulary say, as plan.Text does; here with the paths in a Huffman tree."""

    token_ids: Any  # int32 (N,)
    sentence_offsets: Any  # int64 (S + 1,)
    keep: Any  # uint32 (V,)
    paths: Paths


def new_paths(tree: HuffmanTree) -> Paths:
    """Return the paths of a tree, in the engine's numbers."""
    nodes = tree.vocab_size - 2 - tree.nodes
    rows, steps = tree.vocab_size + nodes, np.zeros(len(nodes) + 2 * LANES, np.int32)
    steps[: len(nodes)] = 2 * rows + tree.codes
    words = np.column_stack([tree.offsets[:-1], tree.lengths]).astype(np.int32)
    return Paths(words, steps, rows_of_groups(rows, tree.codes, tree.offsets[:-1], tree.lengths))


def node_shares(paths: Paths, share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return, for each row of nodes, how many of the centres visit it, given each word's share of them."""
    nodes = row_of_step(paths.steps[: len(paths.steps) - 2 * LANES]) - len(paths.words)
    shares = np.repeat(share, paths.words[:, DEPTH])
    return np.bincount(nodes, shares, minlength=len(share)).astype(np.float64)


def mean_depth(paths: Paths, share: npt.NDArray[np.float64]) -> float:
    """Return how many nodes a centre's path has on average, given each word's share of the centres."""
    return float(share @ paths.words[:, DEPTH])


@anywhere
def row_of_step(step: Any) -> Any:
    """Return the row of W of the node that a step goes through."""
    return step >> 1


@anywhere
def turn_of_step(step: int) -> int:
    """Return which way a step goes at its node, 0 or 1."""
    return step & 1


@helper
def loss_of_path(S: np.ndarray, at: int, steps: np.ndarray, start: int, depth: int) -> float:
    """Return the sum over d < depth of -log(sigmoid(+-S[0, at + d])), - where the path turns, in float64."""
    # -log(sigmoid(-x)) is -log(sigmoid(x)) + x.
    loss = loss_of_row(S, 0, at, padded(depth, LANES), S.dtype.type(1), 0, depth - 1, NO_HOLE)
    for d in range(depth):
        if turn_of_step(steps[start + d]) != 0:
            loss += S[0, at + d]
    return loss


@anywhere
def context_places(window: int) -> int:
    """Return Q, the places for a chunk's contexts, with room for the vectors that reach beyond a window."""
    return padded(CHUNK + 2 * window + LANES, LANES)


def tree_rows(window: int) -> int:
    """Return R, the length of a chunk's list of rows: places for centres and contexts."""
    return padded(CHUNK + context_places(window), LANES)


def longest(paths: Paths) -> int:
    """Return how many nodes the longest path has."""
    return int(paths.words[:, DEPTH].max())


def most_visits(paths: Paths) -> int:
    """Return how many places the visits of a chunk's centres may take, whole TILEs for each centre."""
    return CHUNK * padded(longest(paths), TILE)


def new_room(paths: Paths, window: int, size: int, *, rounded: bool) -> npt.NDArray[np.int32]:
    """Return room for what one path's products need in pairs of bfloat16, if they are `rounded`.

    That is, by turns: its nodes, in pairs of columns or of rows; gradients, in pairs of two contexts'.
    """
    pairs = max(padded(size, LANES) // PAIR, window + PAIR)
    room: npt.NDArray[np.int32] = new_table(padded(longest(paths), LANES) * pairs if rounded else 0, np.int32)
    return room


@helper
def list_contexts(plan: Plan, chunk: Chunk, window: int, listed: np.ndarray) -> None:
    """Fill `listed`, int32 (R,), with the rows of the chunk's contexts.

    Context q has place CHUNK + q, as in `list_rows`; the places of the centres are UNUSED. The nodes are not
    listed, see visits.py.
    """
    list_rows(plan, chunk, window, 1, True, listed)
    for i in range(chunk.size):
        listed[i] = UNUSED


@helper
def list_tree_chunk(
    text: TreeText, schedule: Schedule, plan: Plan, chunk: Chunk, listed: np.ndarray, asked: np.ndarray
) -> None:
    """List the rows of a chunk.

    `asked`, uint32 (LIST_PARTS,), is what is asked of each of them, and of each node on a centre's path.
    """
    steps = steps_to_claim(schedule, plan, chunk)
    asked[CONTEXTS] = asked_of(steps * schedule.input_questions)
    asked[CENTRES] = asked_of(steps)
    list_contexts(plan, chunk, schedule.window, listed)


@helper
def fetch_steps(paths: Paths, kept: np.ndarray, at: int, last: int) -> None:
    """Ask the memory for the path of a word that comes soon after place `at` of `kept`, up to `last`."""
    words, steps = paths.words, paths.steps
    fetch_element(words, 2 * np.int64(kept[np.uint64(min(at + 2 * _AHEAD, last))]))
    start = words[np.uint64(kept[np.uint64(min(at + _AHEAD, last))]), START]
    fetch_element(steps, start)
    fetch_element(steps, start + LANES - 1)


@helper
def fetch_path(parameters: Parameters, paths: Paths, plan: Plan, chunk: Chunk, i: int) -> None:
    """Ask the memory for the nodes of a centre that comes soon after centre i, and for a later one's path."""
    kept, words, steps = plan.kept[chunk.row], paths.words, paths.steps
    at, last = chunk.first + i, chunk.first + chunk.size - 1
    fetch_steps(paths, kept, at, last)
    soon = kept[min(at + _NODES_AHEAD, last)]
    for step in range(words[soon, START], words[soon, START] + words[soon, DEPTH]):
        if row_of_step(steps[step]) >= len(words) + _AT_HAND:
            fetch_row(parameters.W, row_of_step(steps[step]))
