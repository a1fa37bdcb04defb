"""How fast text becomes word ids: `Corpus.open` beside plain Python, in one run.

    python benchmarks/encoding.py TEXT              a text file, a sentence a line
    python benchmarks/encoding.py TEXT --runs 9

Plain Python is a dict and `str.split`: every word gets a number, and the numbers are kept in an array.
It neither counts nor numbers by frequency, so the ratio flatters it. Runs take turns, and medians are
compared, because the speed of a machine drifts. A run that loads the compiled code goes first, by itself.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from array import array
from collections.abc import Callable
from pathlib import Path

from compare import corpus_text
from kotovec.corpus import Corpus

WORKERS = (1, 2)


def plain_python(path: Path) -> int:
    """Number the words of a text, and return how many it has."""
    numbers: dict[str, int] = {}
    ids = array("i")
    with path.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            ids.extend([numbers.setdefault(word, len(numbers)) for word in line.split()])
    return len(ids)


def kotovec(path: Path, workers: int) -> int:
    """Open a corpus, and return how many tokens were read."""
    with Corpus.open(path, workers=workers) as corpus:
        return corpus.report.tokens_read


def seconds(read: Callable[[], int]) -> float:
    """Return how long one reading of the text takes."""
    began = time.perf_counter()
    read()
    return time.perf_counter() - began


def compare(text: Path, runs: int) -> None:
    """Print how fast each reads the text."""
    readers: dict[str, Callable[[], int]] = {"plain Python": lambda: plain_python(text)}
    for workers in WORKERS:
        readers[f"kotovec, {workers} workers"] = lambda workers=workers: kotovec(text, workers)
    print(f"first run, with loading or compiling: {seconds(lambda: kotovec(text, WORKERS[-1])):.2f} s")
    tokens = kotovec(text, 1)
    taken: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(runs):
        for name, read in readers.items():
            taken[name].append(seconds(read))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        speed, best = tokens / median / 1e6, tokens / min(taken[name]) / 1e6
        ratio = medians["plain Python"] / median
        print(f"{name:20} {speed:5.1f} million tokens/s (best {best:.1f}), {ratio:.1f} times plain Python")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="How fast text becomes word ids.")
    parser.add_argument("text", type=Path, nargs="?", help="a text file in UTF-8, a sentence a line")
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default: 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        compare(corpus_text(options.text, Path(folder)), options.runs)


if __name__ == "__main__":
    main()
