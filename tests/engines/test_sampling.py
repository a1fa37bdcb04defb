"""Samplers: exact tables, and draws that follow them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from kotovec.engines.cpu.random_bits import below, bits_at, high_half, low_half, stream_key
from kotovec.engines.cpu.sampling import alias_table, draw_negatives, keep_thresholds
from kotovec.engines.cpu.sigmoid import sigmoid

COUNTS = np.array([100_000, 5000, 1000, 400, 30, 5, 5, 1])


def alias_probabilities(weights):
    """The distribution that an alias table really draws from."""
    thresholds, aliases = alias_table(weights)
    own = (thresholds.astype(np.float64) + 1) / 2**32
    share = np.zeros(len(weights))
    np.add.at(share, np.arange(len(weights)), own)
    np.add.at(share, aliases, 1 - own)
    return share / len(weights)


@pytest.mark.parametrize(
    "weights", [COUNTS**0.75, np.ones(7), np.array([1.0]), np.random.default_rng(0).pareto(1.0, 5000) + 1e-6]
)
def test_the_alias_table_holds_the_distribution(weights):
    np.testing.assert_allclose(alias_probabilities(weights), weights / weights.sum(), atol=1e-9)


def test_draws_follow_the_table():
    weights = COUNTS**0.75
    thresholds, aliases = alias_table(weights)
    drawn = np.zeros((1, 200_000), np.int32)
    draw_negatives(stream_key(1, 0, 1), thresholds, aliases, drawn, 0, drawn.shape[1])
    seen = np.bincount(drawn[0], minlength=len(weights))
    assert stats.chisquare(seen, weights / weights.sum() * drawn.size).pvalue > 1e-4


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


def test_the_float32_sigmoid_is_within_its_stated_error():
    from numba import njit

    @njit
    def over(x, y):
        for i in range(len(x)):
            y[i] = sigmoid(x[i])

    x = np.linspace(-30, 30, 100_001).astype(np.float32)
    y = np.empty_like(x)
    over(x, y)
    exact = 1 / (1 + np.exp(-x.astype(np.float64)))
    assert np.abs(y - exact).max() < 6e-5
    assert np.abs(y - exact)[np.abs(x) < 6].max() < 5e-6
    assert (np.diff(y) >= -1e-6).all()
