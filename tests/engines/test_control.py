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
from kotovec.engines.cpu.places import addresses_of_rows
from kotovec.engines.cpu.rows import sum_rows

find_offset, follow = map(callable_part, (control.find_offset, control.follow))


@numba.njit
def sum_of_rows(C, i, sources, first, number):
    sum_rows(C, i, sources, first, number)


@pytest.mark.parametrize("controlled", [True, False])
@pytest.mark.parametrize("negatives", [1, 2, 15, 16, 19, 40])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_moves_a_centre(dtype, negatives, controlled):
    rng = np.random.default_rng(negatives)
    N, mean, drawn, offset = (new_matrix(rows, 32, dtype) for rows in (negatives, 1, 1, 1))
    N[:], mean[:], offset[:] = (rng.standard_normal(part.shape) for part in (N, mean, offset))
    parameters = Parameters(N, np.ones(1, dtype), new_claims(9), mean)
    again = np.append(addresses_of_rows(N), addresses_of_rows(N)[:1])  # a word may be drawn twice
    sum_of_rows(drawn, 0, again, 0, negatives + 1)
    np.testing.assert_allclose(drawn[0], N.sum(axis=0) + N[0], rtol=0, atol=1e-5)
    sum_of_rows(drawn, 0, again, 0, negatives)
    factor = find_offset(offset, parameters, drawn, negatives, controlled)
    gradients = rng.standard_normal((2, negatives))
    expected = gradients @ N
    if controlled and negatives > 1:
        common = gradients.mean(axis=1, keepdims=True)
        expected = negatives / (negatives - 1) * (gradients - common) @ N + negatives * common * mean
    else:
        assert (factor, offset.any()) == (1, False)
    moved = gradients @ (factor * N + offset).astype(np.float64)
    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-12 if dtype is np.float64 else 1e-4)


def test_the_mean_follows_the_negatives():
    N, drawn, mean = (
        new_matrix(9, 16, np.float32),
        new_matrix(2, 16, np.float32),
        new_matrix(1, 16, np.float32),
    )
    parameters = Parameters(N, np.ones(1, np.float32), new_claims(9), mean)
    N[:, :3] = np.arange(27).reshape(9, 3)
    sum_of_rows(drawn, 1, addresses_of_rows(N), 2, 4)
    assert (drawn[1] == N[2:6].sum(axis=0)).all()
    assert not drawn[0].any()
    for _ in range(20_000):
        follow(parameters, drawn, 1, 4)
    np.testing.assert_allclose(mean[0], N[2:6].mean(axis=0), rtol=1e-4)
    before = mean.copy()
    follow(parameters, drawn, 0, 4)
    assert (np.abs(mean) < np.abs(before)).sum() == 3
    follow(parameters._replace(mean_negative=new_matrix(0, 16, np.float32)), drawn, 1, 4)
    follow(parameters, drawn, 1, 1)
    assert (np.abs(mean) < np.abs(before)).sum() == 3
