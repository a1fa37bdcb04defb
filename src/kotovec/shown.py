"""Values from elsewhere as sentences show them: never longer than a line."""

from __future__ import annotations

import reprlib

_MOST_LETTERS = 60


def shown(value: object) -> str:
    """Return a value as Python writes it, with dots in the place of what is too much.

    Examples
    --------
    >>> shown(("red", 7.5))
    "('red', 7.5)"
    >>> len(shown("9" * 5000))
    60

    """
    short = reprlib.Repr()
    short.maxstring = short.maxlong = short.maxother = _MOST_LETTERS
    try:
        return short.repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return f"<{type(value).__name__} with thousands of digits>"


def short_seconds(seconds: float | None) -> str:
    """Return seconds with the digits that mean something, two below 10, one decimal above; "-" for none.

    Examples
    --------
    >>> short_seconds(0.0083), short_seconds(0.2), short_seconds(8.31), short_seconds(1234.5)
    ('0.0083', '0.20', '8.3', '1,234.5')
    >>> short_seconds(None), short_seconds(0.0)
    ('-', '-')

    """
    if not seconds:
        return "-"
    power = int(f"{seconds:.1e}".partition("e")[2])  # of the rounded number: 0.0996 is 0.10
    return f"{seconds:,.{max(1, 1 - power)}f}"
