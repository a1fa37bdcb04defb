"""The products with the nodes of a path equal NumPy's, for every depth and number of contexts."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from test_bfloat import halves_of, rounded

from kotovec.engines.cpu import node_changes, path_products, path_scores
from kotovec.engines.cpu.bfloat import has_bfloat
from kotovec.engines.cpu.claims import ASKED_BITS, UNITS
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.sigmoid import path_gradients

SIZE, WIDTH, CONTEXTS, WORDS, STEPS = 21, 32, 32, 60, 24
AT, STRIDE, START = 6, 24, 3
"""Where the gradients begin, how far apart those of two contexts are, and where the path begins."""
ROOM = np.zeros(32 * 32, np.int32)
"""For what is rounded."""


@numba.njit
def quads(Y, Y4, at):
    for i in range(0, len(at), path_scores.QUAD):
        path_scores.copy_quads(Y, Y4, at, i)


@numba.njit
def score(S, at, stride, W, steps, depth, Y4, first, contexts, split, size, room):
    path_scores.score_path(S, at, stride, W, steps, START, depth, Y4, first, contexts, split, size, room)


@numba.njit
def dot(S, H, row, W, steps, depth, split):
    path_scores.dot_path(S, H, row, W, steps, START, depth, split)


@numba.njit
def contexts_learn(Y, first, number, G, W, steps, depth, room):
    path_products.teach_contexts(Y, first, number, G, AT, STRIDE, W, steps, START, depth, room)


@numba.njit
def mean_learns(C, row, G, W, steps, depth):
    path_products.sum_path(C, row, G, AT, W, steps, START, depth)


@numba.njit
def nodes_learn(W, scale, claims, steps, centres, G, X, level, end, room):
    node_changes.teach_nodes(W, steps, centres, G, X, scale, claims, level, end, room)


@numba.njit
def listed_nodes_learn(W, nodes, centres, G, X, F, at, room):
    node_changes.teach_listed(W, nodes, centres, G, X, F, at, room)


@numba.njit
def gradients_of(G, at, stride, P, steps, depth, rate, contexts, hole):
    path_gradients(G, at, stride, P, 0, P.shape[1] // contexts, steps, START, depth, rate, contexts, hole)


class Case:
    """A path of nodes, none twice, and rows of contexts."""

    def __init__(self, dtype):
        rng = np.random.default_rng(3)
        self.W, self.X = new_matrix(2 * WORDS, WIDTH, dtype), new_matrix(CONTEXTS, WIDTH, dtype)
        self.W[:, :SIZE] = rng.normal(size=(2 * WORDS, SIZE))
        self.X[:, :SIZE] = rng.normal(size=(CONTEXTS, SIZE))
        self.steps = (2 * rng.permutation(WORDS) + rng.integers(0, 2, WORDS)).astype(np.int32)
        self.N = self.W[self.steps[START : START + STEPS] >> 1]
        self.G = rng.normal(size=(1, AT + STRIDE * CONTEXTS)).astype(dtype)
        self.gradients = self.G[0, AT:].reshape(CONTEXTS, STRIDE)


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def case(request):
    return Case(request.param)


def close(ours, truth):
    tolerance = 1e-4 if ours.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(ours, truth, rtol=0, atol=tolerance)


DEPTHS = [1, 2, 3, 4, 5, 8, 11, 16, 17, 20]


def test_rows_are_copied_as_they_are_and_by_quads(case):
    Y, Y4 = np.empty_like(case.X), np.empty((WIDTH // 4, CONTEXTS * 4), case.X.dtype)
    quads(Y, Y4, case.X.ctypes.data + case.X.strides[0] * np.arange(CONTEXTS))
    np.testing.assert_array_equal(Y, case.X)
    for q in range(CONTEXTS):
        np.testing.assert_array_equal(Y4[:, 4 * q : 4 * q + 4].ravel(), case.X[q])


@pytest.mark.parametrize("depth", DEPTHS)
def test_scores(case, depth):
    Y4 = case.X.reshape(CONTEXTS, WIDTH // 4, 4).transpose(1, 0, 2).reshape(WIDTH // 4, -1).copy()
    for contexts in (4, 8, 12, 20):
        for split in (4, 16, SIZE):
            for at, stride in ((0, 32), (3, -(-depth // 4) * 4)):
                S = np.full((1, at + contexts * stride), np.nan, case.X.dtype)
                score(S, at, stride, case.W, case.steps, depth, Y4, 5, contexts, split, SIZE, ROOM)
                scores = S[0, at:].reshape(contexts, stride)[:, :depth]
                close(scores, case.X[5 : 5 + contexts] @ case.N[:depth].T)
                assert np.isnan(S[0, :at]).all()
    for split in (0, 16, WIDTH):
        S = np.zeros((1, 32), case.X.dtype)
        dot(S, case.X, 6, case.W, case.steps, depth, split)
        close(S[0, :depth], case.N[:depth] @ case.X[6])


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_contexts_learn(case, depth):
    for number in (1, 2, 3, 4, 7, 8, 11, 12):
        Y = case.X.copy()
        contexts_learn(Y, 5, number, case.G, case.W, case.steps, depth, ROOM)
        truth = case.X.copy()
        truth[5 : 5 + number] += case.gradients[:number, :depth] @ case.N[:depth]
        close(Y, truth)
    mean_learns(Y, 2, case.G, case.W, case.steps, depth)
    close(Y[2], case.gradients[0, :depth] @ case.N[:depth])


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_nodes_learn(case, depth):
    scale = np.linspace(0.5, 1, 31).astype(case.X.dtype)  # the last one is for all rows behind it
    claims = np.random.default_rng(1).integers(0, 3 * UNITS, len(case.W)).astype(np.uint32)
    most = UNITS / np.maximum(claims, UNITS)
    claims |= np.uint32(77 << ASKED_BITS)  # who claims them makes no difference
    centres = np.zeros((4, node_changes.NOTED), np.int32)  # of the first and third nothing is noted
    for number in (1, 3, 4, 9):
        centres[1] = (START, depth, 5, number, AT, STRIDE)
        centres[3] = (START + depth, STEPS - depth, 2, 1, AT + depth, STRIDE)
        for levels in ((0, STEPS), (0, 8), (8, 12), (12, STEPS)):
            W, truth = case.W.copy(), case.W.copy()
            nodes_learn(W, scale, claims, case.steps, centres, case.G, case.X, *levels, ROOM)
            for start, nodes, first, inputs, gradient, stride in centres[1::2]:
                for d in range(levels[0], min(nodes, levels[1])):
                    row = case.steps[start + d] >> 1
                    taught = case.G[0, gradient + d :: stride][:inputs] @ case.X[first : first + inputs]
                    truth[row] += min(scale[min(row, 30)], most[row]) * taught
            close(W, truth)


def test_what_listed_nodes_learn(case):
    rng = np.random.default_rng(2)
    steps, factors, at = case.steps, rng.random((1, 7 + WORDS)).astype(case.X.dtype), 7
    centres = np.zeros((4, node_changes.NOTED), np.int32)
    for number in (1, 3, 9):
        centres[1] = (START, 13, 5, number, AT, STRIDE)
        centres[3] = (START + 13, STEPS - 13, 2, 1, AT + 13, STRIDE)
        W, truth = case.W.copy(), case.W.copy()
        listed_nodes_learn(W, steps, centres, case.G, case.X, factors, at, ROOM)
        for start, depth, first, inputs, gradient, stride in centres[1::2]:
            for d in range(depth):
                taught = case.G[0, gradient + d :: stride][:inputs] @ case.X[first : first + inputs]
                truth[steps[start + d] >> 1] += factors[0, at + start + d] * taught
        close(W, truth)


class Rounded(Case):
    """The same in bfloat16: X and G as they are, and as arrays that the products take."""

    def __init__(self):
        super().__init__(np.float32)
        self.W[:] = rounded(self.W)
        self.N = self.W[self.steps[START : START + STEPS] >> 1]
        self.rows = self.X.ctypes.data + self.X.strides[0] * np.arange(CONTEXTS)
        self.pairs = new_matrix(CONTEXTS // 2, WIDTH, np.int32)
        self.Y4 = new_matrix(WIDTH // 8, CONTEXTS * 4, np.int32)
        quads(self.pairs, self.Y4, self.rows)
        self.X = rounded(self.X)
        self.G[:] = rounded(self.G)
        self.bits = np.ascontiguousarray(self.G).view(np.int16)[:, 1::2].copy()


@pytest.fixture
def rounded_case():
    if not has_bfloat():
        pytest.skip("the CPU does not multiply bfloat16")
    return Rounded()


def test_rows_are_rounded_in_pairs_of_rows_and_by_quads_of_pairs_of_columns(rounded_case):
    case = rounded_case
    for part, numbers in enumerate(halves_of(case.pairs)):
        np.testing.assert_array_equal(numbers, case.X[part::2])
    for q in range(CONTEXTS):
        for part, numbers in enumerate(halves_of(case.Y4[:, 4 * q : 4 * q + 4])):
            np.testing.assert_array_equal(numbers.ravel(), case.X[q, part::2])


@pytest.mark.parametrize("depth", DEPTHS)
def test_rounded_scores(rounded_case, depth):
    case = rounded_case
    for contexts in (4, 8, 12, 20):
        for split in (8, 16, SIZE):
            at, stride = 3, -(-depth // 4) * 4
            S = np.full((1, at + contexts * stride), np.nan, np.float32)
            score(S, at, stride, case.W, case.steps, depth, case.Y4, 5, contexts, split, SIZE, ROOM)
            scores = S[0, at:].reshape(contexts, stride)[:, :depth]
            close(scores, case.X[5 : 5 + contexts] @ case.N[:depth].T)
            assert np.isnan(S[0, :at]).all()


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_contexts_learn_from_rounded_gradients(rounded_case, depth):
    case = rounded_case
    zero_behind(case, depth)
    for number in (1, 2, 3, 4, 7, 8, 11):
        Y, truth = case.X.copy(), case.X.copy()
        contexts_learn(Y, 5, number, case.bits, case.W, case.steps, depth, ROOM)
        truth[5 : 5 + number] += case.gradients[:number, :depth] @ case.N[:depth]
        close(Y, truth)


def zero_behind(case, depth):
    """Gradients behind a path's end are 0, as path_gradients leaves them."""
    for k in range(CONTEXTS):
        case.bits[0, AT + k * STRIDE + depth : AT + (k + 1) * STRIDE] = 0


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_nodes_learn_from_rounded_gradients(rounded_case, depth):
    """Whether the first or the last input row has an even number or an odd one."""
    case = rounded_case
    scale, claims = np.ones(1, np.float32), np.zeros(len(case.W), np.uint32)
    centres = np.zeros((3, node_changes.NOTED), np.int32)
    for first in (4, 5):
        for number in (1, 2, 3, 4, 9):
            centres[1] = (START, depth, first, number, AT, STRIDE)
            for levels in ((0, STEPS), (0, 8), (8, 12)):
                W, truth = case.W.copy(), case.W.copy()
                nodes_learn(W, scale, claims, case.steps, centres, case.bits, case.pairs, *levels, ROOM)
                for d in range(levels[0], min(depth, levels[1])):
                    taught = case.gradients[:number, d] @ case.X[first : first + number]
                    truth[case.steps[START + d] >> 1] += taught
                close(W, truth)


