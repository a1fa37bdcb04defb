"""The public files of test questions: scored pairs of words, and analogies in sections."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator
from numbers import Integral
from typing import NamedTuple

from kotovec.errors import FormatError, OptionError
from kotovec.evaluation.columns import WORDS, Columns, Row, find_columns, number_in
from kotovec.shown import shown
from kotovec.vectors.formats import opened

_NAMES = {"\t": "tabs", ";": "semicolons", ",": "commas", None: "spaces"}


class ScoredPair(NamedTuple):
    """Two words, and how similar or related people find them; the scale does not matter."""

    first: str
    second: str
    score: float


class Question(NamedTuple):
    """a is to b as c is to d, one of a section of such questions."""

    section: str
    a: str
    b: str
    c: str
    d: str


def read_pairs(path: str | os.PathLike[str], *, score: str | int | None = None) -> list[ScoredPair]:
    r"""Read pairs of words with scores: WordSim-353, SimLex-999, MEN, and whatever looks like them.

    The first two columns are words; tabs, semicolons, commas or spaces separate them, as in the first line. A
    column before them that counts the lines, or has a letter for the kind of each pair, is passed over. The
    first line is a header if it has no number where the others have their scores; nan is a number here, and
    refused as in any other line. Decimals may follow a comma. Blank lines and lines that begin with # are
    left out.

    Parameters
    ----------
    path
        A text file in UTF-8, plain or compressed by gzip.
    score
        The column of the scores: its name in the header, or its number, counted from 1. The first column that
        holds numbers in most of its lines where it is None, which is the right one in the files named above.

    Raises
    ------
    FormatError
        If there is no such file, or a line of it cannot be read.
    OptionError
        If there is no such column, or `score` is neither a name nor a whole number.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "pairs.csv"
    >>> _ = path.write_text("word1,word2,POS,mean\nred,blue,A,7.5\n")
    >>> read_pairs(path)
    [ScoredPair(first='red', second='blue', score=7.5)]

    """
    if not isinstance(score, str | Integral | None) or isinstance(score, bool):
        raise OptionError(
            "The 'score' parameter of read_pairs must be a column's name, its number from 1, or None. "
            f"Got {shown(score)} instead."
        )
    name = os.fspath(path)
    rows = list(_rows(path))
    if not rows:
        raise FormatError(f"{name!r} holds no pairs of words; it should have one in each line.")
    columns = find_columns(name, rows, score)
    return [_pair(name, row, columns) for row in rows[columns.header :]]


def read_questions(path: str | os.PathLike[str]) -> list[Question]:
    r"""Read analogies as in questions-words.txt: ": section" in a line of its own, then four words a line.

    Parameters
    ----------
    path
        A text file in UTF-8, plain or compressed by gzip. Blank lines and lines that begin with # are left
        out.

    Raises
    ------
    FormatError
        If there is no such file, or a line of it cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "questions.txt"
    >>> _ = path.write_text(": capitals\nTokyo Japan Paris France\n")
    >>> read_questions(path)
    [Question(section='capitals', a='Tokyo', b='Japan', c='Paris', d='France')]

    """
    name = os.fspath(path)
    section, questions = "", list[Question]()
    for number, line in _lines(path):
        if line.startswith(":"):
            section = line[1:].strip()
            continue
        words = line.split()
        if len(words) != len(Question._fields) - 1:
            raise FormatError(
                f"{name!r}, line {number}: an analogy is four words, but this line has {len(words)}; "
                "write 'a b c d', or ': name' to begin a section."
            )
        questions.append(Question(section, *words))
    if not questions:
        raise FormatError(f"{name!r} holds no analogies; it should have four words in each line.")
    return questions


def _lines(path: str | os.PathLike[str]) -> Iterator[tuple[int, str]]:
    """Go through the numbers, from 1, and the text of the lines that say something."""
    with opened(path) as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        number = content.count(b"\n", 0, problem.start) + 1
        raise FormatError(
            f"{os.fspath(path)!r}, line {number}: this is not UTF-8; convert or unpack the file first."
        ) from None
    # Not str.splitlines, which also cuts at form feeds, U+0085 and U+2028: editors number no lines by those.
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if "\r" in line:
            raise FormatError(
                f"{os.fspath(path)!r}, line {number}: a carriage return stands within the line; let every "
                "line end with a line feed, with or without a carriage return before it."
            )
        if line.strip() and not line.startswith("#"):
            yield number, line


def _rows(path: str | os.PathLike[str]) -> Iterator[Row]:
    """Go through the lines, all cut as the first one has it."""
    separator: str | None = None
    columns = 0
    for number, line in _lines(path):
        if not columns:
            separator = _separator_of(line)
        if separator is None:
            fields = line.split()
        elif separator == "\t":
            fields = line.split(separator)
        else:
            fields = _quoted(path, number, line, separator)
        fields = [field.strip() for field in fields]
        columns = columns or len(fields)
        if len(fields) <= WORDS:
            raise FormatError(
                f"{os.fspath(path)!r}, line {number}: two words and a score are needed, separated by "
                f"{_NAMES[separator]} as in the first line, but this line is {line[:60]!r}."
            )
        yield Row(number, fields)


def _separator_of(line: str) -> str | None:
    """Return what separates the columns of a line; None for blanks."""
    if "\t" in line:
        return "\t"
    if line.count(";") >= WORDS:
        return ";"  # and commas stand before decimals
    return "," if "," in line else None


def _quoted(path: str | os.PathLike[str], number: int, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error:  # the only one that a single line without a line end can give: a field beyond the limit
        raise FormatError(
            f"{os.fspath(path)!r}, line {number}: a column holds more than {csv.field_size_limit():,} "
            f"characters, but words and a score are needed; the line begins with {line[:60]!r}."
        ) from None


def _pair(name: str, row: Row, columns: Columns) -> ScoredPair:
    number, fields = row
    first, second = fields[columns.words : columns.words + WORDS]
    if not first or not second:
        raise FormatError(f"{name!r}, line {number}: two words are needed, but one of them is empty.")
    text = fields[columns.score] if columns.score < len(fields) else ""
    score = number_in(text)
    if score is None or not math.isfinite(score):
        raise FormatError(
            f"{name!r}, line {number}: the score of {shown(first)} and {shown(second)} should be a number, "
            f"but column {columns.score + 1} is {shown(text)}; correct the line, or name another column of "
            "scores."
        )
    return ScoredPair(first, second, score)
