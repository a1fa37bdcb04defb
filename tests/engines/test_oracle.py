"""Every kernel, compiled for float64, equals the book's layers on one chunk to 1e-10."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest
from calling import callable_part
from updates import assert_true_gradient, assert_updates_equal

from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.cbow import cbow_chunk, new_cbow_scratch
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Chunk,
    Parameters,
    first_negative,
    list_rows,
    new_changes,
)
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.plan import SLICE, new_plan
from kotovec.engines.cpu.rounded_cbow import new_rounded_cbow, rounded_cbow_chunk
from kotovec.engines.cpu.rounded_skipgram import new_rounded_skipgram, rounded_skipgram_chunk
from kotovec.engines.cpu.skipgram import skipgram_chunk
from kotovec.engines.cpu.skipgram_buffers import new_skipgram_scratch
from kotovec.engines.cpu.tiled_cbow import new_tiled_cbow, tiled_cbow_chunk
from kotovec.engines.cpu.tiled_skipgram import new_tiled_skipgram, tiled_skipgram_chunk
from kotovec.engines.reference import Update, cbow_deltas, skipgram_deltas, tied

WORDS = 50
RATE = 0.3
NO_KEY = 0  # these chunks are told their negatives
KERNELS = {
    "skipgram": callable_part(skipgram_chunk),
    "rounded skipgram": callable_part(rounded_skipgram_chunk),
    "tiled skipgram": callable_part(tiled_skipgram_chunk),
    "cbow": callable_part(cbow_chunk),
    "rounded cbow": callable_part(rounded_cbow_chunk),
    "tiled cbow": callable_part(tiled_cbow_chunk),
}
list_rows, aim_at_words = callable_part(list_rows), callable_part(aim_at_words)


class Case:
    """One chunk: a stretch of kept tokens, its windows, and where the chunk lies in it."""

    def __init__(self, sentences, window, first, size, negatives, vector_size=9, seed=0):
        rng = np.random.default_rng(seed)
        self.window, self.vector_size, self.negatives = window, vector_size, negatives
        self.kept = [word for sentence in sentences for word in sentence]
        self.windows = []
        for sentence in sentences:
            for at in range(len(sentence)):
                reach = int(rng.integers(1, window + 1))
                self.windows.append((min(reach, at), min(reach, len(sentence) - 1 - at)))
        self.centres = range(first, min(first + size, len(self.kept)))
        width = -(-vector_size // 16) * 16
        self.w_in, self.w_out = new_matrix(WORDS, width, np.float64), new_matrix(WORDS, width, np.float64)
        self.w_in[:, :vector_size] = rng.standard_normal((WORDS, vector_size))
        self.w_out[:, :vector_size] = rng.standard_normal((WORDS, vector_size))
        self.controlled = True
        self.mean_negative = new_matrix(1, width, np.float64)
        self.mean_negative[0, :vector_size] = rng.standard_normal(vector_size)

    def plan(self):
        plan = new_plan(self.window)
        at = slice(self.window, self.window + len(self.kept))
        assert len(self.kept) <= SLICE
        plan.kept[1, at] = self.kept
        plan.left[1, at] = [before for before, _ in self.windows]
        plan.right[1, at] = [after for _, after in self.windows]
        plan.low[1], plan.high[1], plan.centres[1] = self.window, at.stop, len(self.kept)
        return plan

    def tied(self):
        """Return the same case with one matrix for both roles."""
        case = copy.copy(self)
        case.w_out = case.w_in
        return case

    @property
    def sides(self):
        return 1 if self.w_out is self.w_in else 2

    def kernel_update(self, model, dtype=np.float64, *, products="", **options):
        """Run the kernel in dirty buffers and return the same thing as the reference.

        Its products are "rounded " where they are made of bfloat16, and "tiled " where that is done by AMX.
        """
        M, D, w = len(self.negatives), self.w_in.shape[1], self.window
        size, divide, kernel = self.vector_size, options.get("divide", True), f"{products}{model}"
        work = {
            "skipgram": lambda: new_skipgram_scratch(w, M, size, 16, dtype),
            "rounded skipgram": lambda: new_rounded_skipgram(w, M, size, 16),
            "tiled skipgram": lambda: new_tiled_skipgram(w, M, size),
            "cbow": lambda: new_cbow_scratch(w, divide, M, size, 16, dtype),
            "rounded cbow": lambda: new_rounded_cbow(w, divide, M, size, 16),
            "tiled cbow": lambda: new_tiled_cbow(w, divide, M, size, 16),
        }[kernel]()
        changes = new_changes(w, M, D, dtype)
        parameters, plan = self.parameters(dtype), self.plan()
        listed = np.zeros(len(changes.rows.at), np.int32)
        # A full chunk first, so that a shorter one must not see what it left behind.
        for first, size in ((0, min(CHUNK, len(self.kept))), (self.centres.start, len(self.centres))):
            chunk = Chunk(1, w + first, size, RATE, 5 / M, True, self.controlled, NO_KEY)
            list_rows(plan, chunk, w, self.sides, model == "cbow", listed)
            behind = first_negative(w)
            listed[behind : behind + M] = self.sides * np.array(self.negatives) + self.sides - 1
            after = self.parameters(dtype)
            aim_at_words(changes, after, listed)
            KERNELS[kernel](work, parameters, plan, chunk, listed, listed, changes)
        assert not after.W[:, self.vector_size :].any(), "the padding must stay zero"
        return Update(
            w_in=after.W[0 :: self.sides] - self.w_in,
            w_out=after.W[self.sides - 1 :: self.sides] - self.w_out,
            loss=float(changes.loss[0]),
            pairs=int(changes.loss[1]),
        )

    def parameters(self, dtype):
        W = new_matrix(self.sides * WORDS, self.w_in.shape[1], dtype)
        W[0 :: self.sides], W[self.sides - 1 :: self.sides] = self.w_in, self.w_out
        return Parameters(W, np.ones(1, dtype), new_claims(len(W)), self.mean_negative.astype(dtype))

    def reference_update(self, model, **options):
        play = skipgram_deltas if model == "skipgram" else cbow_deltas
        if model == "skipgram" and self.controlled and len(self.mean_negative):
            options["mean_negative"] = self.mean_negative[0]
        update = play(
            self.w_in, self.w_out, self.kept, self.windows, self.centres, self.negatives,
            learning_rate=RATE, negative_weight=5 / len(self.negatives), **options,
        )  # fmt: skip
        return tied(update) if self.sides == 1 else update


def text(length, seed=3, low=7):
    """Word ids that are never equal to their positions' small numbers, with many repeats."""
    return list(np.random.default_rng(seed).integers(low, WORDS, length))


