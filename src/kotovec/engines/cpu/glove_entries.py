"""Co-occurrence counts in the order in which GloVe learns from them.

Words are dealt into BLOCKS blocks like cards, the most frequent first, so that all blocks have about as many
entries. A cell is all entries whose row is in one block and whose column in another; cells that share neither
block can be learned at the same time (Gemulla et al. 2011).

Within a cell, entries are ordered by tiles of some hundred rows by some hundred columns, which stay in a
core's second-level cache while the tile is learned. The words of a tile are about equally frequent, so that
most entries are in tiles that have many. Within a tile entries are ordered by rows: a row that was just
learned is still in the first-level cache.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.atomics import atomic_add, atomic_load
from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.compiling import helper, kernel
from kotovec.engines.cpu.rounds import CONTROL_SIZE, RUNNING, STOP
from kotovec.engines.cpu.watching import compile_first, run_workers
from kotovec.progress import ProgressCallback

BLOCKS = 32
"""Blocks of words; so many workers can be kept busy. A power of two."""
AHEAD = 6
"""Rows are asked for so many entries before they are needed."""
NEXT = 0
"""Where the control array has the next ticket."""

_SHIFT = BLOCKS.bit_length() - 1
_TILE_BYTES = 2**18
_MOST_TILES = 2**12


class Counts(NamedTuple):
    """Co-occurrence counts by rows, V words, N entries."""

    offsets: Any  # int64 (V + 1,)
    columns: Any  # int32 (N,)
    values: Any  # float64 (N,), above 0


class Grid(NamedTuple):
    """Where words stand: word k is number k // BLOCKS of block k % BLOCKS."""

    tile_words: int
    tiles: int  # beside one another in a cell
    tile_of: Any  # int32 (2, V), each column's tile in the whole row of cells, forwards and backwards


class Weighing(NamedTuple):
    """How counts become weights, f(x) = min(x / x_max, 1)^alpha."""

    log_x_max: float
    alpha: float


class Entries(NamedTuple):
    """All entries, cell after cell, and in a cell tile after tile; words are numbers within their blocks."""

    starts: Any  # int64 (BLOCKS * BLOCKS + 1,), where each cell begins, row block by row block
    rows: Any  # unsigned (N + AHEAD,)
    columns: Any  # unsigned (N + AHEAD,)
    logs: Any  # float (N,), log x
    weights: Any  # float (N,), f(x)


