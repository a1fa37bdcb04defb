"""Similarity: Spearman's correlation, over the known pairs, with an interval that means something."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from kotovec.errors import FormatError, OptionError
from kotovec.evaluation import evaluate_similarity
from kotovec.evaluation.similarity import spearman
from kotovec.vectors import WordVectors


def on_a_circle(degrees: dict[str, float]) -> WordVectors:
    """Words as directions on a plane, so that the cosine of two is that of the angle between them."""
    angles = np.radians(list(degrees.values()))
    return WordVectors(list(degrees), np.stack([np.cos(angles), np.sin(angles)], axis=1))


CLOCK = on_a_circle({"noon": 0, "one": 30, "two": 60, "three": 90, "six": 180})


def random_pairs(pairs: int, noise: float) -> tuple[WordVectors, list[tuple[str, str, float]]]:
    """Vectors, and pairs whose scores are their cosines with noise."""
    generator = np.random.default_rng(5)
    matrix = generator.normal(size=(2 * pairs, 8)).astype(np.float32)
    vectors = WordVectors([f"w{i}" for i in range(2 * pairs)], matrix)
    return vectors, [
        (a, b, vectors.similarity(a, b) + noise * generator.normal())
        for a, b in ((f"w{2 * i}", f"w{2 * i + 1}") for i in range(pairs))
    ]


def test_cosines_that_fall_with_the_scores_correlate_fully():
    pairs = [("noon", "one", 9.0), ("noon", "two", 7.0), ("noon", "three", 4.0), ("noon", "six", 0.0)]
    assert evaluate_similarity(CLOCK, pairs).spearman == 1.0
    assert evaluate_similarity(CLOCK, [(a, b, -score) for a, b, score in pairs]).spearman == -1.0


def test_one_swapped_pair_of_three_gives_one_half():
    # Ranks 1 2 3 against 1 3 2: rho = 1 - 6 * (0 + 1 + 1) / (3 * 8).
    found = evaluate_similarity(CLOCK, [("noon", "one", 3), ("noon", "two", 1), ("noon", "three", 2)])
    assert found.spearman == pytest.approx(0.5, abs=1e-15)


@pytest.mark.parametrize("levels", [3, 10, 1000])
def test_ties_are_ranked_as_scipy_ranks_them(levels):
    a, b = np.random.default_rng(levels).integers(levels, size=(2, 200)).astype(float)
    assert float(spearman(a, b)) == pytest.approx(spearmanr(a, b).statistic, abs=1e-12)


def stretched(directions: np.ndarray) -> tuple[WordVectors, list[tuple[str, str, float]]]:
    """Words of many lengths in the given directions (2, H), and pairs of one from each, with scores."""
    lengths = np.random.default_rng(4).uniform(0.1, 9.0, size=(40, 1))
    matrix = (lengths[:, :, None] * directions).reshape(80, -1)
    words = [f"{side}{i}" for i in range(40) for side in "ab"]
    scores = np.random.default_rng(5).normal(size=(40, 40))
    return WordVectors(words, matrix), [
        (f"a{i}", f"b{j}", float(scores[i, j])) for i in range(40) for j in range(40)
    ]


@pytest.mark.parametrize("size", [2, 20, 300])
@pytest.mark.parametrize("sides", [1, 2], ids=["parallel", "two directions"])
def test_cosines_that_only_rounding_tells_apart_are_ties(size, sides):
    directions = np.random.default_rng(size).normal(size=(sides, size))
    vectors, pairs = stretched(np.broadcast_to(directions, (2, size)))
    assert len({vectors.similarity(a, b) for a, b, _ in pairs}) > 1 or sides == 1
    found = evaluate_similarity(vectors, pairs)
    assert math.isnan(found.spearman)
    assert math.isnan(found.interval.low)


def test_digits_that_are_no_noise_are_ranked_as_scipy_ranks_them():
    vectors, pairs = random_pairs(2000, noise=0.3)
    cosines = [vectors.similarity(a, b) for a, b, _ in pairs]
    expected = spearmanr([score for *_, score in pairs], cosines).statistic
    assert evaluate_similarity(vectors, pairs, resamples=1).spearman == pytest.approx(expected, abs=1e-6)


def test_only_pairs_of_known_words_count():
    known = [("noon", "one", 9.0), ("noon", "two", 7.0), ("one", "six", 1.0)]
    found = evaluate_similarity(CLOCK, [*known, ("noon", "midnight", 5.0)])
    assert (found.pairs_known, found.pairs_total, found.coverage) == (3, 4, 0.75)
    assert found.spearman == evaluate_similarity(CLOCK, known).spearman


def test_case_gives_way_only_where_the_word_is_unknown_as_written():
    vectors = on_a_circle({"May": 0, "may": 90, "june": 5, "the": 80})
    pairs = [("May", "June", 9), ("May", "the", 1)]
    assert evaluate_similarity(vectors, pairs).spearman == 1.0
    assert evaluate_similarity(vectors, pairs, lowercase=False).pairs_known == 1


def test_pairs_in_lower_case_find_words_in_any_other():
    vectors = on_a_circle({"Paris": 0, "PARIS": 90, "France": 5, "the": 80})
    pairs = [("paris", "france", 9), ("paris", "the", 1)]
    assert evaluate_similarity(vectors, pairs).spearman == 1.0, "the more frequent Paris"
    assert evaluate_similarity(vectors, pairs, lowercase=False).pairs_known == 0


def test_a_score_needs_two_pairs_that_differ():
    for pairs in ([("noon", "one", 1)], [("noon", "one", 1), ("noon", "two", 1)]):
        found = evaluate_similarity(CLOCK, pairs)
        assert math.isnan(found.spearman)
        assert json.loads(json.dumps(found.report(), allow_nan=False))["spearman"] is None


def test_the_interval_holds_the_estimate_and_shrinks_with_more_pairs():
    widths = []
    for size in (30, 300, 3000):
        found = evaluate_similarity(*random_pairs(size, noise=0.3))
        assert found.interval.low < found.spearman < found.interval.high
        widths.append(found.interval.high - found.interval.low)
    # A hundred times as many pairs: a tenth of the width, within the chance of few resamples.
    assert widths[0] > 2 * widths[1] > 4 * widths[2]
    assert widths[0] / widths[2] == pytest.approx(10, rel=0.35)


def test_the_interval_of_many_resamples_is_that_of_scipy():
    from scipy.stats import bootstrap

    vectors, pairs = random_pairs(100, noise=0.3)
    cosines = [vectors.similarity(a, b) for a, b, _ in pairs]
    given = [score for *_, score in pairs]
    found = evaluate_similarity(vectors, pairs, resamples=4000)
    oracle = bootstrap(
        (given, cosines),
        lambda a, b: spearmanr(a, b).statistic,
        paired=True,
        vectorized=False,
        method="percentile",
        n_resamples=2000,
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert found.interval == pytest.approx(tuple(oracle), abs=0.015)


def test_the_seed_decides_the_interval_and_nothing_else():
    vectors, pairs = random_pairs(50, noise=0.3)
    first, again, other = (evaluate_similarity(vectors, pairs, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.spearman == other.spearman
    assert first.interval != other.interval


def test_a_vector_of_zeros_has_cosine_zero():
    vectors = WordVectors(["a", "b", "zero"], [[1, 0], [1, 1], [0, 0]])
    pairs = [("a", "b", 9), ("a", "zero", 1)]
    assert evaluate_similarity(vectors, pairs).spearman == 1.0


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    path = tmp_path / "broken.txt"
    path.write_text("2 2\na 1 nan\nb 1 2\n")
    from kotovec.vectors import load

    with pytest.raises(FormatError, match="not finite"):
        evaluate_similarity(load(path), [("a", "b", 1), ("b", "b", 2)])


def test_no_pairs_are_refused():
    with pytest.raises(OptionError, match="no pairs"):
        evaluate_similarity(CLOCK, [])


@pytest.mark.parametrize("option", [{"resamples": 0}, {"seed": -1}])
def test_options_that_cannot_work_are_refused(option):
    with pytest.raises(OptionError, match="of evaluate_similarity must be"):
        evaluate_similarity(CLOCK, [("noon", "one", 1)], **option)


@pytest.mark.parametrize(
    "pair",
    [
        ("noon", "one"),
        ("noon", "one", 3, 4),
        ("noon", 1, 3),
        ("noon", "one", "3"),
        ("noon", "one", None),
        ("noon", "one", math.nan),
        ("noon", "one", True),
        "abc",
        3,
    ],
)
def test_what_is_no_pair_is_refused_with_its_place(pair):
    with pytest.raises(OptionError) as problem:
        evaluate_similarity(CLOCK, [("noon", "one", 1), pair])
    assert str(problem.value) == (
        f"pairs[1] is {pair!r}, not (word, word, score); pass two words and a finite number."
    )


def test_a_score_too_large_for_a_float_is_refused_in_few_words():
    with pytest.raises(OptionError, match=r"^.{,120}not \(word, word, score\)"):
        evaluate_similarity(CLOCK, [("noon", "one", 10**5000)])


@pytest.mark.parametrize("pairs", [3, b"pairs.csv"])
def test_what_is_no_list_of_pairs_is_refused(pairs):
    with pytest.raises(OptionError, match="pairs must be the path of a file or a list of"):
        evaluate_similarity(CLOCK, pairs)


def test_numbers_of_numpy_are_scores_and_lists_are_pairs():
    pairs = [["noon", "one", np.float32(9)], ["noon", "two", np.int64(7)]]
    assert evaluate_similarity(CLOCK, pairs).spearman == 1.0


@pytest.mark.parametrize("known", [3, 9])
def test_a_few_pairs_have_no_interval_though_they_may_be_in_order(known):
    vectors, pairs = random_pairs(known, noise=0.0)
    found = evaluate_similarity(vectors, pairs)
    assert found.pairs_known == known
    assert not math.isnan(found.spearman)
    assert math.isnan(found.interval.low)
    assert found.report()["interval"] == [None, None]


def test_many_pairs_in_perfect_order_have_no_interval_either():
    """All resamples of them are in perfect order, which is no reason to be certain of other pairs."""
    vectors = on_a_circle({f"w{n}": 5 * n for n in range(13)})
    for sign in (1, -1):
        found = evaluate_similarity(vectors, [("w0", f"w{n}", -sign * n) for n in range(1, 13)])
        assert found.pairs_known == 12
        assert found.spearman == pytest.approx(sign)
        assert found.report()["interval"] == [None, None]
