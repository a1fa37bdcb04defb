"""UnigramSampler draws the words that a sample is not about."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, Seed, checked_ids, checked_whole


class UnigramSampler:
    """Draw negative samples in proportion to count ** power, never the target itself.

    The power 0.75 lifts rare words a little, so that frequent ones do not fill every draw: probabilities
    0.7, 0.29, 0.01 become 0.642, 0.332, 0.027. Draws are independent, as in word2vec, so that one row may
    hold a word twice; the book's program never repeats a word in a row, which takes more than S words.

    Args:
        corpus: (T,) word ids; V is the largest id plus one. Ids that do not occur are never drawn.
        power: exponent of the counts; 1 keeps them as they are, 0 makes all occurring words equally likely.
        sample_size: S, how many words to draw for each target.
        seed: makes the draws repeatable; an int or a NumPy Generator.

    `word_p` (V,) holds the probability of each word before the target is excluded.

    The book's section 4.2.6; Mikolov et al. 2013, arXiv 1310.4546, section 2.2.

    >>> import numpy as np
    >>> corpus = np.array([0, 1, 2, 3, 4, 1, 2, 3])
    >>> sampler = UnigramSampler(corpus, power=0.75, sample_size=2, seed=1)
    >>> target = np.array([1, 3, 0])
    >>> negatives = sampler.get_negative_sample(target)
    >>> negatives.shape
    (3, 2)
    >>> bool((negatives == target[:, None]).any())
    False
    """

    def __init__(self, corpus: npt.ArrayLike, power: float, sample_size: int, *, seed: Seed = None) -> None:
        word_ids = checked_ids(corpus, None, "UnigramSampler")
        self.sample_size = checked_whole(sample_size, "sample_size", "UnigramSampler")
        if not isinstance(power, int | float | np.number) or not np.isfinite(power):
            raise ValueError(
                f"The power of UnigramSampler must be a finite number, such as 0.75, got {power!r}."
            )
        counts = np.bincount(word_ids.reshape(-1))
        occurring = np.flatnonzero(counts)
        if len(occurring) < 2:
            raise ValueError(
                f"The corpus holds no word id but {occurring[0]}, so nothing is left to draw when "
                "that is the target: it takes at least two different words."
            )
        weights = np.zeros(len(counts))
        with np.errstate(over="ignore", under="ignore"):
            weights[occurring] = counts[occurring] ** float(power)
        if not 0 < weights.sum() < np.inf:
            raise ValueError(
                f"Counts to the power of {power} are beyond the numbers of a computer: take a power of "
                "UnigramSampler such as 0.75."
            )
        self.vocab_size = len(counts)
        self.word_p: Array = weights / weights.sum()
        self._edges = np.concatenate([[0.0], np.cumsum(self.word_p)])  # word v owns edges[v] ... edges[v+1]
        self._last, self._second_last = int(occurring[-1]), int(occurring[-2])
        self._rng = np.random.default_rng(seed)

    def get_negative_sample(self, target: npt.ArrayLike) -> Array:
        """Draw S words for each target, every word v but the target with probability p[v] / (1 - p[target]).

        Args:
            target: (N,) word ids.

        Returns:
            (N, S) word ids, int64.

        Raises:
            TypeError: the ids are not integers.
            IndexError: an id is negative.
            ValueError: `target` is not of shape (N,).
        """
        # All words lie side by side on a line, each as long as its probability. Cutting the target's piece
        # out and pushing the rest together leaves a line on which one uniform number finds a word; beyond the
        # cut it moves right by the length that was cut out. So there is no loop, and no draw is thrown away.
        targets = checked_ids(target, None, "UnigramSampler")
        if targets.ndim != 1:
            raise ValueError(f"UnigramSampler takes target of shape (N,), got shape {targets.shape}.")
        targets = targets[:, np.newaxis]
        left = self._edges[np.minimum(targets, self.vocab_size)]
        right = self._edges[np.minimum(targets + 1, self.vocab_size)]
        places = self._rng.random((len(targets), self.sample_size)) * (self._edges[-1] - (right - left))
        places = np.where(places < left, places, np.maximum(places + (right - left), right))
        words = np.searchsorted(self._edges[1:], places, side="right")
        # Rounding may push a place past the end of the line; it belongs to the last word that is allowed.
        last_allowed = np.where(targets == self._last, self._second_last, self._last)
        return np.asarray(np.minimum(words, last_allowed), dtype=np.int64)
