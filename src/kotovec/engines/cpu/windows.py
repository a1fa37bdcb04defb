"""The windows of neighbouring centres, inside functions being emitted: what both ways through them share.

Neighbouring windows overlap almost wholly. So the means of the contexts are differences of prefix sums
(window_means.py), and the gradients go back through the same windows as an array of differences with one
running sum (window_changes.py): a few operations on rows for each centre, however wide the window is. With
bfloat16 the way back is another one, see window_gradients.py. Both go
through a chunk once for every few columns, as many as a running sum can have in registers, and touch a row
again only while it lies in the first-level cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.chunk import Chunk
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, load, splat, store
from kotovec.engines.cpu.places import Place
from kotovec.engines.cpu.plan import Plan

_I64 = ir.IntType(64)


class Columns:
    """The columns of a few vectors in all rows, and a running sum, inside a function being emitted."""

    def __init__(self, b: Any, m: Matrix, first: Any, width: int) -> None:
        """Take `width` vectors from vector `first` on, of matrices like m."""
        self.builder, self.width, self.vector = b, width, first
        self.first, self.are_first = b.mul(first, _I64(LANES)), b.icmp_signed("==", first, _I64(0))
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

    def give(self, values: list[Any], place: Place) -> None:
        """Give these columns to a row."""
        for v, value in enumerate(values):
            place.give(value, self.builder.add(self.first, _I64(v * LANES)))

    def add_up(self, values: list[Any]) -> list[Any]:
        """Add to the running sum and return it."""
        b = self.builder
        sums = each(b.fadd, [b.load(held) for held in self.sums], values)
        for value, held in zip(sums, self.sums, strict=True):
            b.store(value, held)
        return sums


def each(formula: Callable[..., Any], *operands: list[Any]) -> list[Any]:
    """Return what the formula makes of the first vectors of all operands, of the second ones, and so on."""
    return [formula(*vectors) for vectors in zip(*operands, strict=True)]


def emit_reach(b: Any, side: Any, at: Any) -> Any:
    """Emit how far the windows of LANES centres reach to one side, in 32 bits, from a table of 16."""
    short = ir.VectorType(side.type.pointee, LANES)
    found = b.load(b.bitcast(b.gep(side, [at], inbounds=True), short.as_pointer()), align=2)
    return b.sext(found, ir.VectorType(ir.IntType(32), LANES))


def emit_shares(b: Any, before: Any, after: Any, divide: Any, vector: Any) -> Any:
    """Emit 1 / n for windows that reach so far to both sides, n rows besides the centre's own.

    It is 1 where there are no such rows, and where not to `divide`.
    """
    one = constant(before.type, 1)
    contexts = b.add(before, after)
    contexts = b.select(b.icmp_signed(">", contexts, one), contexts, one)
    contexts = b.select(splat(b, divide), contexts, one)
    return b.fdiv(constant(vector, 1.0), b.sitofp(contexts, vector))


@intrinsic
def list_shares(typing_context: Any, shares: Any, left: Any, right: Any, size: Any, divide: Any) -> Any:
    """Fill shares[:size], and up to LANES - 1 places more, with what `emit_shares` says of the windows.

    Called as ``list_shares(shares, left, right, size, divide)``.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        shares, left, right = (context.make_array(sig.args[k])(context, b, args[k]).data for k in range(3))
        vector = ir.VectorType(shares.type.pointee, LANES)
        with cgutils.for_range_slice(b, _I64(0), args[3], _I64(LANES), _I64) as (at, _):
            before, after = (emit_reach(b, side, at) for side in (left, right))
            share = emit_shares(b, before, after, args[4], vector)
            store(b, share, b.gep(shares, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(shares, left, right, types.intp, types.boolean), codegen


class Windows:
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


@helper
def context_span(work: Any, plan: Plan, chunk: Chunk) -> tuple[int, int]:
    """Return the first context row and the one after the last; row q is position first - window + q."""
    origin = chunk.first - work.window
    low = max(plan.low[chunk.row] - origin, 0)
    high = min(plan.high[chunk.row] - origin, chunk.size + 2 * work.window)
    return low, high
