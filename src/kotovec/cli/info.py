"""`kotovec info`: what a file of vectors holds."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from kotovec.cli.output import pad, print_json, visible

EXAMPLE = """Example:

\b
  kotovec info wiki.safetensors
  kotovec info wiki.safetensors --json"""


_SHORT = 5
"""The most values of a list that are all shown."""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="A file of vectors.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what a file of vectors holds, and how it was made."""
    from kotovec.vectors import describe

    facts = dataclasses.asdict(describe(file))
    if as_json:
        print_json(facts)
        return
    metadata = facts.pop("metadata")
    lines = [
        (visible(name.replace("_", " ")), visible(_shown(value)))
        for name, value in (facts | metadata).items()
    ]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{pad(name, width)}  {value}")


def _brief(part: object) -> str:
    """Return a value of a model or a run, fractions with the digits that matter to a person."""
    if isinstance(part, list):
        shown = list(map(_brief, part))
        return " ".join(shown if len(shown) <= _SHORT else [shown[0], "...", shown[-1]])
    if isinstance(part, bool):
        return "yes" if part else "no"
    return f"{part:.4g}" if isinstance(part, float) else str(part)


def _shown(value: object) -> str:
    """Return a fact as a person reads it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, str) and value.startswith("{"):
        # How a model and its run are kept in a header that holds only text; others may keep other text.
        with suppress(ValueError):
            parts = json.loads(value).items()
            return ", ".join(f"{name} {_brief(part)}" for name, part in parts if part != [])
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
