"""Learn a model on all cores: prepare the arrays, start the workers, watch over them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.engines.cpu import rounds
from kotovec.engines.cpu.chunk import CHUNK, Changes, Parameters, Visits, new_changes_of, padded
from kotovec.engines.cpu.claims import new_claims, new_lists
from kotovec.engines.cpu.free import run_freely
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.losses import (
    input_questions,
    new_mean,
    new_scales,
    new_scratch,
    new_text,
    rows_of_list,
    shares_of_adding,
    untrained_loss,
    visits_for,
)
from kotovec.engines.cpu.memory import new_matrix, new_table
from kotovec.engines.cpu.paths import TreeText
from kotovec.engines.cpu.plan import SLICE, SLICES, Text, new_plan, slice_length
from kotovec.engines.cpu.random_bits import stream_key
from kotovec.engines.cpu.scales import chunks_in_round
from kotovec.engines.cpu.schedule import Order, Progress, Schedule
from kotovec.engines.cpu.settling import ROUND, new_shared
from kotovec.engines.cpu.softmax_rounds import SoftmaxTraining
from kotovec.engines.cpu.watching import compile_first, run_workers
from kotovec.engines.learned import Learned, all_finite
from kotovec.engines.working import LOOK_SECONDS, compile_in_thread
from kotovec.errors import TrainingError
from kotovec.models import CBOW, SkipGram
from kotovec.models.negative_sampling import steady_rate
from kotovec.progress import Progress as Look
from kotovec.progress import ProgressCallback

POSITIONS, NEGATIVES, START = 0, 1, 2
"""What the streams of random bits are for; the numbers are part of what a seed means."""

Matrix = npt.NDArray[np.float32]

_MOST_LOSS = 1.5
"""So many times the loss of vectors that know nothing, an epoch's loss means that training has diverged."""

_MEASURED_CHUNKS, _MEASURED_IN_EPOCH = 1024, 8
"""Chunks whose loss is measured, at least, in all epochs and in each, as far as there are so many."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    """Everything that the workers share."""

    model: SkipGram | CBOW
    epochs: int
    text: Text | TreeText
    schedule: Schedule
    parameters: Parameters
    control: npt.NDArray[np.int64]
    losses: list[npt.NDArray[np.float64]]  # one for all, or one for each free-running worker
    tokens: npt.NDArray[np.int64]
    untrained_loss: float  # per positive pair, before anything is learned

    @property
    def total(self) -> int:
        """Tokens to be processed in all epochs together."""
        return len(self.text.token_ids) * self.epochs


def learn(
    model: SkipGram | CBOW,
    corpus: Corpus,
    *,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    progress: ProgressCallback | None,
) -> Learned:
    """Train `model` on `corpus` and return both matrices.

    Raises
    ------
    TrainingError
        If the numbers stop being finite.
    KeyboardInterrupt
        Passed on, after the workers have stopped.

    """
    job = _prepare(model, corpus, epochs, seed, 1 if reproducible else workers)
    started = time.perf_counter()
    if model.loss == "softmax":
        training = _softmax_training(job, workers)
        compile_in_thread(training.compile, progress)
        compiled = time.perf_counter()
        _run_softmax(training, job, progress)
    else:
        loop = rounds.run_rounds if reproducible else run_freely
        busy = min(workers, job.schedule.round_chunks) if reproducible else workers
        arguments = _worker_arguments(job, busy, reproducible)
        compile_first(loop, arguments[0], progress)
        compiled = time.perf_counter()
        run_workers(loop, arguments, lambda seconds: _training_look(job, seconds), progress)
    trained = time.perf_counter()
    _check_learned(job)
    size, sides = model.vector_size, job.schedule.sides
    return Learned(
        w_in=job.parameters.W[0::sides, :size],
        w_out=None if model.loss == "hierarchical_softmax" else job.parameters.W[sides - 1 :: sides, :size],
        losses=np.sum(job.losses, axis=0).reshape(epochs, -1, 2),
        compile_seconds=compiled - started,
        train_seconds=trained - compiled,
    )


def start_matrix(words: int, vector_size: int, seed: int, sides: int) -> Matrix:
    """Return W, whose rows of W_in are small and random and whose rows of W_out are zero, as in word2vec.c.

    The random elements are even in [-1/2, 1/2) / vector_size, whatever the padding. With one side all rows
    are W_in's: a matrix of zeros in both roles would stay zero.
    """
    W: Matrix = new_matrix(sides * words, padded(vector_size, LANES), np.float32)
    generator = np.random.default_rng((seed, START))
    step = max(1, 2**22 // vector_size)
    for first in range(0, words, step):
        rows = W[sides * first : sides * (first + step) : sides, :vector_size]
        rows[:] = (generator.random(rows.shape, dtype=np.float32) - 0.5) / vector_size
    return W


def _prepare(model: SkipGram | CBOW, corpus: Corpus, epochs: int, seed: int, racing: int) -> _Job:
    """Prepare a training; `racing` is the number of free-running workers, or 1."""
    counts = np.asarray(corpus.vocabulary.counts)
    text = new_text(model, corpus)
    total = len(text.token_ids)
    length = slice_length(total)
    schedule = Schedule(
        window=model.window,
        sides=1 if model.tied else 2,
        contexts_are_inputs=isinstance(model, CBOW),
        negatives=model.shared_negatives,
        negative_weight=model.negative / model.shared_negatives,
        input_questions=input_questions(model, text, counts),
        first_rate=model.learning_rate,
        last_rate=model.last_learning_rate,
        epochs=epochs,
        slice_length=length,
        blocks=-(-total // (SLICES * length)),
        round_chunks=chunks_in_round(model, total),
        loss_stride=max(min(total * epochs // _MEASURED_CHUNKS, total // _MEASURED_IN_EPOCH) // CHUNK, 1),
        position_keys=np.array([stream_key(seed, epoch, POSITIONS) for epoch in range(epochs)]),
        negative_keys=np.array([stream_key(seed, epoch, NEGATIVES) for epoch in range(epochs)]),
    )
    blocks = schedule.blocks * epochs
    return _Job(
        model=model,
        epochs=epochs,
        text=text,
        schedule=schedule,
        parameters=Parameters(
            start_matrix(len(counts), model.vector_size, seed, schedule.sides),
            new_scales(model, text, counts, max(schedule.round_chunks, racing)),
            new_claims(schedule.sides * len(counts)),
            new_mean(model),
        ),
        control=new_table(rounds.CONTROL_SIZE, np.int64),
        losses=[np.zeros((blocks, 2)) for _ in range(racing)],
        tokens=new_table(1, np.int64),
        untrained_loss=untrained_loss(model, text, counts),
    )


def _worker_arguments(job: _Job, workers: int, reproducible: bool) -> list[tuple[Any, ...]]:
    """Return each worker's arguments; in rounds all but the changes and the scratch are shared."""
    model, (matrix_rows, width) = job.model, job.parameters.W.shape
    rows, negatives = rows_of_list(model, job.text)

    def changes(visits: Visits) -> Changes:
        return new_changes_of(rows, width, visits)

    def visits(slots: int) -> Visits:
        return visits_for(model, job.text, slots, width)

    def scratch() -> Any:
        return new_scratch(model, job.text)

    common = (job.control, job.text, job.schedule)
    if not reproducible:
        return [
            (
                *common,
                job.parameters._replace(claims=new_claims(matrix_rows)),
                new_plan(model.window),
                new_lists(1, rows, negatives),
                changes(visits(1)),
                Progress(losses, job.tokens),
                scratch(),
            )
            for losses in job.losses
        ]
    rounds.open_first_phase(job.control, workers, shares_of_adding(job.text, workers))
    plan, order = new_plan(model.window), Order(*(np.zeros(SLICES * SLICE, np.int32) for _ in range(2)))
    shared = new_shared(new_lists(ROUND, rows, negatives), width, np.float32)
    together, seen = visits(ROUND), Progress(job.losses[0], job.tokens)
    return [
        (*common, job.parameters, plan, order, shared, changes(together), seen, scratch())
        for _ in range(workers)
    ]


