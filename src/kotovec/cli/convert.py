"""`kotovec convert`: vectors from one file format to another."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kotovec.cli.destination import check_writable, is_file_of_its_own
from kotovec.cli.interruption import telling_what_is_written
from kotovec.cli.output import note, say

EXAMPLE = """Example:

\b
  kotovec convert GoogleNews-vectors-negative300.bin.gz news.safetensors
  kotovec convert wiki.safetensors wiki.txt
  kotovec convert wiki.safetensors wiki.data --to word2vec-binary

IN is recognised by its content. OUT goes by its suffix: .safetensors; .txt or .vec for word2vec's
text; .bin for its binary format; .gz behind these compresses. No file is executed: no pickles."""


class FormatName(StrEnum):
    """What `--from` and `--to` take."""

    safetensors = "safetensors"
    word2vec_text = "word2vec-text"
    word2vec_binary = "word2vec-binary"


def command(
    source: Annotated[
        Path, typer.Argument(metavar="IN", readable=False, help="The file to read.", show_default=False)
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.", show_default=False)],
    from_: Annotated[FormatName | None, typer.Option("--from", help="The format of IN.")] = None,
    to: Annotated[FormatName | None, typer.Option("--to", help="The format of OUT.")] = None,
) -> None:
    """Convert a file of vectors to another format."""
    from kotovec.vectors import convert, describe

    check_writable(target, sources=[str(source)])
    read_later = is_file_of_its_own(target)
    with telling_what_is_written(target) as written:
        convert(source, target, from_format=from_ and from_.value, to_format=to and to.value)
        written.append(target)
    if not read_later:
        return  # what went down a pipe cannot be looked at, and standard output is for the vectors alone
    before, after = describe(source) if from_ is None else None, describe(target)
    say(f"{after.words:,} words of {after.vector_size} numbers each: {target} written, as {after.format}.")
    if before and (before.has_counts and not after.has_counts):
        note(f"{after.format} holds words and vectors alone; keep {source} for counts and the rest.")
