"""How near the engine is to what the machine can do: everything that compare.py does not compare.

    python benchmarks/limits.py               some minutes
    python benchmarks/limits.py --text FILE

Each line is a ratio of runs that took turns, as a median with its range.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from compare import GENSIM, HERE, OURS, Contender, Result, corpus_text, describe_machine, run, speed_parser

Train = Callable[[Contender, Path], Result]
SKIPGRAM, CBOW = OURS["skipgram"][0], OURS["cbow"][0]

SHORT, LONG = 8, 200
LINES_TOKENS = 4_000_000
_NEVER_REST = """
import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {0})
while True:
    pass
"""


def report(name: str, ratios: list[float], unit: str = "") -> None:
    """Print one row of the table."""
    middle = statistics.median(ratios)
    print(f"| {name} | {middle:.2f}{unit} ({min(ratios):.2f} to {max(ratios):.2f}) |", flush=True)


def ratios(one: Callable[[], Result], other: Callable[[], Result], *, rounds: int) -> list[float]:
    """Return the speed of one in that of the other; they take turns."""
    return [one().words_per_second / other().words_per_second for _ in range(rounds)]


def large_vectors(train: Train, text: Path, *, rounds: int) -> list[float]:
    """Return the speed of skip-gram with 300 dimensions, in gensim's."""
    size = ("--vector-size", "300")
    ours, peer = (replace(tool, options=tool.options + size) for tool in (SKIPGRAM, GENSIM["skipgram"]))
    return ratios(lambda: train(ours, text), lambda: train(peer, text), rounds=rounds)


def line_lengths(train: Train, text: Path, folder: Path, *, rounds: int) -> list[float]:
    """Return the speed on lines of SHORT words, in that on lines of LONG words."""
    words: list[str] = []
    with text.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words += line.split()
            if len(words) > LINES_TOKENS:
                break
    files = []
    for length in (SHORT, LONG):
        files.append(folder / f"lines{length}.txt")
        starts = range(0, len(words), length)
        files[-1].write_text("\n".join(" ".join(words[at : at + length]) for at in starts), "utf-8")
    short, long = files
    return ratios(lambda: train(SKIPGRAM, short), lambda: train(SKIPGRAM, long), rounds=rounds)


def busy_core(train: Train, text: Path, tool: Contender, *, rounds: int) -> list[float]:
    """Return the speed while another process never rests on one of the cores, in that without it."""

    def busy() -> Result:
        with subprocess.Popen([sys.executable, "-c", _NEVER_REST]) as other:
            try:
                return train(tool, text)
            finally:
                other.kill()

    return ratios(busy, lambda: train(tool, text), rounds=rounds)


def shares_of_peak(text: Path) -> tuple[float, float]:
    """Return the useful operations of an update in those of a product and of multiply-adds, see share.py."""
    done = subprocess.run(
        [sys.executable, str(HERE / "share.py"), str(text), "--turns", "4"],
        capture_output=True,
        text=True,
        check=True,
    )
    shares = json.loads(done.stdout)
    return shares["share"], shares["share_of_multiply_adds"]


def compile_seconds(model: str, *, rounds: int) -> list[float]:
    """Return the seconds that the first training takes longer than the second, on next to no text."""
    code = "import sys, kotovec as kv; kv.train(getattr(kv, sys.argv[1])(), [['a', 'b'] * 9] * 30, workers=2)"
    seconds = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cache:
            walls = []
            for _ in range(2):
                started = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-c", code, model],
                    env={**os.environ, "NUMBA_CACHE_DIR": cache},
                    check=True,
                )
                walls.append(time.perf_counter() - started)
        seconds.append(walls[0] - walls[1])
    return seconds


def main() -> None:
    """Print the table."""
    options = speed_parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = corpus_text(options.text, folder)
        print(describe_machine(text))
        print("\n| what | median (range) |\n|---|---|")
        rounds = options.rounds

        def train(tool: Contender, file: Path) -> Result:
            return run(tool, file, folder / "v.bin", epochs=1, workers=options.workers)

        comparisons: dict[str, Callable[[], list[float]]] = {
            "skip-gram, vector_size 300, times gensim": lambda: large_vectors(train, text, rounds=rounds),
            f"speed on lines of {SHORT} words, of that on lines of {LONG}": lambda: line_lengths(
                train, text, folder, rounds=rounds
            ),
            "speed with one core busy, of that without": lambda: busy_core(
                train, text, SKIPGRAM, rounds=rounds
            ),
            "the same, CBOW": lambda: busy_core(train, text, CBOW, rounds=rounds),
        }
        for what, compare in comparisons.items():
            report(what, compare())
        product, alone = shares_of_peak(text)
        report("useful operations, of those of NumPy's matrix product, one core", [product])
        report("the same, of those of multiply-adds alone", [alone])
        for model in ("SkipGram", "CBOW"):
            report(f"first compilation, {model}", compile_seconds(model, rounds=rounds), " s")


if __name__ == "__main__":
    main()
