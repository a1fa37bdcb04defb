"""How much of everything a context row takes on the way back through the windows, as factors of a product.

The gradient of context row q is that of all means in whose windows it stands. With negatives n_m and the
centres' output rows y_i, and a_i the share that each row of window i takes:

    dX_q = sum over i with q in window i of a_i (sum_m G_im n_m + g_i y_i)
         = sum_m (sum_i a_i G_im) n_m  +  sum_i (a_i g_i) y_i

So the sums over windows may be those of gradients, a number for each negative, instead of whole rows; then dX
is one product of a matrix C, made here, with the rows of all negatives and of the centres.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import PAIR, add_products, store_columns
from kotovec.engines.cpu.chunk import CHUNK
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, lanes_from, load, splat, store
from kotovec.engines.cpu.tiles import TILE
from kotovec.engines.cpu.windows import emit_reach, emit_shares

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_HALF = LANES // PAIR


class _Seen:
    """Which of LANES centres see a context row, inside a function being emitted."""

    def __init__(self, b: Any, at: Any, tables: list[Any]) -> None:
        """Look up the centres from place `at` on in the tables: starts, ends, shares and steps."""
        self.builder, self.lanes = b, lanes_from(b, at)
        places = [b.gep(table, [at], inbounds=True) for table in tables]
        self.starts, self.ends, *self.factors = (load(b, place) for place in places)

    def factors_of(self, context: Any, own: Any) -> list[Any]:
        """Return shares and steps of those that see a row, 0 for the others; `own` is its centre's place."""
        b = self.builder
        context, own = (splat(b, b.trunc(number, _I32)) for number in (context, own))
        after, before = b.icmp_signed("<=", self.starts, context), b.icmp_signed(">=", self.ends, context)
        seen = b.and_(b.and_(after, before), b.icmp_signed("!=", self.lanes, own))
        return [b.select(seen, factor, constant(factor.type, 0.0)) for factor in self.factors]


@intrinsic
def list_windows(
    typing_context: Any,
    starts: Any,
    ends: Any,
    shares: Any,
    steps: Any,
    left: Any,
    right: Any,
    SP: Any,
    w: Any,
    size: Any,
    divide: Any,
) -> Any:
    """Fill the tables of `gather_gradients` from the windows of a chunk's centres and their gradients SP.

    Called as ``list_windows(starts, ends, shares, steps, left, right, SP, w, size, divide)``. A share is 1
    divided by the rows of the window besides the centre's own, or 1 if not to `divide`. Places that belong to
    no centre of any chunk are left alone.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = [context.make_array(sig.args[k])(context, b, args[k]).data for k in range(7)]
        *tables, left, right, gradients = data
        w, size, divide = args[7:]
        numbers = ir.VectorType(_I32, LANES)
        one, zero = constant(numbers, 1), constant(numbers, 0)
        behind = b.add(w, w)

        def put(at: Any, values: list[Any]) -> None:
            for table, value in zip(tables, values, strict=True):
                store(b, value, b.gep(table, [b.add(behind, at)], inbounds=True))

        with cgutils.for_range_slice(b, _I64(0), size, _I64(LANES), _I64) as (at, _):
            lanes, (before, after) = lanes_from(b, at), (emit_reach(b, side, at) for side in (left, right))
            there = b.icmp_signed("<", lanes, splat(b, b.trunc(size, _I32)))
            start = b.select(there, b.sub(lanes, before), one)
            end = b.select(there, b.add(lanes, after), zero)
            share = emit_shares(b, before, after, divide, ir.VectorType(ir.FloatType(), LANES))
            step = b.fmul(share, load(b, b.gep(gradients, [at], inbounds=True)))
            put(at, [start, end, share, step])
        whole = b.and_(b.add(size, _I64(LANES - 1)), _I64(-LANES))
        with cgutils.for_range_slice(b, whole, _I64(CHUNK), _I64(LANES), _I64) as (at, _):
            nothing = constant(ir.VectorType(ir.FloatType(), LANES), 0.0)
            put(at, [one, zero, nothing, nothing])
        return context.get_dummy_value()

    signature = types.void(starts, ends, shares, steps, left, right, SP, n, n, types.boolean)
    return signature, codegen


def _emit_factors(
    b: Any, tables: list[Any], w: Any, first: Any, length: Any, share_at: Any, step_at: Any
) -> None:
    """Emit what TILE context rows from `first` on take of the centres that see them, in pairs of columns.

    share_at(r, k) and step_at(r, k) are where the shares and the steps of row first + r stand, from the k-th
    pair of centres on; the first pair is that of centre first - 2 w, and there are `length`.
    """
    with cgutils.for_range_slice(b, _I64(0), length, _I64(_HALF), _I64) as (at, _):
        seen = _Seen(b, b.add(first, b.mul(at, _I64(PAIR))), tables)
        for r in range(TILE):
            q = b.add(first, _I64(r))
            share, step = seen.factors_of(b.sub(q, w), b.add(q, w))
            store_columns(b, share, share_at(r, at))
            store_columns(b, step, step_at(r, at))


@intrinsic
def spread_windows(
    typing_context: Any,
    shared: Any,
    C: Any,
    column: Any,
    starts: Any,
    ends: Any,
    shares: Any,
    steps: Any,
    w: Any,
    rows: Any,
    band: Any,
    height: Any,
) -> Any:
    """Fill `shared` and C's columns from `column` on for context rows 0 .. rows - 1, in pairs of columns.

    Called as ``spread_windows(shared, C, column, starts, ends, shares, steps, w, rows, band, height)``; the
    tables are those of `gather_gradients`. What row q takes of the centre at place k, of its gradients and
    of its output row, stands in column k - first, where `first` is centre q // height * height - 2 w; `rows`
    and `height` are multiples of TILE, and `band` of LANES. In columns that are of no window stands 0,
    or what was there if that is not in the `band` of the row's TILE.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        e, c = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1))
        tables = [context.make_array(sig.args[k])(context, b, args[k]).data for k in (3, 4, 5, 6)]
        column, (w, rows, band, height) = args[2], args[7:]
        with cgutils.for_range_slice(b, _I64(0), rows, _I64(TILE), _I64) as (first, _):
            own = b.udiv(b.urem(first, height), _I64(PAIR))

            def share_at(r: int, at: Any) -> Any:
                return e.pointer(b.add(first, _I64(r)), b.add(own, at))

            def step_at(r: int, at: Any) -> Any:
                return c.pointer(b.add(first, _I64(r)), b.add(column, b.add(own, at)))

            _emit_factors(b, tables, w, first, b.udiv(band, _I64(PAIR)), share_at, step_at)
        return context.get_dummy_value()

    return types.void(shared, C, n, starts, ends, shares, steps, n, n, n, n), codegen


