"""What every kernel sees: the parameters, the chunk to learn from, and where its changes go.

A chunk is up to CHUNK consecutive centres of a slice. Its rows are gathered once, all its scores come
from small matrix products, and its changes go straight to the rows that are meant for them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.compiling import anywhere, helper
from kotovec.engines.cpu.lanes import CACHE_LINE, LANES
from kotovec.engines.cpu.memory import new_matrix, new_table
from kotovec.engines.cpu.places import Rows, address_of_row, copy_transposed, new_rows
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import fetch_all, fetch_element, fetch_line, fetch_row, list_lines
from kotovec.engines.cpu.tiles import TILE

CHUNK = 96
"""Most centres in one chunk; a multiple of TILE, and of two of the tiles of amx.py. With fewer, what a chunk
has besides its centres weighs more: negatives, and contexts on either side. With more, CBOW would need more
negatives for vectors as good. Rounds of short texts have smaller chunks, see scales.py."""

UNUSED = -1
"""Stands in a list of rows where there is none."""


class Parameters(NamedTuple):
    """What is being learned; D is vector_size rounded up to a multiple of LANES, the rest is zero.

    The two rows of a word stand side by side in one matrix, so that a row's number says all about it. With
    tied weights a word has one row, which plays both parts; with a tree the second V rows are its nodes, see
    paths.py.
    """

    W: Any  # float (sides * V, D), see row_of_word
    scale: Any  # float, what the changes of the first rows, and at last of all others, are multiplied by
    claims: Any  # uint32 (sides * V,), what a round asks of each row, see claims.py
    mean_negative: Any  # float (1, D), about the mean of all rows that negatives are drawn from; or no row


class Chunk(NamedTuple):
    """Which centres to learn from, and how strongly."""

    row: int  # the plan's row
    first: int  # the first centre, as an index into the plan's row
    size: int  # centres, at most CHUNK
    rate: float  # learning rate
    negative_weight: float  # weight of one shared negative for one positive pair, K / M
    measured: bool  # whether to compute the loss
    controlled: bool  # whether the mean of all negatives is known by now, see control.py
    key: Any  # int64, the bits of the key of the dice that draw its negatives


class Visits(NamedTuple):
    """Changes of a Huffman tree's nodes by the chunks of a round, kept as factors, see visits.py.

    A slot is a chunk's place in its round.
    """

    steps: Any  # int32 (L + LANES,), the paths, see paths.Paths
    inputs: Any  # float (slots, T, D), the input rows of each chunk; or int32, pairs of two rows in bfloat16
    gradients: Any  # float (slots, 1, G), gradients times learning rate; or int16, in bfloat16
    centres: Any  # int32 (slots, CHUNK, 6), what each centre says about the nodes on its path


class Changes(NamedTuple):
    """Where a chunk's changes go, and what else it has to say; each worker has its own."""

    rows: Rows  # R places, in the order of the chunk's list
    nowhere: Any  # float (2, D), takes what is meant for UNUSED rows; the second row stays zero
    lines: Any  # int64 (R * cache lines of a row + LANES,), room for what list_ahead finds
    loss: Any  # float64 (2,), summed loss and positive pairs of a measured chunk, else zeros
    drawn: Any  # float (1, D), the sum of the rows of the chunk's negatives
    slot: Any  # int64 (1,), the chunk's place in its round
    visits: Visits  # where its changes of nodes are noted


