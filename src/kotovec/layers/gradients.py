"""What happens to gradients between backward and the optimiser: shared weights summed, long ones clipped."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .checks import Array, checked_pairs


def _place_in_memory(array: Array) -> tuple[object, ...]:
    return (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)


def remove_duplicate(params: Sequence[Array], grads: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """List every weight array once, with the sum of its gradients, also where a layer uses its transpose.

    Two layers that share one array each see a part of its influence on the loss; the whole is the sum. Shared
    arrays are recognised by their place in memory, so two that merely hold equal numbers stay apart.

    Args:
        params: weight arrays, one array possibly several times.
        grads: their gradients, each of its parameter's shape.

    Returns:
        New lists of parameters and gradients. The given lists and arrays stay as they are; gradients of
        weights that are not shared are passed on without a copy.

    Raises:
        ValueError: the lists differ in length.
        TypeError: a parameter is not an array.

    The book's section 1.4.4 (Trainer), where it is part of the training loop.

    >>> import numpy as np
    >>> W, b = np.ones((2, 3)), np.ones(3)
    >>> params, grads = remove_duplicate([W, b, W], [np.full((2, 3), 1.0), b, np.full((2, 3), 2.0)])
    >>> len(params), grads[0][0]
    (2, array([3., 3., 3.]))
    """
    first_at: dict[tuple[object, ...], int] = {}
    summed: set[int] = set()
    unique_params: list[Array] = []
    unique_grads: list[Array] = []
    for param, grad in checked_pairs(params, grads, "remove_duplicate"):
        place, transposed = _place_in_memory(param), _place_in_memory(param.T)
        if place not in first_at and transposed not in first_at:
            first_at[place] = len(unique_params)
            unique_params.append(param)
            unique_grads.append(grad)
            continue
        index, share = (first_at[place], grad) if place in first_at else (first_at[transposed], grad.T)
        if index in summed:
            unique_grads[index] += share
        else:
            unique_grads[index] = unique_grads[index] + share
            summed.add(index)
    return unique_params, unique_grads


def clip_grads(grads: Sequence[Array], max_norm: float) -> float:
    """Shrink all gradients in place by one factor, so that together they are no longer than `max_norm`.

    One factor for all keeps the direction of the step and limits only its length.

    Args:
        grads: gradient arrays, taken together as one long vector.
        max_norm: the greatest length allowed, above 0.

    Returns:
        The length before clipping.

    Raises:
        ValueError: `max_norm` is not above 0.

    The book's section 6.1.4; Pascanu et al. 2013, arXiv 1211.5063.

    >>> import numpy as np
    >>> grads = [np.array([3.0, 0.0]), np.array([4.0])]
    >>> clip_grads(grads, max_norm=1.0)
    5.0
    >>> grads
    [array([0.6, 0. ]), array([0.8])]
    """
    if not max_norm > 0:
        raise ValueError(f"The max_norm of clip_grads must be above 0, got {max_norm}.")
    norm = math.sqrt(sum(float(np.sum(np.square(grad, dtype=np.float64))) for grad in grads))
    if norm > max_norm:
        for grad in grads:
            grad *= max_norm / norm
    return norm
