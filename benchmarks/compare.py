"""kotovec beside gensim: speed, whole command, and quality, as ratios measured in one run.

    python benchmarks/compare.py              speed and whole command, some minutes
    python benchmarks/compare.py --quality    also three seeds of each model, an hour

Both tools train on the same plain text file with vector_size 100, window 5, negative 5, sample 1e-3,
min_count 5 and the same number of workers; gensim reads it by `corpus_file`, its fastest way. Runs of the
two alternate, and the ratios of neighbours are compared, because the speed of a machine drifts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

DATA = Path(os.environ.get("KOTOVEC_DATA", Path(__file__).parents[2] / "shared" / "data"))
HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One tool with one setting."""

    name: str
    tool: str  # "kotovec" or "gensim"
    model: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run of a contender."""

    words_per_second: float
    wall_seconds: float
    peak_megabytes: float


GENSIM = {
    "skipgram": Contender(
        name="gensim", tool="gensim", model="skipgram", options=("--learning-rate", "0.05")
    ),
    "cbow": Contender(name="gensim", tool="gensim", model="cbow", options=("--learning-rate", "0.05")),
}
OURS = {
    "skipgram": (
        Contender(name="kotovec", tool="kotovec", model="skipgram"),
        Contender(name="kotovec, free", tool="kotovec", model="skipgram", options=("--no-reproducible",)),
    ),
    "cbow": (
        Contender(name="kotovec", tool="kotovec", model="cbow"),
        Contender(name="kotovec, free", tool="kotovec", model="cbow", options=("--no-reproducible",)),
    ),
}


def run(
    contender: Contender, text: Path, output: Path, *, epochs: int, workers: int, seed: int = 1
) -> Result:
    """Run one training as a process of its own, and account for it from outside."""
    shared = [
        "--model",
        contender.model,
        "--epochs",
        str(epochs),
        "--workers",
        str(workers),
        "--seed",
        str(seed),
    ]
    report = output.with_suffix(".json")
    if contender.tool == "gensim":
        command = [sys.executable, str(HERE / "peer_gensim.py"), str(text), "-o", str(output)]
    else:
        command = [
            sys.executable,
            "-m",
            "kotovec",
            "train",
            str(text),
            "-o",
            str(output),
            "--report",
            str(report),
        ]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, *shared, *contender.options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    printed = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = status
    if status:
        raise SystemExit(f"{' '.join(command)} failed; run it by hand to see why.")
    said = json.loads(report.read_text() if contender.tool == "kotovec" else printed)
    return Result(
        words_per_second=said["words_per_second"],
        wall_seconds=wall,
        peak_megabytes=usage.ru_maxrss / 1024,
    )


def plain_text(source: Path, folder: Path) -> Path:
    """Return the text uncompressed, since gensim's corpus_file reads nothing else."""
    import pyarrow as pa

    target = folder / "corpus.txt"
    with target.open("wb") as out, pa.input_stream(str(source)) as stream:
        while block := stream.read(2**22):
            out.write(block)
    return target


def corpus_text(named: Path | None, folder: Path) -> Path:
    """Return the text to measure on, uncompressed."""
    source = named or DATA / "en_wiki_10m.txt.zst"
    if not source.exists():
        from kotovec.corpus.builtin import builtin_text

        source = builtin_text()
        print(
            f"No text at {DATA} (set KOTOVEC_DATA, or --text); using the built-in corpus, which is small.\n"
        )
    return plain_text(source, folder)


def describe_machine(text: Path) -> str:
    """Return one line about the processor, the versions and the text."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = named[0].partition(":")[2].strip() if named else model
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "gensim"))
    return (
        f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}; "
        f"a text of {text.stat().st_size:,} bytes"
    )


def compare_speed(
    text: Path, folder: Path, peer: Contender, ours: tuple[Contender, ...], *, rounds: int, workers: int
) -> None:
    """Print words a second while training, one epoch, and the ratios to gensim's."""
    for contender in ours:
        run(contender, text, folder / "warm.bin", epochs=1, workers=workers)  # compiles
    ratios: dict[str, list[float]] = {}
    speeds: dict[str, list[float]] = {}
    for _ in range(rounds):
        theirs = run(peer, text, folder / "peer.bin", epochs=1, workers=workers)
        speeds.setdefault("gensim", []).append(theirs.words_per_second)
        for contender in ours:
            result = run(contender, text, folder / "ours.bin", epochs=1, workers=workers)
            speeds.setdefault(contender.name, []).append(result.words_per_second)
            ratios.setdefault(contender.name, []).append(result.words_per_second / theirs.words_per_second)
    for name, values in speeds.items():
        times = ratios.get(name, [1.0])
        print(
            f"| {peer.model} | {name} | {statistics.median(values):,.0f} | "
            f"{statistics.median(times):.1f} ({min(times):.1f}-{max(times):.1f}) |",
            flush=True,
        )


