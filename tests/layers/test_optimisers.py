import math

import numpy as np
import pytest

from kotovec.layers import SGD, Adam


def test_sgd_steps_against_the_gradient_in_place():
    W = np.array([1.0, 2.0])
    kept = W
    SGD(lr=0.5).update([W], [np.array([2.0, -4.0])])
    assert kept.tolist() == [0.0, 4.0]


def test_adam_first_step_by_hand():
    W, g = np.array([1.0]), 0.3
    Adam(lr=0.001, beta1=0.9, beta2=0.999).update([W], [np.array([g])])
    m, v = 0.1 * g, 0.001 * g * g
    rate = 0.001 * math.sqrt(1 - 0.999) / (1 - 0.9)
    assert W[0] == pytest.approx(1.0 - rate * m / (math.sqrt(v) + 1e-7), rel=1e-15)
    assert W[0] == pytest.approx(0.999, abs=1e-7)


def test_adam_follows_its_formulas_over_many_steps(rng):
    W, gradients = np.array([0.7]), rng.standard_normal(20)
    optimiser = Adam(lr=0.01, beta1=0.8, beta2=0.95)
    m = v = 0.0
    expected = 0.7
    for t, g in enumerate(gradients, start=1):
        optimiser.update([W], [np.array([g])])
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g * g
        expected -= 0.01 * math.sqrt(1 - 0.95**t) / (1 - 0.8**t) * m / (math.sqrt(v) + 1e-7)
    assert W[0] == pytest.approx(expected, rel=1e-13)


def test_adam_leaves_a_weight_without_gradient_where_it_is():
    W = np.array([1.0, 1.0])
    optimiser = Adam()
    for _ in range(3):
        optimiser.update([W], [np.array([0.0, 1.0])])
    assert W[0] == 1.0
    assert W[1] < 1.0


@pytest.mark.parametrize("optimiser", [SGD(), Adam()])
def test_optimisers_keep_float32_and_leave_the_gradient_alone(optimiser):
    W, g = np.ones(3, dtype=np.float32), np.full(3, 0.25, dtype=np.float32)
    optimiser.update([W], [g])
    optimiser.update([W], [g])
    assert W.dtype == np.float32
    assert g.tolist() == [0.25] * 3
    if isinstance(optimiser, Adam):
        assert {array.dtype for array in (*optimiser.m, *optimiser.v)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("optimiser", [SGD(), Adam()])
def test_optimisers_refuse_lists_of_different_length(optimiser):
    with pytest.raises(ValueError, match="zip"):
        optimiser.update([np.ones(2), np.ones(2)], [np.ones(2)])


def test_adam_refuses_the_parameters_of_another_model():
    optimiser = Adam()
    optimiser.update([np.ones((2, 3))], [np.ones((2, 3))])
    with pytest.raises(ValueError, match="make a new Adam for another model"):
        optimiser.update([np.ones((2, 4))], [np.ones((2, 4))])
