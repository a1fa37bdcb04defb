"""Products of bfloat16: exact where rounding changes nothing, near the layers where it does."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from calling import callable_part
from test_oracle import CASES, MODELS, NO_KEY, RATE, WORDS

import kotovec as kv
from kotovec.engines.cpu import rounding
from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.amx import has_tiles
from kotovec.engines.cpu.bfloat import has_bfloat, has_quick_bfloat
from kotovec.engines.cpu.cbow import change_cbow, new_cbow_scratch, score_cbow
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Chunk,
    Parameters,
    band_width,
    first_negative,
    list_rows,
    new_changes,
    padded,
)
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.places import address_of_row
from kotovec.engines.cpu.rounded_cbow import (
    change_rounded_cbow,
    find_factors,
    new_rounded_cbow,
    score_rounded_cbow,
)
from kotovec.engines.cpu.rounded_skipgram import (
    change_rounded,
    new_rounded_skipgram,
    score_rounded,
)
from kotovec.engines.cpu.skipgram import change_skipgram, score_skipgram
from kotovec.engines.cpu.skipgram_buffers import new_skipgram_scratch
from kotovec.engines.cpu.tiled_cbow import (
    change_tiled_cbow,
    new_tiled_cbow,
    round_negatives,
    score_tiled_cbow,
)
from kotovec.engines.cpu.tiled_skipgram import change_tiled, new_tiled_skipgram, score_tiled
from kotovec.engines.cpu.tiles import TILE

pytestmark = pytest.mark.skipif(not has_bfloat(), reason="the CPU does not multiply bfloat16")

(
    aim_at_words, change_cbow, change_rounded, change_rounded_cbow, change_skipgram, find_factors,
    list_rows, score_cbow, score_rounded, score_rounded_cbow, score_skipgram, score_tiled_cbow,
    round_negatives, change_tiled_cbow,
) = map(
    callable_part,
    (
        aim_at_words, change_cbow, change_rounded, change_rounded_cbow, change_skipgram, find_factors,
        list_rows, score_cbow, score_rounded, score_rounded_cbow, score_skipgram, score_tiled_cbow,
        round_negatives, change_tiled_cbow,
    ),
)  # fmt: skip
NO_LINES = np.zeros(0, np.int64)
PRODUCTS = pytest.mark.parametrize(
    "tiled",
    [
        False,
        pytest.param(True, marks=pytest.mark.skipif(not has_tiles(), reason="the CPU has no AMX")),
    ],
    ids=["vectors", "tiles"],
)


@numba.njit
def score_tiles(work, parameters, chunk, listed, lines):
    score_tiled(work, parameters, chunk, listed)


@numba.njit
def change_tiles(work, S, chunk, to, lines, line):
    return change_tiled(work, S, chunk, to, lines)


def rounded(x):
    """float32 with as many bits as bfloat16 has, ties to even."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def halves_of(pairs):
    """The first and the second numbers of pairs, as float32."""
    bits = pairs.view(np.uint32)
    return (bits << 16).view(np.float32), (bits & np.uint32(0xFFFF0000)).view(np.float32)


@numba.njit
def round_both(A, i, column, P, k, j, C, first, second, columns):
    rounding.round_both(A, i, column, P, k, j, address_of_row(C, first), address_of_row(C, second), columns)


@numba.njit
def round_row(A, i, j, C, r, c, columns):
    rounding.round_row(A, i, j, C, r, c, columns)


@numba.njit
def pair_rows(P, k, j, C, r, c, columns):
    rounding.pair_rows(P, k, j, C, r, c, columns)


@numba.njit
def transpose_pairs(AT, i, j, A, k, column, columns):
    rounding.transpose_pairs(AT, i, j, A, k, column, columns)


