"""Learn a model on all cores: prepare the arrays, start the workers, watch over them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.engines.cpu import rounds
from kotovec.engines.cpu.books import new_books, new_plans
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Parameters,
    Visits,
    first_half,
    new_changes_of,
    no_visits,
    padded,
)
from kotovec.engines.cpu.claims import new_claims, new_lists
from kotovec.engines.cpu.dropping import Trials
from kotovec.engines.cpu.free import run_freely
from kotovec.engines.cpu.halves import CONTROL_SIZE, run_halves
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.losses import (
    can_be_halved,
    input_questions,
    new_halves,
    new_mean,
    new_scales,
    new_scratch,
    new_text,
    rows_of_list,
    shares_of_adding,
    untrained_loss,
    visits_for,
)
from kotovec.engines.cpu.matrices import joined, start_matrices
from kotovec.engines.cpu.memory import new_table
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

POSITIONS, NEGATIVES = 0, 1
"""What the streams of random bits are for, as matrices.START; the numbers are part of what a seed means."""

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
    parameters: tuple[Parameters, ...]  # of all columns, or of both halves
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
    busy = min(workers, chunks_in_round(model, len(corpus))) if reproducible else workers
    halves = reproducible and busy == 2 and can_be_halved(model)
    job = _prepare(model, corpus, epochs, seed, 1 if reproducible else workers, halves=halves)
    started = time.perf_counter()
    if model.loss == "softmax":
        training = _softmax_training(job, workers)
        compile_in_thread(training.compile, progress)
        compiled = time.perf_counter()
        _run_softmax(training, job, progress)
    else:
        steer = None
        if halves:
            loop, arguments = run_halves, _half_arguments(job)
            steer = Trials(job.control).look if isinstance(model, SkipGram) else None
        elif reproducible:
            loop, arguments = rounds.run_rounds, _worker_arguments(job, busy, True)
        else:
            loop, arguments = run_freely, _worker_arguments(job, busy, False)
        compile_first(loop, arguments[0], progress)
        compiled = time.perf_counter()
        run_workers(loop, arguments, lambda seconds: _training_look(job, seconds), progress, steer)
    trained = time.perf_counter()
    _check_learned(job)
    size, sides, halves_of_W = model.vector_size, job.schedule.sides, [part.W for part in job.parameters]
    losses = np.sum(job.losses, axis=0).reshape(epochs, -1, 2)
    W = halves_of_W[0]
    if halves:
        del job, arguments, W  # which hold both halves
        W = joined(halves_of_W)
    return Learned(
        w_in=W[0::sides, :size],
        w_out=None if model.loss == "hierarchical_softmax" else W[sides - 1 :: sides, :size],
        losses=losses,
        compile_seconds=compiled - started,
        train_seconds=trained - compiled,
    )


def _prepare(
    model: SkipGram | CBOW, corpus: Corpus, epochs: int, seed: int, racing: int, *, halves: bool = False
) -> _Job:
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
    claims, width = new_claims(schedule.sides * len(counts)), padded(model.vector_size, LANES)
    ends = (first_half(model.vector_size), width) if halves else (width,)
    scales = new_scales(model, text, counts, max(schedule.round_chunks, racing))
    return _Job(
        model=model,
        epochs=epochs,
        text=text,
        schedule=schedule,
        parameters=tuple(
            Parameters(W, scales, claims, new_mean(model, W.shape[1]))
            for W in start_matrices(len(counts), model.vector_size, seed, schedule.sides, ends)
        ),
        control=new_table(max(rounds.CONTROL_SIZE, CONTROL_SIZE), np.int64),
        losses=[np.zeros((blocks, 2)) for _ in range(racing)],
        tokens=new_table(1, np.int64),
        untrained_loss=untrained_loss(model, text, counts),
    )


def _worker_arguments(job: _Job, workers: int, reproducible: bool) -> list[tuple[Any, ...]]:
    """Return each worker's arguments; in rounds all but the changes and the scratch are shared."""
    model, (parameters,) = job.model, job.parameters
    matrix_rows, width = parameters.W.shape
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
                parameters._replace(claims=new_claims(matrix_rows)),
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
        (*common, parameters, plan, order, shared, changes(together), seen, scratch()) for _ in range(workers)
    ]


def _half_arguments(job: _Job) -> list[tuple[Any, ...]]:
    """Return the arguments of the two workers that have half of the columns each."""
    model, slots = job.model, job.schedule.round_chunks
    rows, negatives = rows_of_list(model, job.text)

    books, (plans, orders) = new_books(slots, rows, negatives, np.float32), new_plans(model.window)
    works, seen = new_halves(model, job.text, slots), Progress(job.losses[0], job.tokens)
    arguments = []
    for half, parameters in enumerate(job.parameters):
        changes = new_changes_of(rows, parameters.W.shape[1], no_visits(0, np.float32))
        own, other = works[half], works[1 - half]
        common = (job.control, job.text, job.schedule, parameters, books, plans, orders)
        arguments.append((*common, own, other, changes, seen, half == 1))
    return arguments


def _softmax_training(job: _Job, workers: int) -> SoftmaxTraining:
    return SoftmaxTraining(
        cast(Text, job.text),  # only hierarchical softmax has another
        job.schedule,
        job.parameters[0],
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
    finite = job.control[rounds.STOP] != rounds.DIVERGED and all(
        all_finite(half.W) for half in job.parameters
    )
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
