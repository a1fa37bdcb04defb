"""SoftmaxWithLoss: the loss of the question "which of the V words is it?"."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_labels, no_forward, per_sample, real_numbers
from .functions import softmax


class SoftmaxWithLoss:
    """Compare the scores of all V words with the right one: the mean cross entropy of softmax(x) and t.

    A sample costs -log of the probability that its right word got. It is computed as log(sum exp(x)) - x_t,
    which stays exact and finite where that probability rounds to 0.

    `params` and `grads` are empty: nothing is learned here.

    The book's section 1.3.5.

    >>> import numpy as np
    >>> layer = SoftmaxWithLoss()
    >>> round(layer.forward(np.zeros((2, 7)), np.array([1, 4])), 3)   # ln 7
    1.946
    >>> layer.backward().shape
    (2, 7)
    >>> layer.forward(np.array([[1000.0, 0.0]]), np.array([[0, 1]]))   # one-hot: word 1 is right
    1000.0
    """

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.y: Array | None = None
        self.t: Array | None = None

    def forward(self, x: npt.ArrayLike, t: npt.ArrayLike) -> float:
        """Return the mean loss of the batch, computed in the dtype of `x` and averaged in float64.

        Args:
            x: (N, V) scores before the softmax.
            t: the right answers, word ids (N,) or one-hot (N, V).

        Raises:
            TypeError: the ids are not integers.
            IndexError: an id is negative, or not below V.
            ValueError: `x` and `t` do not fit each other, or `t` is not one-hot.
        """
        scores = real_numbers(x)
        self.t = checked_labels(t, scores, "SoftmaxWithLoss", "x")
        self.y = softmax(scores)
        largest = scores.max(axis=1)
        log_sums = largest + np.log(np.exp(scores - largest[:, np.newaxis]).sum(axis=1))
        return float(np.mean(log_sums - scores[np.arange(len(scores)), self.t], dtype=np.float64))

    def backward(self, dout: npt.ArrayLike = 1) -> Array:
        """Return the gradient by each score, (y - t) / N with t one-hot.

        Args:
            dout: the gradient of what follows by this loss: a number, or one weight per sample (N,).

        Returns:
            dx (N, V), in the dtype of the scores.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape.
        """
        if self.y is None or self.t is None:
            no_forward("SoftmaxWithLoss")
        N = len(self.y)
        dx = self.y.copy()
        dx[np.arange(N), self.t] -= 1
        return np.asarray(dx * (per_sample(dout, N, dx.dtype, "SoftmaxWithLoss") / N)[:, np.newaxis])
