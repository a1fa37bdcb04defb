"""Products with panels: V rows of 32 numbers, in float32, the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.counting.ppmi import Sparse
from kotovec.engines.cpu.compiling import intrinsic, kernel
from kotovec.engines.cpu.lanes import LANES, Matrix, load, multiply_add, splat, store
from kotovec.engines.working import Tasks, share_out

Panel = npt.NDArray[np.float32]  # (rows, WIDTH), C-contiguous
Square = npt.NDArray[np.float64]  # (WIDTH, WIDTH)

WIDTH = 2 * LANES
"""Columns of a panel: its sums fit the registers, and a row is two cache lines."""

CHUNK = 256
"""Rows of a product made by one call of the linear algebra library: so few that it takes no threads of its
own, whose number would change the order of its additions."""

_CHUNKS = 16
_ENTRIES = 1 << 19
_BAND = 1 << 12
_MOST_BANDS = 16
_I64 = ir.IntType(64)


def panel_rows(words: int) -> int:
    """Return how many rows a panel for so many words has: a multiple of CHUNK, the last ones zero."""
    return -(-words // CHUNK) * CHUNK


@dataclass(frozen=True, kw_only=True)
class Banded:
    """A sparse matrix, cut into bands of columns: the rows of a panel for one band fit a core's cache."""

    matrix: Sparse
    starts: npt.NDArray[np.int64]  # (bands + 1, V), where each band of each row begins


def banded(matrix: Sparse) -> Banded:
    """Cut a matrix into bands of 4,096 columns, and one of all that are left after sixteen."""
    words = len(matrix.offsets) - 1
    starts = np.empty((min(-(-words // _BAND), _MOST_BANDS) + 1, words), np.int64)
    find_bands(matrix.offsets, matrix.columns, _BAND, starts)
    return Banded(matrix=matrix, starts=starts)


def multiply(cut: Banded, panel: Panel, workers: int) -> Panel:
    """Return the matrix @ panel."""
    matrix = cut.matrix
    words = len(matrix.offsets) - 1
    result: Panel = np.zeros_like(panel)
    parts = max(1, int(matrix.offsets[-1]) // _ENTRIES)
    cuts = np.searchsorted(matrix.offsets, np.linspace(0, matrix.offsets[-1], parts + 1)[1:-1])
    ends = [0, *cuts.tolist(), words]

    def work(tasks: Tasks) -> None:
        for task in tasks:
            multiply_rows(
                cut.starts, matrix.columns, matrix.values, panel, ends[task], ends[task + 1], result
            )

    share_out(work, parts, workers)
    return result


def gram(left: Panel, right: Panel, workers: int) -> Square:
    """Return left.T @ right, (WIDTH, WIDTH): chunks in float32, their sum in float64."""
    chunks = len(left) // CHUNK
    parts = np.empty((chunks, WIDTH, WIDTH), np.float32)
    lefts = left.reshape(chunks, CHUNK, WIDTH).transpose(0, 2, 1)
    rights = right.reshape(chunks, CHUNK, WIDTH)

    def work(stretch: slice) -> None:
        np.matmul(lefts[stretch], rights[stretch], out=parts[stretch])

    _over_chunks(work, chunks, workers)
    total: Square = parts.sum(axis=0, dtype=np.float64)
    return total


def add_product(target: Panel, panel: Panel, square: Square, workers: int) -> None:
    """Add panel @ square to `target`."""
    chunks = len(panel) // CHUNK
    factors, panels, sums = square.astype(np.float32), _chunked(panel), _chunked(target)

    def work(stretch: slice) -> None:
        sums[stretch] += panels[stretch] @ factors

    _over_chunks(work, chunks, workers)


def _chunked(panel: Panel) -> Panel:
    return panel.reshape(len(panel) // CHUNK, CHUNK, WIDTH)


def _over_chunks(work: Callable[[slice], None], chunks: int, workers: int) -> None:
    def take(tasks: Tasks) -> None:
        for task in tasks:
            work(slice(task * _CHUNKS, (task + 1) * _CHUNKS))

    share_out(take, -(-chunks // _CHUNKS), workers)


@intrinsic
def _add_rows(typing_context: Any, Y: Any, row: Any, X: Any, columns: Any, values: Any, ends: Any) -> Any:
    """Y[row] += sum of values[e] * X[columns[e]] over some entries e; the sums stay in registers."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        y, x = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        places, factors = (context.make_array(sig.args[k])(context, b, args[k]).data for k in (3, 4))
        first, last = (b.extract_value(args[5], k) for k in (0, 1))
        parts = [y.pointer(args[1], _I64(part)) for part in range(0, WIDTH, LANES)]
        sums = [cgutils.alloca_once_value(b, load(b, part)) for part in parts]
        with cgutils.for_range_slice(b, first, last, _I64(1), _I64) as (entry, _):
            column = b.sext(b.load(b.gep(places, [entry], inbounds=True)), _I64)
            factor = splat(b, b.load(b.gep(factors, [entry], inbounds=True)))
            for part, total in enumerate(sums):
                numbers = load(b, x.pointer(column, _I64(part * LANES)))
                b.store(multiply_add(b, factor, numbers, b.load(total)), total)
        for part, total in zip(parts, sums, strict=True):
            store(b, b.load(total), part)
        return context.get_dummy_value()

    return types.void(Y, types.intp, X, columns, values, types.UniTuple(types.intp, 2)), codegen


@kernel
def find_bands(offsets: np.ndarray, columns: np.ndarray, width: int, starts: np.ndarray) -> None:
    """Write where in each row the columns from band * width on begin; the last band takes all the rest."""
    bands = len(starts) - 1
    for row in range(len(offsets) - 1):
        entry = offsets[row]
        for band in range(bands):
            while entry < offsets[row + 1] and columns[entry] < band * width:
                entry += 1
            starts[band, row] = entry
        starts[bands, row] = offsets[row + 1]


@kernel
def multiply_rows(
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    panel: np.ndarray,
    first: int,
    last: int,
    result: np.ndarray,
) -> None:
    """Add the rows [first, last) of matrix @ panel to `result`, band by band."""
    for band in range(len(starts) - 1):
        for row in range(first, last):
            ends = (starts[band, row], starts[band + 1, row])
            if ends[0] < ends[1]:
                _add_rows(result, row, panel, columns, values, ends)


def compile_products() -> None:
    """Have the machine code made, or loaded from disk."""
    none, starts, ids = np.zeros((0, WIDTH), np.float32), np.zeros((1, 0), np.int64), np.zeros(0, np.int32)
    find_bands(np.zeros(1, np.int64), ids, 1, starts)
    multiply_rows(starts, ids, np.zeros(0, np.float32), none, 0, 0, none)
