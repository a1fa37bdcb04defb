"""GloVe's AdaGrad, one co-occurrence after another: slow, true, and what the kernel must equal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kotovec.engines.reference.update import Array


@dataclass(frozen=True, kw_only=True)
class GloVeState:
    """What GloVe learns, and 1 plus the sum of the squares of all steps that each number was asked to take.

    V words, vectors of H numbers; every array is changed in place by `glove_step`.
    """

    w_in: Array  # (V, H)
    w_out: Array  # (V, H)
    b_in: Array  # (V,)
    b_out: Array  # (V,)
    squares: tuple[Array, Array, Array, Array]  # in the order above


def new_glove_state(words: int, vector_size: int, seed: int) -> GloVeState:
    """Return small random vectors and biases, and squares of 1."""
    rng = np.random.default_rng(seed)
    shapes = ((words, vector_size), (words, vector_size), (words,), (words,))
    w_in, w_out, b_in, b_out = ((rng.random(shape) - 0.5) / vector_size for shape in shapes)
    squares = tuple(np.ones(shape) for shape in shapes)
    return GloVeState(w_in=w_in, w_out=w_out, b_in=b_in, b_out=b_out, squares=squares)  # type: ignore[arg-type]


def glove_weight(count: float, x_max: float, alpha: float) -> float:
    """Return f(x) = (x / x_max)^alpha, and 1 from x_max on."""
    return float((count / x_max) ** alpha) if count < x_max else 1.0


def glove_loss(state: GloVeState, row: int, column: int, count: float, x_max: float, alpha: float) -> float:
    """Return half of f(x) (w . c + b + b' - log x)^2, which is what the original program reports."""
    return 0.5 * glove_weight(count, x_max, alpha) * _difference(state, row, column, count) ** 2


def glove_gradients(
    state: GloVeState, row: int, column: int, count: float, x_max: float, alpha: float
) -> tuple[Array, Array, float]:
    """Return the gradients of `glove_loss` by w and c, each (H,), and by either bias."""
    slope = glove_weight(count, x_max, alpha) * _difference(state, row, column, count)
    return slope * state.w_out[column], slope * state.w_in[row], slope


def glove_step(
    state: GloVeState,
    entries: Sequence[tuple[int, int, float]],
    *,
    x_max: float,
    alpha: float,
    learning_rate: float,
    bias_rate: float,
) -> float:
    """Take one step of AdaGrad for each (row, column, count), in their order; return the summed loss.

    The program that accompanies Pennington, Socher and Manning (2014) multiplies a gradient by the learning
    rate before it squares it, and so does this. Gradients are not clipped: the program does so at 100, which
    the text of docs/decisions/0009-glove.md did not come near.
    """
    total = 0.0
    for row, column, count in entries:
        total += glove_loss(state, row, column, count, x_max, alpha)
        dw, dc, slope = glove_gradients(state, row, column, count, x_max, alpha)
        in_squares, out_squares, in_bias_squares, out_bias_squares = state.squares
        _descend(state.w_in, in_squares, row, learning_rate * dw)
        _descend(state.w_out, out_squares, column, learning_rate * dc)
        _descend(state.b_in, in_bias_squares, row, bias_rate * slope)
        _descend(state.b_out, out_bias_squares, column, bias_rate * slope)
    return total


def _difference(state: GloVeState, row: int, column: int, count: float) -> float:
    product = state.w_in[row] @ state.w_out[column]
    return float(product + state.b_in[row] + state.b_out[column] - np.log(count))


def _descend(values: Array, squares: Array, at: int, step: Array | float) -> None:
    values[at] -= step / np.sqrt(squares[at])
    squares[at] += np.square(step)
