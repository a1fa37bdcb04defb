"""Test sets as callers give them: the name of a file, rows of their own, or none for the built-in ones."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from numbers import Real

from kotovec.errors import OptionError
from kotovec.evaluation.builtin import builtin_pairs, builtin_questions
from kotovec.evaluation.files import Question, ScoredPair, read_pairs, read_questions
from kotovec.evaluation.shown import shown

Pairs = str | os.PathLike[str] | Iterable[tuple[str, str, float]]
Questions = str | os.PathLike[str] | Iterable[tuple[str, str, str, str, str]]

_PAIR = "(word, word, score)"
_QUESTION = "(section, a, b, c, d)"


def given_pairs(pairs: Pairs | None, name: str = "pairs") -> list[ScoredPair]:
    """Return the pairs of a file, of a caller, or the built-in ones; at least one.

    Parameters
    ----------
    pairs
        What `kotovec.evaluation.evaluate_similarity` takes.
    name
        What the caller calls them.

    Raises
    ------
    FormatError
        If the file is not a list of scored pairs.
    OptionError
        If there are none, or one is not two words and a finite number.

    Examples
    --------
    >>> given_pairs([("red", "blue", 8)])
    [ScoredPair(first='red', second='blue', score=8.0)]

    """
    if pairs is None:
        return builtin_pairs()
    if isinstance(pairs, str | os.PathLike):
        return read_pairs(pairs)
    found = []
    for index, pair in _rows(pairs, name, _PAIR):
        match _fields(pair):
            case [str() as first, str() as second, score] if (number := _finite(score)) is not None:
                found.append(ScoredPair(first, second, number))
            case _:
                raise OptionError(
                    f"{name}[{index}] is {shown(pair)}, not {_PAIR}; pass two words and a finite number."
                )
    if not found:
        raise OptionError(f"There are no pairs to evaluate in {name}; pass {_PAIR} triples, or a file.")
    return found


def given_questions(questions: Questions | None, name: str = "questions") -> list[Question]:
    """Return the analogies of a file, of a caller, or the built-in ones; at least one.

    Parameters
    ----------
    questions
        What `kotovec.evaluation.evaluate_analogies` takes.
    name
        What the caller calls them.

    Raises
    ------
    FormatError
        If the file is not a list of analogies.
    OptionError
        If there are none, or one is not a section and four words.

    Examples
    --------
    >>> given_questions([("royal", "man", "king", "woman", "queen")])
    [Question(section='royal', a='man', b='king', c='woman', d='queen')]

    """
    if questions is None:
        return builtin_questions()
    if isinstance(questions, str | os.PathLike):
        return read_questions(questions)
    found = []
    for index, question in _rows(questions, name, _QUESTION):
        match _fields(question):
            case [str() as section, str() as a, str() as b, str() as c, str() as d]:
                found.append(Question(section, a, b, c, d))
            case _:
                raise OptionError(
                    f"{name}[{index}] is {shown(question)}, not {_QUESTION}; pass the section's name, which "
                    "may be '', and four words."
                )
    if not found:
        raise OptionError(f"There are no analogies to evaluate in {name}; pass {_QUESTION}, or a file.")
    return found


def _rows(given: object, name: str, row: str) -> Iterator[tuple[int, object]]:
    """Go through what was given, with its places from 0."""
    if isinstance(given, bytes | bytearray) or not isinstance(given, Iterable):
        raise OptionError(
            f"{name} must be the path of a file or a list of {row}. Got {shown(given)} instead."
        )
    return enumerate(given)


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
