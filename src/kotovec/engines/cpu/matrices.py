"""The matrix that is learned: how it begins, whole or in two halves of the columns, and what it ends as."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.memory import new_matrix

START = 2
"""What the stream of random bits is for; the number is part of what a seed means."""

_PAIRS_AT_A_TIME = 4096
"""Pairs of rows that are exchanged at a time, of which there is a copy meanwhile."""

Matrix = npt.NDArray[np.float32]


def start_matrices(words: int, vector_size: int, seed: int, sides: int, ends: Sequence[int]) -> list[Matrix]:
    """Return W, whose rows of W_in are small and random and whose rows of W_out are zero, as in word2vec.c.

    The random elements are even in [-1/2, 1/2) / vector_size, whatever the padding. With one side all rows
    are W_in's: a matrix of zeros in both roles would stay zero. The columns stand in as many matrices as
    there are `ends`: in each those before its end that no other has.
    """
    starts = (0, *ends[:-1])
    matrices: list[Matrix] = [
        new_matrix(sides * words, end - start, np.float32) for start, end in zip(starts, ends, strict=True)
    ]
    generator = np.random.default_rng((seed, START))
    step = max(1, 2**22 // vector_size)
    for first in range(0, words, step):
        last = min(first + step, words)
        drawn = (generator.random((last - first, vector_size), dtype=np.float32) - 0.5) / vector_size
        for W, start in zip(matrices, starts, strict=True):
            part = drawn[:, start : start + W.shape[1]]
            W[sides * first : sides * last : sides, : part.shape[1]] = part
    return matrices


def take_turns(W: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Exchange the two rows of every other word in place; return W.

    Where there is a tree W stands so, see paths.py. Doing it twice brings back what was.
    """
    pairs = W.reshape(len(W) // 2, 2, -1)[1::2]
    for first in range(0, len(pairs), _PAIRS_AT_A_TIME):
        part = pairs[first : first + _PAIRS_AT_A_TIME]
        part[:] = part[:, ::-1].copy()
    return W


def joined(halves: list[Matrix]) -> Matrix:
    """Return W from its halves, which are taken from the list, so that there is never much more than W."""
    W: Matrix = np.empty((len(halves[0]), sum(half.shape[1] for half in halves)), np.float32)
    end = W.shape[1]
    while halves:
        half = halves.pop()
        W[:, end - half.shape[1] : end] = half
        end -= half.shape[1]
    return W
