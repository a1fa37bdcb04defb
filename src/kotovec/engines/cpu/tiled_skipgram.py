"""One chunk of skip-gram whose products are made in tile registers, on CPUs that have them (amx.py).

What is rounded and what is added up is the same as in rounded_skipgram.py. But 16 centres are a tile here,
not 4: the contexts that they see together are a wider band. And a tile has its rows side by side, so that
gradients are needed transposed as well.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.amx import CENTRES, DEPTH, HALF, HEIGHT, leave_tiles, take_tiles, tiles_of, wide_band
from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Changes,
    Chunk,
    Parameters,
    band_width,
    context_rows,
    fetch_claims,
    fetch_some,
    first_negative,
    list_ahead,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_matrix, new_table
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rounded_skipgram import gather_centres, gather_outputs, round_gradients
from kotovec.engines.cpu.rounding import transpose_pairs
from kotovec.engines.cpu.rows import copy_part, copy_row
from kotovec.engines.cpu.skipgram_gradients import skipgram_gradients
from kotovec.engines.cpu.tile_products import give_rows, multiply_and_give, tile_product
from kotovec.engines.cpu.tiles import TILE


class TiledSkipGram(NamedTuple):
    """Buffers for one chunk; T is CENTRES, w the window, M the negatives rounded up to LANES.

    Pairs are int32, see bfloat.py; rows that tiles are loaded from are padded to whole cache lines.
    """

    window: int
    negatives: int
    contexts: int  # Q, the output rows before those of the negatives
    X: Any  # (T, D / 2) input rows of the centres, in pairs of columns
    X_rows: Any  # (T / 2, D) the same in pairs of rows
    Z: Any  # (LANES, D / 2) some output rows, in pairs of columns
    Z_rows: Any  # ((Q + M) / 2, D) output rows in pairs of rows: contexts, row q at position
    # first - window + q, then negatives as they are to the centres (control.py)
    ZT: Any  # (D / 2, Q + M) output rows, in pairs of columns, transposed
    scores: Any  # float (2 * HEIGHT, wide band + M) the scores of two tiles of centres
    S: Any  # float (T, band + M) scores, then gradients, as in SkipGramScratch
    G: Any  # (T, (wide band + M) / 2) what Z is multiplied by for the centres, in pairs of columns
    G_rows: Any  # (T / 2, Q + M) what X is multiplied by, in pairs of rows, each in the column that is its
    # row of Z; between a tile's band and the negatives, nothing
    GT: Any  # (Q + M, T / 2) the same transposed
    changes: Any  # float (2 * HEIGHT, D) what two tiles of rows learn
    sources: Any  # int64 (Q + M,), the addresses of the rows of W
    pairs: Any  # (CHUNK + LANES,) positive pairs of each centre
    spared: Any  # (CHUNK + LANES,) zeros between uses, see sparing.py
    drawn: Any  # float (1, D) the sum of the negatives' rows
    offset: Any  # float (1, D) see find_offset in control.py


def new_tiled_skipgram(window: int, negatives: int, size: int) -> TiledSkipGram:
    """Return buffers for one chunk."""
    width, contexts, wide = padded(size, LANES), context_rows(window), wide_band(window)
    m = padded(negatives, LANES)
    outputs, number, half = contexts + m, np.float32, CENTRES // PAIR
    return TiledSkipGram(
        window=window,
        negatives=negatives,
        contexts=contexts,
        X=new_matrix(CENTRES, padded(width // PAIR, DEPTH), np.int32),
        X_rows=new_matrix(half, width, np.int32),
        Z=new_matrix(LANES, width // PAIR, np.int32),
        Z_rows=new_matrix(outputs // PAIR, width, np.int32),
        ZT=new_matrix(width // PAIR, outputs, np.int32),
        scores=new_matrix(2 * HEIGHT, wide + m, number),
        S=new_matrix(CENTRES, band_width(window) + m, number),
        G=new_matrix(CENTRES, padded((wide + m) // PAIR, DEPTH), np.int32),
        G_rows=new_matrix(half, outputs, np.int32),
        GT=new_matrix(outputs, half, np.int32),
        changes=new_matrix(2 * HEIGHT, width, number),
        sources=new_table(outputs, np.int64),
        pairs=new_table(CHUNK + LANES, number),
        spared=new_table(CHUNK + LANES, number),
        drawn=new_matrix(1, width, number),
        offset=new_matrix(1, width, number),
    )


@helper
def tiled_skipgram_chunk(
    work: TiledSkipGram,
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
    score_tiled(work, parameters, chunk, listed)
    skipgram_gradients(work, plan, chunk, listed, changes)
    copy_row(changes.drawn, 0, work.drawn, 0)
    line = change_tiled(work, work.S, chunk, changes.rows, lines)
    fetch_some(lines, line, len(lines))  # what the changes have left


@helper
def score_tiled(work: TiledSkipGram, parameters: Parameters, chunk: Chunk, listed: np.ndarray) -> None:
    """Copy the chunk's rows and compute all scores, from W as it is."""
    gather_centres(work, parameters, chunk, listed)
    gather_outputs(work, parameters, chunk, listed)
    rows = padded(chunk.size, TILE)
    take_tiles()
    # A tile's sums are read while the next is multiplied: what has just been stored from a tile register
    # cannot be read before it has come to the cache.
    for i in range(0, rows + HEIGHT, HEIGHT):
        if i < rows:
            _multiply_scores(work, i)
        if i > 0:
            _put_scores(work, i - HEIGHT, min(i, rows))
    leave_tiles()