def compare_commands(text: Path, folder: Path, *, model: str, workers: int) -> None:
    """Print the whole command, five epochs: read, train, save."""
    peer = run(GENSIM[model], text, folder / "peer.bin", epochs=5, workers=workers)
    ours = run(OURS[model][0], text, folder / "ours.bin", epochs=5, workers=workers)
    print(f"| {model} | gensim | {peer.wall_seconds:.1f} | 1.0 | {peer.peak_megabytes:.0f} |")
    ratio = peer.wall_seconds / ours.wall_seconds
    print(
        f"| {model} | kotovec | {ours.wall_seconds:.1f} | {ratio:.1f} | {ours.peak_megabytes:.0f} |",
        flush=True,
    )


def compare_quality(text: Path, folder: Path, *, seeds: int, workers: int) -> None:
    """Print means and standard deviations of every score, five epochs."""
    slow = Contender(
        name="gensim, rate 0.025", tool="gensim", model="skipgram", options=("--learning-rate", "0.025")
    )
    for model in ("skipgram", "cbow"):
        contenders = [GENSIM[model], *([slow] if model == "skipgram" else []), *OURS[model]]
        for contender in contenders:
            print_scores(contender, text, folder, seeds=seeds, workers=workers)


def print_scores(contender: Contender, text: Path, folder: Path, *, seeds: int, workers: int) -> None:
    """Print means and standard deviations of every score of one tool, five epochs."""
    import quality
    from kotovec import load

    scores = []
    for seed in range(1, seeds + 1):
        output = folder / "quality.bin"
        run(contender, text, output, epochs=5, workers=workers, seed=seed)
        vectors = load(output)
        scores.append(quality.measure(vectors.words, vectors.matrix, DATA / "eval" / "en").as_dict())
    cells = []
    for name in ("analogies", "ws353_sim", "ws353_rel", "simlex"):
        values = [score[name] for score in scores]
        spread = statistics.stdev(values) if len(values) > 1 else 0.0
        cells.append(f"{statistics.mean(values):.3f} ± {spread:.3f}")
    print(f"| {contender.model} | {contender.name} | {' | '.join(cells)} |", flush=True)


def speed_parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser of what every script that measures speed in turns takes."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", type=Path, help="text, a sentence a line, compressed or not")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each in a table of speeds")
    parser.add_argument("--workers", type=int, default=2)
    return parser


def main() -> None:
    """Print the tables that the command line asks for."""
    parser = speed_parser(__doc__)
    parser.add_argument(
        "--quality", action="store_true", help="also train three seeds of each, and score them"
    )
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = corpus_text(options.text, folder)
        print(f"{describe_machine(text)}\n")
        print("| model | tool | words/s while training | times gensim, median (range) |\n|---|---|---|---|")
        for model in ("skipgram", "cbow"):
            compare_speed(
                text, folder, GENSIM[model], OURS[model], rounds=options.rounds, workers=options.workers
            )
        print(
            "\n| model | whole command, 5 epochs | seconds | gensim / this | peak MB |\n|---|---|---|---|---|"
        )
        for model in ("skipgram", "cbow"):
            compare_commands(text, folder, model=model, workers=options.workers)
        if options.quality:
            if not (DATA / "eval" / "en").exists():
                raise SystemExit(f"The quality table needs the English test sets in {DATA / 'eval' / 'en'}.")
            print(
                "\n| model | tool | analogies | WS353-SIM | WS353-REL | SimLex |\n|---|---|---|---|---|---|"
            )
            compare_quality(text, folder, seeds=options.seeds, workers=options.workers)


if __name__ == "__main__":
    main()
