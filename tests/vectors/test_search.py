from __future__ import annotations

import re

import numpy as np
import pytest

from kotovec.errors import FormatError, OptionError
from kotovec.vectors import Neighbour, WordVectors, load


def random_vectors(size=400, width=24, seed=0):
    matrix = np.random.default_rng(seed).standard_normal((size, width)).astype(np.float32)
    return WordVectors([f"w{i}" for i in range(size)], matrix)


def naive(vectors, direction, excluded, top):
    """Say the same in the plainest float64."""
    scored = []
    for word_id, word in enumerate(vectors.words):
        row = vectors.matrix[word_id].astype(np.float64)
        length = np.linalg.norm(row) * np.linalg.norm(direction)
        if word not in excluded:
            scored.append((-float(row @ direction / length) if length else 0.0, word_id, word))
    return [(word, -score) for score, _, word in sorted(scored)[:top]]


def same(found, expected):
    assert [neighbour.word for neighbour in found] == [word for word, _ in expected]
    assert [neighbour.score for neighbour in found] == pytest.approx(
        [score for _, score in expected], abs=1e-12
    )


def unit(vector):
    return vector.astype(np.float64) / np.linalg.norm(vector.astype(np.float64))


@pytest.mark.parametrize("top", [1, 7, 398, 399, 400, 10**30])
def test_neighbours_of_a_word_are_those_of_plain_arithmetic_without_the_word(top):
    vectors = random_vectors()
    same(vectors.most_similar("w7", top=top), naive(vectors, vectors["w7"].astype(float), {"w7"}, top))


def test_words_and_vectors_mix_with_signs_and_weights():
    vectors = random_vectors()
    mine = np.linspace(-3, 5, 24)
    direction = (
        unit(vectors["w1"]) + 0.5 * unit(vectors["w2"]) + unit(mine) - unit(vectors["w3"]) - 2 * unit(-mine)
    )
    found = vectors.most_similar("w1", positive=[("w2", 0.5), mine], negative=["w3", (-mine, 2)], top=9)
    same(found, naive(vectors, direction, {"w1", "w2", "w3"}, 9))


def test_a_vector_alone_or_as_list_may_find_its_own_word():
    vectors = random_vectors()
    for found in (vectors.most_similar(vectors["w5"]), vectors.most_similar(positive=vectors["w5"]),
                  vectors.most_similar(positive=[vectors["w5"].tolist()]),
                  vectors.most_similar(positive=vectors["w5"][np.newaxis] * 7)):  # fmt: skip
        assert found[0] == Neighbour("w5", 1.0)


def test_a_lone_word_is_taken_as_a_word_and_not_as_letters():
    vectors = WordVectors(["ab", "a", "b", "c"], [[1, 0], [0, 1], [0, 1], [1, 1]])
    assert vectors.most_similar(positive="ab") == vectors.most_similar("ab")
    assert "ab" not in [neighbour.word for neighbour in vectors.most_similar(positive="ab")]


def test_an_analogy_is_b_minus_a_plus_c_on_unit_vectors_in_the_books_order():
    vectors = random_vectors()
    direction = unit(vectors["w2"]) - unit(vectors["w1"]) + unit(vectors["w3"])
    same(vectors.analogy("w1", "w2", "w3", top=5), naive(vectors, direction, {"w1", "w2", "w3"}, 5))


def test_lengths_of_the_vectors_do_not_matter_to_an_analogy():
    vectors = random_vectors()
    lengths = np.random.default_rng(1).uniform(0.01, 100, (400, 1))
    stretched = WordVectors(vectors.words, vectors.matrix.astype(np.float64) * lengths)
    first, second = vectors.analogy("w1", "w2", "w3"), stretched.analogy("w1", "w2", "w3")
    assert [n.word for n in first] == [n.word for n in second]


def test_equal_scores_come_in_the_order_of_ids():
    row = np.random.default_rng(2).standard_normal(37).astype(np.float32)
    for size in (5, 64, 1000):
        vectors = WordVectors([f"w{i}" for i in range(size)], np.tile(row, (size, 1)))
        for top in (3, size):
            found = vectors.most_similar(row, top=top)
            assert [neighbour.word for neighbour in found] == [f"w{i}" for i in range(top)]
            assert len({neighbour.score for neighbour in found}) == 1


def test_scores_closer_than_float32_can_tell_are_still_ordered_rightly():
    rng = np.random.default_rng(3)
    base = rng.standard_normal(100)
    vectors = WordVectors([f"w{i}" for i in range(3000)], base + 3e-5 * rng.standard_normal((3000, 100)))
    same(vectors.most_similar("w9", top=20), naive(vectors, vectors["w9"].astype(float), {"w9"}, 20))


def test_zero_vectors_score_zero_and_never_nan():
    vectors = WordVectors(["zero", "plus", "minus", "nought"], [[0, 0], [1, 0], [-1, 0], [0, 0]])
    assert vectors.most_similar("plus") == [
        Neighbour("zero", 0.0),
        Neighbour("nought", 0.0),
        Neighbour("minus", -1.0),
    ]
    assert [neighbour.score for neighbour in vectors.most_similar("zero")] == [0.0, 0.0, 0.0]
    assert [n.word for n in vectors.most_similar(positive=["plus", "minus"])] == ["zero", "nought"]
    assert vectors.similarity("zero", "plus") == 0.0


