"""Learn GloVe on all cores: count, put the counts in order, start the workers, watch over them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.engines.counting import cooccurrence
from kotovec.engines.cpu.chunk import padded
from kotovec.engines.cpu.glove import Sides, Turns, run_cells
from kotovec.engines.cpu.glove_entries import (
    BLOCKS,
    Counts,
    Weighing,
    arrange,
    block_words,
    compile_kernels,
    new_grid,
    position,
)
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.rounds import CONTROL_SIZE, DIVERGED, DONE, STOP
from kotovec.engines.cpu.watching import compile_first, run_workers
from kotovec.engines.learned import Learned, all_finite
from kotovec.errors import TrainingError
from kotovec.models import GloVe
from kotovec.progress import Progress as Look
from kotovec.progress import ProgressCallback

BIAS_RATE = 1.0
"""The step of AdaGrad for biases: the original program does not multiply theirs by the learning rate."""
TURNS, START_ROWS, START_COLUMNS = 3, 4, 5
"""What the streams of random bits are for, beside those of the other engines."""


class Clock:
    """A stopwatch whose laps are added up by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    def lap(self, name: str) -> None:
        """Add the seconds since the last lap to those of `name`."""
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._began
        self._began = now


def learn(
    model: GloVe,
    corpus: Corpus,
    *,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    precision: str,
    progress: ProgressCallback | None,
) -> Learned:
    """Count `corpus`, train `model` on the counts and return both matrices.

    It is always reproducible, in float32.

    Raises
    ------
    TrainingError
        If the numbers stop being finite.
    KeyboardInterrupt
        Passed on, after the workers have stopped.

    """
    clock = Clock()
    cooccurrence.compile_kernels()
    clock.lap("compile")
    counted = cooccurrence.count(
        corpus, window=model.window, distance_weighting="harmonic", workers=workers, progress=progress
    )
    clock.lap("count")
    words = len(counted.offsets) - 1
    sides = new_sides(model, words, seed, np.float32)
    grid = new_grid(words, sides.W.strides[0])
    weighing = Weighing(float(np.log(model.x_max)), float(model.alpha))
    counts = Counts(counted.offsets, counted.columns, counted.values)
    compile_kernels(counts, grid, weighing, np.float32, progress)
    clock.lap("compile")
    entries = arrange(counts, grid, weighing, np.float32, workers)
    del counted, counts  # their disk space
    control, losses = np.zeros(CONTROL_SIZE, np.int64), np.zeros((epochs, BLOCKS, 2))
    arguments = (control, entries, sides, new_turns(epochs, seed), losses)
    clock.lap("count")
    compile_first(run_cells, arguments, progress)
    clock.lap("compile")

    def look(seconds: float) -> Look:
        return _look(len(corpus), model, control[DONE] / len(entries.logs), losses, seconds)

    run_workers(run_cells, [arguments] * workers, look, progress)
    clock.lap("train")
    _check_learned(model, sides, control)
    place = position(words)
    return Learned(
        w_in=sides.W[place, : model.vector_size],
        w_out=sides.C[place, : model.vector_size],
        losses=losses.sum(axis=1, keepdims=True),
        compile_seconds=clock.seconds["compile"],
        train_seconds=clock.seconds["train"],
        count_seconds=clock.seconds["count"],
    )


def new_sides(model: GloVe, words: int, seed: int, dtype: Any) -> Sides:
    """Return both sides before training: vectors and biases even in [-1/2, 1/2) / vector_size, squares 1."""
    size = model.vector_size
    width = padded(size + 2, LANES)
    rates = new_matrix(2, width, dtype)
    rates[:, :size] = model.learning_rate
    sides: list[npt.NDArray[Any]] = []
    for side, purpose in enumerate((START_ROWS, START_COLUMNS)):
        bias, one = size + side, size + 1 - side
        matrix = new_matrix(BLOCKS * block_words(words), 2 * width, dtype)
        generator = np.random.default_rng((seed, purpose))
        step = max(1, 2**22 // size)
        place = position(words)
        for first in range(0, words, step):
            rows = place[first : first + step]
            matrix[rows, : size + 2] = (generator.random((len(rows), size + 2)) - 0.5) / size
        matrix[:, one] = 1
        matrix[:, width:] = 1
        rates[side, bias] = BIAS_RATE
        sides.append(matrix)
    return Sides(W=sides[0], C=sides[1], rates=rates)


def new_turns(epochs: int, seed: int) -> Turns:
    """Return the turns of a training; their order differs from epoch to epoch."""
    in_order = np.tile(np.arange(BLOCKS), (epochs, 1))
    shifts = np.random.default_rng((seed, TURNS)).permuted(in_order, axis=1)
    return Turns(shifts, np.zeros(BLOCKS, np.int64), np.zeros(BLOCKS, np.int64))


def _look(tokens: int, model: GloVe, done: float, losses: npt.NDArray[np.float64], seconds: float) -> Look:
    """Say how far the training is: `done` epochs, in tokens, as every model says it."""
    epoch = min(int(done), len(losses) - 1)
    loss, number = losses[epoch].sum(axis=0)
    return Look(
        stage="train",
        done=int(tokens * done),
        total=tokens * len(losses),
        words_per_second=float(tokens * done / seconds),
        loss=float(loss / number) if number else float("nan"),
        learning_rate=model.learning_rate,
        epoch=epoch,
    )


def _check_learned(model: GloVe, sides: Sides, control: npt.NDArray[np.int64]) -> None:
    """Refuse to hand out NaN or infinity."""
    if control[STOP] == DIVERGED or not (all_finite(sides.W) and all_finite(sides.C)):
        raise TrainingError(
            "Training diverged: the numbers were no longer finite. Nothing was kept; use a smaller "
            f"learning_rate than {model.learning_rate:g}."
        )
