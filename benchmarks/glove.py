"""GloVe beside the original program: entries learned a second, counting, and quality, in one run.

    python benchmarks/glove.py TEXT --program FOLDER               speed, some minutes
    python benchmarks/glove.py TEXT --program FOLDER --quality     also trains both to the end

FOLDER holds the four compiled programs vocab_count, cooccur, shuffle and glove. Both tools get the same plain
text, min_count 5, window, vector_size, x_max, alpha 0.75, learning rate 0.05 and number of threads. Both take
lines for sentences and leave rare words out before they measure distances, so their counts are the same.
Runs of the two alternate, and the ratios of neighbours are compared, because the speed of a machine drifts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import kotovec as kv
from kotovec.engines.counting.cooccurrence import count
from kotovec.run import peak_memory_bytes
from quality import Quality, measure

DATA = Path(os.environ.get("KOTOVEC_DATA", Path(__file__).parents[2] / "shared" / "data"))
_RECORD_BYTES = 16  # of the program's files of counts: two int32 and a float64


@dataclass(frozen=True, kw_only=True)
class Program:
    """The original program, its files of counts made."""

    folder: Path
    work: Path
    options: argparse.Namespace

    def prepare(self) -> tuple[float, float]:
        """Count and shuffle; return the seconds of either."""
        text, quiet = self.options.text, ["-verbose", "0"]
        self._pipe("vocab_count", ["-min-count", "5", *quiet], text, self._file("vocabulary.txt"))
        window = ["-window-size", str(self.options.window), "-vocab-file", str(self._file("vocabulary.txt"))]
        counting = self._pipe("cooccur", [*window, *quiet], text, self._file("counts.bin"))
        shuffling = self._pipe(
            "shuffle", ["-seed", "1", *quiet], self._file("counts.bin"), self._file("shuffled.bin")
        )
        return counting, shuffling

    def entries(self) -> int:
        """Return how many counts the program learns from."""
        return self._file("shuffled.bin").stat().st_size // _RECORD_BYTES

    def train(self, epochs: int, seed: int) -> float:
        """Train, and save the parameters; return the seconds."""
        options = {
            "input-file": self._file("shuffled.bin"),
            "vocab-file": self._file("vocabulary.txt"),
            "save-file": self._file("vectors"),
            "binary": 1,
            "vector-size": self.options.vector_size,
            "threads": self.options.workers,
            "iter": epochs,
            "x-max": self.options.x_max,
            "seed": seed,
            "verbose": 0,
        }
        started = time.perf_counter()
        command = [str(self.folder / "glove")]
        command += [part for name, value in options.items() for part in (f"-{name}", str(value))]
        subprocess.run(command, check=True, capture_output=True, cwd=self.work)
        return time.perf_counter() - started

    def quality(self) -> Quality:
        """Return the scores of the sum of both sides, what the program writes with -model 2."""
        words = [
            line.split()[0] for line in self._file("vocabulary.txt").read_text(encoding="utf-8").splitlines()
        ]
        both = np.fromfile(self._file("vectors.bin")).reshape(2, len(words), -1)
        return measure(words, (both[0] + both[1])[:, :-1], self.options.evaluation)

    def _file(self, name: str) -> Path:
        return self.work / name

    def _pipe(self, name: str, arguments: list[str], source: Path, target: Path) -> float:
        started = time.perf_counter()
        with source.open("rb") as stdin, target.open("wb") as stdout:
            subprocess.run(
                [str(self.folder / name), *arguments],
                check=True,
                stdin=stdin,
                stdout=stdout,
                stderr=subprocess.DEVNULL,
                cwd=self.work,
            )
        return time.perf_counter() - started


def ours(corpus: kv.Corpus, options: argparse.Namespace, epochs: int, seed: int) -> kv.Run:
    """Train kotovec with the program's options."""
    model = kv.GloVe(vector_size=options.vector_size, window=options.window, x_max=options.x_max)
    return kv.train(model, corpus, epochs=epochs, workers=options.workers, seed=seed)


def compare_speed(program: Program, corpus: kv.Corpus, options: argparse.Namespace) -> None:
    """Alternate one epoch of either, and print entries a second."""
    counted = count(corpus, window=options.window, distance_weighting="harmonic", workers=options.workers)
    entries = len(counted.columns)
    del counted
    print(f"entries: program {program.entries():,}, kotovec {entries:,}")
    ours(corpus, options, 1, 1)  # compiles
    ratios = []
    for _ in range(options.repeats):
        # Without an iteration the program still reads, begins and saves.
        idle, busy = program.train(0, 1), program.train(1, 1)
        theirs = program.entries() / (busy - idle)
        run = ours(corpus, options, 1, 1)
        mine = entries / run.seconds
        ratios.append(mine / theirs)
        print(
            f"program {theirs / 1e6:.2f}, kotovec {mine / 1e6:.2f} million entries a second: "
            f"{ratios[-1]:.1f} times; kotovec counts in {run.count_seconds:.1f} s"
        )
    print(f"median {statistics.median(ratios):.1f} times; kotovec's peak {peak_memory_bytes() or 0:,} bytes")


def compare_quality(program: Program, corpus: kv.Corpus, options: argparse.Namespace) -> None:
    """Train both to the end, and print their scores."""
    for seed in range(1, options.seeds + 1):
        run = ours(corpus, options, options.epochs, seed)
        scores = measure(list(run.vectors.words), run.vectors.matrix, options.evaluation)
        print(f"kotovec, seed {seed}: {_spoken(scores)}; loss {run.loss[-1]:.5f}")
        program.train(options.epochs, seed)
        print(f"program, seed {seed}: {_spoken(program.quality())}")


def _spoken(scores: Quality) -> str:
    parts = f"semantic {scores.semantic:.1%}, syntactic {scores.syntactic:.1%}"
    similarity = f"SIM {scores.ws353_sim:.3f}, REL {scores.ws353_rel:.3f}, SimLex {scores.simlex:.3f}"
    return f"analogies {scores.analogies:.1%} ({parts}), {similarity}"


def main() -> None:
    """Parse, prepare, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("text", type=Path, help="a plain text file, a sentence a line")
    parser.add_argument("--program", type=Path, required=True, help="the folder of the compiled program")
    parser.add_argument("--evaluation", type=Path, default=DATA / "eval" / "en", help="the test sets")
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--window", type=int, default=10)
    parser.add_argument("--x-max", type=float, default=10.0)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--quality", action="store_true")
    options = parser.parse_args()
    options.text = options.text.resolve()
    with tempfile.TemporaryDirectory() as work, kv.Corpus.open(options.text, min_count=5) as corpus:
        program = Program(folder=options.program.resolve(), work=Path(work), options=options)
        counting, shuffling = program.prepare()
        print(f"program: counting {counting:.1f} s, shuffling {shuffling:.1f} s")
        compare_speed(program, corpus, options)
        if options.quality:
            compare_quality(program, corpus, options)


if __name__ == "__main__":
    main()
