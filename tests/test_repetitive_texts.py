"""Texts that say the same few words over and over for a while: lists of files, logs, tables, sessions."""

from __future__ import annotations

import random

import numpy as np
import pytest

import kotovec as kv

UNTRAINED = 6 * np.log(2)


def passages(number=750):
    """Passages of 50 sentences, each of 8 words drawn from the 8 words of the passage."""
    chance, text = random.Random(1), []
    for _ in range(number):
        words = [f"w{chance.randrange(1500)}" for _ in range(8)]
        text += [[chance.choice(words) for _ in range(8)] for _ in range(50)]
    return text


def log(lines=25_000):
    """Messages that come up to a hundred times running, with one word that changes."""
    chance, text = random.Random(3), []
    forms = [[f"t{chance.randrange(3000)}" for _ in range(9)] for _ in range(400)]
    while len(text) < lines:
        form = chance.choice(forms)
        for _ in range(chance.randrange(1, 100)):
            message = list(form)
            message[chance.randrange(9)] = f"v{chance.randrange(2000)}"
            text.append(message)
    return text


def in_order(tokens=150_000, words=700):
    """Words sorted, so that each stands beside itself some two hundred times and then never again."""
    chance = random.Random(2)
    drawn = sorted(chance.randrange(words) for _ in range(tokens))
    return [[f"s{word}" for word in drawn[at : at + 50]] for at in range(0, tokens, 50)]


@pytest.mark.parametrize("text", [passages, log, in_order])
@pytest.mark.parametrize("model", [kv.SkipGram(), kv.CBOW()], ids=["skipgram", "cbow"])
def test_repetitive_texts_are_learned(text, model):
    run = kv.train(model, text(), epochs=5, workers=2, seed=1)
    # Of sorted words each one is pushed away by all that stand before it, so that its own turn begins with
    # worse than nothing: the more negatives skip-gram draws, the worse, and the better at the end.
    most = 1.2 if text is in_order and isinstance(model, kv.SkipGram) else 1.0
    assert max(run.loss) < most * UNTRAINED
    assert run.loss[-1] < 0.4 * UNTRAINED


@pytest.mark.parametrize("reproducible", [True, False])
def test_whatever_the_number_of_workers_is(reproducible):
    text = passages(300)
    runs = [
        kv.train(kv.CBOW(), text, epochs=3, workers=workers, seed=1, reproducible=reproducible)
        for workers in (1, 2, 3)
    ]
    assert all(run.loss[-1] < 0.6 * UNTRAINED for run in runs)
    if reproducible:
        assert all(np.array_equal(run.vectors.matrix, runs[0].vectors.matrix) for run in runs)


def test_a_tree_learns_them_as_well():
    run = kv.train(kv.CBOW(loss="hierarchical_softmax"), in_order(), epochs=5, workers=2, seed=1)
    assert run.loss[-1] < 1
