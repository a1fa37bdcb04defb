"""Sums over the windows of neighbouring centres: the means of the contexts, and the way back.

Neighbouring windows overlap almost wholly. So the means are differences of prefix sums, and the gradients go
back through the same windows as an array of differences with one running sum: a few operations on rows for
each centre, however wide the window is. Both go through the chunk once, and touch a row again only while it
lies in the first-level cache.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.chunk import CHUNK, Changes, Chunk, Parameters, fetch_some
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.places import give_row, give_sum
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import add_rows, add_scaled_row, clear_row, mean_row, spread_row

_LINES_A_CENTRE = 10
"""Cache lines to ask for with each centre on the way back: what the products have left of a chunk to come."""


@helper
def _context_rows(work: Any, plan: Plan, chunk: Chunk) -> tuple[int, int]:
    """Return the first context row and the one after the last; row q is position first - window + q."""
    origin = chunk.first - work.window
    low = max(plan.low[chunk.row] - origin, 0)
    high = min(plan.high[chunk.row] - origin, chunk.size + 2 * work.window)
    return low, high


@helper
def means_of_contexts(
    work: Any,
    H: np.ndarray,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    rows: int,
) -> None:
    """Fill the first `rows` rows of H from prefix sums; a centre without context gets zeros."""
    low, high = _context_rows(work, plan, chunk)
    clear_row(work.P, low)
    for q in range(chunk.size + 2 * work.window):
        if low <= q < high:
            add_rows(work.P, q + 1, work.P, q, parameters.W, listed[CHUNK + q])
        if q >= 2 * work.window:  # all that this centre's window may reach has been added
            _mean(work, H, parameters, plan, chunk, listed, q - 2 * work.window)
    for i in range(chunk.size, rows):
        clear_row(H, i)


@helper
def _mean(
    work: Any, H: np.ndarray, parameters: Parameters, plan: Plan, chunk: Chunk, listed: np.ndarray, i: int
) -> None:
    """Fill row i of H from prefix sums that reach to the end of its window."""
    number, q = H.dtype.type, i + work.window
    left = np.int64(plan.left[chunk.row, chunk.first + i])
    right = np.int64(plan.right[chunk.row, chunk.first + i])
    if left + right == 0:
        clear_row(H, i)
        return
    share = number(1) / number(left + right)
    mean_row(H, i, work.P, q + right + 1, q - left, parameters.W, listed[CHUNK + q], share)


@helper
def change_contexts(
    work: Any, plan: Plan, chunk: Chunk, changes: Changes, lines: np.ndarray, line: int
) -> int:
    """Give each context row the gradients of the centres whose windows it stands in.

    A row's sum is complete once the last centre that may see it has been added to the differences. So it is
    given away while it still lies in the first-level cache.
    """
    low, high = _context_rows(work, plan, chunk)
    reach = 2 * work.window + 1
    for q in range(reach):
        clear_row(work.P, q)
    for q in range(chunk.size + reach - 1):
        if q < chunk.size:
            clear_row(work.P, q + reach)
            centre, at = q + work.window, chunk.first + q
            end = centre + np.int64(plan.right[chunk.row, at]) + 1
            spread_row(work.P, centre - np.int64(plan.left[chunk.row, at]), end, work.GH, q)
            line = fetch_some(lines, line, _LINES_A_CENTRE)
        if low <= q < high:
            _give_context(work, chunk, changes, q)
    return line


@helper
def _give_context(work: Any, chunk: Chunk, changes: Changes, q: int) -> None:
    """Add up the differences as far as row q of the contexts, and give it its sum, less its own gradient."""
    if 0 <= q - work.window < chunk.size:
        give_sum(changes.rows, CHUNK + q, work.P, q, work.GH, q - work.window)
        return
    one = work.P.dtype.type(1)
    if q > 0:
        add_scaled_row(work.P, q, work.P, q - 1, one)
    give_row(changes.rows, CHUNK + q, work.P, q, one)
