"""Numbers and words from the command line; what cannot be one is refused, with what was typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Annotated

import typer


def word(text: str) -> str:
    """Return the word that was typed, also where the system takes its bytes for another encoding.

    >>> word("言葉")
    '言葉'
    """
    try:
        text.encode()
    except UnicodeEncodeError:  # bytes that the locale could not decode; vectors know UTF-8 alone
        return os.fsencode(text).decode("utf-8", "replace")
    return text


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


def one_of(words: Sequence[str]) -> Callable[[str], str]:
    """Return what takes one of these words, as it was typed.

    >>> one_of(["sum", "mean"])("mean")
    'mean'
    """

    def chosen(text: str) -> str:
        if text not in words:
            raise typer.BadParameter(f"{text!r} is not one of {', '.join(map(repr, words))}.")
        return text

    return chosen


def count(text: str) -> int:
    """Return the whole number that was typed, if it is 1 or more.

    >>> count("10")
    10
    """
    if (value := whole_number(text)) < 1:
        raise typer.BadParameter(f"{text!r} is less than 1.")
    return value


Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", parser=count, metavar="N", help="Only the N most frequent words.", show_default=False
    ),
]
"""Among how many words an answer is looked for."""
