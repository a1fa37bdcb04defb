"""The same update of skip-gram, four times: how fast each version is, and how far from the layers.

    python benchmarks/four_speeds.py

One chunk of 60 centres, window 5, 32 shared negatives, vector_size 100, float32, one core. The vocabulary is
so small that everything stays in the second-level cache: what is measured is arithmetic, not memory. All
versions take turns, in repetitions of some milliseconds, and the best of them counts, because machines are
shared. docs/one-update-four-speeds.md explains what is seen.
"""

from __future__ import annotations

import os

# One core for all: a matrix product of NumPy would take the others as well. It is read on import.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from four_versions import (
    TILE,
    Engine,
    Stretch,
    asked_by,
    gathered,
    layers_chunk,
    loop_chunk,
    njit,
    numpy_chunk,
    scores_to_gradients,
    tile_chunk,
    tiles_of_changes,
    tiles_of_scores,
)
from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.chunk import band_width, padded
from kotovec.engines.cpu.compiling import kernel
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.products import scores
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch, new_skipgram_scratch
from kotovec.layers import EmbeddingDot

Run = Callable[[int], None]
"""Does the same thing so many times."""

SPAN = 0.003

WORDS, WINDOW, NEGATIVES, SIZE, CENTRES = 500, 5, 32, 100, 60
SCORED = band_width(WINDOW) + padded(NEGATIVES, LANES)
"""Words that the engine, and tiles, score each centre against."""

ENGINE = "4 the engine"
PLAIN: dict[str, Callable[[Any, Any, Stretch], None]] = {
    "1 the layers, question by question": layers_chunk,
    "2 NumPy, the chunk at once": numpy_chunk,
    "3a Numba, a loop": loop_chunk,
    "3b Numba, tiles of 4 by 4": tile_chunk,
}


def example(dtype: type, rate: float = 0.05) -> tuple[Any, Any, Stretch]:
    """Return W_in and W_out, with scores of about -2 to 2, and a chunk in the middle of a text."""
    rng = np.random.default_rng(1)
    W_in, W_out = (0.3 * rng.standard_normal((2, WORDS, SIZE))).astype(dtype)
    reach = rng.integers(1, WINDOW + 1, CENTRES)
    kept = rng.integers(0, WORDS, CENTRES + 2 * WINDOW).astype(np.int32)
    negatives = rng.integers(0, WORDS, NEGATIVES).astype(np.int32)
    return W_in, W_out, Stretch(kept, reach, reach, negatives, rate, 5 / NEGATIVES)


def changes_of(version: str, dtype: type) -> Any:
    """Return what one update adds to both matrices, (2, V, H)."""
    W_in, W_out, s = example(dtype)
    before = np.stack([W_in, W_out]).astype(np.float64)
    if version == ENGINE:
        engine = Engine(W_in, W_out, s)
        engine.update()
        W_in, W_out = engine.matrices()
    else:
        PLAIN[version](W_in, W_out, s)
    return np.stack([W_in, W_out]) - before


def repeated(function: Callable[[], object]) -> Run:
    """Return what calls a function so many times."""

    def run(times: int) -> None:
        for _ in range(times):
            function()

    return run


def update_runs() -> dict[str, Run]:
    """Return every version of the whole update."""
    rate = 1e-6  # so small that the scores stay what they are, however often one chunk is learned
    runs = {}
    for name, version in PLAIN.items():
        W_in, W_out, s = example(np.float32, rate)
        runs[name] = repeated(partial(version, W_in, W_out, s))
    return {**runs, ENGINE: Engine(*example(np.float32, rate)).update}


@njit
def loop_scores(S: Any, X: Any, Z: Any) -> None:
    """S = X @ Z.T, one dot product after the other."""
    for i in range(len(X)):
        for k in range(len(Z)):
            score = X.dtype.type(0)
            for h in range(X.shape[1]):
                score += X[i, h] * Z[k, h]
            S[i, k] = score


@kernel
def engine_scores(times: int, work: SkipGramScratch, no_lines: Any) -> None:
    """Score the rows of X against their contexts and all negatives, as the engine does."""
    work = borrow(work)
    n, band, negatives = work.contexts, band_width(work.window), len(work.sources) - work.contexts
    for _ in range(times):
        for i in range(0, CENTRES, TILE):
            scores(work.S, work.X, i, TILE, work.ZT, 0, work.size, 0, i, band, n, negatives, no_lines, 0)


