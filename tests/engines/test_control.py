"""A control variate beside its formula."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu import control
from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.memory import new_matrix

sum_negatives, follow = map(callable_part, (control.sum_negatives, control.follow))


@numba.njit
def turn(G, i, j, S, k, columns, number):
    control.control_row(G, i, j, S, i, k, columns, number)


@pytest.mark.parametrize("negatives", [2, 15, 16, 19, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_moves_a_centre(dtype, negatives):
    rng, columns = np.random.default_rng(negatives), -(-(negatives + 1) // 16) * 16
    S, G = new_matrix(3, 16 + columns, dtype), new_matrix(3, 32 + columns, dtype)
    Z, mean = rng.standard_normal((negatives, 32)).astype(dtype), rng.standard_normal((1, 32)).astype(dtype)
    S[:], G[:] = (rng.standard_normal(part.shape) for part in (S, G))
    plain, before = S.copy(), G.copy()
    for i in range(2):
        turn(G, i, 32, S, 16, columns, negatives)
    gradients = plain[:2, 16 : 16 + negatives].astype(np.float64)
    moved = G[:2, 32 : 32 + negatives + 1].astype(np.float64) @ np.vstack([Z, mean]).astype(np.float64)
    common = gradients.mean(axis=1, keepdims=True)
    expected = negatives / (negatives - 1) * (gradients - common) @ Z + negatives * common * mean
    tolerance = 1e-12 if dtype is np.float64 else 1e-4
    np.testing.assert_allclose(moved, expected, rtol=0, atol=tolerance)
    assert not G[:2, 32 + negatives + 1 :].any()
    assert (plain == S).all()
    assert (G[:, :32] == before[:, :32]).all()
    assert (G[2] == before[2]).all()


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
