"""Sigmoid, softmax and the cross entropy, written so that no score overflows them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_labels, real_numbers


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
    scores = real_numbers(x)
    # exp of a positive number overflows at 89 in float32; exp(-|x|) cannot, and serves both signs.
    small = np.exp(-np.abs(scores))
    # [()] makes a number, which can be rounded, of the answer for a single one.
    return np.asarray(np.where(scores >= 0, 1, small) / (1 + small))[()]


def softmax(x: npt.ArrayLike) -> Array:
    """Turn the scores of each row into probabilities that sum to 1, exp(x) / sum exp(x).

    Args:
        x: (N, V) scores, or (V,); a row is what stands along the last axis. Floating arrays keep their dtype.

    Returns:
        Probabilities, of the shape of `x`.

    Raises:
        ValueError: `x` is a single number, or its rows are empty.

    The book's section 1.3.1.

    >>> softmax(np.array([[0.0, 0.0], [1000.0, 0.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    scores = real_numbers(x)
    if scores.ndim == 0:
        raise ValueError(f"softmax takes rows of scores, of shape (N, V) or (V,), got the number {scores}.")
    if scores.shape[-1] == 0:
        raise ValueError(f"softmax takes rows of at least one score, got shape {scores.shape}.")
    # Taking the largest score off a row changes no quotient, and leaves nothing that exp could overflow.
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def cross_entropy_error(y: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """Return the mean of -log y at the right answers.

    1e-7 is added to y, as in the book, so that a probability of 0 costs 16.1 and not infinity.
    `SoftmaxWithLoss` computes the same from scores, without that.

    Args:
        y: (N, V) probabilities, or (V,) of one sample.
        t: the right answers, word ids (N,) or one-hot (N, V); of one sample a word id or (V,).

    Raises:
        TypeError: the ids are not integers.
        IndexError: an id is negative, or not below V.
        ValueError: `y` and `t` do not fit each other, or `t` is not one-hot.

    The book's section 1.3.1.

    >>> round(cross_entropy_error(np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1])), 4)
    0.4904
    """
    probabilities, labels = np.asarray(y), np.asarray(t)
    if probabilities.ndim == 1:
        probabilities, labels = probabilities[np.newaxis], labels[np.newaxis]
    answers = checked_labels(labels, probabilities, "cross_entropy_error", "y")
    right = probabilities[np.arange(len(answers)), answers]
    return float(-np.mean(np.log(right + 1e-7), dtype=np.float64))
