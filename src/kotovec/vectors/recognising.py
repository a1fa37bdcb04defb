"""Whether the rows behind a header are word2vec's text or its binary format: both begin alike.

A number is four bytes, and any of them may be a letter, a digit or a line's end. So neither a single byte nor
a single row decides; rows are read in the one way and in the other.
"""

from __future__ import annotations

from kotovec.vectors.word2vec_text import count_numbers

_ROWS = 3
"""Rows that are looked at; a file may have a slip in one of them."""
_IN_NO_TEXT = bytes(byte for byte in (*range(9), *range(14, 32), 127))
"""Control characters but for whitespace: of the four bytes of a number one in ten is such a one."""


def holds_bytes(rows: bytes, announced: int, vector_size: int, *, whole: bool, likely: bool) -> bool:
    r"""Return whether numbers stand as bytes in the rows behind a header, and not as digits.

    Parameters
    ----------
    rows
        What follows the header, or its beginning.
    announced, vector_size
        What the header says: V words, H numbers each.
    whole
        Whether nothing follows `rows`.
    likely
        What the file's name says, for rows that say nothing.

    Examples
    --------
    >>> holds_bytes(b"koto 1 2\nvec 3 4\n", 2, 2, whole=True, likely=False)
    False
    >>> holds_bytes(b"koto )*e>+(k=\n", 1, 2, whole=True, likely=False)
    True
    >>> holds_bytes(b"koto 1.25\n", 1, 1, whole=True, likely=True)
    True

    """
    lines = _are_lines(rows, vector_size, whole=whole)
    records = _are_records(rows, announced, vector_size, whole=whole)
    if lines != records:
        return records
    numbers = rows.partition(b" ")[2][: 4 * vector_size]
    if lines:  # few numbers; both ways fit by chance if they end elsewhere
        return likely and b"\n" not in numbers
    # A text with a slip, or a damaged file: what it rather is will say what is wrong with it.
    return likely or _has_controls(numbers)


def _are_lines(rows: bytes, vector_size: int, *, whole: bool) -> bool:
    """Return whether the first lines are words with so many numbers."""
    lines = rows.split(b"\n", _ROWS)
    known = lines if whole and len(lines) <= _ROWS else lines[:-1]
    known = [line for line in known[:_ROWS] if line.strip()]
    return bool(known) and all(_ends_in_numbers(line, vector_size) for line in known)


def _ends_in_numbers(line: bytes, number: int) -> bool:
    # The word may be a blank itself; it may not be missing.
    fields, places = line.split(), len(line.rstrip(b" \r\t").split(b" "))
    return places > number and count_numbers(b" ".join([b"word", *fields[-number:]])) == number


def _are_records(rows: bytes, announced: int, vector_size: int, *, whole: bool) -> bool:
    """Return whether the rows are a word, a blank and so many numbers of four bytes, one after another."""
    place, found, controls = 0, 0, False
    while place < len(rows):
        place += rows[place : place + 1] == b"\n"  # some programs end a row with it
        if place == len(rows):
            break
        blank = rows.find(b" ", place)
        if blank < 0 and not whole:  # the beginning of a word
            break
        if blank <= place or b"\n" in rows[place:blank]:
            return False
        place, found = blank + 1 + 4 * vector_size, found + 1
        controls = controls or _has_controls(rows[blank + 1 : place])
    # A line of a text that is longer than what is here can be cut into records too.
    return (found == announced and place == len(rows)) if whole else controls


def _has_controls(numbers: bytes) -> bool:
    return len(numbers.translate(None, _IN_NO_TEXT)) < len(numbers)
