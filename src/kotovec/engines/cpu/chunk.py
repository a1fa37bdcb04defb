"""What every kernel sees: the parameters, the chunk to learn from, and where its deltas go.

A chunk is up to CHUNK consecutive centres of a slice. Its rows are gathered once, all its scores come
from small matrix products, and it leaves behind a list of rows to be added to the parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_scaled_row, prefetch_row
from kotovec.engines.cpu.tiles import LANES, TILE

CHUNK = 60
"""Centres in one chunk; a multiple of TILE."""

UNUSED = -1
"""The word id of a row that is not to be added anywhere."""


class Parameters(NamedTuple):
    """What is being learned; D is vector_size rounded up to a multiple of LANES, the rest is zero."""

    w_in: Any  # float (V, D)
    w_out: Any  # float (V, D)
    in_scale: Any  # float, what the changes of the first so many words are multiplied by, see scales.py
    out_scale: Any  # float, the same for w_out


class Chunk(NamedTuple):
    """Which centres to learn from, and how strongly."""

    row: int  # the plan's row
    first: int  # the first centre, as an index into the plan's row
    size: int  # centres, at most CHUNK
    rate: float  # learning rate
    negative_weight: float  # weight of one shared negative for one positive pair, K / M
    measured: bool  # whether to compute the loss


class Deltas(NamedTuple):
    """What one chunk wants added to the parameters, R rows; each worker has its own."""

    rows: Any  # float (R, D), in the order of the chunk's list of rows
    inputs: int  # the first so many rows belong to w_in, the others to w_out
    loss: Any  # float64 (2,), summed loss and positive pairs of a measured chunk, else zeros


def padded(number: int, multiple: int) -> int:
    """Return `number` rounded up to a multiple."""
    return -(-number // multiple) * multiple


def new_matrix(rows: int, columns: int, dtype: Any) -> Any:
    """Return a zero matrix that begins at a cache line, so that no vector straddles two."""
    size = rows * columns
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * item].view(dtype).reshape(rows, columns)


def new_deltas(inputs: int, outputs: int, negatives: int, width: int, dtype: Any) -> Deltas:
    """Return room for a chunk of so many rows of w_in and w_out, negatives not counted."""
    rows = padded(inputs, TILE) + padded(outputs, TILE) + padded(negatives, LANES)
    return Deltas(new_matrix(rows, width, dtype), padded(inputs, TILE), np.zeros(2))


@helper
def list_rows(
    plan: Plan, chunk: Chunk, window: int, contexts_are_inputs: bool, inputs: int, word_ids: np.ndarray
) -> None:
    """Fill `word_ids`, int32 (R,), with the rows that the chunk reads and changes, or UNUSED.

    The first `inputs` are rows of w_in, then come those of w_out: context q is position first - window + q of
    the plan's row, centre i is position first + i. The negatives at the end are left to draw_negatives.
    """
    kept = plan.kept[chunk.row]
    centres, contexts = (inputs, 0) if contexts_are_inputs else (0, inputs)
    origin = chunk.first - window
    low = max(plan.low[chunk.row] - origin, 0)
    high = min(plan.high[chunk.row] - origin, chunk.size + 2 * window)
    for r in range(len(word_ids)):
        word_ids[r] = UNUSED
    for i in range(chunk.size):
        word_ids[centres + i] = kept[chunk.first + i]
    for q in range(low, high):
        word_ids[contexts + q] = kept[origin + q]


@helper
def fetch_ahead(parameters: Parameters, ahead: np.ndarray, inputs: int, first: int, last: int) -> None:
    """Ask the memory for rows first .. last - 1 of the list of a chunk to come."""
    for r in range(first, min(last, len(ahead))):
        if ahead[r] == UNUSED:
            continue
        if r < inputs:
            prefetch_row(parameters.w_in, ahead[r])
        else:
            prefetch_row(parameters.w_out, ahead[r])


@helper
def add_row(parameters: Parameters, word_id: int, is_input: bool, rows: np.ndarray, r: int) -> None:
    """Add rows[r] to the word's row of w_in or of w_out."""
    one = parameters.in_scale.dtype.type(1)
    if is_input:
        scale = parameters.in_scale[word_id] if word_id < len(parameters.in_scale) else one
        add_scaled_row(parameters.w_in, word_id, rows, r, scale)
    else:
        scale = parameters.out_scale[word_id] if word_id < len(parameters.out_scale) else one
        add_scaled_row(parameters.w_out, word_id, rows, r, scale)


@helper
def add_deltas(parameters: Parameters, word_ids: np.ndarray, deltas: Deltas) -> None:
    """Add all rows to the parameters, in their order."""
    for r in range(len(word_ids)):
        if word_ids[r] != UNUSED:
            add_row(parameters, word_ids[r], r < deltas.inputs, deltas.rows, r)


@helper
def score_loss(score: float, label: int) -> float:
    """Return -log(sigmoid(score)) for label 1, -log(1 - sigmoid(score)) for label 0, in float64."""
    signed = -np.float64(score) if label else np.float64(score)
    return max(signed, 0.0) + np.log1p(np.exp(-abs(signed)))
