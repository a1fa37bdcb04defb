"""Products with panels: V rows of 32 numbers, in float32, the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.counting.bands import Banded, start_of_band
from kotovec.engines.cpu.compiling import intrinsic, kernel
from kotovec.engines.cpu.lanes import LANES, Matrix, load, multiply_add, splat, store
from kotovec.engines.working import Tasks, share_out

Panel = npt.NDArray[np.float32]  # (rows, WIDTH), C-contiguous; or several side by side
Square = npt.NDArray[np.float64]  # (WIDTH, WIDTH), one for each of several panels below the other

WIDTH = 2 * LANES
"""Columns of a panel: its sums fit the registers, and a row is two cache lines."""

CHUNK = 256
"""Rows of a product made by one call of the linear algebra library: so few that it takes no threads of its
own, whose number would change the order of its additions."""

_CHUNKS = 16
_I64 = ir.IntType(64)


def panel_rows(words: int) -> int:
    """Return how many rows a panel for so many words has: a multiple of CHUNK, the last ones zero."""
    return -(-words // CHUNK) * CHUNK


def multiply(matrix: Banded, panel: Panel, workers: int) -> Panel:
    """Return the matrix @ panel."""
    result: Panel = np.zeros_like(panel)
    parts, firsts = matrix.parts.tolist(), matrix.firsts.tolist()

    def work(tasks: Tasks) -> None:
        for task in tasks:
            rows = parts[task], parts[task + 1]
            multiply_rows(matrix.lengths, matrix.columns, matrix.values, *rows, firsts[task], panel, result)

    share_out(work, len(parts) - 1, workers)
    return result


def gram(left: Panel, right: Panel, workers: int) -> Square:
    """Return left.T @ right, for one panel or several side by side: chunks in float32, the sum in float64."""
    lefts, rights = _chunked(left).transpose(0, 2, 1), _chunked(right)
    chunks = len(lefts)
    parts = np.empty((chunks, left.shape[1], right.shape[1]), np.float32)

    def work(stretch: slice) -> None:
        np.matmul(lefts[stretch], rights[stretch], out=parts[stretch])

    _over_chunks(work, chunks, workers)
    total: Square = parts.sum(axis=0, dtype=np.float64)
    return total


def add_product(target: Panel, panels: Panel, square: Square, workers: int) -> None:
    """Add panels @ square to `target`, for one panel or several side by side."""
    factors, parts, sums = square.astype(np.float32), _chunked(panels), _chunked(target)

    def work(stretch: slice) -> None:
        sums[stretch] += parts[stretch] @ factors

    _over_chunks(work, len(sums), workers)


def columns_of(panels: list[Panel], order: npt.NDArray[np.intp], words: int, workers: int) -> Panel:
    """Return columns of some panels side by side in another order, (words, their number), C-contiguous."""
    result: Panel = np.empty((words, len(order)), np.float32)

    def work(stretch: slice) -> None:
        rows = slice(stretch.start * CHUNK, min(stretch.stop * CHUNK, words))
        result[rows] = np.concatenate([panel[rows] for panel in panels], axis=1)[:, order]

    _over_chunks(work, len(panels[0]) // CHUNK, workers)
    return result


def _chunked(panels: Panel) -> Panel:
    return panels.reshape(len(panels) // CHUNK, CHUNK, panels.shape[1])


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
            column = b.zext(b.load(b.gep(places, [entry], inbounds=True)), _I64)
            factor = splat(b, b.load(b.gep(factors, [entry], inbounds=True)))
            for part, total in enumerate(sums):
                numbers = load(b, x.pointer(column, _I64(part * LANES)))
                b.store(multiply_add(b, factor, numbers, b.load(total)), total)
        for part, total in zip(parts, sums, strict=True):
            store(b, b.load(total), part)
        return context.get_dummy_value()

    return types.void(Y, types.intp, X, columns, values, types.UniTuple(types.intp, 2)), codegen


@kernel
def multiply_rows(
    lengths: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    first: int,
    last: int,
    entry: int,
    panel: np.ndarray,
    result: np.ndarray,
) -> None:
    """Add the rows [first, last) of matrix @ panel to `result`; their entries stand from `entry` on."""
    for band in range(len(lengths)):
        rows = panel[start_of_band(band) :]
        for row in range(first, last):
            end = entry + lengths[band, row]
            if entry < end:
                _add_rows(result, row, rows, columns, values, (entry, end))
                entry = end


def compile_products() -> None:
    """Have the machine code made, or loaded from disk."""
    none, lengths = np.zeros((0, WIDTH), np.float32), np.zeros((1, 0), np.int32)
    multiply_rows(lengths, np.zeros(0, np.uint16), np.zeros(0, np.float32), 0, 0, 0, none, none)
