"""Texts of few different words, such as letters, tags or items: each is learned from over and over."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu import control

UNTRAINED = 6 * np.log(2)


def ring(words, sentences=3000, seed=1):
    """Sentences of twenty words, each of which mostly follows the one before on a ring."""
    rng = np.random.default_rng(seed)
    at, out = rng.integers(words, size=sentences), []
    for _ in range(20):
        out.append(at)
        at = np.where(rng.random(sentences) < 0.7, (at + 1) % words, rng.integers(words, size=sentences))
    return [[f"w{word}" for word in row] for row in np.stack(out, axis=1)]


def least_loss(corpus, window, negative=5):
    """The loss of a pair that no vectors can fall below on average: each pair's own logit is known."""
    ids, offsets, words = np.array(corpus.token_ids), corpus.sentence_offsets, len(corpus.vocabulary)
    pairs = np.zeros((words, words))
    for start, end in itertools.pairwise(offsets):
        for d in range(1, min(window, end - start - 1) + 1):
            weight = (window - d + 1) / window
            np.add.at(pairs, (ids[start : end - d], ids[start + d : end]), weight)
            np.add.at(pairs, (ids[start + d : end], ids[start : end - d]), weight)
    drawn = np.array(corpus.vocabulary.counts) ** 0.75
    noise = negative * drawn / drawn.sum()
    of_centre = pairs / pairs.sum(axis=1, keepdims=True)
    loss = -noise * np.log(noise / (of_centre + noise))
    met = pairs > 0
    loss[met] -= of_centre[met] * np.log((of_centre / (of_centre + noise))[met])
    return float(loss.sum(axis=1) @ pairs.sum(axis=1) / pairs.sum())


@pytest.mark.parametrize("words", [3, 12, 26, 50, 100, 300])
@pytest.mark.parametrize("workers", [1, 2])
def test_skipgram_learns_what_there_is_and_never_falls_back(words, workers):
    with kv.Corpus.open(ring(words), min_count=1) as corpus:
        run = kv.train(kv.SkipGram(sample=0), corpus, epochs=5, workers=workers)
        least = least_loss(corpus, run.model.window)
    assert run.loss[0] < 0.75 * UNTRAINED
    assert all(later < earlier + 0.05 for earlier, later in itertools.pairwise(run.loss))
    assert run.loss[-1] < least + 0.15


def test_with_subsampling_as_well():
    with kv.Corpus.open(ring(12), min_count=1) as corpus:
        run = kv.train(kv.SkipGram(), corpus, epochs=5)
    assert run.loss[-1] < 0.7 * UNTRAINED


def test_the_first_epoch_of_a_short_text_is_not_lost():
    """The mean of all negatives would follow too late; it may only be turned to once it is known."""
    assert control.known_after(999) == np.inf
    assert 100_000 <= control.known_after(1000) < 1_000_000
    with kv.Corpus.open(ring(2000, sentences=8000), min_count=1) as corpus:
        run = kv.train(kv.SkipGram(sample=0), corpus, epochs=1)
    assert run.loss[0] < 0.8 * UNTRAINED
