"""Bootstrap intervals: how far a score would move with another choice of test questions.

The interval says nothing about another seed of the training or another text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
CONFIDENCE = 0.95
# Numbers in one block of resamples: 8 MB each array, however many questions there are.
BLOCK_NUMBERS = 1 << 20

Float64 = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """The ends of a 95 % bootstrap interval; nan where nothing was measured.

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


def blocks_of_resamples(resamples: int, size: int) -> list[int]:
    """Return how many resamples of `size` numbers go into each block."""
    most = max(1, BLOCK_NUMBERS // max(1, size))
    return [min(most, resamples - done) for done in range(0, resamples, most)]