CASES = {
    "one long sentence, chunk in the middle": Case([text(100)], 5, 20, 60, text(16, 9)),
    "chunk at the start": Case([text(100)], 5, 0, 60, text(16, 9)),
    "chunk at the end, cut short": Case([text(100)], 5, 60, 60, text(16, 9)),
    "a single centre": Case([text(30)], 5, 29, 1, text(16, 9)),
    "short sentences": Case([text(n, n) for n in (1, 2, 3, 1, 5, 8, 2, 40, 1)], 5, 3, 50, text(16, 9)),
    "only one-word sentences": Case([[word] for word in text(20)], 5, 0, 20, text(16, 9)),
    "the same word again and again": Case([[9] * 40 + [10] * 3], 5, 0, 43, [9, 9, 10, 11] * 4),
    "duplicates inside one window": Case([[20, 21, 20, 22, 20, 20, 21]], 5, 0, 7, [20, 21, 30, 31]),
    "a negative equal to every target": Case([[20, 21, 22]], 2, 0, 3, [20, 21, 22, 20]),
    "negatives not a multiple of 16": Case([text(80)], 5, 0, 60, text(21, 9)),
    "more negatives": Case([text(80)], 5, 10, 60, text(48, 9)),
    "one negative": Case([text(80)], 5, 10, 60, [8]),
    "window 1": Case([text(80)], 1, 7, 60, text(16, 9)),
    "window 2": Case([text(80)], 2, 7, 53, text(16, 9)),
    "window 8": Case([text(100)], 8, 7, 60, text(16, 9)),
    "window 40": Case([text(150)], 40, 45, 60, text(16, 9)),
    "window 100, an odd chunk": Case([text(300)], 100, 120, 59, text(16, 9)),
    "a window wider than the text": Case([text(12)], 100, 0, 12, text(16, 9)),
    "vector_size 16": Case([text(80)], 5, 0, 60, text(16, 9), vector_size=16),
    "vector_size 100": Case([text(80)], 5, 11, 60, text(16, 9), vector_size=100),
    "vector_size 1": Case([text(80)], 5, 11, 60, text(16, 9), vector_size=1),
}
MODELS = [("skipgram", {}), ("cbow", {"divide": True}), ("cbow", {"divide": False})]


