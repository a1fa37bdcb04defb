"""How results look: columns for people, tabs and JSON for programs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kotovec.vectors import Neighbour

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CONTROLS_BEYOND_ASCII = re.compile(r"[\x7f-\x9f]")


def say(line: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    # Names of files and words come from others; a terminal would obey their control characters.
    line = "\n".join(map(visible, line.split("\n")))
    # Work is not given up because nobody hears of it: stderr may be a closed pipe or a full disk.
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def note(sentence: str) -> None:
    """Tell about something the person may want to change."""
    say(f"kotovec: note: {sentence}")


def program() -> str:
    """Return what to type to start this program again: its name, or its path where the name is not found."""
    typed = Path(sys.argv[0])
    if typed.parts[-2:] == ("kotovec", "__main__.py"):
        return "python -m kotovec"
    found = shutil.which("kotovec")
    if typed.name != "kotovec" or (found is not None and typed.exists() and typed.samefile(found)):
        return "kotovec"
    return shlex.quote(str(typed))


def print_json(value: object) -> None:
    """Print a value as JSON, characters as they are where the encoding of stdout has them all."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = json.dumps(value, ensure_ascii=not encoding.lower().startswith("utf"), indent=2)
    # JSON escapes the control characters of ASCII by itself; terminals obey those of Latin 1 too.
    print(_CONTROLS_BEYOND_ASCII.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_neighbours(groups: Sequence[tuple[str, Sequence[Neighbour]]]) -> None:
    """Print one list of words and scores for each heading.

    On a terminal each heading stands above an indented table. In a pipe every line holds heading, word
    and score, separated by tabs, so that `cut`, `awk` and `sort` can take it from there.
    """
    if not sys.stdout.isatty():
        for heading, neighbours in groups:
            for neighbour in neighbours:
                print(f"{heading}\t{neighbour.word}\t{neighbour.score:.4f}")
        return
    tables = [(visible(heading), [(visible(n.word), n.score) for n in group]) for heading, group in groups]
    widest = max((cells(word) for _, table in tables for word, _ in table), default=0)
    for number, (heading, table) in enumerate(tables):
        if number:
            print()
        print(heading)
        for word, score in table:
            print(f"  {pad(word, widest)}  {score:7.4f}")


def as_records(neighbours: Iterable[Neighbour]) -> list[dict[str, str | float]]:
    """Return neighbours as plain values for JSON."""
    return [{"word": n.word, "score": round(float(n.score), 6)} for n in neighbours]


def visible(text: str) -> str:
    r"""Return text of others for a terminal, which would obey its control characters: they become escapes.

    >>> print(visible("a\x1b[31m"))
    a\x1b[31m
    """
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Japanese character takes two.

    >>> cells("word"), cells("言葉")
    (4, 4)
    """
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def pad(text: str, width: int) -> str:
    """Return the text filled with spaces to a width in terminal columns."""
    return text + " " * (width - cells(text))


def short_number(value: float) -> str:
    """Return a number that a person grasps at once.

    >>> short_number(2_810_000), short_number(73_209), short_number(940)
    ('2.81 M', '73 k', '940')
    """
    if value >= 1e6:
        return f"{value / 1e6:.2f} M"
    return f"{value / 1e3:.0f} k" if value >= 1e4 else f"{value:.0f}"


def short_loss(loss: float) -> str:
    """Return a loss with the digits that change while it is learned: GloVe's is some hundredths.

    >>> short_loss(2.2484), short_loss(0.012345)
    ('2.248', '0.01235')
    """
    return f"{loss:.3f}" if loss >= 0.1 else f"{loss:.5f}"
