"""Which tokens are kept, and which words are drawn as negatives: the tables behind the dice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.bits import ends_below
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.random_bits import bits_at, high_half
from kotovec.engines.cpu.rows import fetch_element

_ONE = 2.0**32
GUIDE_BITS = 16


def keep_probabilities(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.float64]:
    """Return the probability with which each word's tokens are kept, (V,).

    A word whose share of the text is f is kept with probability sqrt(s/f) + s/f, s being `sample`:
    the formula in word2vec's source, which keeps a little more than the paper's, sqrt(s/f)
    (Mikolov et al. 2013, section 2.3). `sample` of 0 keeps everything.
    """
    if sample == 0:
        return np.ones(len(counts))
    ratio = sample * counts.sum() / counts
    return np.minimum(np.sqrt(ratio) + ratio, 1.0)


def kept_counts(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.float64]:
    """Return how many tokens of each word are kept in an epoch, as expected, (V,)."""
    return counts * keep_probabilities(counts, sample)


def kept_shares(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.float64]:
    """Return each word's share of the tokens that are kept, (V,)."""
    kept = kept_counts(counts, sample)
    return kept / kept.sum()


def keep_thresholds(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.uint32]:
    """Return, per word, the largest 32-bit draw with which a token is kept, (V,) uint32."""
    # A probability below 2**-32 would round to a threshold of -1.
    return np.maximum(np.round(keep_probabilities(counts, sample) * _ONE) - 1, 0).astype(np.uint32)


def negative_ladder(weights: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """Return (ends, guide) for drawing word w with probability weights[w] / weights.sum().

    Laid end to end on a line of length 2**32, word w ends at ends[w], (V + LANES,) uint32, inclusive; behind
    the last word the line's end is repeated. guide[b], (2**GUIDE_BITS,) int32, is the first word that reaches
    into the b-th of as many equal parts of the line, where the search for a point may begin.
    """
    ends = np.cumsum(weights)
    ends = np.maximum(np.round(ends * (_ONE / ends[-1])) - 1, 0)
    ends[-1] = _ONE - 1
    first_points = np.arange(2**GUIDE_BITS) * (_ONE / 2**GUIDE_BITS)
    guide = np.searchsorted(ends, first_points, side="left")
    ends = np.append(ends, np.full(LANES, ends[-1]))
    return ends.astype(np.uint32), guide.astype(np.int32)


@helper
def draw_negatives(key: np.uint64, ends: np.ndarray, guide: np.ndarray, negatives: np.ndarray) -> None:
    """Fill `negatives` with words, one from each of as many equal parts of the line.

    Each word is drawn as often as by independent draws, on average, but the numbers of frequent and of
    rare words among them hardly vary, and so neither does the gradient (systematic sampling).
    """
    # How far a search goes nobody can predict, and a wrong guess costs what the CPU has begun to read for the
    # searches after it. So everything is asked for first, and LANES ends are compared at once.
    length = np.uint64(2**32 // len(negatives))
    for m in range(len(negatives)):
        word_id = guide[_point(key, m, length) >> np.uint64(32 - GUIDE_BITS)]
        fetch_element(ends, word_id)
        negatives[m] = word_id
    for m in range(len(negatives)):
        point, word_id, passed = np.uint32(_point(key, m, length)), np.int64(negatives[m]), LANES
        while passed == LANES:
            passed = ends_below(ends, word_id, point)
            word_id += passed
        negatives[m] = word_id


@helper
def _point(key: np.uint64, m: int, length: np.uint64) -> np.uint64:
    """Return a random point in the m-th part of the line, all parts being so long."""
    return np.uint64(m) * length + ((high_half(bits_at(key, m)) * length) >> np.uint64(32))
