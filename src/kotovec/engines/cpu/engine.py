"""Learn a model on all cores: start the workers, watch over them, check what they have learned."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

import numpy as np

from kotovec.corpus import Corpus
from kotovec.engines.cpu import rounds
from kotovec.engines.cpu.alone import Alone
from kotovec.engines.cpu.dropping import Trials
from kotovec.engines.cpu.free import run_freely
from kotovec.engines.cpu.halves import ALONE, run_halves
from kotovec.engines.cpu.job import Job, half_arguments, prepare, worker_arguments
from kotovec.engines.cpu.matrices import joined
from kotovec.engines.cpu.plan import Text
from kotovec.engines.cpu.schedule import Progress
from kotovec.engines.cpu.softmax_rounds import SoftmaxTraining
from kotovec.engines.cpu.watching import compile_first, run_workers
from kotovec.engines.learned import Learned, all_finite
from kotovec.engines.working import LOOK_SECONDS, compile_in_thread
from kotovec.errors import TrainingError
from kotovec.models import CBOW, SkipGram
from kotovec.models.negative_sampling import steady_rate
from kotovec.progress import Progress as Look
from kotovec.progress import ProgressCallback

_MOST_LOSS = 1.5
"""So many times the loss of vectors that know nothing, an epoch's loss means that training has diverged."""
_ROUNDINGS = 1e-6
"""A loss that is nothing but roundings, such as that of a vocabulary of one word, whose probability is 1."""


def learn(
    model: SkipGram | CBOW,
    corpus: Corpus,
    *,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    precision: str,
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
    job = prepare(
        model,
        corpus,
        epochs=epochs,
        workers=workers,
        seed=seed,
        reproducible=reproducible,
        precision=precision,
    )
    started = time.perf_counter()
    if model.loss == "softmax":
        training = _softmax_training(job, workers)
        compile_in_thread(training.compile, progress)
        compiled = time.perf_counter()
        _run_softmax(training, job, progress)
    else:
        steer = None
        if job.halves:
            loop, arguments = run_halves, half_arguments(job)
            steer = _steering(job)
        elif reproducible:
            loop, arguments = rounds.run_rounds, worker_arguments(job)
        else:
            loop, arguments = run_freely, worker_arguments(job)
        compile_first(loop, arguments[0], progress)
        compiled = time.perf_counter()
        run_workers(loop, arguments, lambda seconds: _training_look(job, seconds), progress, steer)
    trained = time.perf_counter()
    _check_learned(job)
    size, sides, halves_of_W = model.vector_size, job.schedule.sides, [part.W for part in job.parameters]
    losses = np.sum(job.losses, axis=0).reshape(epochs, -1, 2)
    W = halves_of_W[0]
    precision = "mixed" if job.rounded else "float32"
    if job.halves:
        del job, arguments, W  # which hold both halves
        W = joined(halves_of_W)
    tree = model.loss == "hierarchical_softmax"
    return Learned(
        w_in=W[: len(W) // 2, :size] if tree else W[0::sides, :size],
        w_out=None if tree else W[sides - 1 :: sides, :size],
        losses=losses,
        compile_seconds=compiled - started,
        train_seconds=trained - compiled,
        precision=precision,
    )


def _steering(job: Job) -> Callable[[float], None]:
    """Return what tells two workers, a few times a second, how to work together."""
    alone, drops = Alone(job.control), Trials(job.control)

    def look(seconds: float) -> None:
        alone.look(seconds)
        if job.control[ALONE]:
            drops.rest()
        else:
            drops.look(seconds)

    return look


def _softmax_training(job: Job, workers: int) -> SoftmaxTraining:
    return SoftmaxTraining(
        cast(Text, job.text),  # only hierarchical softmax has another
        job.schedule,
        job.parameters[0],
        size=job.model.vector_size,
        divide=not isinstance(job.model, CBOW) or job.model.cbow_gradient == "exact",
        workers=workers,
    )


def _run_softmax(training: SoftmaxTraining, job: Job, progress: ProgressCallback | None) -> None:
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


def _training_look(job: Job, seconds: float) -> Look:
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


def _rate(job: Job, done: int) -> float:
    first, last = job.schedule.first_rate, job.schedule.last_rate
    return first - (first - last) * done / job.total


def _smaller_rate(model: SkipGram | CBOW) -> str:
    """Say which learning rate to use after training has diverged."""
    if model.loss == "negative_sampling":
        steady = steady_rate(model)
        if model.learning_rate > steady:
            return f"a learning_rate of at most {steady:g}, which goes with these options"
    return f"a smaller learning_rate, such as {model.learning_rate / 2:.2g}"


def _check_learned(job: Job) -> None:
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
        if loss > max(_MOST_LOSS * job.untrained_loss, _ROUNDINGS) * pairs:
            raise TrainingError(
                f"Training diverged: in epoch {epoch + 1} of {job.epochs} the loss per pair was "
                f"{loss / pairs:.4g}, where vectors that know nothing have {job.untrained_loss:.4g}. "
                f"Nothing was kept; {started}"
            )
