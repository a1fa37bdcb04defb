"""A word that is rare in the whole text and frequent in one place of it does not make training diverge."""

from __future__ import annotations

import numpy as np
import pytest

import kotovec as kv


def zipf(rng, tokens, words, letter):
    """Lines of 20 tokens, drawn by Zipf's law from `words` words."""
    shares = 1 / np.arange(1, words + 1)
    drawn = rng.choice(words, size=(tokens // 20, 20), p=shares / shares.sum())
    return [[f"{letter}{word}" for word in line] for line in drawn.tolist()]


@pytest.fixture(scope="module")
def corpus():
    """A long text with one short table, whose 20 words stand nowhere else."""
    rng = np.random.default_rng(1)
    parts = [zipf(rng, 700_000, 5000, "w"), zipf(rng, 15_000, 20, "t"), zipf(rng, 700_000, 5000, "w")]
    with kv.Corpus.open([line for part in parts for line in part]) as opened:
        yield opened


@pytest.mark.parametrize(
    "model",
    [
        kv.SkipGram(vector_size=16),
        kv.SkipGram(vector_size=16, negative=15),
        kv.SkipGram(vector_size=16, loss="hierarchical_softmax"),
        kv.CBOW(vector_size=16),
        kv.CBOW(vector_size=16, negative=25),
        kv.CBOW(vector_size=16, cbow_gradient="word2vec", learning_rate=0.25),
    ],
    ids=["skipgram", "15 negatives", "skipgram tree", "cbow", "25 negatives", "cbow word2vec"],
)
def test_a_table_of_words_of_its_own_is_learned_like_the_rest(corpus, model):
    run = kv.train(model, corpus, epochs=2, seed=1)
    assert run.loss[1] < run.loss[0]
    assert np.abs(run.input_vectors.matrix).max() < 6


# One chunk asks less than a round does: it takes larger rates to overshoot without the limit.
@pytest.mark.parametrize(
    "model", [kv.SkipGram(vector_size=16, learning_rate=0.3), kv.CBOW(vector_size=16, learning_rate=1.0)]
)
def test_free_running_has_the_limit_too(corpus, model):
    run = kv.train(model, corpus, epochs=2, seed=1, workers=1, reproducible=False)
    assert run.loss[1] < run.loss[0]
    assert np.abs(run.input_vectors.matrix).max() < 6


def test_full_softmax_of_a_text_with_a_table_is_learned():
    rng = np.random.default_rng(1)
    parts = [zipf(rng, 60_000, 300, "w"), zipf(rng, 2_000, 4, "t"), zipf(rng, 60_000, 300, "w")]
    run = kv.train(
        kv.CBOW(vector_size=16, loss="softmax"), [line for part in parts for line in part], epochs=2, seed=1
    )
    assert run.loss[1] < run.loss[0]
    assert np.abs(run.input_vectors.matrix).max() < 6
