"""How near the engine is to what the machine can do: everything that compare.py does not compare.

    python benchmarks/limits.py               some minutes
    python benchmarks/limits.py --text FILE

Each line is a ratio of runs that took turns, as a median with its range.
"""

from __future__ import annotations

import argparse
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

from compare import GENSIM, HERE, OURS, corpus_text, describe_machine, run

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


def large_vectors(text: Path, folder: Path, *, rounds: int, workers: int) -> list[float]:
    """Return the speed of skip-gram with 300 dimensions, in gensim's."""
    ratios = []
    size = ("--vector-size", "300")
    ours, peer = OURS["skipgram"][0], GENSIM["skipgram"]
    for _ in range(rounds):
        speeds = [
            run(replace(tool, options=tool.options + size), text, folder / "v.bin", epochs=1, workers=workers)
            for tool in (ours, peer)
        ]
        ratios.append(speeds[0].words_per_second / speeds[1].words_per_second)
    return ratios


def line_lengths(text: Path, folder: Path, *, rounds: int, workers: int) -> list[float]:
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
    ratios = []
    for _ in range(rounds):
        speeds = [
            run(OURS["skipgram"][0], file, folder / "v.bin", epochs=1, workers=workers) for file in files
        ]
        ratios.append(speeds[0].words_per_second / speeds[1].words_per_second)
    return ratios


def busy_core(text: Path, folder: Path, *, rounds: int, workers: int) -> list[float]:
    """Return the speed while another process never rests on one of the cores, in that without it."""
    ratios = []
    for _ in range(rounds):
        idle = run(OURS["skipgram"][0], text, folder / "v.bin", epochs=1, workers=workers)
        code = (
            "import os; hasattr(os, 'sched_setaffinity') and os.sched_setaffinity(0, {0})\nwhile True: pass"
        )
        with subprocess.Popen([sys.executable, "-c", code]) as other:
            try:
                busy = run(OURS["skipgram"][0], text, folder / "v.bin", epochs=1, workers=workers)
            finally:
                other.kill()
        ratios.append(busy.words_per_second / idle.words_per_second)
    return ratios


def share_of_peak(text: Path) -> list[float]:
    """Return the useful operations of an update in those of a matrix product, on one core, see share.py."""
    done = subprocess.run(
        [sys.executable, str(HERE / "share.py"), str(text), "--turns", "4"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(done.stdout)["share"]]


def compile_seconds(model: str, *, rounds: int) -> list[float]:
    """Return the seconds that the first training takes longer than the second, on next to no text."""
    code = (
        "import sys, kotovec as kv; kv.train(getattr(kv, sys.argv[1])(vector_size=8), [['a', 'b'] * 9] * 30)"
    )
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
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", type=Path, help="text, a sentence a line, compressed or not")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = corpus_text(options.text, folder)
        print(describe_machine(text))
        print("\n| what | median (range) |\n|---|---|")
        both = {"rounds": options.rounds, "workers": options.workers}
        comparisons: dict[str, Callable[[], list[float]]] = {
            "skip-gram, vector_size 300, times gensim": lambda: large_vectors(text, folder, **both),
            f"speed on lines of {SHORT} words, of that on lines of {LONG}": lambda: line_lengths(
                text, folder, **both
            ),
            "speed with one core busy, of that without": lambda: busy_core(text, folder, **both),
            "useful operations, of those of a matrix product, one core": lambda: share_of_peak(text),
        }
        for what, compare in comparisons.items():
            report(what, compare())
        for model in ("SkipGram", "CBOW"):
            report(f"first compilation, {model}", compile_seconds(model, rounds=options.rounds), " s")


if __name__ == "__main__":
    main()
