"""Counting: how often words stand near each other, and how much more often than by chance."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_ids, checked_whole

# Numbers of the matrix that are worked on at a time: 32 MB in float64, whatever the vocabulary is.
AT_ONCE = 1 << 22


def create_co_matrix(corpus: npt.ArrayLike, vocab_size: int, window_size: int = 1) -> Array:
    """Count how often each pair of words stands within `window_size` words of each other.

    Entry (i, j) says how often word j was seen around word i. The matrix is symmetric, and a pair of equal
    neighbours counts twice on the diagonal, because each of the two sees the other.

    It is filled a distance at a time, for the whole corpus at once, and so takes a second where a loop over
    the text takes minutes. It is dense: 10,000 words fill 400 MB, 100,000 would fill 40 GB.

    Args:
        corpus: (T,) word ids.
        vocab_size: V, the number of different words.
        window_size: w, how many words to look at on each side.

    Returns:
        (V, V) int32.

    Raises:
        TypeError: the ids are not integers.
        IndexError: an id is negative, or not below V.
        ValueError: the window is smaller than 1, or `corpus` is not of shape (T,).

    The book's section 2.3.4.

    >>> create_co_matrix([0, 1, 2, 3, 4, 1, 5, 6], vocab_size=7)[[0, 1]]
    array([[0, 1, 0, 0, 0, 0, 0],
           [1, 0, 1, 0, 1, 1, 0]], dtype=int32)
    """
    vocab_size = checked_whole(vocab_size, "vocab_size", "create_co_matrix")
    word_ids = checked_ids(corpus, vocab_size, "create_co_matrix", "vocab_size is {}")
    if word_ids.ndim != 1:
        raise ValueError(f"create_co_matrix takes corpus of shape (T,), got shape {word_ids.shape}.")
    window_size = checked_whole(window_size, "window_size", "create_co_matrix")
    counts = np.zeros((vocab_size, vocab_size), dtype=np.int32)
    entries = counts.reshape(-1)  # the same numbers, row after row
    for distance in range(1, window_size + 1):
        left, right = word_ids[:-distance], word_ids[distance:]
        np.add.at(entries, left * vocab_size + right, np.int32(1))
        np.add.at(entries, right * vocab_size + left, np.int32(1))
    return counts


def ppmi(C: npt.ArrayLike, verbose: bool | Callable[[str], object] = False, eps: float = 1e-8) -> Array:
    """Weigh counts by surprise: log2 of how many times more often a pair occurs than by chance.

    With N all counts together and S_i all counts of word i, chance lets i and j meet S_i S_j / N times:

        PMI(i, j) = log2(C_ij N / (S_i S_j) + eps),    PPMI = max(0, PMI)

    Below 0 lie pairs that meet more rarely than by chance, which a small corpus cannot tell; they become 0,
    and so do words that were never counted. It is computed some rows at a time, in float64, so that 10,000
    words take seconds and little more memory than the answer (400 MB); a double loop in Python takes minutes.

    Args:
        C: (V, V) counts, such as those of `create_co_matrix`.
        verbose: True logs the progress (`logging`, level INFO); a function, such as `print`, is called with
            each line of it.
        eps: keeps log2 away from 0, as in the book.

    Returns:
        (V, V) float32.

    Raises:
        ValueError: `C` is not square or holds a count below 0, or `eps` is not above 0.

    The book's section 2.4.1.

    >>> C = create_co_matrix([0, 1, 2, 3, 4, 1, 5, 6], vocab_size=7)
    >>> ppmi(C)[1].round(3)
    array([1.807, 0.   , 0.807, 0.   , 0.807, 0.807, 0.   ], dtype=float32)
    """
    counts = np.asarray(C)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.size == 0:
        raise ValueError(f"ppmi takes a square matrix of counts (V, V), got shape {counts.shape}.")
    if not counts.min() >= 0:  # NaN is not either
        raise ValueError(f"ppmi takes counts, which are 0 or more, got {counts.min()}.")
    if not eps > 0:
        raise ValueError(f"The eps of ppmi must be above 0, because log2(0) is not a number, got {eps}.")
    report = verbose if callable(verbose) else logging.getLogger(__name__).info if verbose else None
    V = len(counts)
    of_row, of_column = counts.sum(axis=1, dtype=np.float64), counts.sum(axis=0, dtype=np.float64)
    # A word that was never counted has a row of zeros, which stays so whatever it is divided by.
    of_row[of_row == 0] = of_column[of_column == 0] = 1
    N = counts.sum(dtype=np.float64)
    result = np.empty((V, V), dtype=np.float32)
    step = max(1, AT_ONCE // V)
    for start in range(0, V, step):
        stop = min(start + step, V)
        block = counts[start:stop] * N
        block /= of_row[start:stop, np.newaxis] * of_column
        block += eps
        np.log2(block, out=block)
        np.maximum(block, 0, out=result[start:stop], casting="same_kind")
        if report is not None:
            report(f"{100 * stop / V:.1f}% done")
    return result