@anywhere
def padded(number: int, multiple: int) -> int:
    """Return `number` rounded up to a multiple."""
    return -(-number // multiple) * multiple


def first_half(vector_size: int) -> int:
    """Return how many columns the first half of all rows has; the second has what is left, maybe none.

    Every score is the sum of two parts, of one half each, so that two workers may compute one each.
    """
    vectors = padded(vector_size, LANES) // LANES
    return (vectors + 1) // 2 * LANES


@anywhere
def band_width(window: int) -> int:
    """Return how many positions TILE neighbouring centres see together, in whole vectors."""
    return padded(TILE + 2 * window, LANES)


@anywhere
def context_rows(window: int) -> int:
    """Return Q, the rows for a chunk's contexts: the chunk, both sides, and room for the last tile."""
    return padded(CHUNK + band_width(window), LANES)


@anywhere
def first_negative(window: int) -> int:
    """Return the place of the first negative in a chunk's list of rows, behind centres and contexts."""
    return CHUNK + context_rows(window)


def listed_rows(window: int, negatives: int) -> int:
    """Return R, the length of a chunk's list of rows."""
    return padded(first_negative(window) + padded(negatives, LANES), LANES)


def new_changes(window: int, negatives: int, width: int, dtype: Any) -> Changes:
    """Return room for what one chunk says."""
    return new_changes_of(listed_rows(window, negatives), width, no_visits(width, dtype), dtype)


def new_changes_of(rows: int, width: int, visits: Visits, dtype: Any) -> Changes:
    """Return room for what one chunk says whose list has so many rows."""
    lines = rows * width * np.dtype(dtype).itemsize // CACHE_LINE
    return Changes(
        rows=new_rows(rows, dtype),
        nowhere=new_matrix(2, width, dtype),
        lines=new_table(lines + LANES, np.int64),
        loss=new_table(2, np.float64),
        drawn=new_matrix(1, width, dtype),
        slot=new_table(1, np.int64),
        visits=visits,
    )


def no_visits(width: int, dtype: Any) -> Visits:
    """Return what stands for the visits where there is no tree."""
    return Visits(
        steps=np.zeros(0, np.int32),
        inputs=np.zeros((0, 0, width), dtype),
        gradients=np.zeros((0, 1, 0), dtype),
        centres=np.zeros((0, 0, 6), np.int32),
    )


@anywhere
def row_of_word(word_id: int, sides: int, output: bool) -> int:
    """Return a word's row of W: of 2 `sides` the even is W_in's and the odd W_out's, 1 is for both.

    Where there is a tree, it is another one, see paths.py.
    """
    return sides * word_id + (sides - 1) * output


@helper
def list_rows(
    plan: Plan, chunk: Chunk, window: int, sides: int, contexts_are_inputs: bool, listed: np.ndarray
) -> None:
    """Fill `listed`, int32 (R,), with the rows of W that the chunk reads and changes, or UNUSED.

    Row i is that of centre i, CHUNK + q that of context q, which is position first - window + q of the plan's
    row. The negatives, behind the Q rows of contexts, are left to draw_negatives.
    """
    kept, origin, end = plan.kept[chunk.row], chunk.first - window, chunk.first + chunk.size + window
    low, high = max(plan.low[chunk.row], origin), min(plan.high[chunk.row], end)
    for r in range(len(listed)):
        listed[r] = UNUSED
    _list_stretch(listed, kept[chunk.first : chunk.first + chunk.size], sides, contexts_are_inputs)
    _list_stretch(listed[CHUNK + low - origin :], kept[low:high], sides, not contexts_are_inputs)


@helper
def _list_stretch(listed: np.ndarray, kept: np.ndarray, sides: int, output: bool) -> None:
    """List the rows of the words `kept`."""
    # In 32 bits, so that LLVM takes whole vectors.
    rows_apart, first = np.int32(sides), np.int32(row_of_word(0, sides, output))
    for r in range(len(kept)):
        listed[r] = rows_apart * kept[r] + first


@helper
def list_ahead(parameters: Parameters, ahead: np.ndarray, lines: np.ndarray) -> int:
    """List the addresses of the cache lines of the rows `ahead`; return their number."""
    line = 0
    for r in range(len(ahead)):
        if ahead[r] != UNUSED:
            line = list_lines(lines, line, parameters.W, ahead[r])
    return line


@helper
def fetch_claims(parameters: Parameters, ahead: np.ndarray) -> None:
    """Ask the memory for the claims on the rows `ahead`."""
    for r in range(len(ahead)):
        if ahead[r] != UNUSED:
            fetch_element(parameters.claims, ahead[r])


@helper
def fetch_rows(parameters: Parameters, ahead: np.ndarray) -> None:
    """Ask the memory for the rows `ahead`."""
    W = parameters.W
    for r in range(len(ahead)):
        # Not to ask for those of the most frequent words, which hardly ever leave the cache, costs more: the
        # CPU cannot foresee which they are.
        if ahead[r] != UNUSED:
            fetch_row(W, ahead[r])


@helper
def fetch_windows(plan: Plan, chunk: Chunk) -> None:
    """Ask the memory for the windows of a chunk's centres."""
    fetch_all(plan.left[chunk.row, chunk.first : chunk.first + chunk.size])
    fetch_all(plan.right[chunk.row, chunk.first : chunk.first + chunk.size])


@helper
def fetch_some(lines: np.ndarray, line: int, number: int) -> int:
    """Fetch so many of `lines` into the cache; return the first one that is left."""
    last = min(line + number, len(lines))
    for at in range(line, last):
        fetch_line(lines, at)
    return last


@helper
def locate(parameters: Parameters, listed: np.ndarray, sources: np.ndarray) -> None:
    """Fill `sources` with the addresses of the first of the `listed` rows of W."""
    W = parameters.W
    for z in range(len(sources)):
        # An UNUSED row has no score that is used, but needs numbers.
        sources[z] = address_of_row(W, max(listed[z], 0))


@helper
def copy_rows(Z: np.ndarray, ZT: np.ndarray, sources: np.ndarray, first: int, last: int) -> None:
    """Copy rows first .. last - 1 of `sources`, whole LANES of them, to Z, and transposed to ZT."""
    for z in range(first, last, LANES):
        for d in range(0, Z.shape[1], LANES):
            copy_transposed(Z, ZT, sources, z, d)


@helper
def score_loss(score: float, label: int) -> float:
    """Return -log(sigmoid(score)) for label 1, -log(1 - sigmoid(score)) for label 0, in float64."""
    signed = -np.float64(score) if label else np.float64(score)
    return max(signed, 0.0) + np.log1p(np.exp(-abs(signed)))