def test_what_listed_nodes_learn_from_rounded_gradients(rounded_case):
    case, steps = rounded_case, rounded_case.steps
    zero_behind(case, 13)
    factors = np.random.default_rng(2).random((1, 7 + WORDS)).astype(np.float32)
    centres = np.zeros((2, node_changes.NOTED), np.int32)
    centres[1] = (START, 13, 5, 7, AT, STRIDE)
    W, truth = case.W.copy(), case.W.copy()
    listed_nodes_learn(W, steps, centres, case.bits, case.pairs, factors, 7, ROOM)
    for d in range(13):
        taught = case.gradients[:7, d] @ case.X[5:12]
        truth[steps[START + d] >> 1] += factors[0, 7 + START + d] * taught
    close(W, truth)


@pytest.mark.parametrize("depth", DEPTHS)
def test_gradients_are_rounded_and_zero_behind_the_end(rounded_case, depth):
    case, contexts, hole, stride = rounded_case, 5, 2, -(-depth // 4) * 4
    P = np.random.default_rng(5).random((1, contexts * 32)).astype(np.float32)
    room = contexts * stride + 16
    plain, bits = np.full((1, room), np.nan, np.float32), np.full((1, room), 99, np.int16)
    for into in (plain, bits):
        gradients_of(into, 0, stride, P, case.steps, depth, np.float32(0.1), contexts, hole)
    ours = (bits.astype(np.int32) << 16).view(np.float32)[0, :-16].reshape(contexts, stride)
    truth = plain[0, :-16].reshape(contexts, stride)
    np.testing.assert_array_equal(ours[:, :depth], rounded(truth[:, :depth]))
    assert not ours[:, depth:].any()
    assert not ours[hole].any()
    turns = case.steps[START : START + depth] & 1
    truth_now = np.float32(0.1) * (P.reshape(contexts, 32)[:, :depth] - turns)
    truth_now[hole] = 0
    np.testing.assert_allclose(truth[:, :depth], truth_now, rtol=1e-6)
