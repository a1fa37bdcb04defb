"""Similarity: whether the cosines of pairs of words rise with what people say of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.evaluation.bootstrap import FEWEST, RESAMPLES, Interval, blocks_of_resamples, percentile_interval
from kotovec.evaluation.given import Pairs, given_pairs
from kotovec.evaluation.known import Lookup, check_vectors, unit_rows
from kotovec.vectors import WordVectors

Float64 = npt.NDArray[np.float64]

_FEWEST_PAIRS = 2
# Elements of vectors are float32: scaling a vector, which turns it nowhere, moves its cosines by up to 1e-7.
# Cosines that differ by less than these digits are ties; ranked, they would score that noise.
_COSINE_DECIMALS = 6
_ROUNDING = 1e-9  # by which correlations of ranks differ that are the same


@dataclass(frozen=True, kw_only=True)
class Similarity:
    """How well cosines follow the scores of a list of pairs.

    Parameters
    ----------
    spearman
        Spearman's rank correlation, from -1 to 1; nan where fewer than two pairs are known, or all cosines
        or all scores are equal.
    interval
        The 95 % bootstrap interval of `spearman`, over the choice of pairs; nan of fewer than 10, and where
        all resamples are alike, as those of pairs in perfect order are.
    pairs_known
        Pairs of which the vectors hold both words; only these are measured.
    pairs_total
        Pairs in the set.

    Examples
    --------
    >>> found = Similarity(spearman=0.5, interval=Interval(0.4, 0.6), pairs_known=150, pairs_total=200)
    >>> found.coverage
    0.75

    """

    spearman: float
    interval: Interval
    pairs_known: int
    pairs_total: int

    @property
    def coverage(self) -> float:
        """The share of the pairs that is known, from 0 to 1."""
        return self.pairs_known / self.pairs_total if self.pairs_total else 0.0

    @property
    def lacks_interval(self) -> bool:
        """Whether there is a score, but nothing says how far it would vary."""
        return math.isnan(self.interval.low) and not math.isnan(self.spearman)

    def report(self) -> dict[str, Any]:
        """Return the figures as plain data, for JSON; None where there is no figure."""
        return {
            "spearman": _or_none(self.spearman),
            "interval": [_or_none(end) for end in self.interval],
            "pairs_known": self.pairs_known,
            "pairs_total": self.pairs_total,
            "coverage": self.coverage,
        }


def evaluate_similarity(
    vectors: WordVectors,
    pairs: Pairs | None = None,
    *,
    lowercase: bool = True,
    resamples: int = RESAMPLES,
    seed: int = 1,
) -> Similarity:
    """Compare the cosines of pairs of words with the scores that people gave them.

    Cosines that are the same to six decimals count as equal: the vectors' float32 tells them no better apart.

    Parameters
    ----------
    vectors
        V words and their vectors.
    pairs
        A file (see `kotovec.evaluation.read_pairs`), or (word, word, score) each; the built-in set about
        Python and English where it is None.
    lowercase
        Look up a word that is unknown as it is written in lower case, and then in any other.
    resamples
        How often pairs are drawn anew, with replacement, for the interval.
    seed
        Any whole number from 0; the same seed gives the same interval.

    Raises
    ------
    FormatError
        If the file is not a list of scored pairs.
    OptionError
        If there are no pairs, one is not two words and a score, or an option has a value that cannot work.

    Examples
    --------
    >>> vectors = WordVectors(["red", "blue", "dog"], [[1, 0], [0.9, 0.1], [0, 1]])
    >>> found = evaluate_similarity(vectors, [("red", "blue", 8), ("Red", "dog", 2), ("red", "cat", 1)])
    >>> found.spearman, found.pairs_known, found.pairs_total
    (1.0, 2, 3)

    """
    check_vectors("evaluate_similarity", vectors)
    scored = given_pairs(pairs)
    check_resampling("evaluate_similarity", resamples, seed)
    lookup = Lookup(vectors, lowercase=lowercase)
    ids, human = [], []
    for first, second, score in scored:
        a, b = lookup.find(first), lookup.find(second)
        if a is not None and b is not None:
            ids.append((a, b))
            human.append(score)
    cosines = _cosines(vectors, np.array(ids, np.int64).reshape(-1, 2))
    given = np.array(human, np.float64)
    return Similarity(
        spearman=float(spearman(given, cosines)) if len(given) >= _FEWEST_PAIRS else math.nan,
        interval=_interval(given, cosines, resamples, seed),
        pairs_known=len(given),
        pairs_total=len(scored),
    )


def spearman(a: Float64, b: Float64) -> Float64:
    """Return Spearman's rank correlation of a (..., n) and b (..., n) along the last axis.

    Equal values share the mean of their ranks (Spearman 1904), so that ties neither help nor harm. Where
    all of a or of b are equal there is no correlation, and nan is returned.

    Examples
    --------
    >>> float(spearman(np.array([1.0, 2.0, 2.0, 9.0]), np.array([0.1, 0.3, 0.3, 0.4])))
    1.0

    """
    # scipy.stats takes half a second to import; looking words up should not pay for it.
    from scipy.stats import rankdata

    x, y = rankdata(a, axis=-1), rankdata(b, axis=-1)
    x -= x.mean(axis=-1, keepdims=True)
    y -= y.mean(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = (x * y).sum(axis=-1) / np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    clipped: Float64 = np.clip(correlation, -1.0, 1.0)
    return clipped


def check_resampling(owner: str, resamples: int, seed: int) -> None:
    """Raise OptionError where resamples could not be drawn."""
    from kotovec.models.options import check_int

    check_int(owner, "resamples", resamples, 1, 1_000_000)
    check_int(owner, "seed", seed, 0)


def _cosines(vectors: WordVectors, ids: npt.NDArray[np.int64]) -> Float64:
    """Return the cosine of each pair of ids (n, 2), to as many digits as vectors of float32 have."""
    distinct, places = np.unique(ids, return_inverse=True)
    rows = unit_rows(vectors.matrix[distinct])
    a, b = places.reshape(-1, 2).T
    cosines: Float64 = (rows[a] * rows[b]).sum(axis=1).round(_COSINE_DECIMALS)
    return cosines


def _interval(human: Float64, cosines: Float64, resamples: int, seed: int) -> Interval:
    """Draw the n pairs n times with replacement, again and again, and see how the correlation varies.

    A few pairs may be in the right order by chance, and then so are all that are drawn: no interval for
    them, nor where all that is drawn agrees, as if there were no doubt.
    """
    n = len(human)
    if n < FEWEST:
        return Interval(math.nan, math.nan)
    generator = np.random.default_rng(seed)
    drawn = (generator.integers(n, size=(count, n)) for count in blocks_of_resamples(resamples, n))
    found = percentile_interval(np.concatenate([spearman(human[rows], cosines[rows]) for rows in drawn]))
    return found if found.high - found.low > _ROUNDING else Interval(math.nan, math.nan)


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value
