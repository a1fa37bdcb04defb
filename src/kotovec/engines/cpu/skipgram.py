"""One chunk of skip-gram with negative sampling, as five small matrix products.

For a centre i with input row x_i, a context word at position q with output row y_q, and M negatives
n_m shared by the chunk (Mikolov et al. 2013, equation 4, the negatives weighted by K / M each):

    loss_i = sum_q [ -log s(x_i . y_q) - K/M * sum_m -log s(-x_i . n_m) ]      n_m = word q left out

    S_P = X Y^T (a band, cut by each centre's window)       S_N = X N^T             Z = [Y; N], S = [S_P, S_N]
    G_P = rate * (1 - s(S_P)) inside the windows            G_N = -rate * K/M * pairs * s(S_N)
    dX  = G_P Y + G_N N        dY = G_P^T X        dN = G_N^T X

It must equal `engines.reference.skipgram.skipgram_deltas`, which plays the same chunk on the layers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    band_width,
    copy_rows,
    fetch_claims,
    fetch_some,
    first_negative,
    list_ahead,
    locate,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.control import find_offset, follow, is_controlled
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.products import product, scores
from kotovec.engines.cpu.rows import add_rows, copy_part, copy_row, scale_row, sum_rows
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch
from kotovec.engines.cpu.skipgram_gradients import skipgram_gradients
from kotovec.engines.cpu.tiles import TILE


@helper
def skipgram_chunk(
    work: SkipGramScratch,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    ahead: np.ndarray,
    changes: Changes,
) -> None:
    """Send what the chunk teaches to `changes`; `listed` are its rows, `ahead` those of a later chunk."""
    lines = changes.lines[: list_ahead(parameters, ahead, changes.lines)]
    fetch_claims(parameters, ahead)
    line = score_skipgram(work, parameters, chunk, listed, lines)
    skipgram_gradients(work, plan, chunk, listed, changes)
    copy_row(changes.drawn, 0, work.drawn, 0)
    line = change_skipgram(work, work.S, chunk, changes.rows, lines, line)
    fetch_some(lines, line, len(lines))  # what the products have left


@helper
def score_skipgram(
    work: SkipGramScratch, parameters: Parameters, chunk: Chunk, listed: np.ndarray, lines: np.ndarray
) -> int:
    """Copy the chunk's rows and compute both parts of all scores, from W as it is."""
    _gather(work, parameters, chunk, listed)
    return score_tiles(work, padded(chunk.size, TILE), work.split, work.size - work.split, lines)


@helper
def _gather(work: SkipGramScratch, parameters: Parameters, chunk: Chunk, listed: np.ndarray) -> None:
    """Copy all rows, so that they lie close together and may be changed meanwhile."""
    # The fields of a borrowed bundle are read anew after every store: in loops, here and below, they are not.
    X, W = work.X, parameters.W
    for i in range(chunk.size):
        copy_row(X, i, W, listed[i])
    reach = padded(chunk.size + band_width(work.window), LANES)
    locate(parameters, listed[CHUNK:], work.sources)
    copy_rows(work.Z, work.ZT, work.sources, 0, reach)
    copy_rows(work.Z, work.ZT, work.sources, work.contexts, len(work.sources))
    if is_controlled(parameters, work.negatives):
        _control(work, parameters, chunk)


@helper
def _control(work: SkipGramScratch, parameters: Parameters, chunk: Chunk) -> None:
    """Sum up the rows of the negatives, and change them to what they are to the centres."""
    Z, drawn, offset, contexts, number = work.Z, work.drawn, work.offset, work.contexts, work.negatives
    # From W: where workers run freely, a row may have changed since it was copied. The mean does not mind.
    sum_rows(drawn, 0, work.sources, contexts, number)
    factor = find_offset(offset, parameters, drawn, number, chunk.controlled)
    for z in range(contexts, contexts + number):
        scale_row(Z, z, Z, z, factor)
        add_rows(Z, z, Z, z, offset, 0)


@helper
def score_tiles(work: Any, rows: int, split: int, rest: int, lines: np.ndarray) -> int:
    """Score so many rows of X, in two parts: `split` steps of the depth, and the `rest`, if there is one."""
    contexts, band = work.contexts, band_width(work.window)
    negatives = len(work.sources) - contexts
    line, S, X, ZT = 0, work.S, work.X, work.ZT
    for i in range(0, rows, TILE):
        line = scores(S, X, i, TILE, ZT, 0, split, 0, i, band, contexts, negatives, lines, line)
    if rest > 0:
        for i in range(0, rows, TILE):
            line = scores(S, X, i, TILE, ZT, split, rest, 1, i, band, contexts, negatives, lines, line)
    return line


@helper
def _spread(work: SkipGramScratch, S: np.ndarray, rows: int) -> None:
    """Write the gradients S to G, the centres' side."""
    G, contexts, band = work.G, work.contexts, band_width(work.window)
    wide = S.shape[1] - band
    for i in range(rows):
        copy_part(G, i, i // TILE * TILE, S, i, 0, band)
        copy_part(G, i, contexts, S, i, band, wide)


@helper
def change_skipgram(
    work: SkipGramScratch, S: np.ndarray, chunk: Chunk, to: Rows, lines: np.ndarray, line: int
) -> int:
    """Give the chunk's rows what the gradients S say; return the first line that is left to ask for."""
    rows = padded(chunk.size, TILE)
    _spread(work, S, rows)
    return _change(work, S, to, rows, lines, line)


@helper
def _change(work: SkipGramScratch, S: np.ndarray, to: Rows, rows: int, lines: np.ndarray, line: int) -> int:
    X, Z, G, n, w = work.X, work.Z, work.G, work.contexts, work.window
    row, band, seen_by_tile = G.shape[1], band_width(w), TILE + 2 * w
    steps = seen_by_tile + work.negatives  # the band, then the negatives
    for i in range(0, rows, TILE):
        gap = n - i - seen_by_tile
        line = product(to, i, G, i, i, row, 1, Z, i, TILE, steps, seen_by_tile, gap, gap, lines, line)
    for q in range(0, rows + 2 * w, TILE):
        first = max(q - 2 * w, 0)
        seen = min(q + TILE, rows) - first
        line = product(to, CHUNK + q, G, first, q, 1, row, X, first, TILE, seen, seen, 0, 0, lines, line)
    behind, negatives = first_negative(w), padded(work.negatives, TILE)
    return product(to, behind, S, 0, band, 1, S.shape[1], X, 0, negatives, rows, rows, 0, 0, lines, line)


@helper
def follow_half(work: Any, parameters: Parameters) -> None:
    """Let the half's mean of all negatives follow those of a chunk."""
    follow(parameters, work.drawn, 0, work.negatives)
