"""The sigmoid, written so that no score overflows it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array


def sigmoid(x: npt.ArrayLike) -> Array:
    """Turn scores into probabilities, 1 / (1 + exp(-x)), exactly for every finite score.

    Args:
        x: scores of any shape; floating arrays keep their dtype.

    Returns:
        Probabilities between 0 and 1, of the shape of `x`.

    The book's section 1.3.5 (Sigmoid layer).

    >>> sigmoid(np.array([-1000.0, 0.0, 5.0])).round(4)
    array([0.    , 0.5   , 0.9933])
    """
    scores = np.asarray(x)
    # exp of a positive number overflows at 89 in float32; exp(-|x|) cannot, and serves both signs.
    small = np.exp(-np.abs(scores))
    return np.asarray(np.where(scores >= 0, 1, small) / (1 + small))
