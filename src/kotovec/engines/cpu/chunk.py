"""What every kernel sees: the parameters, the chunk to learn from, and where its deltas go.

A chunk is up to CHUNK consecutive centres of a slice. Its rows are gathered once, all its scores come
from small matrix products, and it leaves behind a list of rows to be added to the parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.rows import add_scaled_row, prefetch_row
from kotovec.engines.cpu.tiles import LANES

CHUNK = 60
"""Centres in one chunk; a multiple of the six rows of a tile."""
TILE = 6

_AHEAD = 8  # rows between asking the memory for a row and adding to it

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
    """What chunks want added to the parameters, one slot a chunk, R rows a slot."""

    rows: Any  # float (slots * R, D)
    word_ids: Any  # int32 (slots, R), UNUSED or the row of the parameters
    inputs: int  # the first so many rows of a slot belong to w_in, the others to w_out
    negatives: Any  # int32 (slots, M), the negatives drawn for each slot
    loss: Any  # float64 (slots, 2), summed loss and positive pairs of a measured chunk, else zeros


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


def new_deltas(slots: int, inputs: int, outputs: int, negatives: int, width: int, dtype: Any) -> Deltas:
    """Return empty slots for chunks of so many rows of w_in and w_out, negatives not counted."""
    rows = padded(inputs, TILE) + padded(outputs, TILE) + padded(negatives, LANES)
    return Deltas(
        rows=new_matrix(slots * rows, width, dtype),
        word_ids=np.full((slots, rows), UNUSED, np.int32),
        inputs=padded(inputs, TILE),
        negatives=np.zeros((slots, negatives), np.int32),
        loss=np.zeros((slots, 2)),
    )


@helper
def apply_slot(parameters: Parameters, deltas: Deltas, slot: int, part: int, parts: int) -> None:
    """Add the rows of one slot whose word ids are `part` modulo `parts`, a power of two, in their order."""
    word_ids = deltas.word_ids[slot]
    rows = len(word_ids)
    mask = np.int32(parts - 1)
    for r in range(rows):
        ahead = word_ids[min(r + _AHEAD, rows - 1)]
        if ahead >= 0 and ahead & mask == part:
            if r + _AHEAD < deltas.inputs:
                prefetch_row(parameters.w_in, ahead)
            else:
                prefetch_row(parameters.w_out, ahead)
        word_id = word_ids[r]
        if word_id >= 0 and word_id & mask == part:
            at = slot * rows + r
            if r < deltas.inputs:
                add_scaled_row(parameters.w_in, word_id, deltas.rows, at, parameters.in_scale[word_id])
            else:
                add_scaled_row(parameters.w_out, word_id, deltas.rows, at, parameters.out_scale[word_id])


@helper
def score_loss(score: float, label: int) -> float:
    """Return -log(sigmoid(score)) for label 1, -log(1 - sigmoid(score)) for label 0, in float64."""
    signed = -np.float64(score) if label else np.float64(score)
    return max(signed, 0.0) + np.log1p(np.exp(-abs(signed)))
