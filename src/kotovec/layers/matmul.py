"""MatMul and Affine: the fully connected layers, a matrix product without and with a bias."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import (
    Array,
    checked_bias,
    checked_gradient,
    checked_input,
    checked_trainable,
    checked_weights,
    no_forward,
)


class MatMul:
    """Multiply by a matrix: each of the M outputs is the sum of all D inputs, each with a weight of its own.

    Args:
        W: (D, M) float; kept, not copied, and changed in place by training.

    `params` is `[W]` and `grads` is `[dW]`, both (D, M); `backward` overwrites `dW` in place.

    The book's sections 1.3.4 and 3.1.3.

    A one-hot vector times `W` is nothing but a row of `W`, which is why `Embedding` replaces this layer:

    >>> import numpy as np
    >>> W_in = np.arange(21.0).reshape(7, 3)
    >>> c0 = np.array([[0, 0, 1, 0, 0, 0, 0]])
    >>> MatMul(W_in).forward(c0)
    array([[6., 7., 8.]])
    """

    def __init__(self, W: Array) -> None:
        self.params = [checked_weights(W, "MatMul", "(D, M), D numbers in and M out")]
        self.grads: list[Array] = [np.zeros(W.shape, W.dtype)]
        self.x: Array | None = None

    def forward(self, x: npt.ArrayLike) -> Array:
        """Return x @ W.

        Args:
            x: (N, D), a row per sample; integers, such as one-hot vectors, are taken in the dtype of `W`.

        Returns:
            (N, M).

        Raises:
            ValueError: `x` is not as wide as `W` is high.
        """
        (W,) = self.params
        self.x = checked_input(x, W, "MatMul")
        return np.asarray(self.x @ W)

    def backward(self, dout: npt.ArrayLike) -> Array:
        """Share the gradient out: what a number was multiplied with is its gradient.

        Args:
            dout: (N, M), the gradient of the loss by what forward returned.

        Returns:
            dx (N, D); the gradient of `W` goes to `grads`.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape than forward's answer.
            TypeError: `W` holds integers, which cannot take the small steps of training.
        """
        if self.x is None:
            no_forward("MatMul")
        W, dW = self.params[0], checked_trainable(self.grads[0])
        gradient = checked_gradient(dout, (len(self.x), W.shape[1]), "MatMul")
        dW[...] = self.x.T @ gradient
        return np.asarray(gradient @ W.T)


class Affine:
    """Multiply by a matrix and add a bias: x @ W + b.

    Args:
        W: (D, M) float; kept, not copied, and changed in place by training.
        b: (M,) float, likewise.

    `params` is `[W, b]` and `grads` is `[dW, db]`, of the same shapes.

    The book's section 1.3.5.

    >>> import numpy as np
    >>> layer = Affine(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0.5, 0.5]))
    >>> layer.forward(np.array([[1.0, 1.0], [2.0, 0.0]]))
    array([[1.5, 2.5],
           [2.5, 0.5]])
    """

    def __init__(self, W: Array, b: Array) -> None:
        checked_weights(W, "Affine", "(D, M), D numbers in and M out")
        self.params = [W, checked_bias(b, W, "Affine")]
        self.grads: list[Array] = [np.zeros(W.shape, W.dtype), np.zeros(b.shape, b.dtype)]
        self.x: Array | None = None

    def forward(self, x: npt.ArrayLike) -> Array:
        """Return x @ W + b.

        Args:
            x: (N, D), a row per sample.

        Returns:
            (N, M).

        Raises:
            ValueError: `x` is not as wide as `W` is high.
        """
        W, b = self.params
        self.x = checked_input(x, W, "Affine")
        return np.asarray(self.x @ W + b)

    def backward(self, dout: npt.ArrayLike) -> Array:
        """Share the gradient out: the bias was added to every row, and so it gets the sum over the rows.

        Args:
            dout: (N, M), the gradient of the loss by what forward returned.

        Returns:
            dx (N, D); the gradients of `W` and `b` go to `grads`.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape than forward's answer.
            TypeError: `W` or `b` holds integers, which cannot take the small steps of training.
        """
        if self.x is None:
            no_forward("Affine")
        W, dW, db = self.params[0], checked_trainable(self.grads[0]), checked_trainable(self.grads[1], "b")
        gradient = checked_gradient(dout, (len(self.x), W.shape[1]), "Affine")
        dW[...] = self.x.T @ gradient
        db[...] = gradient.sum(axis=0)
        return np.asarray(gradient @ W.T)
