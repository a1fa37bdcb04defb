"""`kotovec analogy`: what C is to, as A is to B."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kotovec.cli.output import as_records, print_json, print_neighbours
from kotovec.cli.typed import Limit, count, word

EXAMPLE = """Example:

\b
  kotovec analogy wiki.safetensors king man queen
  kotovec analogy wiki.safetensors paris france tokyo --top 3 --json

In a pipe every line holds the question, an answer and its cosine, separated by tabs."""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="A file of vectors.", show_default=False)
    ],
    a: Annotated[str, typer.Argument(metavar="A", parser=word, help="A, such as king.", show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", parser=word, help="B, such as man.", show_default=False)],
    c: Annotated[str, typer.Argument(metavar="C", parser=word, help="C, such as queen.", show_default=False)],
    top: Annotated[int, typer.Option("--top", parser=count, metavar="N", help="How many answers.")] = 10,
    limit: Limit = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Complete A : B = C : ?, by the cosine to B - A + C."""
    from kotovec.vectors import load

    answers = load(file).analogy(a, b, c, top=top, limit=limit)
    if as_json:
        print_json({"a": a, "b": b, "c": c, "answers": as_records(answers)})
    else:
        print_neighbours([(f"{a} : {b} = {c} : ?", answers)])
