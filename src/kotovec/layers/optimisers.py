"""Optimisers: how a gradient becomes a step. Each changes the weights in place and keeps their dtype."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .checks import Array, checked_pairs


def _remembered(memory: list[Array] | None, params: Sequence[Array], owner: str) -> list[Array]:
    """Return what an optimiser remembers of each parameter: zeros of its shape at the first update."""
    if memory is None:
        return [np.zeros_like(param) for param in params]
    if [kept.shape for kept in memory] != [param.shape for param in params]:
        raise ValueError(
            f"{owner} remembers the course of every parameter, and these are not the parameters "
            f"of its first update: make a new {owner} for another model."
        )
    return memory


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
            TypeError: a parameter is not an array.
        """
        for param, grad in checked_pairs(params, grads, "SGD.update"):
            param -= self.lr * grad


class Momentum:
    """Step along a velocity, which gradients push: v <- momentum v - lr g, W <- W + v.

    Where gradients agree for many steps the velocity grows up to 1 / (1 - momentum) times their step; where
    they alternate it stays small.

    Args:
        lr: the learning rate.
        momentum: how much of the velocity stays from step to step.

    Polyak 1964; the book's section 1.3.6 begins the family with SGD.

    >>> import numpy as np
    >>> W, optimiser = np.array([1.0]), Momentum(lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimiser.update([W], [np.array([1.0])])
    >>> W.round(6)   # 1 - 0.1 - 0.15
    array([0.75])
    """

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        self.lr = lr
        self.momentum = momentum
        self.v: list[Array] | None = None

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change every parameter in place, and remember its velocity for the next call.

        Args:
            params: weight arrays, the same ones in the same order at every call.
            grads: their gradients, in the same order.

        Raises:
            ValueError: the lists differ in length, or the parameters are not those of the first call.
            TypeError: a parameter is not an array.
        """
        pairs = checked_pairs(params, grads, "Momentum.update")
        self.v = _remembered(self.v, params, "Momentum")
        for (param, grad), v in zip(pairs, self.v, strict=True):
            v *= self.momentum
            v -= self.lr * grad
            param += v


class Nesterov:
    """Momentum that looks ahead: the gradient is meant for the place to which the velocity leads.

        v <- momentum v - lr g,    W <- W + momentum v - lr g

    `params` are the place looked ahead to, so that a gradient taken there is all that is needed.

    Args:
        lr: the learning rate.
        momentum: how much of the velocity stays from step to step.

    Nesterov 1983, in the form of Bengio et al. 2012, arXiv 1212.0901, equation 7. The program of the book
    takes momentum^2 times the velocity in which this gradient is already contained; its first steps are
    longer.

    >>> import numpy as np
    >>> W, optimiser = np.array([1.0]), Nesterov(lr=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     optimiser.update([W], [np.array([1.0])])
    >>> W.round(6)   # 1 - 0.15 - 0.175
    array([0.675])
    """

    def __init__(self, lr: float = 0.01, momentum: float = 0.9) -> None:
        self.lr = lr
        self.momentum = momentum
        self.v: list[Array] | None = None

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change every parameter in place, and remember its velocity for the next call.

        Args:
            params: weight arrays, the same ones in the same order at every call.
            grads: their gradients, in the same order.

        Raises:
            ValueError: the lists differ in length, or the parameters are not those of the first call.
            TypeError: a parameter is not an array.
        """
        pairs = checked_pairs(params, grads, "Nesterov.update")
        self.v = _remembered(self.v, params, "Nesterov")
        for (param, grad), v in zip(pairs, self.v, strict=True):
            v *= self.momentum
            v -= self.lr * grad
            param += self.momentum * v - self.lr * grad


class AdaGrad:
    """Give each weight a learning rate of its own, which falls with all the gradient it has seen.

        h <- h + g^2,    W <- W - lr g / (sqrt(h) + 1e-7)

    A rare word, whose row has seldom seen a gradient, keeps taking large steps.

    Args:
        lr: the learning rate.

    The book's section 1.3.6; Duchi et al. 2011.

    >>> import numpy as np
    >>> W, optimiser = np.array([1.0]), AdaGrad(lr=0.1)
    >>> optimiser.update([W], [np.array([3.0])])
    >>> optimiser.update([W], [np.array([4.0])])
    >>> W.round(6)   # 1 - 0.1 * 3/3 - 0.1 * 4/5
    array([0.82])
    """

    def __init__(self, lr: float = 0.01) -> None:
        self.lr = lr
        self.h: list[Array] | None = None

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change every parameter in place, and remember the sum of its squared gradients for the next call.

        Args:
            params: weight arrays, the same ones in the same order at every call.
            grads: their gradients, in the same order.

        Raises:
            ValueError: the lists differ in length, or the parameters are not those of the first call.
            TypeError: a parameter is not an array.
        """
        pairs = checked_pairs(params, grads, "AdaGrad.update")
        self.h = _remembered(self.h, params, "AdaGrad")
        for (param, grad), h in zip(pairs, self.h, strict=True):
            h += np.square(grad)
            param -= self.lr * grad / (np.sqrt(h) + 1e-7)


class RMSprop:
    """AdaGrad that forgets: what divides a step is the running mean of the squared gradient, not its sum.

        h <- decay_rate h + (1 - decay_rate) g^2,    W <- W - lr g / (sqrt(h) + 1e-7)

    Args:
        lr: the learning rate.
        decay_rate: how much of h stays from step to step.

    Tieleman and Hinton 2012; the book's section 1.3.6 begins the family with SGD.

    >>> import numpy as np
    >>> W, optimiser = np.array([1.0]), RMSprop(lr=0.1, decay_rate=0.75)
    >>> optimiser.update([W], [np.array([3.0])])
    >>> W.round(6)   # 1 - 0.1 * 3 / (0.5 * 3)
    array([0.8])
    """

    def __init__(self, lr: float = 0.01, decay_rate: float = 0.99) -> None:
        self.lr = lr
        self.decay_rate = decay_rate
        self.h: list[Array] | None = None

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change every parameter in place, and remember the mean of its squared gradient for the next call.

        Args:
            params: weight arrays, the same ones in the same order at every call.
            grads: their gradients, in the same order.

        Raises:
            ValueError: the lists differ in length, or the parameters are not those of the first call.
            TypeError: a parameter is not an array.
        """
        pairs = checked_pairs(params, grads, "RMSprop.update")
        self.h = _remembered(self.h, params, "RMSprop")
        for (param, grad), h in zip(pairs, self.h, strict=True):
            h *= self.decay_rate
            h += (1 - self.decay_rate) * np.square(grad)
            param -= self.lr * grad / (np.sqrt(h) + 1e-7)


class Adam:
    """Step by the running mean of the gradient, divided by the running root mean square of it.

    A weight whose gradient keeps its sign moves by about lr each time, be the gradient large or small, down
    to some 1e-5; one whose gradient keeps changing sign hardly moves.

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
            TypeError: a parameter is not an array.
        """
        pairs = checked_pairs(params, grads, "Adam.update")
        self.m, self.v = _remembered(self.m, params, "Adam"), _remembered(self.v, params, "Adam")
        self.iter += 1
        # math.sqrt and not np.sqrt: times a NumPy float64 number, a float32 array becomes a float64 one.
        lr_t = self.lr * math.sqrt(1.0 - self.beta2**self.iter) / (1.0 - self.beta1**self.iter)
        for (param, grad), m, v in zip(pairs, self.m, self.v, strict=True):
            m += (1 - self.beta1) * (grad - m)
            v += (1 - self.beta2) * (np.square(grad) - v)
            param -= lr_t * m / (np.sqrt(v) + 1e-7)
