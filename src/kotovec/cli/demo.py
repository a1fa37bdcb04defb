"""`kotovec demo`: vectors from text that is already on this machine."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kotovec.cli.destination import check_writable
from kotovec.cli.interruption import telling_what_is_written
from kotovec.cli.output import pad, program, say, short_number, visible
from kotovec.cli.progress_bar import progress_bar
from kotovec.errors import MissingExtra, UnknownWord
from kotovec.models import SkipGram
from kotovec.progress import reading

if TYPE_CHECKING:
    from kotovec.progress import ProgressCallback
    from kotovec.run import Run
    from kotovec.vectors import WordVectors

EXAMPLE = """Example:

\b
  kotovec demo
  kotovec demo --output-dir /tmp

Needs no text and no network: it reads the documentation that came with your Python, learns for some
seconds, and leaves demo.safetensors and demo.png behind."""

MODEL = SkipGram()
EPOCHS = 10
SEED = 1
WORDS = ("encode", "sunday", "first", "true", "upper", "red", "maximum", "sine", "http", "seconds")
ANALOGIES = (
    ("read", "reader", "write"),
    ("min", "max", "first"),
    ("row", "column", "horizontal"),
    ("sine", "cosine", "sin"),
    ("large", "largest", "small"),
)
NEIGHBOURS = 4
ANSWERS = 3


def train_demo(*, progress: ProgressCallback | None = None, workers: int | None = None) -> Run:
    """Train the demo's model on the built-in corpus; print nothing.

    Args:
        progress: what `kotovec.train` takes as `progress`.
        workers: threads; None for one on each core. The vectors are the same at every number.

    Returns:
        Its vectors know `encode`, `sunday`, `first` and `true`.
    """
    from kotovec.corpus.builtin import open_builtin
    from kotovec.training import train

    with open_builtin(progress=reading(progress)) as corpus:
        return train(MODEL, corpus, epochs=EPOCHS, seed=SEED, workers=workers, progress=progress)


def command(
    output_dir: Annotated[
        Path, typer.Option("--output-dir", metavar="DIR", help="Where the two files go.")
    ] = Path(),
) -> None:
    """Learn from your own Python's documentation, and show it."""
    vectors_file, map_file = output_dir / "demo.safetensors", output_dir / "demo.png"
    check_writable(vectors_file)
    check_writable(map_file)
    say("Learning from the documentation of your own Python, NumPy, SciPy and Numba:")
    say(f"{EPOCHS} times through the text, {MODEL.vector_size} numbers for every word, no download.")
    with telling_what_is_written(vectors_file, map_file) as written:
        with progress_bar() as progress:
            run = train_demo(progress=progress)
        run.vectors.save(vectors_file)
        written.append(vectors_file)
        say(
            f"{run.report()['tokens']:,} words of text, {len(run.vectors):,} different ones, "
            f"{run.seconds:.1f} s of training ({short_number(run.words_per_second)} words/s)."
        )
        print_findings(run.vectors)
        say(f"Written: {vectors_file} (the vectors)")
        say(_draw_map(run.vectors, map_file))
    say("\nNow try:")
    typed = shlex.quote(str(vectors_file))
    say(f"  {program()} similar {typed} python thread red")
    say(f"  {program()} analogy {typed} read reader write")
    say(f"  {program()} train YOUR_TEXT.txt -o yours.safetensors --tokenizer words")


def print_findings(vectors: WordVectors) -> None:
    """Print neighbours and analogies, leaving out what this machine's text does not hold."""
    print("\nWord        Its nearest words, by the company they keep\n")
    for word in WORDS:
        if word in vectors:
            found = [visible(neighbour.word) for neighbour in vectors.most_similar(word, top=NEIGHBOURS)]
            print(f"  {pad(word, 10)}{'  '.join(pad(w, 14) for w in found).rstrip()}")
    print("\nAnalogies, by adding and subtracting vectors\n")
    for a, b, c in ANALOGIES:
        try:
            answers = vectors.analogy(a, b, c, top=ANSWERS)
        except UnknownWord:
            continue
        question = f"{a} : {b} = {c} : ?"
        print(f"  {pad(question, 36)}{', '.join(visible(neighbour.word) for neighbour in answers)}")
    print(flush=True)


def _draw_map(vectors: WordVectors, path: Path) -> str:
    """Draw the map and return the line that tells about it."""
    from kotovec.explore import content_words, word_map

    try:
        drawn = word_map(vectors, content_words(vectors), path)
    except MissingExtra as problem:
        return f"No map was drawn. {problem}"
    return "\n".join([f"Written: {path} (a map of the most frequent words)", *drawn.notes])
