"""Tables: columns side by side on a terminal, separated by tabs in a pipe."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kotovec.cli.output import cells, pad, visible

if TYPE_CHECKING:
    from kotovec.evaluation import Interval

_GAP = "  "


def print_columns(rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a table, the first row of which is its head.

    Args:
        rows: of equal length.
        left: how many columns, from the first, hold words and begin at the left; the others are numbers.
    """
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    rows = [[visible(text) for text in row] for row in rows]
    widths = [max(cells(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        shown = [
            pad(text, width) if column < left else " " * (width - cells(text)) + text
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(_GAP.join(shown).rstrip())


def score_text(value: float) -> str:
    """Return a score with the digits that mean something, "-" where there is none.

    >>> score_text(0.65812), score_text(float("nan"))
    ('0.658', '-')
    """
    return "-" if math.isnan(value) else f"{value:.3f}"


def with_interval(value: float, interval: Interval) -> str:
    """Return a score and its interval, with a dash for each that is not there.

    >>> with_interval(0.65812, (0.6, 0.7))
    '0.658 [0.600 to 0.700]'
    >>> with_interval(0.65812, (float("nan"), float("nan")))
    '0.658 [-]'
    """
    low, high = interval
    if math.isnan(value):
        return score_text(value)
    if math.isnan(low):
        return f"{score_text(value)} [-]"
    return f"{score_text(value)} [{score_text(low)} to {score_text(high)}]"
