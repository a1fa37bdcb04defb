"""The sigmoid of a score, in each precision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

_CLAMP = np.float32(4.97)


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x)): exact in float64, to about 3e-5 in float32.

    In float32, inside kernels, it is the continued fraction of tanh(x/2) cut after seven terms, whose
    additions, products and one division vectorise; scores beyond +-9.94 count as that (word2vec.c cuts
    at +-6).
    """
    return 1.0 / (1.0 + math.exp(-x))


@overload(sigmoid, inline="always")
def _typed_sigmoid(x: Any) -> Any:
    if x == types.float32:

        def rational(x: Any) -> Any:
            half = min(max(np.float32(0.5) * x, -_CLAMP), _CLAMP)
            square = half * half
            above = half * (
                np.float32(135135) + square * (np.float32(17325) + square * (np.float32(378) + square))
            )
            below = np.float32(135135) + square * (
                np.float32(62370) + square * (np.float32(3150) + square * np.float32(28))
            )
            return np.float32(0.5) + np.float32(0.5) * (above / below)

        return rational

    def exact(x: Any) -> Any:
        return 1.0 / (1.0 + math.exp(-x))

    return exact
