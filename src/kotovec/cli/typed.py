"""Numbers from the command line, refused with a sentence that holds what was typed."""

from __future__ import annotations

import typer


def whole_number(text: str) -> int:
    """Return the whole number that was typed.

    >>> whole_number("12")
    12
    """
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a whole number.") from None


def number(text: str) -> float:
    """Return the number that was typed.

    >>> number("1e-3")
    0.001
    """
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a number.") from None


def count(text: str) -> int:
    """Return the whole number that was typed, if it is 1 or more.

    >>> count("10")
    10
    """
    if (value := whole_number(text)) < 1:
        raise typer.BadParameter(f"{text!r} is less than 1.")
    return value