def test_rows_are_rounded_to_the_nearest_and_stand_in_pairs():
    rng = np.random.default_rng(1)
    C = new_matrix(9, 48, np.float32)
    C[:] = rng.standard_normal(C.shape) * 10.0 ** rng.integers(-20, 20, C.shape)
    C[2, :4] = 1 + 2.0**-8, 1 + 3 * 2.0**-8, -(1 + 2.0**-8), 0  # halfway: to the even one
    A, P = new_matrix(4, 40, np.int32), new_matrix(3, 64, np.int32)
    round_both(A, 1, 0, P, 2, 16, C, 2, 7, 48)
    for row, source in ((1, 2), (2, 7)):
        even, odd = halves_of(A[row, :24])
        np.testing.assert_array_equal(even, rounded(C[source, 0::2]))
        np.testing.assert_array_equal(odd, rounded(C[source, 1::2]))
    assert not A[[0, 3]].any()
    assert not A[:, 24:].any()
    first, second = halves_of(P[2, 16:])
    np.testing.assert_array_equal(first, rounded(C[2]))
    np.testing.assert_array_equal(second, rounded(C[7]))
    assert not P[:2].any()
    assert not P[2, :16].any()
    elsewhere = new_matrix(4, 40, np.int32)
    round_both(elsewhere, 0, 8, P, 2, 16, C, 2, 7, 32)
    np.testing.assert_array_equal(elsewhere[:2, 8:24], A[1:3, :16])
    assert np.count_nonzero(elsewhere) == 32

    alone, together = new_matrix(4, 40, np.int32), new_matrix(3, 64, np.int32)
    round_row(alone, 3, 8, C, 7, 16, 32)
    np.testing.assert_array_equal(alone[3, 8:24], A[2, 8:24])
    assert np.count_nonzero(alone) == 16
    pair_rows(together, 0, 32, C, 6, 16, 32)
    np.testing.assert_array_equal(halves_of(together[0, 32:])[0], rounded(C[6, 16:]))
    np.testing.assert_array_equal(halves_of(together[0, 32:])[1], rounded(C[7, 16:]))
    assert np.count_nonzero(together) == 32


def test_pairs_are_transposed_as_they_are():
    A, AT = new_matrix(LANES + 5, 24, np.int32), new_matrix(30, 48, np.int32)
    A[:] = 1 + np.arange(A.size).reshape(A.shape)
    transpose_pairs(AT, 3, 16, A, 2, 4, 20)
    np.testing.assert_array_equal(AT[3:23, 16:32], A[2 : 2 + LANES, 4:].T)
    assert np.count_nonzero(AT) == 20 * LANES


class WholeNumbers:
    """A case whose rows and gradients are small whole numbers, which every order of adding leaves exact."""

    def __init__(self, case, controlled=False):
        self.case, rng = case, np.random.default_rng(4)
        self.M, self.size, w = len(case.negatives), len(case.centres), case.window
        width = padded(case.vector_size, LANES)
        self.W = new_matrix(2 * WORDS, width, np.float32)
        self.W[:, : case.vector_size] = rng.integers(-9, 10, (2 * WORDS, case.vector_size))
        self.plan, self.chunk = (
            case.plan(),
            Chunk(1, w + case.centres.start, self.size, RATE, 1.0, True, True, NO_KEY),
        )
        self.changes = new_changes(w, self.M, width, np.float32)
        self.listed = np.zeros(len(self.changes.rows.at), np.int32)
        list_rows(self.plan, self.chunk, w, 2, False, self.listed)
        behind = first_negative(w)
        self.listed[behind : behind + self.M] = 2 * np.array(case.negatives) + 1
        self.mean = new_matrix(0, width, np.float32)

    def parameters(self):
        W = new_matrix(*self.W.shape, np.float32)
        W[:] = self.W
        return Parameters(W, np.ones(1, np.float32), new_claims(len(W)), self.mean)

    def gradients(self, S, band):
        """Whole numbers in place of gradients, where there are any."""
        rng, w = np.random.default_rng(5), self.case.window
        G = np.zeros_like(S)
        for i in range(self.size):
            left, right = self.case.windows[self.case.centres.start + i]
            at = i % TILE + w
            G[i, at - left : at + right + 1] = rng.integers(-9, 10, left + right + 1)
            G[i, at] = 0
            G[i, band : band + self.M] = rng.integers(-9, 10, self.M)
        return G

    def learn(self, work, score, change):
        """Return the scores, and W after what the gradients say."""
        parameters = self.parameters()
        score(work, parameters, self.chunk, self.listed, NO_LINES)
        scores, band = work.S.copy(), band_width(self.case.window)
        work.S[:] = self.gradients(work.S, band)
        aim_at_words(self.changes, parameters, self.listed)
        change(work, work.S, self.chunk, self.changes.rows, NO_LINES, 0)
        if hasattr(work, "handed"):
            self.check_handed(work, change, parameters.W)
        return scores[: self.size, : band + self.M], parameters.W

    def check_handed(self, work, change, W):
        """Gradients that were rounded by whoever found them change W to the same."""
        parameters = self.parameters()
        for i in range(len(work.S)):
            round_row(work.handed, i, 0, work.S, i, 0, work.S.shape[1])
        aim_at_words(self.changes, parameters, self.listed)
        change(work, work.handed, self.chunk, self.changes.rows, NO_LINES, 0)
        np.testing.assert_array_equal(parameters.W, W)


