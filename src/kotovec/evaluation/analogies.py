"""Analogies: a is to b as c is to a word that the vectors are to find."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from kotovec.evaluation.bootstrap import (
    FEWEST,
    RESAMPLES,
    Interval,
    blocks_of_resamples,
    percentile_interval,
    wilson_interval,
)
from kotovec.evaluation.given import Questions, given_questions
from kotovec.evaluation.known import Float32, Lookup, check_vectors, unit_rows
from kotovec.evaluation.similarity import check_resampling
from kotovec.models.options import check_choice, check_int
from kotovec.vectors import WordVectors

Ids = npt.NDArray[np.int64]
Method = Literal["3cosadd", "3cosmul"]

FREQUENT_WORDS = 30_000
"""Questions are asked, and answers looked for, among so many of the most frequent words."""

_METHODS = ("3cosadd", "3cosmul")
_BLOCK_FLOATS = 1 << 24  # floats in one block of cosines: 64 MB, whatever the vocabulary
_BLOCK_QUESTIONS = 512
_EPSILON = 0.001  # of 3CosMul, as in its paper


@dataclass(frozen=True, kw_only=True)
class Section:
    """The questions of one kind.

    Parameters
    ----------
    name
        What the set calls them.
    correct
        Questions whose answer is right.
    asked
        Questions of which the vectors hold all four words, and a word beside the given three to answer with;
        only these are asked.
    total
        Questions in the set.

    """

    name: str
    correct: int
    asked: int
    total: int

    @property
    def accuracy(self) -> float:
        """The share of the asked questions that is right, from 0 to 1; nan where none was asked."""
        return self.correct / self.asked if self.asked else math.nan


@dataclass(frozen=True, kw_only=True)
class Analogies:
    """How many analogies vectors complete, in all and by section.

    Parameters
    ----------
    sections
        The same by kind of question, in the order of the set.
    interval
        The 95 % interval of `accuracy`, over the choice of pairs of words: a bootstrap's, or Wilson's where
        resamples tell too little: of fewer than 10 pairs, right answers or wrong ones.

    Examples
    --------
    >>> section = Section(name="plurals", correct=3, asked=4, total=8)
    >>> found = Analogies(sections=(section,), interval=Interval(0.5, 1.0))
    >>> found.accuracy, found.coverage
    (0.75, 0.5)

    """

    sections: tuple[Section, ...]
    interval: Interval

    @property
    def correct(self) -> int:
        """Questions whose answer is right."""
        return sum(section.correct for section in self.sections)

    @property
    def asked(self) -> int:
        """Questions of which the vectors hold all four words, and a word beside the given three."""
        return sum(section.asked for section in self.sections)

    @property
    def total(self) -> int:
        """Questions in the set."""
        return sum(section.total for section in self.sections)

    @property
    def accuracy(self) -> float:
        """The share of the asked questions that is right, from 0 to 1; nan where none was asked."""
        return self.correct / self.asked if self.asked else math.nan

    @property
    def coverage(self) -> float:
        """The share of the questions that was asked, from 0 to 1."""
        return self.asked / self.total if self.total else 0.0

    def report(self) -> dict[str, Any]:
        """Return the figures as plain data, for JSON; None where there is no figure."""
        return {
            "accuracy": self.accuracy if self.asked else None,
            "interval": [None if math.isnan(end) else end for end in self.interval],
            "correct": self.correct,
            "asked": self.asked,
            "total": self.total,
            "coverage": self.coverage,
            "sections": [
                {
                    "name": section.name,
                    "accuracy": section.accuracy if section.asked else None,
                    "correct": section.correct,
                    "asked": section.asked,
                    "total": section.total,
                }
                for section in self.sections
            ],
        }


def evaluate_analogies(
    vectors: WordVectors,
    questions: Questions | None = None,
    *,
    limit: int | None = FREQUENT_WORDS,
    method: Method = "3cosadd",
    lowercase: bool = True,
    resamples: int = RESAMPLES,
    seed: int = 1,
) -> Analogies:
    """Complete analogies, each by one word, and count the right ones.

    Parameters
    ----------
    vectors
        V words and their vectors, the most frequent words first.
    questions
        A file (see `kotovec.evaluation.read_questions`), or (section, a, b, c, d) each; the built-in set
        about Python and English where it is None.
    limit
        Only the first so many words are asked about and are answers; None for all. A question whose a, b
        and c are all of these words has no answer left to choose, and is not asked.
    method
        "3cosadd": the word nearest to b - a + c, as in Mikolov, Yih and Zweig 2013. "3cosmul": the word
        with the largest cos(b) cos(c) / cos(a), cosines moved to [0, 1] (Levy and Goldberg 2014).
    lowercase
        Look up a word that is unknown as it is written in lower case, and then in any other.
    resamples
        How often pairs of words are drawn anew, with replacement, for the interval.
    seed
        Any whole number from 0; the same seed gives the same interval.

    Raises
    ------
    FormatError
        If the file is not a list of analogies.
    OptionError
        If there are no questions, one is not a section and four words, or an option has a value that cannot
        work.

    Examples
    --------
    >>> vectors = WordVectors(["man", "king", "woman", "queen"], [[1, 0], [1, 1], [-1, 0], [-1, 1]])
    >>> evaluate_analogies(vectors, [("royal", "man", "king", "woman", "queen")]).accuracy
    1.0

    """
    check_vectors("evaluate_analogies", vectors)
    asked_for = given_questions(questions)
    if limit is not None:
        check_int("evaluate_analogies", "limit", limit, 1)
    check_choice("evaluate_analogies", "method", method, _METHODS)
    check_resampling("evaluate_analogies", resamples, seed)
    lookup = Lookup(vectors, lowercase=lowercase, limit=limit)
    candidates = lookup.number
    known, ids = [], []
    for question in asked_for:
        found = [lookup.find(word) for word in question[1:]]
        four = [word_id for word_id in found if word_id is not None]
        # With no word left to answer with, whatever stands first would count as found, right or not.
        if len(four) == len(found) and len(set(four[:3])) < candidates:
            known.append(question[0])
            ids.append(four)
    quads = np.array(ids, np.int64).reshape(-1, 4)
    right = _right(unit_rows(vectors.matrix[:candidates]).astype(np.float32), quads, method)
    return Analogies(
        sections=_sections([question[0] for question in asked_for], known, right),
        interval=_interval(known, quads, right, resamples, seed),
    )


def _right(unit: Float32, ids: Ids, method: Method) -> npt.NDArray[np.bool_]:
    """Return for each question, ids (n, 4), whether its fourth word comes first among all but the others."""
    products = 1 if method == "3cosadd" else 3
    most = min(_BLOCK_QUESTIONS, max(1, _BLOCK_FLOATS // (products * max(1, len(unit)))))
    right = np.zeros(len(ids), np.bool_)
    for start in range(0, len(ids), most):
        block = ids[start : start + most]
        a, b, c, d = block.T
        if method == "3cosadd":
            scores = (unit[b] - unit[a] + unit[c]) @ unit.T  # (n, V)
        else:
            # Neighbouring questions share most of their words.
            words, places = np.unique(block[:, :3], return_inverse=True)
            cosines = _positive(unit[words] @ unit.T)
            of_a, of_b, of_c = places.reshape(-1, 3).T
            scores = cosines[of_b]
            scores *= cosines[of_c]
            scores /= cosines[of_a] + np.float32(_EPSILON)
        np.put_along_axis(scores, block[:, :3], -np.inf, axis=1)
        right[start : start + most] = scores.argmax(axis=1) == d
    return right


def _positive(cosines: Float32) -> Float32:
    """Move cosines from [-1, 1] to [0, 1], where they may be multiplied."""
    cosines += 1
    cosines /= 2
    return cosines


def _sections(
    every: Sequence[str], known: Sequence[str], right: npt.NDArray[np.bool_]
) -> tuple[Section, ...]:
    """Count by section, in the order of the set.

    `every` holds the section of each question, `known` those of the questions that were asked.
    """
    counts = {name: [0, 0, 0] for name in every}
    for name in every:
        counts[name][2] += 1
    for name, hit in zip(known, right.tolist(), strict=True):
        counts[name][0] += hit
        counts[name][1] += 1
    return tuple(
        Section(name=name, correct=correct, asked=asked, total=total)
        for name, (correct, asked, total) in counts.items()
    )


def _interval(
    known: Sequence[str], ids: Ids, right: npt.NDArray[np.bool_], resamples: int, seed: int
) -> Interval:
    """Draw the pairs of each section with replacement; a question counts as often as both its pairs came.

    The questions of such sets are all the combinations of few pairs, and no new facts each: drawing them one
    by one would promise far too narrow an interval (Owen 2007, "The pigeonhole bootstrap"). Where there are
    few pairs, or few right or wrong answers, resamples tell too little, and the interval is that of as many
    independent questions as there are pairs.
    """
    pairs: dict[tuple[str, int, int], int] = {}
    sides = [
        [pairs.setdefault((section, *pair), len(pairs)) for section, pair in zip(known, half, strict=True)]
        for half in (ids[:, :2].tolist(), ids[:, 2:].tolist())
    ]
    members: dict[str, list[int]] = {}
    for (section, _, _), number in pairs.items():
        members.setdefault(section, []).append(number)
    if not len(right):
        return Interval(math.nan, math.nan)
    independent = wilson_interval(float(np.mean(right)), len(pairs))
    hits = int(right.sum())
    if min(len(pairs), hits, len(right) - hits) < FEWEST:
        return independent
    generator = np.random.default_rng(seed)
    scores = []
    for count in blocks_of_resamples(resamples, len(right)):
        times = np.empty((count, len(pairs)), np.float64)
        for numbers in members.values():
            even = np.full(len(numbers), 1 / len(numbers))
            times[:, numbers] = generator.multinomial(len(numbers), even, size=count)
        weights = times[:, sides[0]] * times[:, sides[1]]
        with np.errstate(invalid="ignore"):
            scores.append((weights @ right) / weights.sum(axis=1))
    return percentile_interval(np.concatenate(scores))
