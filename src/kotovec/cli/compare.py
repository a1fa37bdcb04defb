"""`kotovec compare`: several methods on one text, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kotovec.cli import train_options as options
from kotovec.cli.comparison_table import print_comparison
from kotovec.cli.destination import are_same, check_writable, write_json, write_whole
from kotovec.cli.interruption import telling_what_is_written
from kotovec.cli.output import note, print_json, say
from kotovec.cli.progress_bar import progress_bar
from kotovec.cli.spoken import as_typed, as_typed_to
from kotovec.cli.test_sets import (
    AnalogyFiles,
    Score,
    SimilarityFiles,
    read_analogy_sets,
    read_similarity_sets,
)
from kotovec.cli.typed import count, word
from kotovec.errors import KotovecError, OptionError
from kotovec.progress import reading

if TYPE_CHECKING:
    from kotovec.comparison import Comparison
    from kotovec.comparison.comparing import ShowMethod
    from kotovec.models import Model
    from kotovec.progress import Progress, ProgressCallback

EXAMPLE = """Example:

\b
  kotovec compare
  kotovec compare --html page.html --models skipgram,cbow,untrained
  kotovec compare wiki.txt.zst --similarity SimLex-999.txt --words king,tokyo

Other methods: skipgram-hs and cbow-hs, with hierarchical softmax; skipgram-softmax, with the full softmax,
for small vocabularies; skipgram-tied, with one matrix for both roles of a word. "untrained" stands for random
vectors. glove has x_max 10 here, as its authors' own example has, and not 100, which is for larger texts.

Without TEXT it needs nothing else: it learns from the documentation of your own Python and asks the built-in
questions. Every method trains in a process of its own, on the same text and vocabulary. The page of --html
holds tables and plots, in English and Japanese, and loads nothing from elsewhere. A method that fails is
told and the others go on; the status is an error's only where all fail."""

STDOUT = Path("-")


def command(
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TEXT]...", help="Text files, patterns, or - for stdin.", show_default=False),
    ] = None,
    models: Annotated[
        str, typer.Option("--models", metavar="NAME,...", help="What to compare.")
    ] = "skipgram,cbow,glove,ppmi-svd,untrained",
    vector_size: Annotated[
        int, typer.Option("--vector-size", parser=count, metavar="N", help="Numbers in a vector.")
    ] = 100,
    window: Annotated[
        int,
        typer.Option("--window", parser=count, metavar="N", help="Words of context on each side, at most."),
    ] = 5,
    min_count: options.MinCount = None,
    max_vocab: options.MaxVocab = None,
    epochs: options.Epochs = None,
    seed: options.Seed = None,
    workers: options.Workers = None,
    tokenizer: options.Tokenizer = None,
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    score: Score = None,
    words: Annotated[
        str | None,
        typer.Option(
            "--words",
            metavar="WORD,...",
            parser=word,
            help="Show the neighbours of these.",
            show_default=False,
        ),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", help="Write the figures there; - for stdout.", show_default=False
        ),
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page there.", show_default=False)
    ] = None,
) -> None:
    """Train several methods on one text and compare them."""
    from kotovec.comparison import methods
    from kotovec.comparison.remarks import cautions

    chosen = methods(_listed(models), vector_size=vector_size, window=window)
    files = _files_to_write(json_file, html_file, sources=text or ())
    sets = {
        "similarity": read_similarity_sets(similarity, score) or None,
        "analogies": read_analogy_sets(analogies) or None,
    }
    asked = {"words": _listed(words) if words else None}
    reads = {"min_count": min_count, "max_vocab": max_vocab, "tokenizer": tokenizer and tokenizer.value}
    how = {"epochs": epochs, "workers": workers, "seed": seed}
    with telling_what_is_written(*files) as written:
        comparison = _compare(text, _given(reads), chosen, _given(how | sets | asked))
        # First what costs nothing: a full disk does not take the results with it.
        if json_file == STDOUT:
            print_json(comparison.report())
        else:
            print_comparison(comparison)
            for caution in cautions(comparison):
                note(caution.english)
        if html_file is not None:
            write_whole(html_file, comparison.html().encode())
            written.append(html_file)
        if json_file is not None and json_file != STDOUT:
            write_json(json_file, comparison.report())
            written.append(json_file)
    for file in written:
        say(f"{file} written.")
    _tell_failures(comparison)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given; the library's own defaults stand for the others."""
    return {name: value for name, value in values.items() if value is not None}


def _listed(names: str) -> list[str]:
    """Return what commas separate."""
    return [name.strip() for name in names.split(",") if name.strip()]


def _files_to_write(json_file: Path | None, html_file: Path | None, sources: Sequence[str]) -> list[Path]:
    """Return the files that will be written, all of which can be."""
    files = [file for file in (json_file, html_file) if file is not None and file != STDOUT]
    if html_file == STDOUT:
        raise OptionError("'-' does not stand for standard output for --html; name a file.")
    for file in files:
        check_writable(file, sources=sources)
    if len(files) > 1 and are_same(*files):
        raise OptionError(f"--json and --html name the same file, {str(json_file)!r}; give each its own.")
    return files


def _compare(
    text: list[str] | None,
    reads: dict[str, Any],
    models: dict[str, Model | None],
    how: dict[str, Any],
) -> Comparison:
    """Read the text and train all methods on it, with a bar for each."""
    from kotovec.comparison import compare
    from kotovec.corpus import Corpus
    from kotovec.corpus.builtin import open_builtin

    if not text and "tokenizer" in reads:
        raise OptionError("--tokenizer is for a TEXT of yours; the built-in text is cut into words already.")
    with _bars() as show:
        progress = reading(lambda look: show("", look))
        workers = how.get("workers")
        with (
            Corpus.open(text, workers=workers, progress=progress, **reads)
            if text
            else open_builtin(workers=workers, progress=progress, **reads)
        ) as corpus:
            for warning in corpus.report.warnings:
                note(as_typed(warning))
            return compare(corpus, models, progress=show, **how)


@contextmanager
def _bars() -> Iterator[ShowMethod]:
    """Yield what `kotovec.compare` takes as `progress`: a line and a bar for each method."""
    with ExitStack() as stack:
        now: tuple[str, ProgressCallback | None] | None = None

        def show(name: str, look: Progress) -> None:
            nonlocal now
            if now is None or now[0] != name:
                stack.close()
                if name:
                    say(name)
                now = name, stack.enter_context(progress_bar())
            if now[1] is not None:
                now[1](look)

        yield show


def _tell_failures(comparison: Comparison) -> None:
    """Say which methods failed, and why; that is an error where none is left."""
    failed = [outcome for outcome in comparison.outcomes if outcome.problem is not None]
    for outcome in failed:
        # A sentence of the library may advise what only some models have, and no comparison takes.
        problem = as_typed_to("compare", signature(command).parameters, outcome.problem or "")
        note(f"{outcome.name} failed: {problem}")
    if len(failed) == len(comparison.outcomes):
        raise KotovecError("No method could be trained; the notes above say why.")
