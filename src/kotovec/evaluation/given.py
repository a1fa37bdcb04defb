"""Test sets as callers give them: the name of a file, rows of their own, or none for the built-in ones."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from numbers import Real
from typing import TypeVar

from kotovec.errors import OptionError
from kotovec.evaluation.builtin import builtin_pairs, builtin_questions
from kotovec.evaluation.files import Question, ScoredPair, read_pairs, read_questions
from kotovec.shown import shown

Pairs = str | os.PathLike[str] | Iterable[tuple[str, str, float]]
Questions = str | os.PathLike[str] | Iterable[tuple[str, str, str, str, str]]

_PAIR = "(word, word, score)"
_QUESTION = "(section, a, b, c, d)"

_Made = TypeVar("_Made", ScoredPair, Question)


def given_pairs(pairs: Pairs | None, name: str = "pairs") -> list[ScoredPair]:
    """Return the pairs of a file, of a caller, who calls them `name`, or the built-in ones; at least one.

    Raises FormatError where the file is no list of scored pairs, and OptionError where there are none, or one
    is not two words and a finite number.

    Examples
    --------
    >>> given_pairs([("red", "blue", 8)])
    [ScoredPair(first='red', second='blue', score=8.0)]

    """
    if pairs is None:
        return builtin_pairs()
    if isinstance(pairs, str | os.PathLike):
        return read_pairs(pairs)
    found = _made_of(pairs, name, _PAIR, _pair, "two words and a finite number")
    if not found:
        raise OptionError(f"There are no pairs to evaluate in {name}; pass {_PAIR} triples, or a file.")
    return found


def given_questions(questions: Questions | None, name: str = "questions") -> list[Question]:
    """Return the analogies of a file, of a caller, or the built-in ones, as `given_pairs` does.

    Raises FormatError where the file is no list of analogies, and OptionError where there are none, or one is
    not a section and four words.

    Examples
    --------
    >>> given_questions([("royal", "man", "king", "woman", "queen")])
    [Question(section='royal', a='man', b='king', c='woman', d='queen')]

    """
    if questions is None:
        return builtin_questions()
    if isinstance(questions, str | os.PathLike):
        return read_questions(questions)
    advice = "the section's name, which may be '', and four words"
    found = _made_of(questions, name, _QUESTION, _question, advice)
    if not found:
        raise OptionError(f"There are no analogies to evaluate in {name}; pass {_QUESTION}, or a file.")
    return found


def _pair(row: object) -> ScoredPair | None:
    """Return a row as a pair, if it is one."""
    match _fields(row):
        case [str() as first, str() as second, score] if (number := _finite(score)) is not None:
            return ScoredPair(first, second, number)
    return None


def _question(row: object) -> Question | None:
    """Return a row as an analogy, if it is one."""
    match _fields(row):
        case [str() as section, str() as a, str() as b, str() as c, str() as d]:
            return Question(section, a, b, c, d)
    return None


def _made_of(
    given: object, name: str, form: str, made_of: Callable[[object], _Made | None], advice: str
) -> list[_Made]:
    """Return what `made_of` makes of each row that was given; say which of them is not of its form."""
    if isinstance(given, bytes | bytearray) or not isinstance(given, Iterable):
        raise OptionError(
            f"{name} must be the path of a file or a list of {form}. Got {shown(given)} instead."
        )
    found = []
    for index, row in enumerate(given):
        made = made_of(row)
        if made is None:
            raise OptionError(f"{name}[{index}] is {shown(row)}, not {form}; pass {advice}.")
        found.append(made)
    return found


def _fields(row: object) -> list[object] | None:
    """Return what a row holds; None where it is no row, such as a str, whose letters are no fields."""
    return list(row) if isinstance(row, Iterable) and not isinstance(row, str | bytes) else None


def _finite(score: object) -> float | None:
    """Return a score as a float; None where it is no finite number."""
    if not isinstance(score, Real) or isinstance(score, bool):
        return None
    try:
        number = float(score)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
