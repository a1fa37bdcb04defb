"""Misuse is told in a short sentence, with the value and what to do."""

from __future__ import annotations

import numpy as np
import pytest

import kotovec as kv
from kotovec.vectors import convert, describe

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
        (lambda: kv.WordVectors(["a"], [[1]], counts=[[1], [2, 3]]), "must be 1 whole numbers"),
        (lambda: kv.WordVectors(["a"], [[1]], metadata=3), "must be a dict of texts. Got 3"),
        (lambda: VECTORS.vectors_for("a" * 200_000), r"write vectors_for\(\["),
        (lambda: VECTORS.word_of(MANY), r"an int in the range \[0, 3\)"),
        (lambda: VECTORS.word_of(10**5000), r"an int in the range \[0, 3\)"),
        (lambda: kv.evaluate_similarity(None), "must be a WordVectors, as load and train return. Got None"),
        (lambda: kv.evaluate_analogies("x"), "must be a WordVectors, as load and train return. Got 'x'"),
    ],
)
def test_values_that_cannot_be_right(misuse, advice):
    with pytest.raises(kv.OptionError, match=advice) as caught:
        misuse()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("ask", [VECTORS.__getitem__, VECTORS.most_similar])
def test_a_long_word_that_is_not_there(ask):
    with pytest.raises(kv.UnknownWord) as caught:
        ask("a" * 200_000)
    assert len(str(caught.value)) < 200
    assert caught.value.word == "a" * 200_000


@pytest.mark.parametrize("content", ["1 1\n{word} x\n", "1 1\nb {word}\n", "1 1\n{word} nan\n"])
def test_a_file_of_long_words_that_cannot_be_right(tmp_path, content):
    (tmp_path / "v.txt").write_text(content.format(word="a" * 200_000))
    with pytest.raises(kv.FormatError) as caught:
        kv.load(tmp_path / "v.txt")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("path", [None, 3, True, b"x", ["x"]])
@pytest.mark.parametrize("use", [kv.load, describe, VECTORS.save, lambda path: convert(path, "x.txt")])
def test_what_is_no_path(path, use):
    with pytest.raises(kv.OptionError, match=r"must be a str or a pathlib.Path. Got "):
        use(path)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800", ""])
def test_names_that_no_file_has(name):
    for use in (kv.load, VECTORS.save):
        with pytest.raises(kv.KotovecError, match=r"name") as caught:
            use(name)
        assert len(str(caught.value)) < 150
