"""A job: everything that the workers of a training share, and what each of them is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
from kotovec.engines.cpu.control import known_after
from kotovec.engines.cpu.halves import CONTROL_SIZE
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.losses import (
    can_be_halved,
    can_be_rounded,
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
from kotovec.engines.cpu.matrices import start_matrices
from kotovec.engines.cpu.memory import new_table
from kotovec.engines.cpu.path_lists import length_of_list
from kotovec.engines.cpu.paths import TreeText
from kotovec.engines.cpu.plan import SLICE, SLICES, Text, new_plan, slice_length
from kotovec.engines.cpu.random_bits import stream_key
from kotovec.engines.cpu.sampling import kept_counts
from kotovec.engines.cpu.scales import most_racing, round_of
from kotovec.engines.cpu.schedule import Order, Progress, Schedule
from kotovec.engines.cpu.settling import ROUND, new_shared
from kotovec.models import CBOW, SkipGram

POSITIONS, NEGATIVES = 0, 1
"""What the streams of random bits are for, as matrices.START; the numbers are part of what a seed means."""

_MEASURED_CHUNKS, _MEASURED_IN_EPOCH = 1024, 8
"""Chunks whose loss is measured, at least, in all epochs and in each, as far as there are so many."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that the workers share."""

    model: SkipGram | CBOW
    epochs: int
    busy: int  # workers that have something to do
    reproducible: bool
    halves: bool  # whether two workers have half of the columns each
    rounded: bool  # whether products are made of bfloat16
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


def prepare(
    model: SkipGram | CBOW,
    corpus: Corpus,
    *,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    precision: str,
) -> Job:
    """Decide how to train, and prepare everything that does not depend on a single worker."""
    counts = np.asarray(corpus.vocabulary.counts)
    text = new_text(model, corpus)
    total = len(text.token_ids)
    length = slice_length(total)
    size = round_of(model, total)
    busy = min(workers, size.chunks if reproducible else most_racing(total, size.centres))
    halves = reproducible and busy == 2 and can_be_halved(model)
    racing = 1 if reproducible else busy
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
        chunk_centres=size.centres,
        round_chunks=size.chunks,
        known_after=known_after(len(counts)),
        loss_stride=_loss_stride(model, corpus, epochs),
        position_keys=np.array([stream_key(seed, epoch, POSITIONS) for epoch in range(epochs)]),
        negative_keys=np.array([stream_key(seed, epoch, NEGATIVES) for epoch in range(epochs)]),
    )
    blocks = schedule.blocks * epochs
    claims, width = new_claims(schedule.sides * len(counts)), padded(model.vector_size, LANES)
    ends = (first_half(model.vector_size), width) if halves else (width,)
    scales = new_scales(model, text, counts, max(size.tokens, racing * size.centres), epochs)
    layout = (schedule.sides, 1 if isinstance(text, TreeText) else schedule.sides)
    return Job(
        model=model,
        epochs=epochs,
        busy=busy,
        reproducible=reproducible,
        halves=halves,
        rounded=precision == "auto" and can_be_rounded(model),
        text=text,
        schedule=schedule,
        parameters=tuple(
            Parameters(W, scales, claims, new_mean(model, W.shape[1]))
            for W in start_matrices(len(counts), model.vector_size, seed, layout, ends)
        ),
        control=new_table(max(rounds.CONTROL_SIZE, CONTROL_SIZE), np.int64),
        losses=[np.zeros((blocks, 2)) for _ in range(racing)],
        tokens=new_table(1, np.int64),
        untrained_loss=untrained_loss(model, text, counts),
    )


def _loss_stride(model: SkipGram | CBOW, corpus: Corpus, epochs: int) -> int:
    """Return one in how many chunks is measured, so that enough of those are that have pairs.

    Tokens that subsampling leaves out and sentences of one word have none: where most are such, there may be
    pairs in a few chunks only, and all must be measured.
    """
    counts, lengths = np.asarray(corpus.vocabulary.counts), np.diff(corpus.sentence_offsets)
    kept = kept_counts(counts, model.sample).sum() / counts.sum()
    teaching = int(kept * lengths[lengths > 1].sum())
    return max(min(teaching * epochs // _MEASURED_CHUNKS, teaching // _MEASURED_IN_EPOCH) // CHUNK, 1)


def worker_arguments(job: Job) -> list[tuple[Any, ...]]:
    """Return each worker's arguments; in rounds all but the changes and the scratch are shared."""
    model, (parameters,) = job.model, job.parameters
    matrix_rows, width = parameters.W.shape
    rows, negatives = rows_of_list(model, job.text)

    def changes(visits: Visits) -> Changes:
        return new_changes_of(rows, width, visits, np.float32)

    def visits(slots: int) -> Visits:
        return visits_for(model, job.text, slots, width, rounded=job.rounded)

    def scratch() -> Any:
        return new_scratch(model, job.text, rounded=job.rounded)

    common = (job.control, job.text, job.schedule)
    if not job.reproducible:
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
    rounds.open_first_phase(job.control, job.busy, shares_of_adding(job.text, job.busy))
    plan, order = new_plan(model.window), Order(*(np.zeros(SLICES * SLICE, np.int32) for _ in range(2)))
    shared = new_shared(new_lists(ROUND, rows, negatives), width, np.float32)
    together, seen = visits(ROUND), Progress(job.losses[0], job.tokens)
    return [
        (*common, parameters, plan, order, shared, changes(together), seen, scratch())
        for _ in range(job.busy)
    ]


def half_arguments(job: Job) -> list[tuple[Any, ...]]:
    """Return the arguments of the two workers that have half of the columns each."""
    model, slots = job.model, job.schedule.round_chunks
    rows, negatives = rows_of_list(model, job.text)

    visits = length_of_list(job.text.paths) if isinstance(job.text, TreeText) else 0
    in_place = isinstance(model, SkipGram) and not (job.rounded and model.loss == "negative_sampling")
    books = new_books(slots, rows, negatives, visits, np.float32, in_place=in_place)
    plans, orders = new_plans(model.window)
    works, seen = new_halves(model, job.text, slots, rounded=job.rounded), Progress(job.losses[0], job.tokens)
    arguments = []
    for half, parameters in enumerate(job.parameters):
        changes = new_changes_of(rows, parameters.W.shape[1], no_visits(0, np.float32), np.float32)
        own, other = works[half], works[1 - half]
        common = (job.control, job.text, job.schedule, parameters, books, plans, orders)
        arguments.append((*common, own, other, changes, seen, half == 1))
    return arguments
