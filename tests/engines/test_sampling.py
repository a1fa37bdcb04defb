"""Samplers: exact tables, and draws that follow them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from calling import callable_part
from scipy import stats

from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.random_bits import below, bits_at, high_half, low_half, stream_key
from kotovec.engines.cpu.sampling import draw_negatives, keep_thresholds, negative_ladder
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row

below, bits_at, high_half, low_half, draw_negatives = map(
    callable_part, (below, bits_at, high_half, low_half, draw_negatives)
)
COUNTS = np.array([100_000, 5000, 1000, 400, 30, 5, 5, 1])


WEIGHTS = {
    "a vocabulary": COUNTS**0.75,
    "equal words": np.ones(7),
    "a single word": np.array([1.0]),
    "very uneven": np.random.default_rng(0).pareto(1.0, 5000) + 1e-6,
    "more words than the guide has places": np.random.default_rng(1).random(200_000),
    "more words in a place than are compared at once": np.ones(2_000_000),
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_the_ladder_holds_the_distribution(weights):
    ends, _ = negative_ladder(weights)
    lengths = np.diff(ends[: len(weights)].astype(np.float64), prepend=-1.0)
    assert (ends[len(weights) - 1 :] == 2**32 - 1).all(), "a search that goes too far has something to read"
    np.testing.assert_allclose(lengths / 2**32, weights / weights.sum(), atol=3e-10)


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_a_draw_is_the_word_at_its_point(weights):
    ends, guide = negative_ladder(weights)
    number = 37
    drawn = np.zeros(number, np.int32)
    for trial in range(50):
        key = stream_key(trial, 0, 1)
        draw_negatives(key, ends, guide, drawn)
        length = 2**32 // number
        points = [m * length + ((int(bits_at(key, m)) >> 32) * length >> 32) for m in range(number)]
        assert drawn.tolist() == [int(np.searchsorted(ends, point)) for point in points]


def test_draws_follow_the_distribution_and_vary_less_than_independent_ones():
    weights = COUNTS**0.75
    share = weights / weights.sum()
    ends, guide = negative_ladder(weights)
    drawn = np.zeros(32, np.int32)
    seen = []
    for trial in range(4000):
        draw_negatives(stream_key(trial, 0, 1), ends, guide, drawn)
        seen.append(np.bincount(drawn, minlength=len(weights)))
    mean, spread = np.mean(seen, axis=0), np.std(seen, axis=0)
    independent = np.sqrt(32 * share * (1 - share))
    assert (np.abs(mean - 32 * share) < 5 * independent / math.sqrt(4000)).all()
    # Only the two parts that a word shares with its neighbours are left to chance, each a coin.
    assert (spread <= math.sqrt(0.5) + 0.02).all()
    assert spread[0] < 0.4 * independent[0]


def test_tokens_are_kept_with_word2vecs_probability():
    sample = 1e-3
    thresholds = keep_thresholds(COUNTS, sample)
    for count, threshold in zip(COUNTS, thresholds, strict=True):
        share = count / COUNTS.sum() / sample
        keep = min(1.0, math.sqrt(1 / share) + 1 / share)
        assert (int(threshold) + 1) / 2**32 == pytest.approx(keep, rel=1e-6)


def test_sample_0_keeps_every_token():
    assert (keep_thresholds(COUNTS, 0.0) == 2**32 - 1).all()


def test_bits_of_neighbouring_positions_are_independent():
    key = stream_key(7, 2, 0)
    bits = [int(bits_at(key, position)) for position in range(20_000)]
    for half in ([b >> 32 for b in bits], [b & 0xFFFFFFFF for b in bits]):
        uniform = np.array(half) / 2**32
        assert stats.kstest(uniform, "uniform").pvalue > 1e-4
        assert abs(np.corrcoef(uniform[:-1], uniform[1:])[0, 1]) < 0.03
    high, low = (np.array([int(f(np.uint64(b))) for b in bits]) for f in (high_half, low_half))
    assert abs(np.corrcoef(high, low)[0, 1]) < 0.03


def test_window_reaches_are_even():
    key = stream_key(7, 2, 0)
    reaches = [below(low_half(np.uint64(bits_at(key, position))), 5) for position in range(20_000)]
    assert stats.chisquare(np.bincount(reaches, minlength=5)).pvalue > 1e-4
    assert set(reaches) == {0, 1, 2, 3, 4}


def test_streams_of_different_seeds_epochs_and_purposes_differ():
    keys = {int(stream_key(*each)) for each in np.ndindex(5, 5, 3)}
    assert len(keys) == 75


def sigmoids(x, columns, sign, weight, low, high, hole):
    from numba import njit

    @njit
    def over(S, sign, weight, low, high, hole):
        sigmoid_row(S, 1, 16, columns, sign, weight, low, high, hole)

    S = new_matrix(3, columns + 32, x.dtype)
    S[:] = 7
    S[1, 16 : 16 + columns] = x
    over(S, x.dtype.type(sign), x.dtype.type(weight), low, high, hole)
    assert (S[[0, 2]] == 7).all()
    assert (S[1, :16] == 7).all()
    assert (S[1, 16 + columns :] == 7).all()
    return S[1, 16 : 16 + columns]


def test_the_float32_sigmoid_is_within_its_stated_error():
    x = np.linspace(-30, 30, 16 * 6000).astype(np.float32)
    y = sigmoids(x, len(x), 1, 1, 0, len(x), NO_HOLE)
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    assert np.abs(y - exact).max() < 6e-5
    assert np.abs(y - exact)[np.abs(x) < 6].max() < 5e-6
    assert (np.diff(y) >= -1e-6).all()
    assert np.isnan(sigmoids(np.full(16, np.nan, np.float32), 16, 1, 1, 0, 15, NO_HOLE)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_fill_the_window_and_nothing_else(dtype):
    x = np.random.default_rng(0).normal(size=32).astype(dtype)
    y = sigmoids(x, 32, -1, 0.25, 3, 20, 11)
    truth = 0.25 / (1 + np.exp(x.astype(np.float64)))
    truth[:3] = truth[21:] = truth[11] = 0
    np.testing.assert_allclose(y, truth, rtol=0, atol=1e-15 if dtype == np.float64 else 1e-5)
    assert not sigmoids(x, 32, 1, 1, 0, -1, NO_HOLE).any()
