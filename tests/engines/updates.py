"""What is claimed of every kernel and every reference: equality of their updates, and true gradients."""

from __future__ import annotations

import numpy as np
import pytest


def assert_updates_equal(ours, truth, times=1):
    """A kernel's update is the reference's, so many times, to 1e-10."""
    width = max(1.0, float(np.abs(truth.w_in).max()), float(np.abs(truth.w_out).max()))
    np.testing.assert_allclose(ours.w_in, times * truth.w_in, rtol=0, atol=1e-10 * width)
    np.testing.assert_allclose(ours.w_out, times * truth.w_out, rtol=0, atol=1e-10 * width)
    assert ours.pairs == times * truth.pairs
    assert ours.loss == pytest.approx(times * truth.loss, rel=1e-12)


def assert_true_gradient(play, rate, *checked):
    """The changes that `play()` returns follow central differences of its own loss.

    Each of `checked` is (matrix, the matrix's change, rows to look at).
    """
    for matrix, change, rows in checked:
        for row in rows:
            losses = []
            for step in (1e-6, -1e-6):
                matrix[row, 4] += step
                losses.append(play().loss)
                matrix[row, 4] -= step
            slope = (losses[0] - losses[1]) / 2e-6
            assert change[row, 4] == pytest.approx(-rate * slope, abs=1e-7)
