"""Misuse is told in a short sentence, with the value and what to do."""

from __future__ import annotations

import numpy as np
import pytest

import kotovec as kv

VECTORS = kv.WordVectors(["a", "b", "c"], np.eye(3))
MANY = [f"w{i}" for i in range(20_000)]


@pytest.mark.parametrize(
    ("misuse", "advice"),
    [
        (lambda: VECTORS[MANY], "for several words there is vectors_for"),
        (lambda: VECTORS.most_similar(MANY), r"several go into positive=\[\.\.\.\]"),
        (lambda: VECTORS.similarity(MANY, "a"), "A query is made of words"),
        (lambda: kv.train(kv.CBOW(), [["a", "b"]], min_count=MANY), "an int in the range"),
        (lambda: kv.WordVectors(None, [[1]]), "must be a list of words. Got None"),
        (lambda: kv.WordVectors(["a"], [[1]], counts=np.array([2**64 - 1], np.uint64)), r"below 2\*\*63"),
        (lambda: kv.evaluate_similarity(None), "must be a WordVectors, as load and train return. Got None"),
        (lambda: kv.evaluate_analogies("x"), "must be a WordVectors, as load and train return. Got 'x'"),
    ],
)
def test_values_that_cannot_be_right(misuse, advice):
    with pytest.raises(kv.OptionError, match=advice) as caught:
        misuse()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800", ""])
def test_names_that_no_file_has(name):
    with pytest.raises(kv.KotovecError, match=r"name|too long"):
        kv.load(name)
    with pytest.raises(kv.KotovecError, match=r"name|too long"):
        VECTORS.save(name)
