"""Sigmoid and Softmax as layers: scores become probabilities, and gradients find their way back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_gradient, no_forward
from .functions import sigmoid, softmax


class Sigmoid:
    """Turn every score by itself into a probability, y = 1 / (1 + exp(-x)).

    `params` and `grads` are empty: nothing is learned here.

    The book's section 1.3.5.

    >>> import numpy as np
    >>> layer = Sigmoid()
    >>> layer.forward(np.array([[0.0, 5.0]])).round(4)
    array([[0.5   , 0.9933]])
    >>> layer.backward(np.ones((1, 2))).round(4)
    array([[0.25  , 0.0066]])
    """

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.out: Array | None = None

    def forward(self, x: npt.ArrayLike) -> Array:
        """Return the probabilities.

        Args:
            x: scores of any shape.
        """
        self.out = sigmoid(x)
        return self.out

    def backward(self, dout: npt.ArrayLike) -> Array:
        """Return dout * y (1 - y): steepest where the answer is open, flat where it is sure.

        Args:
            dout: the gradient of the loss by what forward returned, of its shape.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape than forward's answer.
        """
        if self.out is None:
            no_forward("Sigmoid")
        return np.asarray(checked_gradient(dout, self.out.shape, "Sigmoid") * self.out * (1 - self.out))


class Softmax:
    """Turn the scores of each row into probabilities that sum to 1.

    `params` and `grads` are empty: nothing is learned here.

    The book's section 1.3.1.

    >>> import numpy as np
    >>> layer = Softmax()
    >>> layer.forward(np.array([[0.0, np.log(3.0)]]))
    array([[0.25, 0.75]])
    >>> layer.backward(np.array([[1.0, 0.0]]))
    array([[ 0.1875, -0.1875]])
    """

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.out: Array | None = None

    def forward(self, x: npt.ArrayLike) -> Array:
        """Return the probabilities.

        Args:
            x: (N, V) scores, a row per sample; or (V,).
        """
        self.out = softmax(x)
        return self.out

    def backward(self, dout: npt.ArrayLike) -> Array:
        """Return y (dout - sum(dout y)): what is given to one probability is taken from the others.

        Args:
            dout: the gradient of the loss by what forward returned, of its shape.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape than forward's answer.
        """
        if self.out is None:
            no_forward("Softmax")
        dx = self.out * checked_gradient(dout, self.out.shape, "Softmax")
        return np.asarray(dx - self.out * dx.sum(axis=-1, keepdims=True))
