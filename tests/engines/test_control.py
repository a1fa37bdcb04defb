"""A control variate beside its formula."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu import control
from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.memory import new_matrix

turn, sum_negatives, follow = map(callable_part, (control.control, control.sum_negatives, control.follow))


@pytest.mark.parametrize("negatives", [2, 15, 16, 19, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_moves_a_centre(dtype, negatives):
    rng, columns = np.random.default_rng(negatives), -(-(negatives + 1) // 16) * 16
    S, Z, mean = (
        new_matrix(3, 16 + 2 * columns, dtype),
        new_matrix(16 + columns, 32, dtype),
        new_matrix(1, 32, dtype),
    )
    S[:], Z[:], mean[:] = (rng.standard_normal(part.shape) for part in (S, Z, mean))
    plain, untouched = S[:, 16 : 16 + negatives].copy(), S[:, :16].copy()
    drawn = Z[16 : 16 + negatives].copy()
    turn(S, 2, Z, 16, negatives, mean)
    moved = S[:2, 16 : 16 + columns].astype(np.float64) @ Z[16:].astype(np.float64)
    common = plain[:2].mean(axis=1, keepdims=True, dtype=np.float64)
    expected = negatives / (negatives - 1) * (plain[:2] - common) @ drawn + negatives * common * mean
    tolerance = 1e-12 if dtype is np.float64 else 1e-4
    np.testing.assert_allclose(moved, expected, rtol=0, atol=tolerance)
    kept = S[:2, 16 + columns :]
    assert (kept[:, :negatives] == plain[:2]).all()
    assert not kept[:, negatives:].any()
    assert (S[:, :16] == untouched).all()
    assert (S[2, 16 : 16 + negatives] == plain[2]).all()


def test_the_mean_follows_the_negatives():
    N, drawn, mean = (
        new_matrix(9, 16, np.float32),
        new_matrix(2, 16, np.float32),
        new_matrix(1, 16, np.float32),
    )
    parameters = Parameters(N, np.ones(1, np.float32), new_claims(9), mean)
    N[:, :3] = np.arange(27).reshape(9, 3)
    sum_negatives(drawn[1:], N, 2, 4)
    assert (drawn[1] == N[2:6].sum(axis=0)).all()
    for _ in range(20_000):
        follow(parameters, drawn, 1, 4)
    np.testing.assert_allclose(mean[0], N[2:6].mean(axis=0), rtol=1e-4)
    before = mean.copy()
    follow(parameters, drawn, 0, 4)
    assert (np.abs(mean) < np.abs(before)).sum() == 3
    follow(parameters._replace(mean_negative=new_matrix(0, 16, np.float32)), drawn, 1, 4)
    follow(parameters, drawn, 1, 1)
    assert (np.abs(mean) < np.abs(before)).sum() == 3
