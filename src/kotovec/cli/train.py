"""`kotovec train`: vectors from text."""

from __future__ import annotations

import shlex
import tempfile
import time
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kotovec.cli import train_options as options
from kotovec.cli.destination import (
    are_same,
    check_vectors_file,
    check_writable,
    is_file_of_its_own,
    write_json,
)
from kotovec.cli.interruption import telling_what_is_written
from kotovec.cli.output import note, program, say, short_loss, short_number
from kotovec.cli.progress_bar import progress_bar
from kotovec.cli.spoken import as_typed
from kotovec.errors import KotovecError, OptionError

if TYPE_CHECKING:
    from kotovec.models import Model
    from kotovec.run import Run
    from kotovec.vectors import WordVectors

_LONGEST_EXAMPLE = 40
"""Letters of the longest word that is worth copying."""

EXAMPLE = """Example:

\b
  kotovec train wiki.txt.zst -o wiki.safetensors
  kotovec train 'novels/*.txt' -o novels.safetensors --tokenizer ja --model cbow
  kotovec train wiki.txt.zst -o glove.safetensors --model glove --x-max 10
  zcat news.gz | kotovec train - -o news.safetensors --epochs 1 --report run.json

One sentence a line; gz, bz2, xz, zst and lz4 are recognised by content. FILE is safetensors, or word2vec's
format if its name ends in .txt, .vec or .bin. A FILE that exists is replaced when the new one is whole."""


def command(
    text: options.Text,
    output: options.Output,
    model: options.Model = options.ModelName.skipgram,
    vector_size: options.VectorSize = None,
    window: options.Window = None,
    representation: options.Representation = None,
    sample: options.Sample = None,
    min_count: options.MinCount = None,
    max_vocab: options.MaxVocab = None,
    epochs: options.Epochs = None,
    learning_rate: options.LearningRate = None,
    workers: options.Workers = None,
    seed: options.Seed = None,
    tokenizer: options.Tokenizer = None,
    reproducible: options.Reproducible = None,
    precision: options.Precision = None,
    report: options.Report = None,
    loss: options.Loss = None,
    negative: options.Negative = None,
    shared_negatives: options.SharedNegatives = None,
    negative_exponent: options.NegativeExponent = None,
    last_learning_rate: options.LastLearningRate = None,
    tied: options.Tied = None,
    cbow_gradient: options.CBOWGradient = None,
    x_max: options.XMax = None,
    alpha: options.Alpha = None,
    distance_weighting: options.DistanceWeighting = None,
    context_smoothing: options.ContextSmoothing = None,
    shift: options.Shift = None,
    eigenvalue_weight: options.EigenvalueWeight = None,
) -> None:
    """Learn vectors from text and write them to a file."""
    what = options.built(model, locals())  # parameters and the models' fields have the same names
    how = _given(
        min_count=min_count,
        max_vocab=max_vocab,
        epochs=epochs,
        workers=workers,
        seed=seed,
        tokenizer=tokenizer and tokenizer.value,
        reproducible=reproducible,
        precision=precision and precision.value,
    )
    check_vectors_file(output, sources=text)
    if report is not None:
        check_writable(report, sources=text)
        if are_same(report, output):
            raise OptionError(f"-o and --report name the same file, {str(report)!r}; give each its own.")
    _train_and_write(what, text, how, output, report)


def _given(**values: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the options that were given; the library's own defaults stand for the others."""
    return {name: value for name, value in values.items() if value is not None}


def _train_and_write(
    what: Model, text: list[str], how: dict[str, Any], output: Path, report: Path | None
) -> None:
    """Train, write what was learned, and say what came of it."""
    with telling_what_is_written(output, *([report] if report else [])) as written:
        from kotovec.training import train

        with progress_bar() as progress:
            run = train(what, text, progress=progress, **how)
        for warning in run.corpus_report.warnings:
            note(as_typed(warning))
        began = time.perf_counter()
        _save(run.vectors, output)
        saving = time.perf_counter() - began
        written.append(output)
        if report is not None:
            try:
                write_json(report, _with_save(run.report(), saving))
            except KotovecError as problem:
                raise KotovecError(f"{problem} {output} is written and whole.") from None
            written.append(report)
    say(summary(run, output))
    if run.report()["vocabulary_size"] == 1:
        note("the vocabulary is a single word, so there is nothing to compare; more text is needed.")
    elif is_file_of_its_own(output) and _can_be_typed(str(output)):
        say(f"Next: {program()} similar {shlex.quote(str(output))} {shlex.quote(example_word(run.vectors))}")


def _save(vectors: WordVectors, output: Path) -> None:
    """Save vectors; where that fails, keep the work in a temporary folder and say where."""
    try:
        vectors.save(output)
    except KotovecError as problem:
        rescued = Path(tempfile.mkdtemp(prefix="kotovec-")) / "vectors.safetensors"
        try:
            vectors.save(rescued)
        except KotovecError:
            rescued.parent.rmdir()
            raise problem from None
        raise KotovecError(f"{problem} The vectors are in {str(rescued)!r}; copy them from there.") from None


def _with_save(figures: dict[str, Any], seconds: float) -> dict[str, Any]:
    return {**figures, "seconds": {**figures["seconds"], "save": seconds}}


def summary(run: Run, output: Path) -> str:
    """Return what a run did, in one line."""
    figures = run.report()
    parts = [f"{figures['tokens']:,} words", f"vocabulary {figures['vocabulary_size']:,}"]
    seconds = f"{run.seconds:.1f} s of {'training' if run.loss else 'decomposition'}"
    if run.count_seconds:
        speed = short_number(figures["tokens"] / run.count_seconds)
        parts += [f"{run.count_seconds:.1f} s of counting ({speed} words/s)", seconds]
    else:
        parts.append(f"{seconds} ({short_number(run.words_per_second)} words/s)")
    known = [loss for loss in run.loss if not isnan(loss)]
    parts += [f"loss {short_loss(loss)}" for loss in known[-1:]]
    return f"{', '.join(parts)}: {output} written."


def example_word(vectors: WordVectors) -> str:
    """Return a word worth asking about: one of the most frequent that mean something by themselves."""
    from kotovec.explore import content_words

    words = [word for word in content_words(vectors, limit=20) if _is_an_example(word)]
    if words:
        return words[-1]
    frequent = map(vectors.word_of, range(min(len(vectors), 1000)))
    return next(filter(_is_an_example, frequent), "WORD")


def _is_an_example(word: str) -> bool:
    return len(word) <= _LONGEST_EXAMPLE and _can_be_typed(word)


def _can_be_typed(argument: str) -> bool:
    """Return whether an argument can be copied from a terminal, which shows control characters as escapes.

    What begins with a dash would be taken for an option.
    """
    return argument.isprintable() and not argument.startswith("-")
