import heapq
import math

import numpy as np
import pytest

from kotovec.layers import HierarchicalSoftmaxLoss, HuffmanTree

TOY = np.array([0, 1, 2, 3, 4, 1, 5, 6])  # you say goodbye and i say hello .


def mean_length(tree: HuffmanTree, counts: np.ndarray) -> float:
    return float(counts @ tree.lengths / counts.sum())


def shortest_mean_length(counts: np.ndarray) -> float:
    """Huffman's algorithm with a heap: every merge adds one bit to all that it merges."""
    heap, bits = [int(count) for count in counts], 0
    heapq.heapify(heap)
    while len(heap) > 1:
        both = heapq.heappop(heap) + heapq.heappop(heap)
        bits += both
        heapq.heappush(heap, both)
    return bits / int(counts.sum())


def word2vec_codes(counts: list[int]) -> list[tuple[list[int], list[int]]]:
    """CreateBinaryTree of word2vec.c, for counts in falling order: nodes and code of every word."""
    V = len(counts)
    count = counts + [10**15] * V
    binary, parent = [0] * (2 * V), [0] * (2 * V)
    pos1, pos2 = V - 1, V
    for a in range(V - 1):
        smallest = []
        for _ in range(2):
            if pos1 >= 0 and count[pos1] < count[pos2]:
                smallest.append(pos1)
                pos1 -= 1
            else:
                smallest.append(pos2)
                pos2 += 1
        count[V + a] = count[smallest[0]] + count[smallest[1]]
        parent[smallest[0]] = parent[smallest[1]] = V + a
        binary[smallest[1]] = 1
    paths = []
    for word in range(V):
        at, nodes, code = word, [], []
        while at != 2 * V - 2:
            code.append(binary[at])
            at = parent[at]
            nodes.append(at - V)
        paths.append((nodes[::-1], code[::-1]))
    return paths


@pytest.mark.parametrize("seed", range(5))
def test_codes_are_those_of_word2vec_also_where_counts_tie(seed):
    rng = np.random.default_rng(seed)
    counts = np.sort(rng.zipf(1.5, 60).clip(max=1000))[::-1]
    tree = HuffmanTree(counts)
    for word, (nodes, code) in enumerate(word2vec_codes(counts.tolist())):
        assert [part.tolist() for part in tree.path(word)] == [nodes, code]


@pytest.mark.parametrize("exponent", [1.1, 1.5, 3.0])
def test_the_mean_code_is_the_shortest_there_is_and_within_a_bit_of_the_entropy(rng, exponent):
    counts = rng.zipf(exponent, 500).clip(max=10**6)
    tree = HuffmanTree(counts)
    p = counts / counts.sum()
    entropy = float(-(p @ np.log2(p)))
    assert entropy <= mean_length(tree, counts) < entropy + 1
    assert mean_length(tree, counts) == pytest.approx(shortest_mean_length(counts), rel=1e-15)


def test_no_code_is_the_beginning_of_another_and_together_they_leave_no_gap(rng):
    tree = HuffmanTree(rng.integers(0, 30, 200))
    codes = ["".join(map(str, tree.path(word)[1])) for word in range(200)]
    assert not any(a != b and b.startswith(a) for a in codes for b in codes)
    assert sum(2.0 ** -len(code) for code in codes) == 1.0


def test_frequent_words_have_the_short_codes_in_whatever_order_the_counts_come(rng):
    counts = rng.permutation(np.arange(1, 101))
    lengths = HuffmanTree(counts).lengths
    assert (np.diff(lengths[np.argsort(-counts)]) >= 0).all()
    assert lengths.min() < lengths.max()


def test_every_path_goes_down_from_the_root(rng):
    tree = HuffmanTree(rng.integers(1, 1000, 50))
    for word in range(50):
        nodes, _ = tree.path(word)
        assert nodes[0] == 48
        assert (np.diff(nodes) < 0).all()  # a node is made after its children


def test_a_tree_of_one_word_asks_nothing():
    assert HuffmanTree([7]).path(0)[0].size == 0


@pytest.mark.parametrize(
    ("counts", "error", "message"),
    [
        ([], ValueError, r"of shape \(V,\), got shape \(0,\)"),
        ([0.5, 1.0], TypeError, "whole numbers as counts, got float64"),
        ([3, -1], ValueError, "0 and more, got -1"),
    ],
)
def test_counts_that_cannot_be_are_explained(counts, error, message):
    with pytest.raises(error, match=message):
        HuffmanTree(counts)


def test_a_word_that_is_not_in_the_tree_is_explained():
    with pytest.raises(IndexError, match="words 0 to 2, got the id 3"):
        HuffmanTree([1, 2, 3]).path(3)


def test_the_loss_is_minus_the_logarithm_of_the_product_along_the_path(rng):
    W, h = rng.standard_normal((6, 4)), rng.standard_normal((1, 4))
    layer = HierarchicalSoftmaxLoss(W, TOY)
    nodes, code = layer.tree.path(5)
    probability = math.prod(
        1 / (1 + math.exp(-score if turn == 0 else score))
        for score, turn in zip(W[nodes] @ h[0], code, strict=True)
    )
    assert layer.forward(h, [5]) == pytest.approx(-math.log(probability), rel=1e-13)


def test_the_probabilities_of_all_words_sum_to_one(rng):
    layer = HierarchicalSoftmaxLoss(3 * rng.standard_normal((40, 5)), rng.integers(0, 41, 300))
    h = rng.standard_normal((1, 5))
    assert sum(math.exp(-layer.forward(h, [word])) for word in range(41)) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("dout", [1, 2.5, np.array([0.5, -1.0, 3.0, 0.0])])
def test_gradients_agree_with_differences(rng, assert_gradient, dout):
    W, h = rng.standard_normal((6, 3)), rng.standard_normal((4, 3))
    target = np.array([1, 6, 1, 0])
    layer = HierarchicalSoftmaxLoss(W, TOY)

    def weighted_loss() -> float:
        each = [HierarchicalSoftmaxLoss(W, TOY).forward(h[[n]], target[[n]]) for n in range(4)]
        return float(np.broadcast_to(dout, 4) @ each) / 4

    layer.forward(h, target)
    assert_gradient(layer.backward(dout), weighted_loss, h)
    assert_gradient(layer.grads[0], weighted_loss, W)


def test_too_few_rows_for_the_words_are_explained():
    with pytest.raises(ValueError, match=r"ids up to 6, and 5 rows are for 6 words"):
        HierarchicalSoftmaxLoss(np.zeros((5, 3)), TOY)


def test_backward_before_forward_is_explained():
    with pytest.raises(RuntimeError, match=r"HierarchicalSoftmaxLoss\.backward was called before"):
        HierarchicalSoftmaxLoss(np.zeros((6, 3)), TOY).backward()
