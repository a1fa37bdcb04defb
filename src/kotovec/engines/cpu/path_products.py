"""Sums over the nodes on one path, read where they stand in W or rounded first: what its contexts learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import PAIR, add_products, is_rounded, pairs_of_rows
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, load, multiply_add, splat, store
from kotovec.engines.cpu.tiles import TILE, emit_in_blocks

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def emit_row_of_step(b: Any, steps: Any, place: Any) -> Any:
    """Return the row of W of the node that the step at `place` goes through, see paths.row_of_step."""
    return b.lshr(b.zext(b.load(b.gep(steps, [place], inbounds=True)), _I64), _I64(1))


def emit_node(b: Any, W: Any, steps: Any, place: Any) -> Any:
    """Return the address of that row."""
    return W.pointer(emit_row_of_step(b, steps, place), _I64(0))


def emit_in_columns(b: Any, rows: int, length: Any, block: Callable[[Any, int], None]) -> None:
    """Emit block(column, width) for all columns of so many rows of sums, `width` vectors at a time."""
    vectors = b.sdiv(length, _I64(LANES))
    emit_in_blocks(b, rows, vectors, lambda first, width: block(b.mul(first, _I64(LANES)), width))


def emit_in_tiles(b: Any, first: Any, number: Any, tile: Callable[[Any, int], None]) -> None:
    """Emit tile(at, height) for so many rows from `first` on: TILE at a time, then two, then one."""
    whole = b.add(first, b.and_(number, _I64(-TILE)))
    with cgutils.for_range_slice(b, first, whole, _I64(TILE), _I64) as (at, _):
        tile(at, TILE)
    for height in (2, 1):
        with b.if_then(b.icmp_signed("!=", b.and_(number, _I64(height)), _I64(0))):
            tile(b.add(first, b.and_(number, _I64(-2 * height))), height)


def emit_weighted(
    b: Any,
    vector: Any,
    shape: tuple[int, int],
    number: Any,
    row: Callable[[Any], Any],
    factors: Callable[[Any], list[Any]],
) -> list[Any]:
    """Emit the sums over k < number of each factor at k, a vector, times the vectors of the row at k.

    `shape` is how many factors and how many vectors: so many sums, of type `vector`, stay in registers. Where
    factors and rows are pairs of bfloat16, a step is one pair.
    """
    zero = ir.Constant(vector, None)
    sums = [cgutils.alloca_once_value(b, zero) for _ in range(shape[0] * shape[1])]
    with cgutils.for_range(b, number) as loop:
        start = row(loop.index)
        parts = emit_vectors(b, start, shape[1])
        multiply = add_products if is_rounded(start.type.pointee) else multiply_add
        for r, factor in enumerate(factors(loop.index)):
            for v, part in enumerate(parts):
                held = sums[r * shape[1] + v]
                b.store(multiply(b, factor, part, b.load(held)), held)
    return [b.load(held) for held in sums]


def emit_vectors(b: Any, start: Any, width: int) -> list[Any]:
    """Emit loading some vectors of a row from an address on."""
    return [load(b, b.gep(start, [_I64(v * LANES)], inbounds=True)) for v in range(width)]


def _emit_pairs_of_nodes(b: Any, W: Matrix, table: Any, depth: Any, number: Any, pairs: Any) -> None:
    """Emit writing down the nodes of a path in so many pairs of bfloat16, the last one twice if need be."""
    last = b.sub(depth, _I64(1))
    with cgutils.for_range(b, number) as loop:
        first = b.mul(loop.index, _I64(PAIR))
        second = b.add(first, _I64(1))
        second = b.select(b.icmp_signed("<", second, last), second, last)
        both = [emit_node(b, W, table, d) for d in (first, second)]
        into = b.gep(pairs, [b.mul(loop.index, W.row_length)], inbounds=True)
        with cgutils.for_range_slice(b, _I64(0), W.row_length, _I64(LANES), _I64) as (at, _):
            rows = [load(b, b.gep(node, [at], inbounds=True)) for node in both]
            store(b, pairs_of_rows(b, *rows), b.gep(into, [at], inbounds=True))


@intrinsic
def teach_contexts(
    typing_context: Any,
    Y: Any,
    first: Any,
    number: Any,
    G: Any,
    at: Any,
    stride: Any,
    W: Any,
    steps: Any,
    start: Any,
    depth: Any,
    room: Any,
) -> Any:
    """Y[first + q] += sum over d < depth of G[0, at + q * stride + d] * N[d], for q < number.

    Called as ``teach_contexts(Y, first, number, G, at, stride, W, steps, start, depth, room)``. N[d] is the
    row of W of steps[start + d]. G may be of bfloat16, and 0 behind a path's end; then N is rounded, too, and
    `room`, see paths.new_room, is for that.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        y, g, w = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3, 6))
        table = context.make_array(sig.args[7])(context, b, args[7]).data
        _, first, number, _, at, stride, _, _, start, depth, _ = args
        table, rounded = b.gep(table, [start], inbounds=True), is_rounded(g.element)
        length = depth
        if rounded:
            length = b.udiv(b.add(depth, _I64(PAIR - 1)), _I64(PAIR))
            pairs = context.make_array(sig.args[10])(context, b, args[10]).data
            _emit_pairs_of_nodes(b, w, table, depth, length, pairs)

        def block(column: Any, width: int) -> None:
            def source(k: Any) -> Any:
                if rounded:
                    return b.gep(pairs, [b.add(b.mul(k, w.row_length), column)], inbounds=True)
                return b.gep(emit_node(b, w, table, k), [column], inbounds=True)

            def tile(q: Any, height: int) -> None:
                rows = [b.add(q, _I64(r)) for r in range(height)]
                gradients = [g.pointer(_I64(0), b.add(at, b.mul(row, stride))) for row in rows]
                if rounded:
                    gradients = [b.bitcast(own, _I32.as_pointer()) for own in gradients]
                sums = emit_weighted(
                    b, y.vector, (height, width), length, source,
                    lambda k: [splat(b, b.load(b.gep(o, [k], inbounds=True), align=2)) for o in gradients],
                )  # fmt: skip
                for r, row in enumerate(rows):
                    for v in range(width):
                        into = y.pointer(b.add(first, row), b.add(column, _I64(v * LANES)))
                        store(b, b.fadd(load(b, into), sums[r * width + v]), into)

            emit_in_tiles(b, _I64(0), number, tile)

        emit_in_columns(b, TILE, y.row_length, block)
        return context.get_dummy_value()

    return types.void(Y, n, n, G, n, n, W, steps, n, n, room), codegen


@intrinsic
def sum_path(
    typing_context: Any, C: Any, row: Any, G: Any, at: Any, W: Any, steps: Any, start: Any, depth: Any
) -> Any:
    """C[i] = sum over d < depth of G[0, at + d] * N[d].

    Called as ``sum_path(C, i, G, at, W, steps, start, depth)``; N[d] is the row of W of steps[start + d].
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, g, w = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2, 4))
        table = context.make_array(sig.args[5])(context, b, args[5]).data
        _, i, _, at, _, _, start, depth = args
        table, gradients = b.gep(table, [start], inbounds=True), g.pointer(_I64(0), at)

        def block(column: Any, width: int) -> None:
            sums = emit_weighted(
                b, c.vector, (1, width), depth,
                lambda d: b.gep(emit_node(b, w, table, d), [column], inbounds=True),
                lambda d: [splat(b, b.load(b.gep(gradients, [d], inbounds=True)))],
            )  # fmt: skip
            for v in range(width):
                store(b, sums[v], c.pointer(i, b.add(column, _I64(v * LANES))))

        emit_in_columns(b, 1, c.row_length, block)
        return context.get_dummy_value()

    return types.void(C, n, G, n, W, steps, n, n), codegen