@helper
def _multiply_scores(work: TiledSkipGram, i: int) -> None:
    """Leave the scores of a tile of centres in `scores`."""
    X, ZT, scores, contexts, wide = work.X, work.ZT, work.scores, work.contexts, wide_band(work.window)
    row, depth, negatives = i % (2 * HEIGHT), len(ZT), scores.shape[1] - wide
    tile_product(scores, row, 0, X, i, 0, ZT, 0, i, wide, depth, depth, 0)
    tile_product(scores, row, wide, X, i, 0, ZT, 0, contexts, negatives, depth, depth, 0)


@helper
def _put_scores(work: TiledSkipGram, first: int, last: int) -> None:
    """Put the scores of centres first .. last - 1, a tile, to where their gradients will be."""
    S, scores, band, wide = work.S, work.scores, band_width(work.window), wide_band(work.window)
    negatives = scores.shape[1] - wide
    for i in range(first, last):
        row, own = i % (2 * HEIGHT), (i - first) // TILE * TILE
        copy_part(S, i, 0, scores, row, own, band)
        copy_part(S, i, band, scores, row, wide, negatives)


@helper
def change_tiled(work: TiledSkipGram, S: np.ndarray, chunk: Chunk, to: Rows, lines: np.ndarray) -> int:
    """Give the chunk's rows what the gradients S say; return the first line that is left to ask for."""
    rows = padded(chunk.size, TILE)
    round_gradients(work, S, rows, HEIGHT, wide_band(work.window) // PAIR)
    seen, negatives = padded(rows + 2 * work.window, TILE), padded(work.negatives, TILE)
    behind = first_negative(work.window)
    line, place, number, into = 0, 0, 0, 0
    X_rows, Z_rows, G, GT, G_rows, changes, contexts = (
        work.X_rows, work.Z_rows, work.G, work.GT, work.G_rows, work.changes, work.contexts,
    )  # fmt: skip
    columns, band, seen_by_tile = X_rows.shape[1], wide_band(work.window) // PAIR, band_width(work.window)
    take_tiles()
    # A tile's rows are given away while the next is multiplied.
    for tile in range(tiles_of(rows) + tiles_of(seen) + tiles_of(negatives)):
        q, into, last_place, last_number = (tile - tiles_of(rows)) * HEIGHT, tile % 2 * HEIGHT, place, number
        if q < 0:
            place, number = tile * HEIGHT, min(HEIGHT, rows - tile * HEIGHT)
            steps, gap = band + (S.shape[1] - seen_by_tile) // PAIR, (contexts - place) // PAIR - band
            line = multiply_and_give(
                changes, into, 0, G, place, 0, Z_rows, place // PAIR, 0, columns, steps, band, gap,
                to, last_place, HEIGHT - into, last_number, lines, line,
            )  # fmt: skip
            continue
        if q < padded(seen, HEIGHT):
            place, number = CHUNK + q, min(HEIGHT, seen - q)
            z, low, high = q, max(q - 2 * work.window, 0), min(q + HEIGHT, rows)
        else:
            m = q - padded(seen, HEIGHT)
            place, number = behind + m, min(HEIGHT, negatives - m)
            z, low, high = contexts + m, 0, rows
        first, last = low // PAIR // DEPTH * DEPTH, padded(high // PAIR, HALF)
        for k in range(first, last, DEPTH):
            transpose_pairs(GT, z, k, G_rows, k, z, HEIGHT)
        steps = last - first
        line = multiply_and_give(
            changes, into, 0, GT, z, first, X_rows, first, 0, columns, steps, steps, 0,
            to, last_place, HEIGHT - into, last_number, lines, line,
        )  # fmt: skip
    line = give_rows(to, place, changes, into, number, lines, line)
    leave_tiles()
    return line
