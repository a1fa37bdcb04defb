import time

import numpy as np
import pytest

from kotovec.layers import UnigramSampler


def corpus_of(counts):
    return np.repeat(np.arange(len(counts)), counts)


def test_word_probabilities_are_the_book_s_for_power_three_quarters():
    sampler = UnigramSampler(corpus_of([70, 29, 1]), power=0.75, sample_size=2)
    assert sampler.word_p == pytest.approx([0.64196878, 0.33150408, 0.02652714], abs=5e-9)


def test_the_target_is_never_drawn():
    sampler = UnigramSampler(corpus_of([1000, 300, 20, 1, 0, 1]), power=0.75, sample_size=2000, seed=1)
    target = np.arange(6)
    assert not np.any(sampler.get_negative_sample(target) == target[:, None])


@pytest.mark.parametrize("target", [0, 2, 5, 6])
def test_draws_follow_the_distribution_conditioned_on_not_the_target(target):
    counts = np.array([500, 120, 60, 0, 30, 8, 0, 3])
    draws = 400_000
    sampler = UnigramSampler(corpus_of(counts), power=0.75, sample_size=20, seed=target)
    observed = np.bincount(sampler.get_negative_sample(np.full(draws // 20, target)).ravel(), minlength=8)

    weights = counts**0.75 * (counts > 0)
    weights[target] = 0
    expected = draws * weights / weights.sum()
    drawn = expected > 0
    assert not observed[~drawn].any()
    chi_square = np.sum((observed[drawn] - expected[drawn]) ** 2 / expected[drawn])
    # 5 words left at most: 27 is passed by chance once in 20,000 times with 5 degrees of freedom.
    assert chi_square < 27


def test_every_row_excludes_its_own_target_only():
    sampler = UnigramSampler(corpus_of([5, 5, 5]), power=1.0, sample_size=500, seed=2)
    negatives = sampler.get_negative_sample([2, 0, 2, 1])
    assert [set(row.tolist()) for row in negatives] == [{0, 1}, {1, 2}, {0, 1}, {0, 2}]


def test_power_zero_makes_occurring_words_equal_and_leaves_others_out():
    sampler = UnigramSampler([0, 0, 0, 2, 4], power=0, sample_size=1)
    assert sampler.word_p == pytest.approx([1 / 3, 0, 1 / 3, 0, 1 / 3])


@pytest.mark.parametrize("counts", [[10**7, 1], [1, 10**7], [1, 10**7, 1], [10**7, 1, 0, 0]])
def test_a_target_that_is_nearly_the_whole_corpus_is_excluded_without_delay(counts):
    target = int(np.argmax(counts))
    sampler = UnigramSampler(corpus_of(counts), power=1, sample_size=1000, seed=1)
    started = time.perf_counter()
    negatives = sampler.get_negative_sample(np.full(100, target))
    assert time.perf_counter() - started < 5  # drawing again and again would take millions of rounds
    assert not np.any(negatives == target)
    assert np.all(np.asarray(counts)[negatives] > 0)


class Replay:
    """Stands in for the generator, to draw the very numbers at which rounding goes wrong first."""

    def __init__(self, numbers):
        self.numbers = numbers

    def random(self, shape):
        assert shape == self.numbers.shape
        return self.numbers


@pytest.mark.parametrize("word_count", [3, 4, 30])
def test_rounding_never_leads_to_the_target_or_to_a_word_that_does_not_occur(rng, word_count):
    for _ in range(500):
        counts = rng.integers(0, 4, word_count)
        counts[rng.permutation(word_count)[:2]] += rng.integers(1, 40, 2)
        sampler = UnigramSampler(corpus_of(counts), power=0.75, sample_size=5)
        right = np.cumsum(sampler.word_p)
        left = np.concatenate([[0.0], right[:-1]])
        below_one = np.full(len(left), 1 - 2**-53)
        cut = np.minimum(left / np.maximum(right[-1] - (right - left), 1e-300), below_one)
        around_the_cut = [np.nextafter(cut, 0), cut, np.minimum(np.nextafter(cut, 1), below_one)]
        sampler._rng = Replay(np.column_stack([0 * left, below_one, *around_the_cut]))
        target = np.arange(sampler.vocab_size)
        negatives = sampler.get_negative_sample(target)
        assert np.all(counts[negatives] > 0)
        assert not np.any(negatives == target[:, None])


def test_a_draw_exactly_at_the_cut_lands_behind_it_though_the_sum_is_rounded_down():
    left, right = 0.25 + 2**-54, 0.75 + 2**-53
    assert left + (right - left) < right
    sampler = UnigramSampler([0, 1, 2], power=1, sample_size=1)
    sampler._edges = np.array([0.0, left, right, 1.0])
    sampler._rng = Replay(np.array([[2 * left]]))
    assert sampler.get_negative_sample([1]).tolist() == [[2]]


def test_shape_dtype_and_repeatability():
    first, second = (UnigramSampler([0, 1, 2, 3, 4, 1, 2, 3], 0.75, 2, seed=9) for _ in range(2))
    negatives = first.get_negative_sample(np.array([1, 3, 0]))
    assert negatives.shape == (3, 2)
    assert negatives.dtype == np.int64
    assert np.array_equal(negatives, second.get_negative_sample(np.array([1, 3, 0])))


def test_a_generator_is_taken_as_seed_and_moves_on():
    generator = np.random.default_rng(4)
    sampler = UnigramSampler(np.arange(1000), 0.75, 50, seed=generator)
    before = generator.bit_generator.state["state"]["state"]
    sampler.get_negative_sample([0])
    assert generator.bit_generator.state["state"]["state"] != before


def test_a_target_that_the_corpus_does_not_hold_excludes_nothing():
    sampler = UnigramSampler([0, 1], power=0.75, sample_size=200, seed=1)
    assert set(sampler.get_negative_sample([99]).ravel().tolist()) == {0, 1}


def test_a_corpus_of_one_word_is_explained():
    with pytest.raises(
        ValueError, match=r"no word id but 3, so nothing is left .* at least two different words"
    ):
        UnigramSampler([3, 3, 3], 0.75, 5)


def test_a_sample_size_of_nothing_is_explained():
    with pytest.raises(ValueError, match="sample_size of UnigramSampler must be at least 1, got 0"):
        UnigramSampler([0, 1], 0.75, 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64])
def test_targets_of_every_integer_type_draw_the_same(dtype):
    draws = [
        UnigramSampler(np.arange(256), 0.75, 5, seed=1).get_negative_sample(np.array([255, 3], kind))
        for kind in (np.int64, dtype)
    ]
    assert np.array_equal(*draws)


def test_a_power_that_is_no_number_is_explained():
    with pytest.raises(ValueError, match=r"must be a finite number, .*, got nan"):
        UnigramSampler([0, 1, 2], np.nan, 2)