def _softmax_training(job: _Job, workers: int) -> SoftmaxTraining:
    return SoftmaxTraining(
        cast(Text, job.text),  # only hierarchical softmax has another
        job.schedule,
        job.parameters,
        size=job.model.vector_size,
        divide=not isinstance(job.model, CBOW) or job.model.cbow_gradient == "exact",
        workers=workers,
    )


def _run_softmax(training: SoftmaxTraining, job: _Job, progress: ProgressCallback | None) -> None:
    started = looked = time.perf_counter()

    def look() -> None:
        nonlocal looked
        now = time.perf_counter()
        if progress is not None and now - looked >= LOOK_SECONDS:
            looked = now
            progress(_training_look(job, now - started))

    if not training.run(Progress(job.losses[0], job.tokens), look):
        job.control[rounds.STOP] = rounds.DIVERGED
    elif progress is not None:
        progress(_training_look(job, time.perf_counter() - started))


def _training_look(job: _Job, seconds: float) -> Look:
    done = int(job.tokens[0])
    recent = np.sum(job.losses, axis=0)
    blocks = len(recent) * done // job.total
    loss, pairs = recent[max(0, blocks - 16) : blocks + 1].sum(axis=0)
    return Look(
        stage="train",
        done=done,
        total=job.total,
        words_per_second=done / seconds,
        loss=float(loss / pairs) if pairs else float("nan"),
        learning_rate=_rate(job, done),
        epoch=min(done * job.epochs // job.total, job.epochs - 1),
    )


def _rate(job: _Job, done: int) -> float:
    first, last = job.schedule.first_rate, job.schedule.last_rate
    return first - (first - last) * done / job.total


def _smaller_rate(model: SkipGram | CBOW) -> str:
    """Say which learning rate to use after training has diverged."""
    if model.loss == "negative_sampling":
        steady = steady_rate(model)
        if model.learning_rate > steady:
            return f"a learning_rate of at most {steady:g}, which goes with these options"
    return "a smaller learning_rate"


def _check_learned(job: _Job) -> None:
    """Refuse to hand out NaN, infinity, or vectors that once predicted worse than none."""
    finite = job.control[rounds.STOP] != rounds.DIVERGED and all_finite(job.parameters.W)
    started = f"training began at learning rate {job.schedule.first_rate:g}; use {_smaller_rate(job.model)}."
    if not finite:
        done = int(job.tokens[0])
        raise TrainingError(
            f"Training diverged: after {done:,} of {job.total:,} tokens, at learning rate "
            f"{_rate(job, done):.4g}, the numbers were no longer finite. Nothing was kept; {started}"
        )
    epochs = np.sum(job.losses, axis=0).reshape(job.epochs, -1, 2).sum(axis=1)
    for epoch, (loss, pairs) in enumerate(epochs):
        if loss > _MOST_LOSS * job.untrained_loss * pairs:
            raise TrainingError(
                f"Training diverged: in epoch {epoch + 1} of {job.epochs} the loss per pair was "
                f"{loss / pairs:.4g}, where vectors that know nothing have {job.untrained_loss:.4g}. "
                f"Nothing was kept; {started}"
            )
