"""Hierarchical softmax's rows: the ways through the Huffman tree to a chunk's centres, each node once.

Node 0 of the engine is the root, and a node's children have larger numbers: `HuffmanTree`'s numbers
backwards, so that the nodes that are asked about most come first. Node k stands in row 2 k + 1 of W, where a
word's row of W_out would be; the last such row has no node.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.chunk import CHUNK, UNUSED, Chunk, list_rows, padded
from kotovec.engines.cpu.compiling import anywhere, helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row
from kotovec.engines.cpu.schedule import Schedule, chunk_at
from kotovec.layers import HuffmanTree


class Paths(NamedTuple):
    """The paths of all words, V words, L nodes on all paths together."""

    ends: Any  # int64 (V + 1,), word k's path is at ends[k] : ends[k + 1]
    rows: Any  # int32 (L,), the rows of W of its nodes, the root first
    turns: Any  # int8 (L,), which way it goes at each, 0 or 1


class TreeText(NamedTuple):
    """What the corpus and the vocabulary say, as plan.Text does; here with the paths in a Huffman tree."""

    token_ids: Any  # int32 (N,)
    sentence_offsets: Any  # int64 (S + 1,)
    keep: Any  # uint32 (V,)
    paths: Paths
    leaves: Any  # int32 (V,), each word's place among the leaves of the tree from left to right
    words: Any  # int32 (V,), the word at each place


def new_paths(tree: HuffmanTree) -> Paths:
    """Return the paths of a tree, in rows of W."""
    return Paths(tree.offsets, (2 * (tree.vocab_size - 2 - tree.nodes) + 1).astype(np.int32), tree.codes)


def leaves_from_left(tree: HuffmanTree) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return (leaves, words) as `TreeText` has them."""
    steps = np.arange(len(tree.codes)) - np.repeat(tree.offsets[:-1], tree.lengths)
    # Codes are no longer than 63 bits before a text has 10**13 tokens.
    bits = tree.codes.astype(np.uint64) << (np.uint64(63) - steps.astype(np.uint64))
    codes = np.zeros(tree.vocab_size, np.uint64)
    np.add.at(codes, np.repeat(np.arange(tree.vocab_size), tree.lengths), bits)
    words = np.argsort(codes).astype(np.int32)
    leaves = np.zeros_like(words)
    leaves[words] = np.arange(tree.vocab_size, dtype=np.int32)
    return leaves, words


@anywhere
def context_places(window: int) -> int:
    """Return Q, the places for a chunk's contexts, with room for the vectors that reach beyond a window."""
    return padded(CHUNK + 2 * window + LANES, LANES)


@anywhere
def first_node(window: int) -> int:
    """Return the place of the first node in a chunk's list of rows, behind centres and contexts."""
    return CHUNK + context_places(window)


def most_nodes(paths: Paths) -> int:
    """Return how many nodes the paths of a chunk may visit at most: on each level, one for each centre."""
    nodes, deepest = len(paths.ends) - 2, int(np.diff(paths.ends).max())
    return min(sum(min(2**level, CHUNK) for level in range(deepest)), nodes)


@helper
def _common_nodes(paths: Paths, word: int, other: int) -> Any:
    """Return how many nodes the paths of two words have in common."""
    ends, rows = paths.ends, paths.rows
    start, before = ends[word], ends[other]
    most = min(ends[word + 1] - start, ends[other + 1] - before)
    common = np.int64(0)
    while common < most and rows[start + common] == rows[before + common]:
        common += 1
    return common


@helper
def list_nodes(text: TreeText, plan: Plan, chunk: Chunk, window: int, listed: np.ndarray) -> None:
    """Fill `listed`, int32 (R,), with the rows of the chunk's contexts and of the nodes above its centres.

    Context q has place CHUNK + q, as in `list_rows`; the nodes follow from first_node(window) on, and the
    places of the centres are UNUSED. Of two leaves that are neighbours among the chunk's, the right one's
    path is new from where it leaves the left one's; so no node is listed twice, without a table of nodes.
    """
    list_rows(plan, chunk, window, 2, True, listed)
    # The places of the centres hold their leaves, sorted, for a while. All are looked up before they are
    # sorted, so that the memory finds them at the same time.
    kept, leaves = plan.kept[chunk.row], text.leaves
    for i in range(chunk.size):
        listed[i] = leaves[kept[chunk.first + i]]
    for i in range(1, chunk.size):
        leaf = listed[i]
        at = i
        while at > 0 and listed[at - 1] > leaf:
            listed[at] = listed[at - 1]
            at -= 1
        listed[at] = leaf
    paths, words = text.paths, text.words
    for i in range(chunk.size):
        listed[i] = words[listed[i]]
    place = first_node(window)
    for i in range(chunk.size):
        word = np.int64(listed[i])
        common = _common_nodes(paths, word, np.int64(listed[i - 1])) if i > 0 else np.int64(0)
        for at in range(paths.ends[word] + common, paths.ends[word + 1]):
            listed[place] = paths.rows[at]
            place += 1
    for i in range(chunk.size):
        listed[i] = UNUSED


@helper
def list_tree_chunk(
    text: TreeText, schedule: Schedule, plan: Plan, block: int, row: int, index: int, listed: np.ndarray
) -> None:
    """List the rows of chunk `index` of the slice in row `row` of the plan."""
    list_nodes(text, plan, chunk_at(text, schedule, plan, block, row, index), schedule.window, listed)


@helper
def place_nodes(work: Any, listed: np.ndarray) -> int:
    """Give each of the chunk's nodes its row of GN, filled with zeros; return their number."""
    GN, places = work.GN, work.places
    behind = first_node(work.window)
    nodes = 0
    while nodes < len(GN) and listed[behind + nodes] != UNUSED:
        places[listed[behind + nodes] >> 1] = nodes
        clear_row(GN, nodes)
        nodes += 1
    return nodes
