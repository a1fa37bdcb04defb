"""One chunk of skip-gram whose products are made of bfloat16, on CPUs that multiply these twice as fast.

It is the chunk of skipgram.py. W, scores, gradients and all sums are float32 as there; what is rounded are
the rows and the gradients that are multiplied with one another (decision 0014).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

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
    first_half,
    first_negative,
    list_ahead,
    locate,
    padded,
)
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.control import find_offset, is_controlled
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import in_all_slots, in_slots, new_matrix, new_table
from kotovec.engines.cpu.places import Rows, address_of_row
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.products import product
from kotovec.engines.cpu.rounding import (
    round_apart,
    round_both,
    round_row,
    round_rows,
    round_two,
    transpose_pairs,
)
from kotovec.engines.cpu.rows import clear_row, copy_row, sum_rows
from kotovec.engines.cpu.skipgram import score_tiles
from kotovec.engines.cpu.skipgram_gradients import learn_skipgram, skipgram_gradients
from kotovec.engines.cpu.tiles import TILE


class RoundedSkipGram(NamedTuple):
    """Buffers for one chunk; T is CHUNK, w the window, M the negatives rounded up to LANES.

    A worker that has half of the columns only (halves.py) keeps what is said to belong to the chunk for each
    chunk of a round. Pairs are int32, see bfloat.py.
    """

    window: int
    negatives: int
    size: int  # columns that are not padding: vector_size, or what of it stands in a half
    split: int  # scores are sums over the columns before this one and over the others
    contexts: int  # Q, the output rows before those of the negatives
    X: Any  # (T, D / 2) input rows of the centres, in pairs of columns
    X_rows: Any  # (T / 2, D) the same in pairs of rows; belongs to the chunk
    Z: Any  # (LANES, D / 2) some output rows, in pairs of columns
    Z_rows: Any  # ((Q + M) / 2, D) output rows in pairs of rows: contexts, row q at position
    # first - window + q, then negatives as they are to the centres (control.py); belongs to the chunk
    ZT: Any  # (D / 2, Q + M) output rows, in pairs of columns, transposed
    S: Any  # float (T, band + M) scores, then gradients, as in SkipGramScratch; belongs to the chunk
    handed: Any  # (T, (band + M) / 2) the gradients in pairs of columns, for halves; belongs to the chunk
    G: Any  # (T, (band + M) / 2) what Z is multiplied by for the centres, in pairs of columns
    G_rows: Any  # (T / 2, Q + M) what X is multiplied by, in pairs of rows, each in the column that is its
    # row of Z; between a tile's band and the negatives, nothing
    sources: Any  # int64 (Q + M,), the addresses of the rows of W
    pairs: Any  # (CHUNK + LANES,) positive pairs of each centre
    spared: Any  # (CHUNK + LANES,) zeros between uses, see sparing.py
    drawn: Any  # float (1, D) the sum of the negatives' rows; belongs to the chunk
    offset: Any  # float (1, D) see find_offset in control.py


def new_rounded_skipgram(window: int, negatives: int, size: int, split: int) -> RoundedSkipGram:
    """Return buffers for one chunk of all columns, or of so many as `size` says."""
    width, contexts, band = padded(size, LANES), context_rows(window), band_width(window)
    outputs, number = contexts + padded(negatives, LANES), np.float32
    seen = band + outputs - contexts
    return RoundedSkipGram(
        window=window,
        negatives=negatives,
        size=size,
        split=min(split, size),
        contexts=contexts,
        X=new_matrix(CHUNK, width // PAIR, np.int32),
        X_rows=new_matrix(CHUNK // PAIR, width, np.int32),
        Z=new_matrix(LANES, width // PAIR, np.int32),
        Z_rows=new_matrix(outputs // PAIR, width, np.int32),
        ZT=new_matrix(width // PAIR, outputs, np.int32),
        S=new_matrix(CHUNK, seen, number),
        handed=new_matrix(CHUNK, seen // PAIR, np.int32),
        G=new_matrix(CHUNK, seen // PAIR, np.int32),
        G_rows=new_matrix(CHUNK // PAIR, outputs, np.int32),
        sources=new_table(outputs, np.int64),
        pairs=new_table(CHUNK + LANES, number),
        spared=new_table(CHUNK + LANES, number),
        drawn=new_matrix(1, width, number),
        offset=new_matrix(1, width, number),
    )


def rounded_skipgram_halves(
    window: int, negatives: int, size: int, slots: int
) -> tuple[RoundedSkipGram, RoundedSkipGram]:
    """Return the buffers of both halves for rounds of so many chunks, as `borrow_slots` takes them."""

    def half(columns: int) -> RoundedSkipGram:
        work = new_rounded_skipgram(window, negatives, columns, columns)
        own = in_all_slots(work, slots, ("X_rows", "Z_rows", "S", "handed", "drawn"))
        return in_slots(work, slots, lambda name, _: own.get(name))

    first = first_half(size)
    return half(first), half(size - first)


@helper
def rounded_skipgram_chunk(
    work: RoundedSkipGram,
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
    line = score_rounded(work, parameters, chunk, listed, lines)
    skipgram_gradients(work, plan, chunk, listed, changes)
    copy_row(changes.drawn, 0, work.drawn, 0)
    line = change_rounded(work, work.S, chunk, changes.rows, lines, line)
    fetch_some(lines, line, len(lines))  # what the products have left


@helper
def score_rounded(
    work: RoundedSkipGram, parameters: Parameters, chunk: Chunk, listed: np.ndarray, lines: np.ndarray
) -> int:
    """Copy the chunk's rows and compute both parts of all scores, from W as it is."""
    gather_centres(work, parameters, chunk, listed)
    gather_outputs(work, parameters, chunk, listed)
    split, rest = padded(work.split, PAIR) // PAIR, padded(work.size - work.split, PAIR) // PAIR
    return score_tiles(work, padded(chunk.size, TILE), split, rest, lines)


