"""The matrix that is learned: how it begins, whole or in two halves of the columns, and what it ends as."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.memory import new_matrix

START = 2
"""What the stream of random bits is for; the number is part of what a seed means."""

Matrix = npt.NDArray[np.float32]


def start_matrices(
    words: int, vector_size: int, seed: int, layout: tuple[int, int], ends: Sequence[int]
) -> list[Matrix]:
    """Return W, whose rows of W_in are small and random and whose others are zero, as in word2vec.c.

    `layout` says how many rows W has for each word, and how far apart are those of W_in, the first of which
    is row 0. The random elements are even in [-1/2, 1/2) / vector_size, whatever the padding. With one row
    for each word all are W_in's: a matrix of zeros in both roles would stay zero. The columns stand in as
    many matrices as there are `ends`: in each those before its end that no other has.
    """
    (sides, apart), starts = layout, (0, *ends[:-1])
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
            W[apart * first : apart * last : apart, : part.shape[1]] = part
    return matrices


def joined(halves: list[Matrix]) -> Matrix:
    """Return W from its halves, which are taken from the list, so that there is never much more than W."""
    W: Matrix = np.empty((len(halves[0]), sum(half.shape[1] for half in halves)), np.float32)
    end = W.shape[1]
    while halves:
        half = halves.pop()
        W[:, end - half.shape[1] : end] = half
        end -= half.shape[1]
    return W
