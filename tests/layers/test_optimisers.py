import math

import numpy as np
import pytest

from kotovec.layers import SGD, AdaGrad, Adam, Momentum, Nesterov, RMSprop

EVERY = [SGD, Momentum, Nesterov, AdaGrad, RMSprop, Adam]
REMEMBERING = EVERY[1:]


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


GRADIENTS = [2.0, -1.0, 4.0]


def steps(optimiser):
    """Return where a weight that began at 1 is after each of GRADIENTS."""
    W, places = np.array([1.0]), []
    for g in GRADIENTS:
        optimiser.update([W], [np.array([g])])
        places.append(float(W[0]))
    return places


def test_momentum_by_hand():
    # velocities -0.2; 0.5 * -0.2 + 0.1 = 0; 0 - 0.4 = -0.4
    assert steps(Momentum(lr=0.1, momentum=0.5)) == pytest.approx([0.8, 0.8, 0.4], rel=1e-14)


def test_nesterov_by_hand():
    # the same velocities; steps 0.5 * v - 0.1 * g: -0.1 - 0.2, 0 + 0.1, -0.2 - 0.4
    assert steps(Nesterov(lr=0.1, momentum=0.5)) == pytest.approx([0.7, 0.8, 0.2], rel=1e-14)


def test_nesterov_is_momentum_whose_gradient_is_taken_ahead():
    # f(w) = w^2 / 2. Momentum as Nesterov wrote it keeps w and takes the gradient at w + momentum v.
    lr, momentum, w, v = 0.1, 0.9, 1.0, 0.0
    W, optimiser = np.array([1.0]), Nesterov(lr, momentum)
    for _ in range(10):
        v = momentum * v - lr * (w + momentum * v)
        w += v
        optimiser.update([W], [W.copy()])
        assert W[0] == pytest.approx(w + momentum * v, rel=1e-12)


def test_adagrad_by_hand():
    # h = 4, 5, 21
    expected = 1 - 0.1 * np.cumsum([2 / (2 + 1e-7), -1 / (5**0.5 + 1e-7), 4 / (21**0.5 + 1e-7)])
    assert steps(AdaGrad(lr=0.1)) == pytest.approx(expected, rel=1e-14)


def test_rmsprop_by_hand():
    # h = 0.25 * 4 = 1; 0.75 + 0.25 = 1; 0.75 + 0.25 * 16 = 4.75
    expected = 1 - 0.1 * np.cumsum([2 / (1 + 1e-7), -1 / (1 + 1e-7), 4 / (4.75**0.5 + 1e-7)])
    assert steps(RMSprop(lr=0.1, decay_rate=0.75)) == pytest.approx(expected, rel=1e-14)


def test_defaults_are_the_book_s():
    assert (Momentum().lr, Momentum().momentum) == (Nesterov().lr, Nesterov().momentum) == (0.01, 0.9)
    assert AdaGrad().lr == SGD().lr == 0.01
    assert (RMSprop().lr, RMSprop().decay_rate) == (0.01, 0.99)


@pytest.mark.parametrize("kind", EVERY)
def test_optimisers_keep_float32_and_leave_the_gradient_alone(kind):
    optimiser = kind()
    W, g = np.ones(3, dtype=np.float32), np.full(3, 0.25, dtype=np.float32)
    optimiser.update([W], [g])
    optimiser.update([W], [g])
    assert W.dtype == np.float32
    assert g.tolist() == [0.25] * 3
    kept = [array for memory in ("m", "v", "h") for array in getattr(optimiser, memory, [])]
    assert len(kept) == {SGD: 0, Adam: 2}.get(kind, 1)
    assert all(array.dtype == np.float32 for array in kept)


@pytest.mark.parametrize("kind", EVERY)
def test_optimisers_refuse_lists_of_different_length(kind):
    optimiser = kind()
    with pytest.raises(ValueError, match=f"{kind.__name__}.update takes .* got 2 parameters and 1 gradients"):
        optimiser.update([np.ones(2), np.ones(2)], [np.ones(2)])
    assert getattr(optimiser, "iter", 0) == 0


@pytest.mark.parametrize("kind", EVERY)
def test_optimisers_refuse_numbers_which_cannot_change_in_place(kind):
    with pytest.raises(TypeError, match=r"params\[0\], a float, does not allow"):
        kind().update([3.0], [6.0])
    number = np.array(3.0)
    kind().update([number], [6.0])
    assert number < 3


@pytest.mark.parametrize("kind", REMEMBERING)
def test_optimisers_that_remember_refuse_the_parameters_of_another_model(kind):
    optimiser = kind()
    optimiser.update([np.ones((2, 3))], [np.ones((2, 3))])
    with pytest.raises(ValueError, match=f"make a new {kind.__name__} for another model"):
        optimiser.update([np.ones((2, 4))], [np.ones((2, 4))])
