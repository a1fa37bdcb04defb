"""Full softmax: the kernels, compiled for float64, equal the layers on one batch to 1e-10."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part
from test_oracle import CASES, NO_KEY, RATE, Case
from updates import assert_true_gradient, assert_updates_equal

from kotovec.engines.cpu import softmax
from kotovec.engines.cpu.chunk import CHUNK, Chunk, Parameters
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.softmax import change_inputs, change_words, gather_means, learn_rows
from kotovec.engines.cpu.softmax_rounds import add_samples
from kotovec.engines.reference import Update, softmax_cbow_deltas, softmax_skipgram_deltas

add_samples, gather_means, change_inputs = map(callable_part, (add_samples, gather_means, change_inputs))
MODELS = [("skipgram", {}), ("cbow", {"divide": True}), ("cbow", {"divide": False})]


def kernel_update(case, model, dtype=np.float64, divide=True, chunks=1):
    """Run the kernels in dirty buffers and return the same thing as the reference."""
    w, (words, width) = case.window, case.w_in.shape
    W = new_matrix(2 * words, width, dtype)
    W[0::2], W[1::2] = case.w_in, case.w_out
    before, plan = W.copy(), case.plan()
    parameters = Parameters(W, np.ones(1, dtype), new_claims(len(W)), new_matrix(1, width, dtype))
    batch = softmax.new_batch(chunks * CHUNK, words, w, width, dtype, np.inf)
    work = softmax.new_softmax_scratch(case.vector_size, dtype)
    for turn in range(2):  # another learning rate first, so that the second turn finds full buffers
        W[:] = before
        batch.size[0] = 0
        for _ in range(chunks):
            chunk = Chunk(
                1, w + case.centres.start, len(case.centres), RATE + 1 - turn, 0.0, True, True, NO_KEY
            )
            add_samples(plan, chunk, model == "cbow", divide, batch)
        gather_means(parameters, batch)
        for first in range(0, int(batch.size[0]), softmax.ROWS):
            learn_rows(parameters, batch, first, work)
        for start in range(0, words, softmax.WORDS):
            change_words(parameters, batch, start, work)
        change_inputs(parameters, batch)
    size = int(batch.size[0])
    assert not W[:, case.vector_size :].any(), "the padding must stay zero"
    return Update(
        w_in=W[0::2] - before[0::2],
        w_out=W[1::2] - before[1::2],
        loss=float(batch.losses[:size].sum()),
        pairs=int(batch.target_ends[size]) if size else 0,
    )


def reference_update(case, model, **options):
    play = softmax_skipgram_deltas if model == "skipgram" else softmax_cbow_deltas
    return play(case.w_in, case.w_out, case.kept, case.windows, case.centres, learning_rate=RATE, **options)


@pytest.mark.parametrize(("model", "options"), MODELS, ids=["skipgram", "cbow exact", "cbow word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_update_equals_the_layers_to_1e_10(case, model, options):
    assert_updates_equal(kernel_update(case, model, **options), reference_update(case, model, **options))


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_blocks_of_samples_and_tiles_of_words_leave_nothing_out(model):
    """More words than two tiles, more samples than two blocks, and scores that differ by hundreds."""
    words, rng = 2 * softmax.WORDS + 37, np.random.default_rng(8)
    case = Case([rng.integers(0, words, CHUNK).tolist()], 5, 0, CHUNK, [])
    case.w_in, case.w_out = (new_matrix(words, 16, np.float64) for _ in range(2))
    case.w_in[:, :9], case.w_out[:, :9] = 10 * rng.standard_normal((2, words, 9))
    assert np.ptp(case.w_in @ case.w_out.T) > 1000
    assert_updates_equal(kernel_update(case, model, chunks=3), reference_update(case, model), times=3)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_float32_build_differs_only_by_its_rounding(model):
    case = CASES["vector_size 16"]
    ours, truth = kernel_update(case, model, np.float32), reference_update(case, model)
    for mine, due in ((ours.w_in, truth.w_in), (ours.w_out, truth.w_out)):
        assert np.abs(mine - due).max() < 1e-5 * np.abs(due).max()
    assert ours.loss == pytest.approx(truth.loss, rel=1e-6)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_reference_is_a_true_gradient(model):
    """Central differences of the reference's loss, so that the oracle itself is checked."""
    case = CASES["duplicates inside one window"]
    update, rows = reference_update(case, model), (20, 21, 30)
    checked = ((case.w_in, update.w_in, rows), (case.w_out, update.w_out, rows))
    assert_true_gradient(lambda: reference_update(case, model), RATE, *checked)
