"""What a context counts at each distance, as whole numbers: their sums are exact in any order."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from kotovec.models.ppmi_svd import DistanceWeighting

EXACT = 2**53
"""Whole numbers up to this one are float64 numbers."""


def distance_weights(
    weighting: DistanceWeighting, window: int, most_pairs: int
) -> tuple[npt.NDArray[np.int64], int]:
    """Return whole numbers and their scale; at distance d a context counts numbers[d] / scale.

    Parameters
    ----------
    weighting
        "flat" is 1, "dynamic" (w - d + 1) / w, and "harmonic" 1 / d at distance d in a window of w.
    window
        The greatest distance, w.
    most_pairs
        No entry adds up more than so many contexts at one distance.

    Returns
    -------
    numbers : int64 array of shape (window + 1,), 0 at distance 0
    scale : int
        The least common denominator, so that nothing is rounded. For a long harmonic window it can be so
        large that sums would no longer be exact; then it is the largest power of two that leaves them exact,
        and numbers are rounded to it.

    Examples
    --------
    >>> numbers, scale = distance_weights("harmonic", 4, 1000)
    >>> numbers.tolist(), scale
    ([0, 12, 6, 4, 3], 12)

    """
    distances = range(1, window + 1)
    if weighting == "flat":
        exact = [Fraction(1)] * window
    elif weighting == "dynamic":
        exact = [Fraction(window - distance + 1, window) for distance in distances]
    else:
        exact = [Fraction(1, distance) for distance in distances]
    most = math.ceil(sum(exact)) * most_pairs
    scale = math.lcm(*(weight.denominator for weight in exact))
    if scale * most > EXACT:
        scale = 1 << (EXACT // most).bit_length() - 1
    return np.array([0, *(round(weight * scale) for weight in exact)], np.int64), scale
