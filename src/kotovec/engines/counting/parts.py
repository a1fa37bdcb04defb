"""How counting is cut up: the text so that a part fits the memory, the rows so that workers share them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

_ENTRY_BYTES = 12  # a column and a value
_TOKEN_BYTES = 8  # a token and its place
_WORD_BYTES = 9  # a total, and a bit or two
_SHARED_WORD_BYTES = 48  # where a word's places begin, and how rows are cut
_MOST_PARTS = 256
_ENTRIES = 1 << 19


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Sizes that keep counting within its memory."""

    tokens: int
    """of the text that are counted at a time; each time makes a matrix on disk"""
    entries: int
    """that a worker holds before it writes them"""
    workers: int
    """that count at the same time"""


def plan(tokens: int, words: int, workers: int, memory: int) -> Plan:
    """Return sizes for a text of so many tokens and words, and how many of the workers have room.

    However little memory is allowed, a row and as many tokens as words must fit, one worker counts, and there
    are at most 256 parts.
    """
    entries = max(words, min(_ENTRIES, memory // (4 * _ENTRY_BYTES * workers)))
    table = _ENTRY_BYTES * entries + _WORD_BYTES * words
    left = memory - _SHARED_WORD_BYTES * words
    # Many tables would leave the tokens nothing, and every part of the text goes through all words again.
    workers = max(1, min(workers, left // 2 // table))
    tokens = max((left - workers * table) // _TOKEN_BYTES, words, -(-tokens // _MOST_PARTS))
    return Plan(tokens=max(tokens, 1), entries=entries, workers=workers)


def cut_rows(most: npt.NDArray[np.int64], entries: int) -> list[tuple[int, int]]:
    """Cut rows that have at most so many entries each into stretches of at most `entries` together.

    Examples
    --------
    >>> cut_rows(np.array([5, 3, 1, 1, 1]), 5)
    [(0, 1), (1, 4), (4, 5)]

    """
    ends = np.cumsum(most)
    cuts = [0]
    while cuts[-1] < len(most):
        used = ends[cuts[-1] - 1] if cuts[-1] else 0
        cuts.append(int(np.searchsorted(ends, used + entries, side="right")))
    return list(pairwise(cuts))