@PRODUCTS
@pytest.mark.parametrize("split", [16, 1000], ids=["two parts", "one part"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_skipgram_of_whole_numbers_is_the_same_as_in_float32(case, split, tiled):
    """Which row meets which gradient, in which order: all of it, to the bit."""
    numbers, w, M, size = WholeNumbers(case), case.window, len(case.negatives), case.vector_size
    plain = numbers.learn(
        new_skipgram_scratch(w, M, size, split, np.float32), score_skipgram, change_skipgram
    )
    work = new_tiled_skipgram(w, M, size) if tiled else new_rounded_skipgram(w, M, size, split)
    score, change = (score_tiles, change_tiles) if tiled else (score_rounded, change_rounded)
    for dirty in range(2):
        ours = numbers.learn(work, score, change)
        for i in range(numbers.size):
            at, (left, right) = i % TILE + w, case.windows[case.centres.start + i]
            seen = [*range(at - left, at + right + 1), *range(ours[0].shape[1] - M, ours[0].shape[1])]
            np.testing.assert_array_equal(ours[0][i, seen], plain[0][i, seen], err_msg=f"{dirty} {i}")
        np.testing.assert_array_equal(ours[1], plain[1])
        assert (ours[1] != numbers.W).any()
        assert len(work.S) >= CHUNK


class WholeMeans(WholeNumbers):
    """The same for CBOW, with windows of 1, 2, 4, 8 or 16 context words and rows that these divide."""

    def __init__(self, case):
        super().__init__(case)
        self.left, self.right = (side[1, self.chunk.first :] for side in (self.plan.left, self.plan.right))
        for i in range(self.size):
            left, right = int(self.left[i]), int(self.right[i])
            contexts = min(1 << (left + right).bit_length() >> 1, 16)
            self.left[i] = min(left, max(contexts // 2, contexts - right))
            self.right[i] = contexts - self.left[i]
        rng = np.random.default_rng(4)
        self.W[0::2, : case.vector_size] = 16 * rng.integers(-3, 4, (WORDS, case.vector_size))
        list_rows(self.plan, self.chunk, case.window, 2, True, self.listed)
        behind = first_negative(case.window)
        self.listed[behind : behind + self.M] = 2 * np.array(case.negatives) + 1

    def learn(self, work, score, change):
        """Return the scores, and W after what whole numbers in place of gradients say."""
        parameters, rng = self.parameters(), np.random.default_rng(5)
        score(work, parameters, self.plan, self.chunk, self.listed, NO_LINES)
        scores = work.SN_part[: self.size, : self.M].copy(), work.SP_part.sum(0)[: self.size]
        work.SN[:], work.SP[:] = 0, 0
        work.SN[: self.size, : self.M] = rng.integers(-3, 4, (self.size, self.M))
        work.SP[0, : self.size] = rng.integers(-9, 10, self.size)
        aim_at_words(self.changes, parameters, self.listed)
        change(work, self.changes.rows)
        return scores, parameters.W


@PRODUCTS
@pytest.mark.parametrize("split", [16, 1000], ids=["two parts", "one part"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_cbow_of_whole_numbers_is_the_same_as_in_float32(case, split, tiled):
    """Which row meets which gradient: all of it, to the bit, where a context row takes all of a gradient."""
    numbers, w, M, size = WholeMeans(case), case.window, len(case.negatives), case.vector_size
    chunk, plan = numbers.chunk, numbers.plan

    def change_plain(work, to):
        work.GH_rows.scale[:], work.GH_rows.keep[: numbers.size] = 1, work.SP[0, : numbers.size]
        change_cbow(work, plan, chunk, to, NO_LINES, 0)

    def change_ours(work, to):
        if tiled:
            round_negatives(work, chunk)
            change_tiled_cbow(work, work, False, plan, chunk, to, NO_LINES)
        else:
            find_factors(work, plan, chunk)
            change_rounded_cbow(work, chunk, to, NO_LINES, 0)

    def score_ours(work, parameters, plan, chunk, listed, lines):
        if tiled:
            score_tiled_cbow(work, parameters, plan, chunk, listed)
        else:
            score_rounded_cbow(work, parameters, plan, chunk, listed, lines)

    plain = new_cbow_scratch(w, False, M, size, split, np.float32)
    scores, W = numbers.learn(plain, score_cbow, change_plain)
    seen = numbers.left[: numbers.size].any() or numbers.right[: numbers.size].any()
    assert scores[0].any() == scores[1].any() == (W != numbers.W).any() == seen
    ours = (new_tiled_cbow if tiled else new_rounded_cbow)(w, False, M, size, split)
    for _dirty in range(2):
        our_scores, our_W = numbers.learn(ours, score_ours, change_ours)
        for mine, theirs in zip((*our_scores, our_W), (*scores, W), strict=True):
            np.testing.assert_array_equal(mine, theirs)


@PRODUCTS
@pytest.mark.parametrize("tied", [False, True], ids=["two matrices", "tied"])
@pytest.mark.parametrize(("model", "options"), MODELS, ids=["skipgram", "cbow exact", "cbow word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_rounded_update_is_near_the_layers(case, model, options, tied, tiled):
    """8 bits of what is multiplied: what all terms of a sum leave is about a part in 256 of them."""
    case = case.tied() if tied else case
    ours = case.kernel_update(model, np.float32, products="tiled " if tiled else "rounded ", **options)
    truth = case.reference_update(model, **options)
    scale = max(np.abs(truth.w_in).max(), np.abs(truth.w_out).max(), 1e-3)
    assert np.abs(ours.w_in - truth.w_in).max() < 1e-2 * scale
    assert np.abs(ours.w_out - truth.w_out).max() < 1e-2 * scale
    assert ours.pairs == truth.pairs
    assert ours.loss == pytest.approx(truth.loss, rel=2**-8, abs=1e-6)


@pytest.mark.skipif(not (has_tiles() or has_quick_bfloat()), reason="the CPU multiplies float32 faster")
def test_a_run_says_what_it_multiplied():
    text = [["you", "say", "goodbye", "and", "i", "say", "hello"]] * 50
    for model in (kv.SkipGram, kv.CBOW):
        mixed, plain = (
            kv.train(model(vector_size=20), text, epochs=2, precision=precision)
            for precision in ("auto", "float32")
        )
        assert (mixed.precision, plain.precision) == ("mixed", "float32")
        assert mixed.report()["run"]["precision"] == "mixed"
        near, ours = plain.vectors.matrix, mixed.vectors.matrix
        assert 0 < np.abs(ours - near).max() < 0.02 * np.abs(near).max()
    full = kv.SkipGram(vector_size=20, loss="softmax")
    for model in (
        kv.CBOW(vector_size=20, loss="hierarchical_softmax"),
        kv.CBOW(vector_size=20, window=17),
        full,
    ):
        assert kv.train(model, text, epochs=1).precision == "float32"
    for model in (kv.CBOW(vector_size=20, window=16), kv.SkipGram(vector_size=20, window=17)):
        assert kv.train(model, text, epochs=1).precision == "mixed"
    tree = kv.SkipGram(vector_size=20, loss="hierarchical_softmax")
    assert kv.train(tree, text, epochs=1).precision == ("mixed" if has_quick_bfloat() else "float32")
