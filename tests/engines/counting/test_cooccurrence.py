"""Counts equal those of a plain loop, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.counting.cooccurrence import count

WEIGHTS = {
    "flat": lambda distance, window: 1,
    "dynamic": lambda distance, window: (window - distance + 1) / window,
    "harmonic": lambda distance, window: 1 / distance,
}


def zipf_sentences(seed=0, sentences=200, words=30, longest=12):
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, longest, sentences)
    return [[str(min(n, words)) for n in generator.zipf(1.5, length)] for length in lengths]


def dense(counted):
    words = len(counted.offsets) - 1
    matrix = np.zeros((words, words))
    rows = np.repeat(np.arange(words), np.diff(counted.offsets))
    matrix[rows, counted.columns] = counted.values
    return matrix


def naive(corpus, window, weight):
    words = len(corpus.vocabulary)
    matrix = np.zeros((words, words))
    for sentence in corpus.sentences():
        ids = corpus.vocabulary.ids_of(sentence)
        for place, word in enumerate(ids):
            for other in range(max(0, place - window), min(len(ids), place + window + 1)):
                if other != place:
                    matrix[word, ids[other]] += weight(abs(place - other), window)
    return matrix


@pytest.mark.parametrize("weighting", WEIGHTS)
@pytest.mark.parametrize("window", [1, 4, 15])
def test_counts_are_those_of_the_plain_loop(weighting, window):
    with kv.Corpus.open(zipf_sentences(), min_count=1) as corpus:
        counted = dense(count(corpus, window=window, distance_weighting=weighting, workers=2))
        plain = naive(corpus, window, WEIGHTS[weighting])
    np.testing.assert_allclose(counted, plain, rtol=1e-13)
    assert (counted == counted.T).all()
