"""`kotovec similar`: the nearest words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kotovec.cli.output import as_records, print_json, print_neighbours
from kotovec.cli.typed import Limit, count, word
from kotovec.errors import KotovecError, UnknownWord

if TYPE_CHECKING:
    from kotovec.vectors import Neighbour

EXAMPLE = """Example:

\b
  kotovec similar wiki.safetensors king queen
  kotovec similar wiki.safetensors king --top 3 --json

Each word gets a list of its own. In a pipe every line holds word, neighbour and cosine, separated by
tabs."""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="A file of vectors.", show_default=False)
    ],
    words: Annotated[
        list[str], typer.Argument(metavar="WORD", parser=word, help="The words.", show_default=False)
    ],
    top: Annotated[int, typer.Option("--top", parser=count, metavar="N", help="How many neighbours.")] = 10,
    limit: Limit = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the words nearest to each given word, by cosine."""
    from kotovec.vectors import load

    vectors = load(file)
    found: list[tuple[str, list[Neighbour]]] = []
    unknown: list[UnknownWord] = []
    for query in words:
        try:
            found.append((query, vectors.most_similar(query, top=top, limit=limit)))
        except UnknownWord as problem:
            unknown.append(problem)
    if as_json:
        print_json([{"word": query, "neighbours": as_records(neighbours)} for query, neighbours in found])
    else:
        print_neighbours(found)
    # The words that are known have their answers by now; one typing mistake costs only itself.
    if unknown:
        raise KotovecError(" ".join(str(problem) for problem in unknown))
