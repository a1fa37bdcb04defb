"""Sums over the windows of neighbouring centres: the means of the contexts, and the way back.

Neighbouring windows overlap almost wholly. So the means are differences of prefix sums, and the gradients go
back through the same windows as an array of differences with one running sum: a few operations on rows for
each centre, however wide the window is. Both go through a chunk once for every few columns, as many as a
running sum can have in registers, and touch a row again only while it lies in the first-level cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.chunk import CHUNK, Changes, Chunk, Parameters
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, emit_prefetch, load, multiply_add, splat, store
from kotovec.engines.cpu.places import emit_places
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row
from kotovec.engines.cpu.tiles import emit_in_blocks

_I8, _I64 = ir.IntType(8), ir.IntType(64)


class _Columns:
    """The columns of a few vectors in all rows, and a running sum, inside a function being emitted."""

    def __init__(self, b: Any, m: Matrix, first: Any, width: int) -> None:
        """Take `width` vectors from vector `first` on, of matrices like m."""
        self.builder, self.width = b, width
        self.first = b.mul(first, _I64(LANES))
        self.zeros = [ir.Constant(m.vector, None)] * width
        # What LLVM keeps in registers.
        self.sums = [cgutils.alloca_once(b, m.vector) for _ in range(width)]
        for zero, held in zip(self.zeros, self.sums, strict=True):
            b.store(zero, held)

    def _places(self, row: Any) -> list[Any]:
        start = self.builder.gep(row, [self.first], inbounds=True)
        return [self.builder.gep(start, [_I64(v * LANES)], inbounds=True) for v in range(self.width)]

    def load(self, row: Any) -> list[Any]:
        """Return these columns of the row that begins at an address."""
        return [load(self.builder, place) for place in self._places(row)]

    def store(self, values: list[Any], row: Any) -> None:
        """Fill these columns of the row."""
        for value, place in zip(values, self._places(row), strict=True):
            store(self.builder, value, place)

    def add_up(self, values: list[Any]) -> list[Any]:
        """Add to the running sum and return it."""
        b = self.builder
        sums = _each(b.fadd, [b.load(held) for held in self.sums], values)
        for value, held in zip(sums, self.sums, strict=True):
            b.store(value, held)
        return sums


def _each(formula: Callable[..., Any], *operands: list[Any]) -> list[Any]:
    """Return what the formula makes of the first vectors of all operands, of the second ones, and so on."""
    return [formula(*vectors) for vectors in zip(*operands, strict=True)]


class _Windows:
    """The windows of a chunk's centres: centre i is row i + w of the contexts."""

    def __init__(self, context: Any, b: Any, sig: Any, args: Any, at: int) -> None:
        """Take the arguments left, right, w, low, high, size, from the one with number `at` on."""
        self.builder = b
        self.left, self.right = (context.make_array(sig.args[k])(context, b, args[k]) for k in (at, at + 1))
        self.w, self.low, self.high, self.size = args[at + 2 : at + 6]
        self.twice = b.add(self.w, self.w)

    def bounds(self, i: Any) -> tuple[Any, Any]:
        """Return the first row of the window of centre i and the one after the last."""
        b = self.builder
        left, right = (
            b.sext(b.load(b.gep(table.data, [i], inbounds=True)), _I64) for table in (self.left, self.right)
        )
        q = b.add(i, self.w)
        return b.sub(q, left), b.add(b.add(q, right), _I64(1))

    def share(self, start: Any, end: Any, element: Any) -> Any:
        """Return 1 / n for a window with n rows besides the centre's own, or 0 where there are none."""
        b = self.builder
        number = b.sub(b.sub(end, start), _I64(1))
        empty = b.icmp_signed("==", number, _I64(0))
        share = b.fdiv(ir.Constant(element, 1.0), b.sitofp(b.select(empty, _I64(1), number), element))
        return b.select(empty, ir.Constant(element, 0.0), share)


