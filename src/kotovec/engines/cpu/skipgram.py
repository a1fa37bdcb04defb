"""One chunk of skip-gram with negative sampling, as five small matrix products.

For a centre i with input row x_i, a context word at position q with output row y_q, and M negatives
n_m shared by the chunk (Mikolov et al. 2013, equation 4, the negatives weighted by K / M each):

    loss_i = sum_q [ -log s(x_i . y_q) - K/M * sum_m -log s(-x_i . n_m) ]      n_m = word q left out

    S_P = X Y^T (a band, cut by each centre's window)       S_N = X N^T             Z = [Y; N], S = [S_P, S_N]
    G_P = rate * (1 - s(S_P)) inside the windows            G_N = -rate * K/M * pairs * s(S_N)
    dX  = G_P Y + G_N N        dY = G_P^T X        dN = G_N^T X

It must equal `engines.reference.skipgram.chunk_deltas`, which plays the same chunk on the layers.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.chunk import (
    CHUNK,
    UNUSED,
    Chunk,
    Deltas,
    Parameters,
    first_negative,
    list_ahead,
    new_matrix,
    occurrences,
    padded,
    score_loss,
)
from kotovec.engines.cpu.compiling import anywhere, helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import copy_row
from kotovec.engines.cpu.sigmoid import NO_HOLE, sigmoid_row
from kotovec.engines.cpu.tiles import TILE, add_product, set_product, set_scores, transpose16


class SkipGramScratch(NamedTuple):
    """One worker's buffers; T is CHUNK, w the window, M the negatives rounded up to LANES."""

    window: int
    negatives: int
    size: int  # vector_size, H; the rows' D - H further elements are zero
    contexts: int  # Q, T + 2w and room for the last tile, the rows of Z before those of the negatives
    X: Any  # (T, D) input rows of the centres
    Z: Any  # (Q + M, D) output rows: contexts, row q at position first - window + q, then negatives
    ZT: Any  # (D, Q + M)
    S: Any  # (T, Q + M) scores, then gradients; between a tile's band and the negatives, nothing
    pairs: Any  # (T,) positive pairs of each centre
    spared: Any  # (T,) zeros between uses, see _spare_contexts


def new_skipgram_scratch(window: int, negatives: int, size: int, dtype: Any) -> SkipGramScratch:
    """Return buffers for one worker."""
    width = padded(size, LANES)
    contexts = padded(CHUNK + band_width(window), LANES)
    outputs = contexts + padded(negatives, LANES)
    return SkipGramScratch(
        window=window,
        negatives=negatives,
        size=size,
        contexts=contexts,
        X=new_matrix(CHUNK, width, dtype),
        Z=new_matrix(outputs, width, dtype),
        ZT=new_matrix(width, outputs, dtype),
        S=new_matrix(CHUNK, outputs, dtype),
        pairs=np.zeros(CHUNK, dtype),
        spared=np.zeros(CHUNK, dtype),
    )


@anywhere
def band_width(window: int) -> int:
    """Return how many positions TILE neighbouring centres see together, in whole vectors."""
    return padded(TILE + 2 * window, LANES)


@helper
def skipgram_chunk(
    work: SkipGramScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    deltas: Deltas,
) -> None:
    """Fill `deltas` with what the chunk teaches; `listed` are its rows, `ahead` those of a later chunk."""
    rows = padded(chunk.size, TILE)
    _gather(work, parameters, chunk, listed)
    lines = deltas.lines[: list_ahead(parameters, ahead, deltas.lines)]
    line = _score(work, rows, lines)
    deltas.loss[0] = 0.0
    deltas.loss[1] = 0.0
    if chunk.measured:
        _measure(work, plan, chunk, listed, deltas)
    _gradients(work, plan, chunk, rows)
    _spare_contexts(work, plan, chunk, listed)
    _deltas(work, deltas, rows, lines, line)


@helper
def _gather(work: SkipGramScratch, parameters: Parameters, chunk: Chunk, listed: np.ndarray) -> None:
    behind = first_negative(len(listed), work.negatives)
    for i in range(chunk.size):
        copy_row(work.X, i, parameters.W, listed[i])
    for q in range(chunk.size + 2 * work.window):
        if listed[CHUNK + q] != UNUSED:
            copy_row(work.Z, q, parameters.W, listed[CHUNK + q])
    for m in range(work.negatives):
        copy_row(work.Z, work.contexts + m, parameters.W, listed[behind + m])


@helper
def _score(work: SkipGramScratch, rows: int, lines: np.ndarray) -> int:
    width = work.X.shape[1]
    contexts = work.contexts
    negatives = work.Z.shape[0] - contexts
    band = band_width(work.window)
    for d in range(0, width, LANES):
        for z in range(0, rows - TILE + band, LANES):
            transpose16(work.ZT, d, z, work.Z, z, d)
        for z in range(contexts, contexts + negatives, LANES):
            transpose16(work.ZT, d, z, work.Z, z, d)
    line = 0
    for i in range(0, rows, TILE):
        line = set_scores(work.S, work.X, i, work.ZT, i, band, contexts, negatives, work.size, lines, line)
    return line


