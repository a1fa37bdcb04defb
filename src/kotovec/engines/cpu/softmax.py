"""Full softmax: every sample is compared with all V words, exactly, a few words at a time.

A batch holds the samples of a round. A sample is the mean h of one or several input rows, and the words y_q
that are right for it: for skip-gram the centre's row and its context words, for CBOW the mean of the context
and the centre. With the probabilities p of all words v, whose output rows are n_v:

    p_v = exp(h . n_v) / Z,   Z = sum_v exp(h . n_v)        loss = sum_q log Z - h . n_(y_q)

    dh   = rate * (sum_q n_(y_q) - Q * sum_v p_v n_v)                     Q right words
    dn_v = rate * sum over samples of (times v is right - Q * p_v) * h

All scores of a batch would not fit into memory when V is large, and a tile of them does. So `learn_rows` goes
through the words a tile at a time and keeps only, for each sample, the largest score so far, the sum of the
exponentials below it, and their mean row (Milakov and Gimelshein 2018, arXiv:1805.02867); then `change_words`
computes each tile of scores once more, now that Z is known.

It must equal `engines.reference.softmax.softmax_deltas`, which plays the same samples on the layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.chunk import Parameters, copy_rows, padded
from kotovec.engines.cpu.compiling import helper, kernel
from kotovec.engines.cpu.exponential import exponentials_of_row, largest_in_row
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.places import Rows, address_of_row, rows_of
from kotovec.engines.cpu.products import product, scores
from kotovec.engines.cpu.rows import add_scaled_row, dot_rows, scale_row
from kotovec.engines.cpu.tiles import TILE

ROWS = 64
"""Samples that go through the words together; a multiple of TILE."""
WORDS = 256
"""Words in a tile; a multiple of LANES and of TILE."""
MOST_STEPS = 1.0
"""Most that learning rate times all questions about a row may be in one round. Less than claims.MOST_STEPS:
here the rows of all words move together, and soon overshoot together."""


class Batch(NamedTuple):
    """The samples of one round, B samples at most; the rest of the rows is zero."""

    size: Any  # int64 (1,), the samples that there are
    input_ends: Any  # int64 (B + 1,), sample i's input words are inputs[input_ends[i] : input_ends[i + 1]]
    inputs: Any  # int32
    target_ends: Any  # int64 (B + 1,), the same for the words that are right
    targets: Any  # int32
    rates: Any  # float64 (B,), learning rates
    shares: Any  # float64 (B,), what each input word gets of the gradient of h
    H: Any  # (B, D)
    GH: Any  # (B, D), their gradients
    log_sums: Any  # float64 (B,), log Z
    losses: Any  # float64 (B,)
    asked: Any  # float64 (V,), learning rate times all questions about each input word
    most_steps: float  # what of it is answered, at most


class SoftmaxScratch(NamedTuple):
    """One worker's buffers."""

    size: int  # vector_size; the rows' further elements are zero
    Z: Any  # (WORDS, D) the output rows of a tile of words
    ZT: Any  # (D, WORDS)
    sources: Any  # int64 (WORDS,), the addresses of those rows
    C: Any  # (WORDS, D) the changes of these rows
    C_rows: Rows  # where they are
    asked: Any  # (WORDS,) learning rate times all questions about each of these words
    S: Any  # (ROWS, WORDS) scores, then exponentials or gradients
    A: Any  # (ROWS, D) sums of rows, weighted by exponentials
    A_rows: Rows
    largest: Any  # float64 (ROWS,)
    sums: Any  # float64 (ROWS,)
    lines: Any  # int64 (1,), nothing to fetch ahead


def new_batch(
    samples: int, words: int, window: int, width: int, dtype: Any, most_steps: float = MOST_STEPS
) -> Batch:
    """Return room for so many samples, whose contexts reach `window` of V `words` to each side."""
    rows = padded(samples, ROWS)
    return Batch(
        size=np.zeros(1, np.int64),
        input_ends=np.zeros(samples + 1, np.int64),
        inputs=np.zeros(samples * 2 * window, np.int32),
        target_ends=np.zeros(samples + 1, np.int64),
        targets=np.zeros(samples * 2 * window, np.int32),
        rates=np.zeros(samples),
        shares=np.zeros(samples),
        H=new_matrix(rows, width, dtype),
        GH=new_matrix(rows, width, dtype),
        log_sums=np.zeros(rows),
        losses=np.zeros(samples),
        asked=np.zeros(words),
        most_steps=most_steps,
    )


