from collections.abc import Callable

import numpy as np
import pytest


def numerical_gradient(loss: Callable[[], float], array: np.ndarray) -> np.ndarray:
    """Central differences of `loss()` by every element of the float64 `array`, which it reads in place."""
    step = 1e-5
    gradient = np.zeros_like(array)
    for place in np.ndindex(array.shape):
        middle = array[place]
        array[place] = middle + step
        above = loss()
        array[place] = middle - step
        below = loss()
        array[place] = middle
        gradient[place] = (above - below) / (2 * step)
    return gradient


@pytest.fixture
def assert_gradient():
    def check(gradient: np.ndarray, loss: Callable[[], float], array: np.ndarray) -> None:
        expected = numerical_gradient(loss, array)
        assert gradient.dtype == np.float64
        scale = np.linalg.norm(gradient) + np.linalg.norm(expected)
        assert scale > 1e-3, "a gradient of nothing would prove nothing"
        assert np.linalg.norm(gradient - expected) / scale < 1e-7

    return check


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20180721)
