"""The loss of a row of scores equals the sum of logarithms, whatever they are and however many."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu.chunk import score_loss
from kotovec.engines.cpu.log_loss import loss_of_row
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.sigmoid import NO_HOLE

one_loss = callable_part(score_loss)


@numba.njit
def of_row(S, column, columns, sign, low, high, hole):
    return loss_of_row(S, 1, column, columns, S.dtype.type(sign), low, high, hole)


def scores(columns, dtype, scale=6.0):
    S = new_matrix(2, columns, dtype)
    S[:] = scale * np.random.default_rng(4).standard_normal((2, columns))
    return S


@pytest.mark.parametrize(("dtype", "accuracy"), [(np.float64, 1e-13), (np.float32, 3e-7)])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("low", "high", "hole"), [(0, 31, NO_HOLE), (3, 20, 7), (5, 5, NO_HOLE), (16, 16, 16), (0, -1, NO_HOLE)]
)
def test_it_sums_what_is_inside_the_bounds(dtype, accuracy, sign, low, high, hole):
    S = scores(64, dtype)
    wanted = sum(one_loss(S[1, 16 + c], 1 if sign > 0 else 0) for c in range(low, high + 1) if c != hole)
    assert of_row(S, 16, 32, sign, low, high, hole) == pytest.approx(wanted, rel=accuracy, abs=0)


def test_a_product_too_large_for_a_number_is_taken_in_parts():
    S = scores(6400, np.float64, scale=0.0)
    assert of_row(S, 0, 6400, 1, 0, 6399, NO_HOLE) == pytest.approx(6400 * np.log(2), rel=1e-13)


@pytest.mark.parametrize("score", [-1e30, -800.0, -90.0, 90.0, 800.0, 1e30])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_far_out_are_exact_or_nothing(score, dtype):
    S = scores(16, dtype, scale=0.0)
    S[1, 2] = score
    assert of_row(S, 0, 16, 1, 2, 2, NO_HOLE) == pytest.approx(
        max(-float(S[1, 2]), 0.0), rel=1e-12, abs=1e-35
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_not_a_number_is_noticed(dtype):
    S = scores(16, dtype)
    S[1, 2] = np.nan
    assert np.isnan(of_row(S, 0, 16, 1, 0, 15, NO_HOLE))
    assert np.isfinite(of_row(S, 0, 16, 1, 3, 15, NO_HOLE))
