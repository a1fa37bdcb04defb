"""Plots as SVG, written by hand: small, sharp at every size, and coloured by the page's style sheet.

A plot is 360 units wide, the width of a phone, so that its letters are legible there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from unicodedata import east_asian_width

from kotovec.comparison.markup import escape

WIDTH = 360
_LABEL_WIDTH = 132
_VALUE_WIDTH = 54
_BAR_HEIGHT = 16
_ROW_HEIGHT = 26
_AXIS_HEIGHT = 22
_LETTER, _WIDE_LETTER = 7.2, 12.0  # width at the size of labels, the second of a kanji
_LINE = 13
_MOST_WIDTH = 17 * _LETTER

_PLOT_HEIGHT = 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 20, 10, 24
_RADIUS = 6
_IN_A_ROW, _LEGEND_HEIGHT = 2, 20
_LOGARITHMIC_FROM = 20.0  # largest over smallest
_SMALLEST_SPAN = 0.01  # of an axis of scores; where all are equal there is one all the same
_CLEAR = 3  # between a label and a whisker


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One method in a plot."""

    label: str
    colour: int
    """Which of the style sheet's colours."""
    value: float
    low: float
    high: float
    seconds: float | None = None


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers between two ends that differ, both ends within them.

    Examples
    --------
    >>> ticks(0.0, 0.47)
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]

    """
    span = high - low
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * times for times in (1, 2, 5, 10) if span / (power * times) <= most)
    first = math.floor(low / step + 1e-9)
    last = max(first + 1, math.ceil(high / step - 1e-9))
    return [round(number * step, 12) for number in range(first, last + 1)]


def _score_ticks(scores: Sequence[float]) -> list[float]:
    low = min(scores)
    return ticks(low, max(*scores, low + _SMALLEST_SPAN), most=6)


def bars(marks: Sequence[Mark], *, percent: bool, title: str) -> str:
    """Return horizontal bars with the whiskers of their intervals.

    Parameters
    ----------
    marks
        One bar each, from the top.
    percent
        Whether values are shares, to be shown as per cent.
    title
        What a screen reader says.

    """
    ends = [0.0, *(end for mark in marks for end in (mark.low, mark.high, mark.value))]
    scale = _score_ticks(ends)
    right = WIDTH - _VALUE_WIDTH
    height = len(marks) * _ROW_HEIGHT + _AXIS_HEIGHT

    def x(value: float) -> float:
        return _LABEL_WIDTH + (value - scale[0]) / (scale[-1] - scale[0]) * (right - _LABEL_WIDTH)

    parts = [_opening(height, title)]
    bottom = len(marks) * _ROW_HEIGHT + 4
    for tick in scale:
        parts.append(_line("grid", x(tick), 0, x(tick), bottom))
        parts.append(_text("tick middle", x(tick), bottom + 13, _shown(tick, percent=percent, unit=False)))
    for number, mark in enumerate(marks):
        middle = number * _ROW_HEIGHT + _ROW_HEIGHT / 2
        start, end = sorted((x(0.0), x(mark.value)))
        parts.append(_text("label end", _LABEL_WIDTH - 6, middle + 4, _short(mark.label)))
        parts.append(
            f'<rect class="m{mark.colour}" x="{start:.1f}" y="{middle - _BAR_HEIGHT / 2:.1f}" '
            f'width="{max(end - start, 0.5):.1f}" height="{_BAR_HEIGHT}" rx="2"/>'
        )
        parts.append(_whisker(x(mark.low), x(mark.high), middle))
        parts.append(_text("label", right + 6, middle + 4, _shown(mark.value, percent=percent)))
    return "".join([*parts, "</svg>"])


def seconds_and_quality(marks: Sequence[Mark], *, percent: bool, title: str) -> str:
    """Return a plot of seconds, to the right, against a score, upwards: up and to the left is better.

    Parameters
    ----------
    marks
        Those without seconds are left out.
    percent
        Whether values are shares, to be shown as per cent.
    title
        What a screen reader says.

    """
    shown = [(mark, mark.seconds) for mark in marks if mark.seconds]
    seconds = [taken for _, taken in shown]
    logarithmic = max(seconds) / min(seconds) >= _LOGARITHMIC_FROM
    across = _powers(min(seconds), max(seconds)) if logarithmic else ticks(0.0, max(seconds), most=5)
    upward = _score_ticks([end for mark, _ in shown for end in (mark.low, mark.high)])
    bottom = _PLOT_HEIGHT - _BOTTOM

    def x(value: float) -> float:
        low, high, here = across[0], across[-1], value
        if logarithmic:
            low, high, here = math.log(low), math.log(high), math.log(here)
        return _LEFT + (here - low) / (high - low) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return bottom - (value - upward[0]) / (upward[-1] - upward[0]) * (bottom - _TOP)

    parts = []
    for tick in upward:
        parts.append(_line("grid", _LEFT, y(tick), WIDTH - _RIGHT, y(tick)))
        parts.append(_text("tick end", _LEFT - 6, y(tick) + 4, _shown(tick, percent=percent, unit=False)))
    for tick in across:
        parts.append(_line("grid", x(tick), _TOP, x(tick), bottom))
        parts.append(_text("tick middle", x(tick), bottom + 18, _plain(tick)))  # below a point at the bottom
    places = [(x(spent), y(mark.value)) for mark, spent in shown]
    taken = [_Box(left - _RADIUS, top - _RADIUS, left + _RADIUS, top + _RADIUS) for left, top in places]
    for mark, spent in shown:
        whisker = f'x1="{x(spent):.1f}" y1="{y(mark.low):.1f}" x2="{x(spent):.1f}" y2="{y(mark.high):.1f}"'
        parts.append(f'<line class="whisker" {whisker}/>')
        taken.append(_Box(x(spent) - _CLEAR, y(mark.high) - _CLEAR, x(spent) + _CLEAR, y(mark.low) + _CLEAR))
    for (mark, _), (left, top) in zip(shown, places, strict=True):
        parts.append(f'<circle class="m{mark.colour}" cx="{left:.1f}" cy="{top:.1f}" r="{_RADIUS}"/>')
    labels = [
        _point_label(_short(mark.label), *place, bottom, taken)
        for (mark, _), place in zip(shown, places, strict=True)
    ]
    height = _PLOT_HEIGHT
    if not all(labels):
        labels = _legend([mark for mark, _ in shown], height)
        height += math.ceil(len(shown) / _IN_A_ROW) * _LEGEND_HEIGHT
    return "".join([_opening(height, title), *parts, *labels, "</svg>"])


def _legend(marks: Sequence[Mark], top: float) -> list[str]:
    """Write what each colour stands for, where there is no place for labels beside the points."""
    written = []
    for number, mark in enumerate(marks):
        row, column = divmod(number, _IN_A_ROW)
        x, y = _LEFT + column * (WIDTH - _LEFT) / _IN_A_ROW, top + (row + 0.5) * _LEGEND_HEIGHT
        written.append(f'<circle class="key m{mark.colour}" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"/>')
        written.append(_text("label", x + _RADIUS + 6, y + 4, _short(mark.label)))
    return written


class _Box(NamedTuple):
    """A rectangle that something is drawn in; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        """Say whether two rectangles share a place."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


def _point_label(label: str, x: float, y: float, bottom: float, taken: list[_Box]) -> str:
    """Write a label beside a point, inside the axes, where it covers nothing; "" if there is no such place.

    It is never so far from its point that it might be taken for another's.
    """
    width = _width(label)
    lefts = (x + _RADIUS + 4, x - _RADIUS - 4 - width, x - width / 2)
    tops = (y - _LINE / 2 + number * _LINE / 4 for number in range(-4, 5))
    boxes = [_Box(left, top, left + width, top + _LINE) for top in tops for left in lefts]
    inside = [box for box in boxes if box.left >= _LEFT + 2 and box.right <= WIDTH and box.top >= 0]
    free = [box for box in inside if box.bottom < bottom and not any(box.meets(other) for other in taken)]
    if not free:
        return ""

    def distance(box: _Box) -> float:
        across = max(box.left - x, 0.0, x - box.right)
        return math.hypot(across, (box.top + box.bottom) / 2 - y)

    box = min(free, key=distance)
    taken.append(box)
    if box.left > x:
        return _text("label", box.left, box.bottom - 3, label)
    if box.right < x:
        return _text("label end", box.right, box.bottom - 3, label)  # letters are narrower than they may be
    return _text("label middle", x, box.bottom - 3, label)


def _width(label: str) -> float:
    """Return about how wide a label is, rather more than less."""
    return sum(_WIDE_LETTER if east_asian_width(letter) in "WF" else _LETTER for letter in label)


def _short(label: str) -> str:
    """Return a label, or as much of it as there is room for."""
    if _width(label) <= _MOST_WIDTH:
        return label
    kept = next(n for n in range(len(label), -1, -1) if _width(label[:n]) <= _MOST_WIDTH - _WIDE_LETTER)
    return f"{label[:kept]}…"


def _powers(low: float, high: float) -> list[float]:
    """Return 1, 2, 5, 10 and so on around two positive ends; powers of ten alone where those are many."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if len(exponents) > 3 else (1, 2, 5)
    every = [step * 10.0**exponent for exponent in exponents for step in steps]
    first = max(index for index, value in enumerate(every) if value <= low)
    last = min(index for index, value in enumerate(every) if value >= high)
    return every[first : last + 1]


def _shown(value: float, *, percent: bool, unit: bool = True) -> str:
    if percent:
        return f"{100 * value:.1f} %" if unit else _plain(100 * value)
    return f"{value:.3f}" if unit else _plain(value)


def _plain(value: float) -> str:
    """Write a round number without an exponent, however small or large it is."""
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _opening(height: float, title: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _whisker(low: float, high: float, middle: float) -> str:
    return (
        f'<path class="whisker" d="M{low:.1f} {middle - 4:.1f}v8m0 -4H{high:.1f}m0 -4v8"/>'
        if high > low
        else ""
    )


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
