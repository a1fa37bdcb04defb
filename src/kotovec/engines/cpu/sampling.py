"""Which tokens are kept, and which words are drawn as negatives: the tables behind the dice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.random_bits import below, bits_at, high_half, low_half

_ONE = 2.0**32


def keep_thresholds(counts: npt.NDArray[np.int64], sample: float) -> npt.NDArray[np.uint32]:
    """Return, per word, the largest 32-bit draw with which a token is kept, (V,) uint32.

    A word whose share of the text is f is kept with probability sqrt(s/f) + s/f, s being `sample`:
    the formula in word2vec's source, which keeps a little more than the paper's 1 - sqrt(s/f) drops
    (Mikolov et al. 2013, section 2.3). `sample` of 0 keeps everything.
    """
    if sample == 0:
        return np.full(len(counts), 2**32 - 1, dtype=np.uint32)
    ratio = sample * counts.sum() / counts
    keep = np.minimum(np.sqrt(ratio) + ratio, 1.0)
    # A probability below 2**-32 would round to a threshold of -1.
    return np.maximum(np.round(keep * _ONE) - 1, 0).astype(np.uint32)


def alias_table(weights: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32]]:
    """Return Walker's alias table (thresholds, aliases), both (V,), for draws in constant time.

    Column i keeps its own word when a 32-bit draw is at most thresholds[i], and gives aliases[i]
    otherwise (Walker 1977; built in order as by Vose 1991).
    """
    size = len(weights)
    share = weights * (size / weights.sum())
    aliases = np.arange(size, dtype=np.int32)
    small = [int(i) for i in np.flatnonzero(share < 1.0)]
    large = [int(i) for i in np.flatnonzero(share >= 1.0)]
    level = share.tolist()
    while small and large:
        lesser, greater = small.pop(), large.pop()
        aliases[lesser] = greater
        level[greater] -= 1.0 - level[lesser]
        (small if level[greater] < 1.0 else large).append(greater)
    for rest in small + large:
        level[rest] = 1.0
    thresholds = np.clip(np.round(np.array(level) * _ONE) - 1, 0, _ONE - 1)
    return thresholds.astype(np.uint32), aliases


@helper
def draw_negatives(
    key: np.uint64, thresholds: np.ndarray, aliases: np.ndarray, negatives: np.ndarray, row: int, number: int
) -> None:
    """Write `number` independent draws into negatives[row, :number]."""
    for m in range(number):
        bits = bits_at(key, m)
        column = below(high_half(bits), len(thresholds))
        kept = low_half(bits) <= np.uint64(thresholds[column])
        negatives[row, m] = column if kept else aliases[column]
