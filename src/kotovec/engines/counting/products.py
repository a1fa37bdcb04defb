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
from kotovec.engines.working import Tasks, cut, share_out

Panel = npt.NDArray[np.float32]  # (rows, WIDTH), C-contiguous; or several side by side
Square = npt.NDArray[np.float64]  # (WIDTH, WIDTH), one for each of several panels below the other

WIDTH = 2 * LANES
"""Columns of a panel: its sums fit the registers, and a row is two cache lines."""

_ADDITIONS = 1 << 18
"""Multiply-adds in one call of the linear algebra library: so few that it takes no threads of its own, whose
number would change the order of its additions."""

_STRETCH = 1 << 12
"""Rows that a worker takes at once."""

_I64 = ir.IntType(64)


def panel_rows(words: int) -> int:
    """Return how many rows a panel for so many words has: a multiple of 64, the last ones zero."""
    return -(-words // 64) * 64


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
    """Return left.T @ right, for one panel or several side by side: 64 rows in float32, then float64."""
    parts = np.empty((-(-len(left) // _STRETCH), left.shape[1], WIDTH))

    def work(rows: slice) -> None:
        part, rights = parts[rows.start // _STRETCH], right[rows].reshape(-1, 1, 64, WIDTH)
        for columns, width in _groups(left.shape[1], _ADDITIONS // (64 * WIDTH)):
            lefts = left[rows, columns].reshape(len(rights), 64, -1, width)
            products = lefts.transpose(0, 2, 3, 1) @ rights
            part[columns] = products.sum(axis=0, dtype=np.float64).reshape(-1, WIDTH)

    _over_rows(work, len(left), workers)
    total: Square = parts.sum(axis=0)
    return total


def add_product(target: Panel, panels: Panel, square: Square, workers: int) -> None:
    """Add panels @ square to `target`, for one panel or several side by side."""
    factors = square.astype(np.float32)

    def work(rows: slice) -> None:
        height = len(target[rows]) // 32  # said, since there may be no columns to tell it from
        sums, parts = (each[rows].reshape(height, 32, each.shape[1]) for each in (target, panels))
        for first, last in cut(panels.shape[1], _ADDITIONS // (32 * WIDTH)):
            sums += parts[:, :, first:last] @ factors[first:last]

    _over_rows(work, len(target), workers)


def reordered(panels: list[Panel], order: npt.NDArray[np.intp], words: int, workers: int) -> Panel:
    """Return the columns of some panels in another order, (words, their number), C-contiguous."""
    result: Panel = np.empty((words, len(order)), np.float32)

    def work(rows: slice) -> None:
        result[rows] = np.concatenate([panel[rows] for panel in panels], axis=1)[:, order]

    _over_rows(work, words, workers)
    return result


def _groups(columns: int, width: int) -> list[tuple[slice, int]]:
    """Return the columns that are whole groups of some width, and the rest, with the width of each."""
    whole = columns // width * width
    groups = [(slice(0, whole), width), (slice(whole, columns), columns - whole)]
    return [(group, each) for group, each in groups if group.start < group.stop]


def _over_rows(work: Callable[[slice], None], rows: int, workers: int) -> None:
    stretches = cut(rows, _STRETCH)

    def take(tasks: Tasks) -> None:
        for task in tasks:
            work(slice(*stretches[task]))

    share_out(take, len(stretches), workers)


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
