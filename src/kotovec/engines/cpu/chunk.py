"""What every kernel sees: the parameters, the chunk to learn from, and where its deltas go.

A chunk is up to CHUNK consecutive centres of a slice. Its rows are gathered once, all its scores come
from small matrix products, and it leaves behind a list of rows to be added to the parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.rows import add_scaled_row
from kotovec.engines.cpu.tiles import LANES, TILE

CHUNK = 60
"""Centres in one chunk; a multiple of TILE."""

UNUSED = -1
"""The word id of a row that is not to be added anywhere."""


class Parameters(NamedTuple):
    """What is being learned; D is vector_size rounded up to a multiple of LANES, the rest is zero."""

    w_in: Any  # float (V, D)
    w_out: Any  # float (V, D)
    in_scale: Any  # float (V,), what each word's changes are multiplied by, see scales.update_scales
    out_scale: Any  # float (V,)


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

    rows: Any  # float (R, D)
    word_ids: Any  # int32 (R,), UNUSED or the row of the parameters
    inputs: int  # the first so many rows belong to w_in, the others to w_out
    negatives: Any  # int32 (M,), the negatives drawn for the chunk
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
    return Deltas(
        rows=new_matrix(rows, width, dtype),
        word_ids=np.full(rows, UNUSED, np.int32),
        inputs=padded(inputs, TILE),
        negatives=np.zeros(negatives, np.int32),
        loss=np.zeros(2),
    )


@helper
def add_deltas(parameters: Parameters, deltas: Deltas) -> None:
    """Add all rows to the parameters, in their order."""
    for r in range(len(deltas.word_ids)):
        word_id = deltas.word_ids[r]
        if word_id == UNUSED:
            continue
        if r < deltas.inputs:
            add_scaled_row(parameters.w_in, word_id, deltas.rows, r, parameters.in_scale[word_id])
        else:
            add_scaled_row(parameters.w_out, word_id, deltas.rows, r, parameters.out_scale[word_id])


@helper
def score_loss(score: float, label: int) -> float:
    """Return -log(sigmoid(score)) for label 1, -log(1 - sigmoid(score)) for label 0, in float64."""
    signed = -np.float64(score) if label else np.float64(score)
    return max(signed, 0.0) + np.log1p(np.exp(-abs(signed)))