@helper
def _measure(work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray, deltas: Deltas) -> None:
    """Sum the loss in float64, from the scores before they become gradients."""
    behind = first_negative(len(listed), work.negatives)
    loss = 0.0
    pairs = 0
    for i in range(chunk.size):
        at = chunk.first + i
        left, right = plan.left[chunk.row, at], plan.right[chunk.row, at]
        pairs += left + right
        for context in range(at - left, at + right + 1):
            if context != at:
                loss += score_loss(work.S[i, context - chunk.first + work.window], 1)
        for m in range(work.negatives):
            negative = listed[behind + m]
            weight = left + right
            for context in range(at - left, at + right + 1):
                if context != at and listed[CHUNK + context - chunk.first + work.window] == negative:
                    weight -= 1
            loss += chunk.negative_weight * weight * score_loss(work.S[i, work.contexts + m], 0)
    deltas.loss[0] = loss
    deltas.loss[1] = pairs


@helper
def _gradients(work: SkipGramScratch, plan: Plan, chunk: Chunk, rows: int) -> None:
    """Turn scores into gradients: rate * s(-x), which is rate * (1 - s(x)), and -step * s(x)."""
    number = work.X.dtype.type
    rate, step = number(chunk.rate), number(chunk.rate * chunk.negative_weight)
    band = band_width(work.window)
    negatives = work.S.shape[1] - work.contexts
    for i in range(rows):
        left = right = np.int64(0)
        if i < chunk.size:
            left = np.int64(plan.left[chunk.row, chunk.first + i])
            right = np.int64(plan.right[chunk.row, chunk.first + i])
        pairs = number(left + right)
        work.pairs[i] = pairs
        start = i // TILE * TILE
        centre = i - start + work.window
        sigmoid_row(work.S, i, start, band, number(-1), rate, centre - left, centre + right, centre)
        sigmoid_row(
            work.S, i, work.contexts, negatives, number(1), -step * pairs, 0, work.negatives - 1, NO_HOLE
        )


@helper
def _spare_contexts(work: SkipGramScratch, plan: Plan, chunk: Chunk, listed: np.ndarray) -> None:
    """Take back the push against a negative for those pairs whose context word it is."""
    number = work.X.dtype.type
    reach = chunk.size + 2 * work.window
    contexts = listed[CHUNK : CHUNK + reach]
    negatives = listed[first_negative(len(listed), work.negatives) :]
    for m in range(work.negatives):
        negative = negatives[m]
        if occurrences(negative, contexts) == 0:
            continue
        for q in range(reach):
            if contexts[q] == negative:
                for i in range(max(q - 2 * work.window, 0), min(q + 1, chunk.size)):
                    work.spared[i] += number(_is_context(work, plan, chunk, i, q))
        for i in range(chunk.size):
            if work.spared[i] > 0:
                work.S[i, work.contexts + m] *= number(1) - work.spared[i] / work.pairs[i]
                work.spared[i] = number(0)


@helper
def _is_context(work: SkipGramScratch, plan: Plan, chunk: Chunk, i: int, q: int) -> Any:
    """Return whether row q of Y lies in the window of centre i."""
    distance = q - work.window - i
    left = np.int64(plan.left[chunk.row, chunk.first + i])
    right = np.int64(plan.right[chunk.row, chunk.first + i])
    return (distance != 0) & (-left <= distance) & (distance <= right)


@helper
def _deltas(work: SkipGramScratch, deltas: Deltas, rows: int, lines: np.ndarray, line: int) -> None:
    X, Z, S, into = work.X, work.Z, work.S, deltas.rows
    width, window = X.shape[1], work.window
    band = band_width(window)
    n, row = work.contexts, S.shape[1]
    negatives = row - n
    for i in range(0, rows, TILE):
        line = set_product(into, i, 0, S, i, n, row, 1, Z, n, 0, TILE, width, negatives, lines, line)
        line = add_product(into, i, 0, S, i, i, row, 1, Z, i, 0, TILE, width, band, lines, line)
    for q in range(0, rows + 2 * window, TILE):
        first = max(q - 2 * window, 0)
        seen = min(q + TILE, rows) - first
        line = set_product(
            into, CHUNK + q, 0, S, first, q, 1, row, X, first, 0, TILE, width, seen, lines, line
        )
    behind = first_negative(into.shape[0], work.negatives)
    set_product(into, behind, 0, S, 0, n, 1, row, X, 0, 0, negatives, width, rows, lines, line)
