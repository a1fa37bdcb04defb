"""One chunk of CBOW whose products are made in tile registers, on CPUs that have them (amx.py).

What is rounded and what is added up is the same as in rounded_cbow.py. But 16 rows are a tile here, not 4:
the centres whose windows reach them are a wider band. And a tile has its rows side by side, so that the
gradients of negatives are needed transposed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.amx import CENTRES, DEPTH, HALF, HEIGHT, leave_tiles, take_tiles, tiles_of, wide_band
from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.cbow_gradients import cbow_gradients, sum_positives
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
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import in_all_slots, in_slots, new_array, new_matrix, new_table
from kotovec.engines.cpu.places import Rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rounding import give_pair, pair_rows, round_row, round_rows, transpose_pairs
from kotovec.engines.cpu.rows import add_part, add_rows, clear_row, drop_all
from kotovec.engines.cpu.tile_products import give_rows, multiply_and_give, tile_product
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.window_gradients import list_windows, spread_windows
from kotovec.engines.cpu.window_means import rounded_means_of_contexts


class TiledCBOW(NamedTuple):
    """Buffers for one chunk; T is CENTRES, w the window, M the negatives rounded up to LANES.

    Q are context_rows of the window, and a band is a wide_band of it. A worker that has half of the columns
    only (halves.py) keeps what is said to belong to the chunk for each chunk of a round, and both workers
    share what is said to be common. Pairs are int32, see bfloat.py; rows that tiles are loaded from are
    padded to whole cache lines.
    """

    window: int
    negatives: int
    negative_pairs: int  # M / 2
    size: int  # columns that are not padding: vector_size, or what of it stands in a half
    split: int  # scores are sums over the columns before this one and over the others
    divide: bool  # whether the gradient of the mean is divided by the number of context words
    P: Any  # float (T + 2w + 1, D) prefix sums of the context rows
    H: Any  # (T, D / 2) means of the contexts, in pairs of columns
    H_rows: Any  # (T / 2, D) the same in pairs of rows; belongs to the chunk
    N: Any  # (LANES, D / 2) output rows of some negatives, in pairs of columns
    NT: Any  # (D / 2, M) those of all negatives, transposed
    Z_rows: Any  # (M / 2 + w + T / 2 + band, D) rows of negatives, then of centres, in pairs of rows, with
    # zeros in between and behind; the chunk's own
    sources: Any  # int64 (M,), the addresses of the negatives' rows of W
    second: Any  # float (T, M) the second part of the scores of the negatives
    SN_part: Any  # float (T, M) scores of the negatives, or a half's part of them; belongs to the chunk
    SP_part: Any  # float (2, T) both parts of the positives' scores; belongs to the chunk
    SP_lanes: Any  # float (2, T, LANES) what those are the sums of
    SN: Any  # float (T, M) whole scores, then gradients of the negatives
    SP: Any  # float (1, T) the same for the positives; common
    G_rows: Any  # (w + T / 2 + band, M) gradients of the negatives in pairs of rows, from row w on, 0 around;
    # common
    GT: Any  # (M, T / 2) the same transposed
    shared_gradients: Any  # float (Q, M) what context rows take of them
    C: Any  # (Q, (M + band) / 2) what Z is multiplied by for the contexts, in pairs of columns
    C_shares: Any  # (Q, band / 2) what each takes of the gradients of the centres that see it
    changes: Any  # float (2 * HEIGHT, D) what two tiles of rows learn
    starts: Any  # int32 (2w + T + band,), as the next three, what spread_windows is to know of centres
    ends: Any  # int32 (2w + T + band,)
    shares: Any  # float (2w + T + band,)
    steps: Any  # float (2w + T + band,)


def new_tiled_cbow(window: int, divide: bool, negatives: int, size: int, split: int) -> TiledCBOW:
    """Return buffers for one chunk of all columns, or of so many as `size` says."""
    m, width, number, half = padded(negatives, LANES), padded(size, LANES), np.float32, CENTRES // PAIR
    band, contexts = wide_band(window), context_rows(window)
    SN, places, around = new_matrix(CENTRES, m, number), 2 * window + CENTRES + band, window + half + band
    work = TiledCBOW(
        window=window,
        negatives=negatives,
        negative_pairs=m // PAIR,
        size=size,
        split=min(split, size),
        divide=divide,
        P=new_matrix(CENTRES + 2 * window + 1, width, number),
        H=new_matrix(CENTRES, padded(width // PAIR, DEPTH), np.int32),
        H_rows=new_matrix(half, width, np.int32),
        N=new_matrix(LANES, width // PAIR, np.int32),
        NT=new_matrix(width // PAIR, m, np.int32),
        Z_rows=new_matrix(m // PAIR + around, width, np.int32),
        sources=new_table(m, np.int64),
        second=new_matrix(CENTRES, m, number),
        SN_part=SN,
        SP_part=new_matrix(2, CENTRES, number),
        SP_lanes=new_array((2, CENTRES, LANES), number),
        SN=SN,
        SP=new_matrix(1, CENTRES, number),
        G_rows=new_matrix(around, m, np.int32),
        GT=new_matrix(m, half, np.int32),
        shared_gradients=new_matrix(contexts, m, number),
        C=new_matrix(contexts, padded((m + band) // PAIR, DEPTH), np.int32),
        C_shares=new_matrix(contexts, band // PAIR, np.int32),
        changes=new_matrix(2 * HEIGHT, width, number),
        starts=new_table(places, np.int32),
        ends=new_table(places, np.int32),
        shares=new_table(places, number),
        steps=new_table(places, number),
    )
    work.starts[:] = 1  # no centre anywhere: its last row, 0, comes before its first
    return work


def tiled_cbow_halves(
    window: int, divide: bool, negatives: int, size: int, slots: int
) -> tuple[TiledCBOW, TiledCBOW]:
    """Return the buffers of both halves for rounds of so many chunks, as `borrow_slots` takes them."""
    first = first_half(size)
    common = in_all_slots(new_tiled_cbow(window, divide, negatives, size, first), slots, ("SP", "G_rows"))

    def half(columns: int) -> TiledCBOW:
        work = new_tiled_cbow(window, divide, negatives, columns, columns)
        own = in_all_slots(work, slots, ("H_rows", "Z_rows", "SN_part", "SP_part"))
        return in_slots(work, slots, lambda name, _: (own | common).get(name))

    return half(first), half(size - first)


@helper
def tiled_cbow_chunk(
    work: TiledCBOW,
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
    score_tiled_cbow(work, parameters, plan, chunk, listed)
    add_rows(work.SP, 0, work.SP_part, 0, work.SP_part, 1)
    learn_tiled_cbow(work, plan, chunk, listed, changes)
    line = change_tiled_cbow(work, work, False, plan, chunk, changes.rows, lines)
    fetch_some(lines, line, len(lines))  # what the changes have left


@helper
def score_tiled_cbow(
    work: TiledCBOW, parameters: Parameters, plan: Plan, chunk: Chunk, listed: np.ndarray
) -> None:
    """Compute the means of the contexts and both parts of all scores, from W as it is."""
    split, first = padded(work.split, LANES), work.negative_pairs + work.window
    rounded_means_of_contexts(work, parameters, plan, chunk, listed, split, first)
    locate(parameters, listed[first_negative(work.window) :], work.sources)
    round_rows(work.N, work.Z_rows, work.NT, work.N, work.sources, 0, len(work.sources))
    take_tiles()
    _score_negatives(work, work.SN_part, 0, split // PAIR, chunk.size)
    if work.size > work.split:
        rest = padded(work.size - work.split, LANES)
        _score_negatives(work, work.second, split // PAIR, rest // PAIR, chunk.size)
    leave_tiles()
    sum_positives(work)
    if work.size > work.split:
        SN_part, second = work.SN_part, work.second
        for i in range(padded(chunk.size, TILE)):
            add_part(SN_part, i, 0, second, i, 0, second.shape[1])


@helper
def _score_negatives(work: TiledCBOW, S: np.ndarray, first: int, depth: int, size: int) -> None:
    """Fill S with the part of the scores that so many pairs of columns make, from the first of them on."""
    H, NT = work.H, work.NT
    for i in range(0, size, HEIGHT):
        tile_product(S, i, 0, H, i, first, NT, first, 0, S.shape[1], depth, depth, 0)


@helper
def drop_tiled_gradients(work: TiledCBOW) -> None:
    """Have no copy of the gradients any longer."""
    drop_all(work.SP)
    drop_all(work.G_rows)


@helper
def learn_tiled_cbow(work: TiledCBOW, plan: Plan, chunk: Chunk, listed: np.ndarray, changes: Changes) -> None:
    """Turn scores into gradients, and round those of the negatives."""
    cbow_gradients(work, plan, chunk, listed, changes)
    round_negatives(work, chunk)


@helper
def round_negatives(work: TiledCBOW, chunk: Chunk) -> None:
    """Round the gradients of the negatives: all that one of two workers hands to the other, with SP.

    Factors, which each of them makes of these for itself, have six times as many cache lines.
    """
    SN, G_rows, rows, w = work.SN, work.G_rows, padded(chunk.size, TILE), work.window
    for i in range(0, rows, PAIR):
        pair_rows(G_rows, w + i // PAIR, 0, SN, i, 0, SN.shape[1])
    for k in range(rows // PAIR, work.GT.shape[1]):
        clear_row(G_rows, w + k)  # a longer chunk has left something


@helper
def _spread_windows(work: TiledCBOW, plan: Plan, chunk: Chunk, seen: int) -> None:
    """Write down what each of so many context rows takes of the gradients of the centres around it."""
    w, size = work.window, chunk.size
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    starts, ends, shares, steps, C_shares = work.starts, work.ends, work.shares, work.steps, work.C_shares
    list_windows(starts, ends, shares, steps, left, right, work.SP, w, size, work.divide)
    columns = work.negative_pairs
    spread_windows(C_shares, work.C, columns, starts, ends, shares, steps, w, seen, band_width(w), HEIGHT)


@helper
def _find_factors(work: TiledCBOW, seen: int) -> None:
    """Turn gradients into what is multiplied on the way back to so many context rows."""
    G_rows, GT, C, C_shares, sums, w = (
        work.G_rows, work.GT, work.C, work.C_shares, work.shared_gradients, work.window,
    )  # fmt: skip
    m, half, depth = G_rows.shape[1], GT.shape[1], C_shares.shape[1]
    take_tiles()
    for q in range(0, seen, HEIGHT):
        tile_product(sums, q, 0, C_shares, q, 0, G_rows, q // PAIR, 0, m, depth, depth, 0)
    leave_tiles()
    for k in range(0, half, DEPTH):
        for z in range(0, m, HEIGHT):
            transpose_pairs(GT, z, k, G_rows, w + k, z, HEIGHT)
    for q in range(seen):
        round_row(C, q, 0, sums, q, 0, m)


@helper
def change_tiled_cbow(
    work: TiledCBOW, source: TiledCBOW, found: bool, plan: Plan, chunk: Chunk, to: Rows, lines: np.ndarray
) -> int:
    """Give the chunk's rows what the gradients say; return the first line that is left to ask for.

    The factors of the products stand in the buffers of `source`, who may have `found` them already.
    """
    GT, H_rows, SP, w, n, changes = (
        source.GT, work.H_rows, work.SP, work.window, work.negative_pairs, work.changes,
    )  # fmt: skip
    rows, behind = padded(chunk.size, TILE), first_negative(w)
    seen, negatives = padded(rows + 2 * w, TILE), len(GT)
    # Tiles cannot be loaded from what has just been stored in smaller parts, nor can anything be loaded from
    # what has just been stored from a tile; so something else comes in between.
    if not found:
        _spread_windows(source, plan, chunk, seen)
    # In the order of the chunk's list: with tied weights a row may be centre, context and negative.
    for i in range(0, chunk.size, PAIR):
        give_pair(to, i, H_rows, i // PAIR, SP[0, i], SP[0, i + 1])
    if not found:
        _find_factors(source, seen)
    C, Z_rows, depth = source.C, work.Z_rows, padded(rows // PAIR, HALF)
    columns, band = Z_rows.shape[1], wide_band(w) // PAIR
    line, place, number, into = 0, 0, 0, 0
    take_tiles()
    # A tile's rows are given away while the next is multiplied.
    for tile in range(tiles_of(seen) + tiles_of(negatives)):
        q, into, last_place, last_number = tile * HEIGHT, tile % 2 * HEIGHT, place, number
        if q < seen:
            place, number = CHUNK + q, min(HEIGHT, seen - q)
            line = multiply_and_give(
                changes, into, 0, C, q, 0, Z_rows, 0, 0, columns, n + band, n, q // PAIR,
                to, last_place, HEIGHT - into, last_number, lines, line,
            )  # fmt: skip
        else:
            m = q - padded(seen, HEIGHT)
            place, number = behind + m, HEIGHT
            line = multiply_and_give(
                changes, into, 0, GT, m, 0, H_rows, 0, 0, columns, depth, depth, 0,
                to, last_place, HEIGHT - into, last_number, lines, line,
            )  # fmt: skip
    line = give_rows(to, place, changes, into, number, lines, line)
    leave_tiles()
    return line