def new_softmax_scratch(size: int, dtype: Any) -> SoftmaxScratch:
    """Return buffers for one worker."""
    width = padded(size, LANES)
    A, C = new_matrix(ROWS, width, dtype), new_matrix(WORDS, width, dtype)
    return SoftmaxScratch(
        size=size,
        Z=new_matrix(WORDS, width, dtype),
        ZT=new_matrix(width, WORDS, dtype),
        sources=np.zeros(WORDS, np.int64),
        C=C,
        C_rows=rows_of(C),
        asked=np.zeros(WORDS, dtype),
        S=new_matrix(ROWS, WORDS, dtype),
        A=A,
        A_rows=rows_of(A),
        largest=np.zeros(ROWS),
        sums=np.zeros(ROWS),
        lines=np.zeros(1, np.int64),
    )


@helper
def gather_means(parameters: Parameters, batch: Batch) -> None:
    """Fill H with the means of the samples' input rows, and with zeros behind the last sample."""
    number = batch.H.dtype.type
    size = batch.size[0]
    for i in range(size):
        batch.H[i] = number(0)
        first, last = batch.input_ends[i], batch.input_ends[i + 1]
        share = number(1) / number(last - first)
        for at in range(first, last):
            add_scaled_row(batch.H, i, parameters.W, 2 * np.int64(batch.inputs[at]), share)
    batch.H[size : padded(size, ROWS)] = number(0)


@helper
def ask_inputs(batch: Batch) -> None:
    """Add up what is asked of the input words' rows: about a sample's right words, and as much about all."""
    batch.asked[:] = 0.0
    for i in range(batch.size[0]):
        right = batch.target_ends[i + 1] - batch.target_ends[i]
        for at in range(batch.input_ends[i], batch.input_ends[i + 1]):
            batch.asked[batch.inputs[at]] += 2 * batch.rates[i] * batch.shares[i] * right


@helper
def _copy_tile(work: SoftmaxScratch, parameters: Parameters, first: int, last: int) -> None:
    """Copy the output rows of the words first .. last - 1; the last one fills the tile."""
    for z in range(WORDS):
        work.sources[z] = address_of_row(parameters.W, 2 * min(first + z, last - 1) + 1)
    copy_rows(work.Z, work.ZT, work.sources, 0, padded(last - first, LANES))


@helper
def _score(work: SoftmaxScratch, batch: Batch, first: int, words: int) -> None:
    columns = padded(words, LANES)
    H = batch.H[first : first + ROWS]
    scores(work.S, H, 0, ROWS, work.ZT, 0, work.size, 0, 0, columns, columns, 0, work.lines[:0], 0)


@kernel
def learn_rows(parameters: Parameters, batch: Batch, first: int, work: SoftmaxScratch) -> None:
    """Compute log Z, the loss and the gradient of h for the ROWS samples from `first` on."""
    parameters, batch, work = borrow(parameters), borrow(batch), borrow(work)
    number = work.A.dtype.type
    work.A[:] = number(0)
    work.largest[:] = -np.inf
    work.sums[:] = 0.0
    V, lines = len(parameters.W) // 2, work.lines[:0]
    for start in range(0, V, WORDS):
        words = min(WORDS, V - start)
        _copy_tile(work, parameters, start, start + words)
        _score(work, batch, first, words)
        for r in range(ROWS):
            _add_exponentials(work, r, words)
        product(work.A_rows, 0, work.S, 0, 0, WORDS, 1, work.Z, 0, ROWS, words, words, 0, 0, lines, 0)
    for r in range(min(ROWS, batch.size[0] - first)):
        _finish_sample(work, parameters, batch, first + r, r)