def block_words(words: int) -> int:
    """Return the most words in a block."""
    return -(-words // BLOCKS)


def position(words: int) -> Any:
    """Return where each word stands when the blocks follow one another, int64 (V,)."""
    word = np.arange(words)
    return word % BLOCKS * block_words(words) + word // BLOCKS


def new_grid(words: int, row_bytes: int) -> Grid:
    """Return a grid whose tiles have rows, of so many bytes, that fit the cache together."""
    tile_words = max(_TILE_BYTES // row_bytes, 8, -(-words // _MOST_TILES))
    tiles = -(-block_words(words) // tile_words)
    tile, block = np.arange(words) // BLOCKS // tile_words, np.arange(words) % BLOCKS * tiles
    return Grid(tile_words, tiles, np.stack([block + tile, block + tiles - 1 - tile]).astype(np.int32))


def compile_kernels(
    counts: Counts, grid: Grid, weighing: Weighing, dtype: Any, progress: ProgressCallback | None
) -> None:
    """Have the machine code of `arrange` made, or loaded from disk, so that its time can be told apart."""
    control, none = np.zeros(CONTROL_SIZE, np.int64), np.zeros((0, 0), np.int64)
    entries = _new_entries(len(counts.offsets) - 1, 0, dtype)
    compile_first(count_tiles, (control, counts, grid, none), progress)
    compile_first(place_entries, (control, counts, grid, weighing, none, entries), progress)


def _new_entries(words: int, number: int, dtype: Any) -> Entries:
    within = np.uint16 if block_words(words) <= 2**16 else np.uint32
    return Entries(
        starts=np.zeros(BLOCKS * BLOCKS + 1, np.int64),
        rows=np.zeros(number + AHEAD, within),
        columns=np.zeros(number + AHEAD, within),
        logs=np.zeros(number, dtype),
        weights=np.zeros(number, dtype),
    )


def arrange(counts: Counts, grid: Grid, weighing: Weighing, dtype: Any, workers: int) -> Entries:
    """Return the entries in their order, which depends on the counts and the grid alone."""
    words, number = len(counts.offsets) - 1, len(counts.columns)
    tile_rows = BLOCKS * grid.tiles
    sizes = np.zeros((tile_rows, tile_rows), np.int64)
    _share(count_tiles, (counts, grid, sizes), workers)
    # From (row block, tile row, column block, tile) to the order of learning, and back.
    ordered = sizes.reshape(BLOCKS, grid.tiles, BLOCKS, grid.tiles).swapaxes(1, 2)
    ends = np.cumsum(ordered).reshape(ordered.shape)
    nexts = np.ascontiguousarray((ends - ordered).swapaxes(1, 2)).reshape(sizes.shape)
    entries = _new_entries(words, number, dtype)
    entries.starts[1:] = ends[:, :, -1, -1].ravel()
    _share(place_entries, (counts, grid, weighing, nexts, entries), workers)
    return entries


def _share(loop: Any, arguments: tuple[Any, ...], workers: int) -> None:
    control = np.zeros(CONTROL_SIZE, np.int64)
    run_workers(loop, [(control, *arguments)] * workers, None, None)


@helper
def _rows_of(grid: Grid, words: int, ticket: int) -> tuple[int, int]:
    """Return the first word of a row of tiles, and where its words, BLOCKS apart, end."""
    block, tile_row = ticket // grid.tiles, ticket % grid.tiles
    first = (tile_row * grid.tile_words << _SHIFT) + block
    return first, min(first + (grid.tile_words << _SHIFT), words)


@kernel
def count_tiles(control: np.ndarray, counts: Counts, grid: Grid, sizes: np.ndarray) -> None:
    """Fill `sizes`, int64 (rows of tiles, tiles), with the entries of each tile."""
    counts, grid = borrow(counts), borrow(grid)
    offsets, columns = counts.offsets, counts.columns
    while atomic_load(control, STOP) == RUNNING:
        ticket = atomic_add(control, NEXT, 1)
        if ticket >= len(sizes):
            return
        # Every other row of tiles goes backwards: it begins with the columns that are in the cache.
        tile_of = grid.tile_of[ticket % grid.tiles % 2]
        first, last = _rows_of(grid, len(offsets) - 1, ticket)
        for word in range(first, last, BLOCKS):
            for at in range(offsets[word], offsets[word + 1]):
                sizes[ticket, tile_of[columns[at]]] += 1


@kernel
def place_entries(
    control: np.ndarray,
    counts: Counts,
    grid: Grid,
    weighing: Weighing,
    nexts: np.ndarray,
    entries: Entries,
) -> None:
    """Write the entries to their tiles, of which `nexts`, int64 like `sizes`, has the first free places."""
    counts, grid, weighing, entries = borrow(counts), borrow(grid), borrow(weighing), borrow(entries)
    offsets, columns, values = counts.offsets, counts.columns, counts.values
    while atomic_load(control, STOP) == RUNNING:
        ticket = atomic_add(control, NEXT, 1)
        if ticket >= len(nexts):
            return
        tile_of = grid.tile_of[ticket % grid.tiles % 2]
        first, last = _rows_of(grid, len(offsets) - 1, ticket)
        for word in range(first, last, BLOCKS):
            for at in range(offsets[word], offsets[word + 1]):
                tile = tile_of[columns[at]]
                to = nexts[ticket, tile]
                nexts[ticket, tile] = to + 1
                log = np.log(np.float64(values[at]))
                entries.rows[to] = word >> _SHIFT
                entries.columns[to] = columns[at] >> _SHIFT
                entries.logs[to] = log
                entries.weights[to] = np.exp(min(log - weighing.log_x_max, 0.0) * weighing.alpha)
