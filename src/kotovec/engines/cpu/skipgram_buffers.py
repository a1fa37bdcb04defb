"""The buffers of skip-gram with negative sampling: one worker's, or those of two halves of the columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.chunk import CHUNK, band_width, context_rows, first_half, padded
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import in_all_slots, in_slots, new_matrix, new_table


class SkipGramScratch(NamedTuple):
    """Buffers for one chunk; T is CHUNK, w the window, M the negatives rounded up to LANES.

    A worker that has half of the columns only (halves.py) keeps what is said to belong to the chunk for each
    chunk of a round.
    """

    window: int
    negatives: int
    size: int  # columns that are not padding: vector_size, or what of it stands in a half
    split: int  # scores are sums over the columns before this one and over the others
    contexts: int  # Q, the rows of Z before those of the negatives
    X: Any  # (T, D) input rows of the centres; belongs to the chunk
    Z: Any  # (Q + M, D) output rows: contexts, row q at position first - window + q, then negatives as they
    # are to the centres (control.py); belongs to the chunk
    ZT: Any  # (D, Q + M)
    S: Any  # (T, band + M) scores, or a half's part of them, then gradients: of the contexts that the tile
    # of a centre sees, from row i // TILE * TILE of Z on, then of the negatives; belongs to the chunk
    G: Any  # (T, Q + M) what Z is multiplied by for the centres: the same gradients, each in the column that
    # is its row of Z; between a tile's band and the negatives, nothing
    sources: Any  # int64 (Q + M,), the addresses of the rows of W that are copied to Z
    pairs: Any  # (CHUNK + LANES,) positive pairs of each centre
    spared: Any  # (CHUNK + LANES,) zeros between uses, see sparing.py
    drawn: Any  # (1, D) the sum of the negatives' rows; belongs to the chunk
    offset: Any  # (1, D) see find_offset in control.py


def new_skipgram_scratch(window: int, negatives: int, size: int, split: int, dtype: Any) -> SkipGramScratch:
    """Return buffers for one chunk of all columns, or of so many as `size` says."""
    width, contexts, band = padded(size, LANES), context_rows(window), band_width(window)
    outputs = contexts + padded(negatives, LANES)
    return SkipGramScratch(
        window=window,
        negatives=negatives,
        size=size,
        split=min(split, size),
        contexts=contexts,
        X=new_matrix(CHUNK, width, dtype),
        Z=new_matrix(outputs, width, dtype),
        ZT=new_matrix(width, outputs, dtype),
        S=new_matrix(CHUNK, band + outputs - contexts, dtype),
        G=new_matrix(CHUNK, outputs, dtype),
        sources=new_table(outputs, np.int64),
        pairs=new_table(CHUNK + LANES, dtype),
        spared=new_table(CHUNK + LANES, dtype),
        drawn=new_matrix(1, width, dtype),
        offset=new_matrix(1, width, dtype),
    )


def skipgram_halves(
    window: int, negatives: int, size: int, slots: int, dtype: Any
) -> tuple[SkipGramScratch, SkipGramScratch]:
    """Return the buffers of both halves for rounds of so many chunks, as `borrow_slots` takes them."""

    def half(columns: int) -> SkipGramScratch:
        work = new_skipgram_scratch(window, negatives, columns, columns, dtype)
        own = in_all_slots(work, slots, ("X", "Z", "S", "drawn"))
        return in_slots(work, slots, lambda name, _: own.get(name))

    first = first_half(size)
    return half(first), half(size - first)
