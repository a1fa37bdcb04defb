"""What every kernel sees: the parameters, the chunk to learn from, and where its deltas go.

A chunk is up to CHUNK consecutive centres of a slice. Its rows are gathered once, all its scores come
from small matrix products, and it leaves behind a list of rows to be added to the parameters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.compiling import anywhere, helper
from kotovec.engines.cpu.lanes import CACHE_LINE, LANES
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_scaled_row, fetch_line, list_lines
from kotovec.engines.cpu.tiles import TILE

CHUNK = 60
"""Centres in one chunk; a multiple of TILE."""

UNUSED = -1
"""Stands in a list of rows where there is none."""


class Parameters(NamedTuple):
    """What is being learned; D is vector_size rounded up to a multiple of LANES, the rest is zero.

    The two rows of a word stand side by side in one matrix, so that a row's number says all about it.
    """

    W: Any  # float (2 V, D), row 2 k is word k's row of W_in, row 2 k + 1 its row of W_out
    scale: Any  # float, what the changes of the first so many rows are multiplied by, see scales.py


class Chunk(NamedTuple):
    """Which centres to learn from, and how strongly."""

    row: int  # the plan's row
    first: int  # the first centre, as an index into the plan's row
    size: int  # centres, at most CHUNK
    rate: float  # learning rate
    negative_weight: float  # weight of one shared negative for one positive pair, K / M
    measured: bool  # whether to compute the loss


class Deltas(NamedTuple):
    """What one chunk wants added to the parameters; each worker has its own."""

    rows: Any  # float (R, D), in the order of the chunk's list of rows
    lines: Any  # int64 (R * cache lines of a row + LANES,), room for what list_ahead finds
    loss: Any  # float64 (2,), summed loss and positive pairs of a measured chunk, else zeros


@anywhere
def padded(number: int, multiple: int) -> int:
    """Return `number` rounded up to a multiple."""
    return -(-number // multiple) * multiple


def new_matrix(rows: int, columns: int, dtype: Any) -> Any:
    """Return a zero matrix that begins at a cache line, so that no vector straddles two."""
    size = rows * columns
    item = np.dtype(dtype).itemsize
    raw = np.zeros(size * item + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size * item].view(dtype).reshape(rows, columns)


def listed_rows(window: int, negatives: int) -> int:
    """Return R, the length of a chunk's list of rows."""
    return CHUNK + padded(CHUNK + 2 * window, TILE) + padded(negatives, LANES)


@anywhere
def first_negative(rows: int, negatives: int) -> int:
    """Return the place of the first negative in a list of so many rows; they stand at its end."""
    return rows - padded(negatives, LANES)


def new_deltas(window: int, negatives: int, width: int, dtype: Any) -> Deltas:
    """Return room for what one chunk teaches."""
    rows = new_matrix(listed_rows(window, negatives), width, dtype)
    return Deltas(rows, np.zeros(rows.nbytes // CACHE_LINE + LANES, np.int64), np.zeros(2))


@helper
def list_rows(plan: Plan, chunk: Chunk, window: int, contexts_are_inputs: bool, listed: np.ndarray) -> None:
    """Fill `listed`, int32 (R,), with the rows of W that the chunk reads and changes, or UNUSED.

    Row i is that of centre i, CHUNK + q that of context q, which is position first - window + q of the plan's
    row. The negatives at the end are left to draw_negatives.
    """
    kept = plan.kept[chunk.row]
    centre_side, context_side = (1, 0) if contexts_are_inputs else (0, 1)
    origin = chunk.first - window
    low = max(plan.low[chunk.row] - origin, 0)
    high = min(plan.high[chunk.row] - origin, chunk.size + 2 * window)
    for r in range(len(listed)):
        listed[r] = UNUSED
    for i in range(chunk.size):
        listed[i] = 2 * kept[chunk.first + i] + centre_side
    for q in range(low, high):
        listed[CHUNK + q] = 2 * kept[origin + q] + context_side


@helper
def list_ahead(parameters: Parameters, ahead: np.ndarray, lines: np.ndarray) -> int:
    """List the addresses of the cache lines of the rows `ahead`; return their number."""
    line = 0
    for r in range(len(ahead)):
        if ahead[r] != UNUSED:
            line = list_lines(lines, line, parameters.W, ahead[r])
    return line


@helper
def fetch_some(lines: np.ndarray, line: int, number: int) -> int:
    """Fetch so many of `lines` into the cache; return the first one that is left."""
    last = min(line + number, len(lines))
    for at in range(line, last):
        fetch_line(lines, at)
    return last


@helper
def add_row(parameters: Parameters, row: int, rows: np.ndarray, r: int) -> None:
    """Add rows[r] to a row of W."""
    scale = parameters.scale[row] if row < len(parameters.scale) else parameters.scale.dtype.type(1)
    add_scaled_row(parameters.W, row, rows, r, scale)


@helper
def add_deltas(parameters: Parameters, listed: np.ndarray, deltas: Deltas) -> None:
    """Add all rows to the parameters, in their order."""
    for r in range(len(listed)):
        if listed[r] != UNUSED:
            add_row(parameters, listed[r], deltas.rows, r)


@helper
def occurrences(row: int, listed: np.ndarray) -> Any:
    """Return how often `listed` has `row`."""
    seen = np.int32(0)
    for r in range(len(listed)):
        seen += np.int32(listed[r] == row)
    return seen


@helper
def score_loss(score: float, label: int) -> float:
    """Return -log(sigmoid(score)) for label 1, -log(1 - sigmoid(score)) for label 0, in float64."""
    signed = -np.float64(score) if label else np.float64(score)
    return max(signed, 0.0) + np.log1p(np.exp(-abs(signed)))