def test_numbers_at_both_ends_of_float32_neither_overflow_nor_vanish():
    large, small = np.float32(3e38), np.float32(1e-45)
    vectors = WordVectors(
        ["a", "large", "small", "mixed", "b"],
        np.array([[1, 1], [large, large], [small, small], [large, -large], [1, 0.9]], np.float32),
    )
    found = {n.word: n.score for n in vectors.most_similar("a")}
    assert found == pytest.approx({"large": 1, "small": 1, "b": 0.998618, "mixed": 0}, abs=1e-6)
    assert [n.word for n in vectors.most_similar("a", top=2)] == ["large", "small"]
    assert {n.word for n in vectors.most_similar("large", top=2)} == {"a", "small"}
    assert vectors.similarity("large", "small") == pytest.approx(1)
    assert vectors.most_similar(np.array([1e300, 1e300]), top=1)[0].word == "a"
    assert vectors.most_similar(np.array([1e-320, 1e-320]), top=1)[0].word == "a"


def test_similarity_is_the_cosine_of_words_and_of_vectors():
    vectors = random_vectors()
    expected = float(unit(vectors["w1"]) @ unit(vectors["w2"]))
    assert vectors.similarity("w1", "w2") == pytest.approx(expected, abs=1e-12)
    assert vectors.similarity(vectors["w1"], "w2") == vectors.similarity("w1", "w2")
    assert vectors.similarity("w1", "w1") == 1.0


def test_asking_leaves_no_more_than_there_are_words():
    vectors = WordVectors(["a", "b"], np.eye(2))
    assert vectors.most_similar(positive=["a", "b"]) == []
    assert len(vectors.most_similar("a")) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs a query"),
        ({"positive": []}, "needs a query"),
        ({"query": np.ones(3)}, "must have shape (24,). Got shape (3,)"),
        ({"query": np.ones((1, 24))}, "Got shape (1, 24)"),
        ({"query": np.full(24, np.nan)}, "finite numbers only"),
        ({"query": 7}, "Got shape ()"),
        ({"query": ["w1", "w2"]}, "Got ['w1', 'w2'] instead"),
        ({"query": None, "positive": [None]}, "Got None instead"),
        ({"positive": 5}, "words, vectors or lists. Got 5 instead"),
        ({"positive": [("w1", "w2")]}, "Got ('w1', 'w2') instead"),
        ({"positive": [("w1", float("inf"))]}, "finite number"),
        (
            {"query": "w1", "top": 0},
            "'top' parameter of most_similar must be an int in the range [1, inf). Got 0",
        ),
        ({"query": "w1", "top": 2.5}, "Got 2.5"),
        ({"query": "w1", "top": True}, "Got True"),
        ({"query": "w1", "limit": 0}, "'limit' parameter of most_similar must be an int"),
    ],
)
def test_a_query_that_cannot_work_is_explained(arguments, message):
    with pytest.raises(OptionError, match=re.escape(message)):
        random_vectors().most_similar(**arguments)


@pytest.mark.parametrize("limit", [1, 8, 9, 300, 400, 10**30])
def test_only_the_first_words_are_answers_where_there_is_a_limit(limit):
    vectors = random_vectors()
    late = {word for word in vectors.words if vectors.id_of(word) >= limit}
    expected = naive(vectors, vectors["w300"].astype(float), {"w300", *late}, 7)
    same(vectors.most_similar("w300", top=7, limit=limit), expected)
    direction = unit(vectors["w300"]) - unit(vectors["w1"]) + unit(vectors["w3"])
    same(
        vectors.analogy("w1", "w300", "w3", top=5, limit=limit),
        naive(vectors, direction, {"w1", "w300", "w3", *late}, 5),
    )


def test_a_damaged_number_in_a_mapped_file_is_found_by_the_first_search(tmp_path):
    path = tmp_path / "v.safetensors"
    vectors = random_vectors()
    vectors.save(path)
    data = bytearray(path.read_bytes())
    place = data.index(vectors["w9"].tobytes())
    data[place : place + 4] = np.float32(np.nan).tobytes()
    path.write_bytes(data)
    with pytest.raises(FormatError, match="vector of 'w9' holds a number that is not finite"):
        load(path).most_similar("w1")
    with pytest.raises(FormatError, match="holds a number that is not finite"):
        load(path).similarity("w9", "w1")
    assert -1 <= load(path).similarity("w8", "w1") <= 1
    for name in ("v.txt", "v.bin", "v.txt.gz"):
        with pytest.raises(FormatError, match="vector of 'w9' holds a number that is not finite"):
            load(path).save(tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["v.safetensors"]


def test_a_mapped_file_gives_the_same_neighbours_as_memory(tmp_path):
    vectors = random_vectors(size=30_000, width=10)
    vectors.save(tmp_path / "v.safetensors")
    assert load(tmp_path / "v.safetensors").analogy("w1", "w2", "w3") == vectors.analogy("w1", "w2", "w3")
