"""HuffmanTree: every word becomes a short row of yes-or-no questions, and a frequent word a shorter one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array


class HuffmanTree:
    """A binary tree whose leaves are the words, the frequent ones near the root.

    Each of the V-1 inner nodes has two children. The way from the root to a word visits some of the nodes
    (the word's path) and turns one way or the other at each of them (its code, one bit per node). No other
    tree has a shorter code on average: its mean length lies between the entropy of the words and one bit more
    (Huffman 1952).

    Args:
        counts: (V,) how often each word occurs, none below 0. They need not be sorted.

    All paths stand one after the other in two arrays. With start, end = `offsets[v]`, `offsets[v + 1]`:
    `nodes[start:end]`, int32, are the nodes on the way to word v, the root first; `codes[start:end]`, int8,
    are its turns, 0 or 1. Nodes are numbered as they are made: the rarest two words meet in node 0, and the
    root is node V-2. Codes are those of word2vec.c: of the two that meet, the one that was rarer or came
    first is 0; of equal counts a node comes before a word, and a later word before an earlier one.

    "You say goodbye and I say hello." has the ids 0 1 2 3 4 1 5 6, and word 1, "say", occurs twice:

    >>> import numpy as np
    >>> tree = HuffmanTree(np.bincount([0, 1, 2, 3, 4, 1, 5, 6]))
    >>> tree.path(1)
    (array([5, 4], dtype=int32), array([1, 1], dtype=int8))
    >>> tree.path(6)
    (array([5, 3, 0], dtype=int32), array([0, 0, 0], dtype=int8))
    >>> tree.lengths
    array([3, 2, 3, 3, 3, 3, 3])

    Raises:
        ValueError: there is no word, or a count is negative.
        TypeError: the counts are not whole numbers.

    An alternative to negative sampling, the book's section 4.2; Mikolov et al. 2013, arXiv 1310.4546,
    section 2.1.
    """

    def __init__(self, counts: npt.ArrayLike) -> None:
        given = np.asarray(counts)
        if given.ndim != 1 or given.size == 0:
            raise ValueError(f"HuffmanTree takes one count per word, of shape (V,), got shape {given.shape}.")
        if not np.issubdtype(given.dtype, np.integer):
            raise TypeError(f"HuffmanTree takes whole numbers as counts, got {given.dtype}.")
        if given.min() < 0:
            raise ValueError(f"HuffmanTree takes counts of 0 and more, got {given.min()}.")
        self.vocab_size = len(given)
        order = np.argsort(-given.astype(np.int64), kind="stable")  # leaf k is the k-th most frequent word
        parents, turns = _merge(given[order].tolist())
        self.lengths: Array
        self.offsets: Array
        self.nodes: Array
        self.codes: Array
        self._walk(order, parents, turns)

    def _walk(self, order: Array, parents: Array, turns: Array) -> None:
        """Go from all leaves to the root at once, one level a turn."""
        V = self.vocab_size
        root = 2 * V - 2
        steps = []
        leaves = at = np.arange(V if V > 1 else 0)
        lengths = np.zeros(V, np.int64)
        while len(at):
            steps.append((order[leaves], parents[at] - V, turns[at]))
            lengths[order[leaves]] += 1
            at = parents[at]
            leaves, at = leaves[at != root], at[at != root]
        self.lengths = lengths
        self.offsets = np.concatenate([[0], np.cumsum(lengths)])
        self.nodes = np.zeros(self.offsets[-1], np.int32)
        self.codes = np.zeros(self.offsets[-1], np.int8)
        for back, (words, nodes, codes) in enumerate(steps, start=1):
            places = self.offsets[words + 1] - back
            self.nodes[places] = nodes
            self.codes[places] = codes

    def path(self, word_id: int) -> tuple[Array, Array]:
        """Return the nodes on the way to a word, the root first, and the turn taken at each.

        Raises:
            IndexError: there is no such word.
        """
        if not 0 <= word_id < self.vocab_size:
            raise IndexError(f"HuffmanTree has the words 0 to {self.vocab_size - 1}, got the id {word_id}.")
        own = slice(self.offsets[word_id], self.offsets[word_id + 1])
        return self.nodes[own], self.codes[own]


def _merge(counts: list[int]) -> tuple[Array, Array]:
    """Return each leaf's and node's parent and its turn there, (2 V - 1,), for counts in falling order.

    The two rarest that have no parent yet meet in a new node. Nodes are made in the order of their counts, so
    the rarest of all is either the last leaf that is left or the first node: two queues, and no search.
    """
    V = len(counts)
    parents, turns = [0] * (2 * V - 1), [0] * (2 * V - 1)
    sums: list[int] = []
    leaf, node = V - 1, 0
    for new in range(V - 1):
        total = 0
        for turn in (0, 1):
            if leaf >= 0 and (node == new or counts[leaf] < sums[node]):
                child, count = leaf, counts[leaf]
                leaf -= 1
            else:
                child, count = V + node, sums[node]
                node += 1
            parents[child], turns[child] = V + new, turn
            total += count
        sums.append(total)
    return np.array(parents), np.array(turns)