def score_runs() -> dict[str, Run]:
    """Return ways to score all centres against SCORED words each."""
    W_in, W_out, s = example(np.float32)
    X, Z, S = W_in[:CENTRES], W_out[:SCORED], np.zeros((CENTRES, SCORED), np.float32)
    h, idx, layer = np.repeat(X, SCORED, axis=0), np.tile(np.arange(SCORED), CENTRES), EmbeddingDot(Z)
    X4, Z4, band, N = gathered(W_in, W_out, s)
    S4 = np.zeros((len(X4), len(Z4)), np.float32)
    work, no_lines = new_skipgram_scratch(WINDOW, NEGATIVES, SIZE, SIZE, np.float32), np.zeros(0, np.int64)
    work.X[:, :SIZE], work.ZT[:SIZE] = X, W_out[: work.ZT.shape[1]].T
    return {
        "1 `EmbeddingDot.forward`": repeated(lambda: layer.forward(h, idx)),
        "2 `X @ Z.T`": repeated(lambda: np.matmul(X, Z.T, out=S)),
        "3a a loop": repeated(lambda: loop_scores(S, X, Z)),
        "3b tiles of 4 by 4": repeated(lambda: tiles_of_scores(S4, X4, Z4, band, N)),
        ENGINE: lambda times: engine_scores(times, work, no_lines),
    }


def part_runs() -> dict[str, Run]:
    """Return parts of some versions."""
    W_in, W_out, s = example(np.float32)
    questions = sum(questions_of(s))
    rng = np.random.default_rng(2)
    h, idx = W_in[rng.integers(0, WORDS, questions)], rng.integers(0, WORDS, questions)
    layer, dout = EmbeddingDot(W_out), np.ones(questions, np.float32)
    X, Y, N = W_in[:CENTRES], W_out[s.kept], W_out[s.negatives]
    G_P, G_N = np.ones((CENTRES, len(Y)), np.float32), np.ones((CENTRES, len(N)), np.float32)
    X4, Z4, band, first = gathered(W_in, W_out, s)
    dX, dZ, S = np.zeros_like(X4), np.zeros_like(Z4), np.zeros((len(X4), len(Z4)), np.float32)
    both = repeated(lambda: (layer.forward(h, idx), layer.backward(dout)))
    products = repeated(lambda: (X @ Y.T, X @ N.T, G_P @ Y + G_N @ N, G_P.T @ X, G_N.T @ X))
    return {
        "1 `EmbeddingDot`, forward and backward": both,
        "2 matrix products": products,
        "3b scores to gradients": repeated(lambda: scores_to_gradients(S, s, band, first)),
        "3b changes": repeated(lambda: tiles_of_changes(dX, dZ, S, X4, Z4, band, first)),
    }


def questions_of(s: Stretch) -> tuple[int, int]:
    """Return how many questions have the answer yes, the pairs, and how many have no."""
    no = sum(asked_by(s, i, m) for i in range(len(s.left)) for m in range(len(s.negatives)))
    return int(np.sum(s.left + s.right)), no


def best_seconds(tables: list[dict[str, Run]], repetitions: int) -> list[dict[str, float]]:
    """Return the best time for doing each thing once; all take turns, for about SPAN seconds."""
    best = [dict.fromkeys(table, float("inf")) for table in tables]
    for repetition in range(-2, repetitions):  # the first compiles, the second fills caches
        for seconds, table in zip(best, tables, strict=True):
            for name, run in table.items():
                times = max(1, int(SPAN / seconds[name])) if repetition > 0 else 1
                start = time.perf_counter()
                run(times)
                seconds[name] = min(seconds[name], (time.perf_counter() - start) / times)
    return best


def print_updates(seconds: dict[str, float]) -> None:
    """Print a row for each version of the update."""
    print("| version | µs | times the one before | kept words/s | float64, off by | float32, off by |")
    print("|---|---|---|---|---|---|")
    truth = changes_of(next(iter(PLAIN)), np.float64)
    before = None
    for name, needed in seconds.items():
        off = [
            np.abs(changes_of(name, dtype) - truth).max() / np.abs(truth).max()
            for dtype in (np.float64, np.float32)
        ]
        gain = f"{before / needed:.1f}" if before else ""
        before = needed
        print(
            f"| {name} | {1e6 * needed:,.0f} | {gain} | {CENTRES / needed:,.0f} "
            f"| {off[0]:.0e} | {off[1]:.0e} |"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repetitions", type=int, default=200, help="of some milliseconds, for each version")
    repetitions = parser.parse_args().repetitions
    yes, no = questions_of(example(np.float32)[2])
    updates, products, parts = best_seconds([update_runs(), score_runs(), part_runs()], repetitions)
    print(f"{CENTRES} centres, {yes} pairs, {yes + no:,} questions\n")
    print_updates(updates)
    number = CENTRES * SCORED
    print(f"\n| {number:,} scores | µs | thousand million operations/s |\n|---|---|---|")
    for name, seconds in products.items():
        print(f"| {name} | {1e6 * seconds:,.1f} | {2e-9 * number * SIZE / seconds:,.1f} |")
    print("\n| parts | µs |\n|---|---|")
    for name, seconds in parts.items():
        print(f"| {name} | {1e6 * seconds:,.0f} |")


if __name__ == "__main__":
    main()
