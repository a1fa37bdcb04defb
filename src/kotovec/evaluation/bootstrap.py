"""Bootstrap intervals: how far a score would move with another choice of test questions.

The interval says nothing about another seed of the training or another text.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
CONFIDENCE = 0.95
FEWEST = 10
"""Fewer questions than this, drawn again and again, are too few to tell how a score would vary."""
NO_INTERVAL = (
    f"A rank correlation of fewer than {FEWEST} known pairs, or of exactly 1 or -1, has no interval; "
    "drawing its pairs anew would not tell how it varies."
)
# Numbers in one block of resamples: 8 MB each array, however many questions there are.
BLOCK_NUMBERS = 1 << 20

Float64 = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """The ends of a 95 % interval; nan where nothing was measured, or too little.

    Examples
    --------
    >>> interval = Interval(0.4, 0.6)
    >>> interval.low <= 0.5 <= interval.high
    True

    """

    low: float
    high: float


def percentile_interval(scores: Float64) -> Interval:
    """Return the middle 95 % of the scores (B,) of resamples, those that are undefined left out.

    Efron and Tibshirani, *An Introduction to the Bootstrap* (1993), chapter 13.

    Examples
    --------
    >>> low, high = percentile_interval(np.arange(101.0))
    >>> round(low, 6), round(high, 6)
    (2.5, 97.5)

    """
    defined = scores[~np.isnan(scores)]
    if not len(defined):
        return Interval(np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))


def wilson_interval(share: float, number: int) -> Interval:
    """Return the interval of a share of so many independent questions, also where it is 0 or 1.

    Resamples of questions that are all answered, or none of them, are all alike, and would promise certainty.
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference".

    Examples
    --------
    >>> low, high = wilson_interval(0.0, 3)
    >>> low, round(high, 2)
    (0.0, 0.56)

    """
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle, most = share + z**2 / (2 * number), 1 + z**2 / number
    reach = z * math.sqrt(share * (1 - share) / number + (z / (2 * number)) ** 2)
    low, high = (middle - reach) / most, (middle + reach) / most
    return Interval(low if share > 0 else 0.0, high if share < 1 else 1.0)  # exactly, despite rounding


def blocks_of_resamples(resamples: int, size: int) -> list[int]:
    """Return how many resamples of `size` numbers go into each block."""
    most = max(1, BLOCK_NUMBERS // max(1, size))
    return [min(most, resamples - done) for done in range(0, resamples, most)]