@pytest.mark.parametrize(("model", "options"), MODELS, ids=["skipgram", "cbow exact", "cbow word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_update_equals_the_layers_to_1e_10(case, model, options):
    assert_updates_equal(case.kernel_update(model, **options), case.reference_update(model, **options))


@pytest.mark.parametrize(("model", "options"), MODELS, ids=["skipgram", "cbow exact", "cbow word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_update_of_one_matrix_in_both_roles_equals_the_layers_to_1e_10(case, model, options):
    """The same row stands in a chunk's list as centre, as context and as negative, and gets all changes."""
    case = case.tied()
    assert_updates_equal(case.kernel_update(model, **options), case.reference_update(model, **options))


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_float32_build_differs_only_by_its_rounding(model):
    case = CASES["vector_size 16"]
    ours, truth = case.kernel_update(model, np.float32), case.reference_update(model)
    # 5e-5 is the error of the float32 sigmoid; sums here have up to 600 terms of size about 1.
    scale = np.abs(truth.w_out).max()
    assert np.abs(ours.w_in - truth.w_in).max() < 1e-3 * scale
    assert np.abs(ours.w_out - truth.w_out).max() < 1e-3 * scale


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_without_a_mean_of_all_skipgram_takes_the_plain_gradient(case):
    case = copy.copy(case)
    case.mean_negative = case.mean_negative[:0]
    assert_updates_equal(case.kernel_update("skipgram"), case.reference_update("skipgram"))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_before_the_mean_of_all_is_known_skipgram_takes_the_plain_gradient(case):
    case = copy.copy(case)
    case.controlled = False
    assert_updates_equal(case.kernel_update("skipgram"), case.reference_update("skipgram"))


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
@pytest.mark.parametrize("tied", [False, True])
def test_the_reference_is_a_true_gradient(model, tied):
    """Central differences of the reference's loss, so that the oracle itself is checked."""
    case = copy.copy(CASES["duplicates inside one window"])
    case = case.tied() if tied else case
    case.mean_negative = case.mean_negative[:0]
    update, rows = case.reference_update(model), (20, 21, 30)
    checked = ((case.w_in, update.w_in, rows), (case.w_out, update.w_out, rows))
    assert_true_gradient(lambda: case.reference_update(model), RATE, *checked)


def test_turning_to_the_mean_of_all_changes_nothing_on_average():
    """All draws of two or three negatives from three words move each centre as single negatives do."""
    drawn_from, sentence = [30, 31, 32], [20, 21, 20, 22, 20, 20, 21]

    def updates(number):
        for draw in itertools.product(drawn_from, repeat=number):
            case = Case([sentence], 5, 0, 7, list(draw))
            case.mean_negative[0] = case.w_out[drawn_from].mean(axis=0)
            yield case.reference_update("skipgram").w_in

    single, pairs, triples = (np.array(list(updates(number))) for number in (1, 2, 3))
    for several in (pairs, triples):
        np.testing.assert_allclose(several.mean(axis=0), single.mean(axis=0), rtol=0, atol=1e-12)
    assert triples.std(axis=0).sum() < pairs.std(axis=0).sum() < single.std(axis=0).sum()