@intrinsic
def gather_gradients(
    typing_context: Any,
    C: Any,
    shared: Any,
    G_rows: Any,
    starts: Any,
    ends: Any,
    shares: Any,
    steps: Any,
    w: Any,
    rows: Any,
) -> Any:
    """Fill C, (rows + 2 w in whole TILEs, (M + band) / 2), in pairs of columns.

    Called as ``gather_gradients(C, shared, G_rows, starts, ends, shares, steps, w, rows)``. Of context row q
    the first M numbers are the sums over windows of gradients, given by G_rows, (rows / 2, M), in pairs of
    rows. The other `band` are the steps of the centres from i = q // TILE * TILE - 2 w on, 0 where row q is
    not in the window. The tables say what is to be known of centre i at place i + 2 w: the first and the last
    row of its window, counted so that the centre's own is i, its share, and its step; where there is no
    centre, the last row comes before the first. `shared`, (TILE, band / 2), is overwritten.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, e, g = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1, 2))
        tables = [context.make_array(sig.args[k])(context, b, args[k]).data for k in (3, 4, 5, 6)]
        w, rows = args[7:]
        half = b.sdiv(g.row_length, _I64(PAIR))

        def sum_gradients(first: Any) -> None:
            """Fill the first columns of C for the tile."""
            before = b.sub(b.sdiv(first, _I64(PAIR)), w)  # the first pair of centres that see it
            left = b.sub(b.sdiv(rows, _I64(PAIR)), before)
            low, high = b.neg(before), b.add(w, _I64(TILE // PAIR))
            low = b.select(b.icmp_signed(">", low, _I64(0)), low, _I64(0))
            high = b.select(b.icmp_signed("<", high, left), high, left)
            with cgutils.for_range_slice(b, _I64(0), g.row_length, _I64(LANES), _I64) as (m, _):
                zero = ir.Constant(ir.VectorType(ir.FloatType(), LANES), None)
                sums = [cgutils.alloca_once_value(b, zero) for _ in range(TILE)]
                with cgutils.for_range_slice(b, low, high, _I64(1), _I64) as (k, _):
                    gradients = load(b, g.pointer(b.add(before, k), m))
                    for r, held in enumerate(sums):
                        share = splat(b, b.load(e.pointer(_I64(r), k)))
                        b.store(add_products(b, share, gradients, b.load(held)), held)
                for r, held in enumerate(sums):
                    into = c.pointer(b.add(first, _I64(r)), b.sdiv(m, _I64(PAIR)))
                    store_columns(b, b.load(held), into)

        end = b.add(rows, b.add(w, w))
        with cgutils.for_range_slice(b, _I64(0), end, _I64(TILE), _I64) as (first, _):
            _emit_factors(
                b, tables, w, first, e.row_length, lambda r, at: e.pointer(_I64(r), at),
                lambda r, at: c.pointer(b.add(first, _I64(r)), b.add(half, at)),
            )  # fmt: skip
            sum_gradients(first)
        return context.get_dummy_value()

    return types.void(C, shared, G_rows, starts, ends, shares, steps, n, n), codegen
