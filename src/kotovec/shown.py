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
