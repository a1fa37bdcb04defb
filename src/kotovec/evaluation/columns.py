"""Which columns of a file of scored pairs hold the words and the scores, and whether it has a header."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kotovec.errors import FormatError, OptionError
from kotovec.shown import shown

WORDS = 2
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")


class Row(NamedTuple):
    """A line of the file: its number, from 1, and what stands in each column."""

    number: int
    fields: list[str]


class Columns(NamedTuple):
    """Where to read."""

    header: bool  # whether the first row names the columns
    words: int  # the first of the two columns of words, from 0
    score: int


def number_in(text: str) -> float | None:
    """Return the number that a field is, with a point or a comma before its decimals, or None.

    nan and inf are numbers, though no scores.

    Examples
    --------
    >>> number_in("7.35"), number_in("7,35"), number_in("high")
    (7.35, 7.35, None)

    """
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return None


def find_columns(name: str, rows: Sequence[Row], score: str | int | None) -> Columns:
    """Return where the words and the scores stand in the rows, at least one, of the file of this name.

    The first row is a header if what it has in the column of the scores is no number.

    Raises
    ------
    FormatError
        If no column holds scores.
    OptionError
        If there is no such column as `score` names.

    Examples
    --------
    >>> rows = [Row(1, ["word 1", "word 2", "mean", "1"]), Row(2, ["red", "blue", "7.5", "8"])]
    >>> find_columns("pairs.csv", rows, None)
    Columns(header=True, words=0, score=2)

    """
    first, body = rows[0].fields, [row.fields for row in rows[1:]] or [rows[0].fields]
    words = int(_has_labels(body if len(body) > 1 else [row.fields for row in rows]))
    column = _first_of_numbers(body, words)
    if column is None or column >= len(first):  # so the other rows are the odd ones
        column = _first_of_numbers([first], words) or column
    if isinstance(score, str):
        if score not in first[words + WORDS :]:
            _refuse_name(name, first[words + WORDS :] if not _is_number(first, column) else [], score)
        return Columns(True, words, first.index(score, words + WORDS))
    if score is not None:
        if not words + WORDS < score <= len(body[0]):
            which = "the first two" if not words else "the second and the third"
            raise OptionError(
                f"There is no column {shown(score)} of scores in {name!r}; it has columns 1 to "
                f"{len(body[0])}, and {which} are words."
            )
        column = score - 1
    if column is None or (len(rows) == 1 and not _is_number(first, column)):
        raise FormatError(
            f"{name!r}, line {rows[min(1, len(rows) - 1)].number}: there is no score behind the two words; "
            "write a number there."
        )
    return Columns(column < len(first) and not _is_number(first, column), words, column)


def _refuse_name(name: str, names: Sequence[str], score: str) -> None:
    known = ", ".join(map(repr, names))
    raise OptionError(
        f"There is no column {shown(score)} of scores in {name!r}; "
        + (f"its columns are {known}." if known else "it has no header, so give the column's number.")
    )


def _is_number(fields: Sequence[str], column: int | None) -> bool:
    return column is not None and column < len(fields) and number_in(fields[column]) is not None


def _first_of_numbers(rows: Sequence[Sequence[str]], words: int) -> int | None:
    """Return the first column behind the words that holds numbers, in most of the rows at least."""
    for column in range(words + WORDS, max(map(len, rows))):
        if 2 * sum(_is_number(row, column) for row in rows) > len(rows):
            return column
    return None


def _has_labels(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether a column that holds no words comes first.

    That is one that counts the rows, or one of single letters for the kinds of pairs, of which there are
    fewer than words behind it.
    """
    behind = [row[WORDS] for row in rows if len(row) > WORDS + 1 and not _is_number(row, WORDS)]
    labels = [row[0] for row in rows]
    if len(rows) == 1 or len(behind) < len(rows):
        return False
    if all(label.isdecimal() for label in labels):
        start = int(labels[0])
        return [int(label) for label in labels] == list(range(start, start + len(labels)))
    single = all(len(label) == 1 and label.isascii() and label.isalpha() for label in labels)
    return single and len(set(labels)) < len(set(behind))