@helper
def gather_centres(work: Any, parameters: Parameters, chunk: Chunk, listed: np.ndarray) -> None:
    """Round the centres' rows in both ways."""
    # The fields of a borrowed bundle are read anew after every store: in loops, here and below, they are not.
    X, X_rows, W = work.X, work.X_rows, parameters.W
    for i in range(0, padded(chunk.size, TILE), PAIR):
        # An UNUSED row has no gradient, but needs numbers.
        first, second = max(listed[i], 0), max(listed[i + 1], 0)
        round_both(
            X, i, 0, X_rows, i // PAIR, 0, address_of_row(W, first), address_of_row(W, second), W.shape[1]
        )


@helper
def gather_outputs(work: Any, parameters: Parameters, chunk: Chunk, listed: np.ndarray) -> None:
    """Round the output rows in both ways, those of contexts and negatives; sum up the negatives."""
    contexts, number, Z, Z_rows, ZT, sources, drawn, offset = (
        work.contexts, work.negatives, work.Z, work.Z_rows, work.ZT, work.sources, work.drawn, work.offset,
    )  # fmt: skip
    locate(parameters, listed[CHUNK:], sources)
    round_rows(Z, Z_rows, ZT, Z, sources, 0, padded(chunk.size + band_width(work.window), LANES))
    if is_controlled(parameters, number):
        sum_rows(drawn, 0, sources, contexts, number)
    factor = find_offset(offset, parameters, drawn, number, chunk.controlled)
    for z in range(contexts, len(sources), LANES):
        for r in range(0, LANES, PAIR):
            at = z + r
            round_apart(Z, r, Z_rows, at // PAIR, sources[at], sources[at + 1], factor, offset)
        transpose_pairs(ZT, 0, z, Z, 0, 0, Z.shape[1])


@helper
def learn_rounded_skipgram(
    work: Any, other: Any, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes
) -> None:
    """Put both halves' scores together, turn them into gradients, and hand these over to both, rounded.

    Both would round them anyway, and another core's numbers take as long as they have cache lines. So scores
    and gradients stand in different places, and the next round's scores need not wait for the changes.
    """
    learn_skipgram(work, other, plan, chunk, listed, changes)
    S, handed = work.S, work.handed
    for i in range(padded(chunk.size, TILE)):
        round_row(handed, i, 0, S, i, 0, S.shape[1])


@helper
def change_rounded(
    work: RoundedSkipGram, S: np.ndarray, chunk: Chunk, to: Rows, lines: np.ndarray, line: int
) -> int:
    """Give the chunk's rows what the gradients S say; return the first line that is left to ask for."""
    rows = padded(chunk.size, TILE)
    round_gradients(work, S, rows, TILE, band_width(work.window) // PAIR)
    return _change(work, to, rows, lines, line)


@helper
def round_gradients(work: Any, S: np.ndarray, rows: int, height: int, behind: int) -> None:
    """Round the gradients S, or what was handed over of them, for the centres' side and for the others'.

    In G, a centre's first pair of contexts is that of the first of `height` centres, and its negatives stand
    from pair `behind` on.
    """
    G, G_rows, contexts, band = work.G, work.G_rows, work.contexts, band_width(work.window)
    negatives = work.S.shape[1] - band
    for i in range(0, rows, PAIR):
        k, own = i // PAIR, i // TILE * TILE
        round_two(G, i, own % height // PAIR, G_rows, k, own, S, i, 0, band)
        round_two(G, i, behind, G_rows, k, contexts, S, i, band, negatives)
    for k in range(rows // PAIR, len(G_rows)):
        clear_row(G_rows, k)  # a longer chunk has left something


@helper
def _change(work: RoundedSkipGram, to: Rows, rows: int, lines: np.ndarray, line: int) -> int:
    """Give all rows their changes."""
    X_rows, Z_rows, G, G_rows, n, w = (
        work.X_rows, work.Z_rows, work.G, work.G_rows, work.contexts, work.window,
    )  # fmt: skip
    row, band, seen_by_tile = G_rows.shape[1], band_width(w), TILE // PAIR + w
    steps = seen_by_tile + padded(work.negatives, PAIR) // PAIR
    for i in range(0, rows, TILE):
        a_gap, b_gap = band // PAIR - seen_by_tile, (n - i) // PAIR - seen_by_tile
        line = product(
            to, i, G, i, 0, G.shape[1], 1, Z_rows, i // PAIR, TILE,
            steps, seen_by_tile, a_gap, b_gap, lines, line,
        )  # fmt: skip
    for q in range(0, rows + 2 * w, TILE):
        first = max(q - 2 * w, 0)
        seen, first = (min(q + TILE, rows) - first) // PAIR, first // PAIR
        line = product(
            to, CHUNK + q, G_rows, first, q, 1, row, X_rows, first, TILE, seen, seen, 0, 0, lines, line
        )
    behind, negatives, half = first_negative(w), padded(work.negatives, TILE), rows // PAIR
    return product(to, behind, G_rows, 0, n, 1, row, X_rows, 0, negatives, half, half, 0, 0, lines, line)