@helper
def _add_exponentials(work: SoftmaxScratch, r: int, words: int) -> None:
    """Turn a row of scores into exponentials below the largest so far, and bring the sums down to that."""
    number = work.A.dtype.type
    before = work.largest[r]
    largest = np.float64(largest_in_row(work.S, r, words, number(before)))
    if largest > before:
        shrink = np.exp(before - largest)
        work.sums[r] *= shrink
        scale_row(work.A, r, work.A, r, number(shrink))
        work.largest[r] = largest
    work.sums[r] += np.float64(exponentials_of_row(work.S, r, words, number(work.largest[r]), number(1)))


@helper
def _finish_sample(work: SoftmaxScratch, parameters: Parameters, batch: Batch, i: int, r: int) -> None:
    number = work.A.dtype.type
    first, last = batch.target_ends[i], batch.target_ends[i + 1]
    batch.log_sums[i] = work.largest[r] + np.log(work.sums[r])
    batch.losses[i] = (last - first) * batch.log_sums[i]
    scale_row(batch.GH, i, work.A, r, number(-batch.rates[i] * (last - first) / work.sums[r]))
    for at in range(first, last):
        row = 2 * np.int64(batch.targets[at]) + 1
        batch.losses[i] -= np.float64(dot_rows(batch.H, i, parameters.W, row))
        add_scaled_row(batch.GH, i, parameters.W, row, number(batch.rates[i]))


@kernel
def change_words(parameters: Parameters, batch: Batch, start: int, work: SoftmaxScratch) -> None:
    """Change the output rows of the WORDS words from `start` on.

    What is asked of a word's row is known once all samples have said how probable the word is.
    """
    parameters, batch, work = borrow(parameters), borrow(batch), borrow(work)
    number = work.A.dtype.type
    words = min(WORDS, len(parameters.W) // 2 - start)
    _copy_tile(work, parameters, start, start + words)
    rows, lines = padded(words, TILE), work.lines[:0]
    work.C[:] = number(0)
    work.asked[:] = number(0)
    for first in range(0, batch.size[0], ROWS):
        _score(work, batch, first, words)
        samples = min(ROWS, batch.size[0] - first)
        for r in range(samples):
            _teach_sample(work, batch, first + r, r, start, words)
        product(
            work.C_rows, 0, work.S, 0, 0, 1, WORDS, batch.H, first, rows, samples, samples, 0, 0, lines, 0
        )
    for z in range(words):
        row = 2 * (start + z) + 1
        add_scaled_row(parameters.W, row, work.C, z, _limited(parameters, batch, row, work.asked[z]))


@helper
def _teach_sample(work: SoftmaxScratch, batch: Batch, i: int, r: int, start: int, words: int) -> None:
    """Turn a sample's scores into gradients of the words from `start` on; add what they ask."""
    number = work.A.dtype.type
    first, last = batch.target_ends[i], batch.target_ends[i + 1]
    rate = number(batch.rates[i])
    exponentials_of_row(work.S, r, words, number(batch.log_sums[i]), -rate * number(last - first))
    for z in range(words):
        work.asked[z] -= work.S[r, z]
    for at in range(first, last):
        z = batch.targets[at] - np.int64(start)
        if 0 <= z < words:
            work.S[r, z] += rate
            work.asked[z] += rate


@helper
def _limited(parameters: Parameters, batch: Batch, row: int, steps: float) -> Any:
    """Return what the changes of a row are multiplied by, of which so many steps are asked."""
    scale = parameters.scale[min(row, len(parameters.scale) - 1)]
    most = batch.most_steps
    return min(scale, parameters.scale.dtype.type(most / steps)) if steps > most else scale


@helper
def change_inputs(parameters: Parameters, batch: Batch) -> None:
    """Add to each input row its share of the gradients of h, sample after sample."""
    number = batch.H.dtype.type
    for i in range(batch.size[0]):
        for at in range(batch.input_ends[i], batch.input_ends[i + 1]):
            word = np.int64(batch.inputs[at])
            share = number(batch.shares[i]) * _limited(parameters, batch, 2 * word, batch.asked[word])
            row = 2 * word
            add_scaled_row(parameters.W, row, batch.GH, i, share)