@intrinsic
def _average_windows(
    typing_context: Any,
    H: Any,
    P: Any,
    W: Any,
    listed: Any,
    left: Any,
    right: Any,
    w: Any,
    low: Any,
    high: Any,
    size: Any,
) -> Any:
    """H[i] = the mean of centre i's window without its own row, for i < size; zeros where that is empty.

    Called as ``_average_windows(H, P, W, listed, left, right, w, low, high, size)``. Row q of the contexts,
    low <= q < high, is W[listed[q]]; the window of centre i reaches from row i + w - left[i] to row
    i + w + right[i], and its own row is i + w. P, (size + 2 * w + 1, D), takes the prefix sums.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        h, p, m = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1, 2))
        rows = context.make_array(sig.args[3])(context, b, args[3]).data
        windows = _Windows(context, b, sig, args, 4)

        def context_row(q: Any) -> Any:
            return m.pointer(b.sext(b.load(b.gep(rows, [q], inbounds=True)), _I64), _I64(0))

        def add(columns: _Columns, q: Any) -> None:
            total = columns.add_up(columns.load(context_row(q)))
            columns.store(total, p.pointer(b.add(q, _I64(1)), _I64(0)))

        def average(columns: _Columns, i: Any) -> None:
            start, end = windows.bounds(i)
            share = splat(b, windows.share(start, end, m.element))
            behind, before = (columns.load(p.pointer(q, _I64(0))) for q in (end, start))
            own = columns.load(context_row(b.add(i, windows.w)))
            mean = _each(lambda x, y, z: b.fmul(b.fsub(b.fsub(x, y), z), share), behind, before, own)
            columns.store(mean, h.pointer(i, _I64(0)))

        def block(first: Any, width: int) -> None:
            columns = _Columns(b, m, first, width)
            columns.store(columns.zeros, p.pointer(windows.low, _I64(0)))
            early = b.select(b.icmp_signed("<", windows.twice, windows.high), windows.twice, windows.high)
            with cgutils.for_range_slice(b, windows.low, early, _I64(1), _I64) as (q, _):
                add(columns, q)
            with cgutils.for_range(b, windows.size) as loop:
                last = b.add(loop.index, windows.twice)  # the last row that this centre's window may reach
                with b.if_then(b.icmp_signed("<", last, windows.high)):
                    add(columns, last)
                average(columns, loop.index)

        emit_in_blocks(b, 1, b.sdiv(m.row_length, _I64(LANES)), block)
        return context.get_dummy_value()

    return types.void(H, P, W, listed, left, right, n, n, n, n), codegen


def _emit_fetch_some(b: Any, lines: Any, number: Any, line: Any, some: int) -> None:
    """Emit asking for `some` of so many lines from the one that `line` holds on; at the end, the last again.

    To ask each time whether there is one left would cost more than the asking.
    """
    zero, now, last = _I64(0), b.load(line), b.sub(number, _I64(some))
    first = b.select(b.icmp_signed("<", now, last), now, last)
    first = b.select(b.icmp_signed(">", first, zero), first, zero)
    for k in range(some):
        emit_prefetch(b, lines, b.add(first, _I64(k)))
    b.store(b.add(first, _I64(some)), line)


@intrinsic
def _change_windows(
    typing_context: Any,
    rows: Any,
    place: Any,
    P: Any,
    GH: Any,
    left: Any,
    right: Any,
    w: Any,
    low: Any,
    high: Any,
    size: Any,
    lines: Any,
    line: Any,
) -> Any:
    """Give each row the sum of the GH[i] in whose windows it stands, but not that of its own centre.

    Called as ``line = _change_windows(rows, place, P, GH, left, right, w, low, high, size, lines, line)``.
    Row q of the contexts, low <= q < high, is rows[place + q], and windows are those of _average_windows. The
    last row of GH is zero. P, (size + 2 * w + 1, D), takes the differences. Meanwhile lines[line:], int64
    addresses, are fetched into the cache; what is returned is the first one that was left.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        p, g = (Matrix(context, b, sig.args[k], args[k]) for k in (2, 3))
        places = emit_places(context, b, sig.args[0], args[0], args[1])
        windows = _Windows(context, b, sig, args, 4)
        low, high = windows.low, windows.high
        lines = Matrix(context, b, sig.args[10], args[10])
        line = cgutils.alloca_once_value(b, args[11])
        reach = b.add(windows.twice, _I64(1))

        def clear(columns: _Columns, q: Any) -> None:
            columns.store(columns.zeros, p.pointer(q, _I64(0)))

        def spread(columns: _Columns, i: Any) -> None:
            gradient = columns.load(g.pointer(i, _I64(0)))
            for q, change in zip(windows.bounds(i), (b.fadd, b.fsub), strict=True):
                row = p.pointer(q, _I64(0))
                columns.store(_each(change, columns.load(row), gradient), row)

        def give(columns: _Columns, q: Any) -> None:
            i = b.sub(q, windows.w)
            centre = b.icmp_unsigned("<", i, windows.size)
            own = g.pointer(b.select(centre, i, b.sub(g.length, _I64(1))), _I64(0))
            total = columns.add_up(columns.load(p.pointer(q, _I64(0))))
            change = _each(b.fsub, total, columns.load(own))
            at, scale, adds = (b.load(b.gep(table, [q], inbounds=True)) for table in places)
            row, factor = b.inttoptr(at, p.element.as_pointer()), splat(b, scale)
            added = b.icmp_signed("!=", adds, _I8(0))
            held = _each(lambda x, zero: b.select(added, x, zero), columns.load(row), columns.zeros)
            columns.store(_each(lambda x, y: multiply_add(b, factor, x, y), change, held), row)

        def block(first: Any, width: int) -> None:
            columns = _Columns(b, p, first, width)
            with cgutils.for_range(b, reach) as loop:
                clear(columns, loop.index)
            with cgutils.for_range(b, windows.size) as loop:
                i = loop.index
                clear(columns, b.add(i, reach))
                spread(columns, i)
                # One for each vector: about as many as the products have left of a chunk to come.
                _emit_fetch_some(b, lines.data, lines.length, line, width)
                # The last centre that may see row i has been added to the differences.
                with b.if_then(b.and_(b.icmp_signed(">=", i, low), b.icmp_signed("<", i, high))):
                    give(columns, i)
            rest = b.select(b.icmp_signed(">", low, windows.size), low, windows.size)
            with cgutils.for_range_slice(b, rest, high, _I64(1), _I64) as (q, _):
                give(columns, q)

        emit_in_blocks(b, 1, b.sdiv(p.row_length, _I64(LANES)), block)
        return b.load(line)

    return n(rows, n, P, GH, left, right, n, n, n, n, lines, n), codegen


@helper
def _context_rows(work: Any, plan: Plan, chunk: Chunk) -> tuple[int, int]:
    """Return the first context row and the one after the last; row q is position first - window + q."""
    origin = chunk.first - work.window
    low = max(plan.low[chunk.row] - origin, 0)
    high = min(plan.high[chunk.row] - origin, chunk.size + 2 * work.window)
    return low, high


@helper
def means_of_contexts(
    work: Any,
    H: np.ndarray,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    rows: int,
) -> None:
    """Fill the first `rows` rows of H from prefix sums; a centre without context gets zeros."""
    low, high = _context_rows(work, plan, chunk)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    _average_windows(H, work.P, parameters.W, listed[CHUNK:], left, right, work.window, low, high, chunk.size)
    for i in range(chunk.size, rows):
        clear_row(H, i)


@helper
def change_contexts(
    work: Any, plan: Plan, chunk: Chunk, changes: Changes, lines: np.ndarray, line: int
) -> int:
    """Give each context row the gradients of the centres whose windows it stands in."""
    low, high = _context_rows(work, plan, chunk)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    return _change_windows(
        changes.rows, CHUNK, work.P, work.GH, left, right, work.window, low, high, chunk.size, lines, line
    )
