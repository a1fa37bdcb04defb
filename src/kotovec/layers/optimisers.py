"""Optimisers: how a gradient becomes a step. Each changes the weights in place and keeps their dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .checks import Array


class SGD:
    """Stochastic gradient descent: take a step against the gradient, lr times as long as it.

    Args:
        lr: the learning rate.

    The book's section 1.3.6.

    >>> import numpy as np
    >>> W = np.array([1.0, 2.0])
    >>> SGD(lr=0.1).update([W], [np.array([1.0, -2.0])])
    >>> W
    array([0.9, 2.2])
    """

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change every parameter in place.

        Args:
            params: weight arrays.
            grads: their gradients, in the same order.

        Raises:
            ValueError: the lists differ in length.
        """
        for param, grad in zip(params, grads, strict=True):
            param -= self.lr * grad


class Adam:
    """Step by the running mean of the gradient, divided by the running root mean square of it.

    A weight whose gradient keeps its sign moves by about lr each time, however small the gradient is; one
    whose gradient keeps changing sign hardly moves.

        m <- m + (1 - beta1) (g - m)
        v <- v + (1 - beta2) (g^2 - v)
        W <- W - lr_t m / (sqrt(v) + 1e-7)      with lr_t = lr sqrt(1 - beta2^t) / (1 - beta1^t)

    m and v start at 0 and are too small at first; lr_t makes up for it.

    Args:
        lr: the learning rate.
        beta1: how much of m stays from step to step.
        beta2: how much of v stays from step to step.

    Kingma and Ba 2014, arXiv 1412.6980, in the order of computation given at the end of section 2; the book
    uses it from section 3.4.1 on.

    >>> import numpy as np
    >>> W = np.array([1.0, 1.0])
    >>> Adam(lr=0.001).update([W], [np.array([500.0, -0.02])])
    >>> W.round(6)
    array([0.999, 1.001])
    """

    def __init__(self, lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.lr = lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.iter = 0
        self.m: list[Array] | None = None
        self.v: list[Array] | None = None

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change every parameter in place, and remember its m and v for the next call.

        Args:
            params: weight arrays, the same ones in the same order at every call.
            grads: their gradients, in the same order.

        Raises:
            ValueError: the lists differ in length, or the parameters are not those of the first call.
        """
        if self.m is None or self.v is None:
            self.m = [np.zeros_like(param) for param in params]
            self.v = [np.zeros_like(param) for param in params]
        if [m.shape for m in self.m] != [param.shape for param in params]:
            raise ValueError(
                "Adam remembers the course of every parameter, and these are not the parameters "
                "of its first update: make a new Adam for another model."
            )
        self.iter += 1
        # math.sqrt and not np.sqrt: times a NumPy float64 number, a float32 array becomes a float64 one.
        lr_t = self.lr * math.sqrt(1.0 - self.beta2**self.iter) / (1.0 - self.beta1**self.iter)
        for param, grad, m, v in zip(params, grads, self.m, self.v, strict=True):
            m += (1 - self.beta1) * (grad - m)
            v += (1 - self.beta2) * (np.square(grad) - v)
            param -= lr_t * m / (np.sqrt(v) + 1e-7)
