"""Training with full softmax: rounds again, each one step of gradient descent on a batch of samples.

A round costs so much arithmetic that Python can lead it: it gathers the samples, then the workers go through
blocks of samples, then through tiles of words. Every block and every tile is always the same, and nobody
else writes what one of them writes; so the result is the same bit for bit at every worker count.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.chunk import Chunk, Parameters
from kotovec.engines.cpu.compiling import helper, kernel
from kotovec.engines.cpu.plan import SLICE, SLICES, Plan, Text, new_plan
from kotovec.engines.cpu.schedule import Order, Progress, Schedule, chunk_at, plan_row, put_in_order
from kotovec.engines.cpu.softmax import (
    ROWS,
    WORDS,
    Batch,
    SoftmaxScratch,
    ask_inputs,
    change_inputs,
    change_words,
    gather_means,
    learn_rows,
    new_batch,
    new_softmax_scratch,
)


@kernel
def plan_block(text: Text, schedule: Schedule, plan: Plan, order: Order, block: int) -> int:
    """Plan a block's slices and put its chunks in order; return how many there are."""
    text, schedule, plan, order = borrow(text), borrow(schedule), borrow(plan), borrow(order)
    for row in range(SLICES):
        plan_row(text, schedule, plan, block, row)
    return put_in_order(schedule, plan, order)


@helper
def add_samples(plan: Plan, chunk: Chunk, contexts_are_inputs: bool, divide: bool, batch: Batch) -> None:
    """Add the centres of a chunk that have a context to the batch."""
    kept = plan.kept[chunk.row]
    centres, centre_ends, contexts, context_ends = (
        (batch.targets, batch.target_ends, batch.inputs, batch.input_ends)
        if contexts_are_inputs
        else (batch.inputs, batch.input_ends, batch.targets, batch.target_ends)
    )
    for at in range(chunk.first, chunk.first + chunk.size):
        left, right = np.int64(plan.left[chunk.row, at]), np.int64(plan.right[chunk.row, at])
        if left + right == 0:
            continue
        i = batch.size[0]
        batch.size[0] = i + 1
        centres[centre_ends[i]] = kept[at]
        centre_ends[i + 1] = centre_ends[i] + 1
        end = context_ends[i]
        for context in range(at - left, at + right + 1):
            if context != at:
                contexts[end] = kept[context]
                end += 1
        context_ends[i + 1] = end
        batch.rates[i] = chunk.rate
        batch.shares[i] = 1 / (batch.input_ends[i + 1] - batch.input_ends[i]) if divide else 1.0


@kernel
def gather_round(
    text: Text,
    schedule: Schedule,
    parameters: Parameters,
    plan: Plan,
    order: Order,
    block: int,
    first: int,
    last: int,
    divide: bool,
    batch: Batch,
) -> None:
    """Make a batch of the block's chunks first .. last - 1."""
    text, schedule, parameters = borrow(text), borrow(schedule), borrow(parameters)
    plan, order, batch = borrow(plan), borrow(order), borrow(batch)
    batch.size[0] = 0
    for at in range(first, last):
        chunk = chunk_at(text, schedule, plan, block, order.rows[at], order.indices[at])
        add_samples(plan, chunk, schedule.contexts_are_inputs, divide, batch)
    gather_means(parameters, batch)
    ask_inputs(batch)


@kernel
def finish_round(parameters: Parameters, batch: Batch, losses: np.ndarray, block: int) -> None:
    """Change the input rows, and note the loss of all samples."""
    parameters, batch = borrow(parameters), borrow(batch)
    change_inputs(parameters, batch)
    for i in range(batch.size[0]):
        losses[block, 0] += batch.losses[i]
        losses[block, 1] += batch.target_ends[i + 1] - batch.target_ends[i]


class SoftmaxTraining:
    """A training that is led from Python, round by round."""

    def __init__(
        self, text: Text, schedule: Schedule, parameters: Parameters, *, size: int, divide: bool, workers: int
    ) -> None:
        """Make room for one round, and buffers for each worker."""
        self._text, self._schedule, self._parameters, self._divide = text, schedule, parameters, divide
        width = parameters.W.shape[1]
        self._plan = new_plan(schedule.window)
        self._order = Order(*(np.zeros(SLICES * SLICE, np.int32) for _ in range(2)))
        words, dtype = len(parameters.W) // 2, parameters.W.dtype
        samples = schedule.round_chunks * schedule.chunk_centres
        self._batch = new_batch(samples, words, schedule.window, width, dtype)
        self._work = [new_softmax_scratch(size, parameters.W.dtype) for _ in range(workers)]

    def compile(self) -> None:
        """Make the machine code of all kernels, or load it from disk, by a round of nothing."""
        plan_block(self._text, self._schedule, self._plan, self._order, 0)
        self._gather(0, 0, 0)
        nothing = self._parameters._replace(W=self._parameters.W[:0])
        learn_rows(nothing, self._batch, 0, self._work[0])
        change_words(self._parameters, self._batch, 0, self._work[0])
        finish_round(self._parameters, self._batch, np.zeros((1, 2)), 0)

    def run(self, seen: Progress, look: Callable[[], None]) -> bool:
        """Train, and call `look` between rounds; return whether all losses were finite."""
        schedule, total = self._schedule, len(self._text.token_ids)
        with ThreadPoolExecutor(len(self._work)) as pool:
            for block in range(schedule.blocks * schedule.epochs):
                chunks = plan_block(self._text, schedule, self._plan, self._order, block)
                before = int(seen.tokens[0])
                span = SLICES * schedule.slice_length
                tokens = min(span, total - (block % schedule.blocks) * span)
                for first in range(0, chunks, schedule.round_chunks):
                    last = min(first + schedule.round_chunks, chunks)
                    self._round(pool, block, first, last, seen)
                    if not np.isfinite(seen.loss[block, 0]):
                        return False
                    seen.tokens[0] = before + tokens * last // chunks
                    look()
                seen.tokens[0] = before + tokens
        return True

    def _gather(self, block: int, first: int, last: int) -> None:
        gather_round(
            self._text,
            self._schedule,
            self._parameters,
            self._plan,
            self._order,
            block,
            first,
            last,
            self._divide,
            self._batch,
        )

    def _round(self, pool: ThreadPoolExecutor, block: int, first: int, last: int, seen: Progress) -> None:
        self._gather(block, first, last)
        self._share_out(pool, learn_rows, range(0, int(self._batch.size[0]), ROWS))
        self._share_out(pool, change_words, range(0, len(self._parameters.W) // 2, WORDS))
        finish_round(self._parameters, self._batch, seen.loss, block)

    def _share_out(self, pool: ThreadPoolExecutor, part: Callable[..., None], starts: range) -> None:
        """Let each worker do every so many-th of the parts."""

        def mine(work: SoftmaxScratch, own: range) -> None:
            for start in own:
                part(self._parameters, self._batch, start, work)

        workers = len(self._work)
        for done in [pool.submit(mine, self._work[w], starts[w::workers]) for w in range(workers)]:
            done.result()
