"""What the nodes on one path and its context words learn: products with nodes where they stand in W."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.claims import emit_limit
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, load, multiply_add, splat, store
from kotovec.engines.cpu.tiles import TILE, emit_in_blocks

_I64 = ir.IntType(64)


def _emit_row(b: Any, steps: Any, place: Any) -> Any:
    """Return the row of W of the node that the step at `place` goes through, see paths.row_of_step."""
    return b.or_(b.sext(b.load(b.gep(steps, [place], inbounds=True)), _I64), _I64(1))


def emit_node(b: Any, W: Any, steps: Any, place: Any) -> Any:
    """Return the address of that row."""
    return W.pointer(_emit_row(b, steps, place), _I64(0))


def emit_in_columns(b: Any, rows: int, length: Any, block: Callable[[Any, int], None]) -> None:
    """Emit block(column, width) for all columns of so many rows of sums, `width` vectors at a time."""
    vectors = b.sdiv(length, _I64(LANES))
    emit_in_blocks(b, rows, vectors, lambda first, width: block(b.mul(first, _I64(LANES)), width))


def emit_weighted(
    b: Any,
    vector: Any,
    shape: tuple[int, int],
    number: Any,
    row: Callable[[Any], Any],
    factors: Callable[[Any], list[Any]],
) -> list[Any]:
    """Emit the sums over k < number of each factor at k, a vector, times the vectors of the row at k.

    `shape` is how many factors and how many vectors: so many sums stay in registers.
    """
    zero = ir.Constant(vector, None)
    sums = [cgutils.alloca_once_value(b, zero) for _ in range(shape[0] * shape[1])]
    with cgutils.for_range(b, number) as loop:
        start = row(loop.index)
        parts = [load(b, b.gep(start, [_I64(v * LANES)], inbounds=True)) for v in range(shape[1])]
        for r, factor in enumerate(factors(loop.index)):
            for v, part in enumerate(parts):
                held = sums[r * shape[1] + v]
                b.store(multiply_add(b, factor, part, b.load(held)), held)
    return [b.load(held) for held in sums]


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
) -> Any:
    """Y[first + q] += sum over d < depth of G[0, at + q * stride + d] * N[d], for q < number.

    Called as ``teach_contexts(Y, first, number, G, at, stride, W, steps, start, depth)``. N[d] is the row of
    W of steps[start + d]; `number` is a multiple of TILE.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        y, g, w = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3, 6))
        table = context.make_array(sig.args[7])(context, b, args[7]).data
        _, first, number, _, at, stride, _, _, start, depth = args
        table = b.gep(table, [start], inbounds=True)

        def block(column: Any, width: int) -> None:
            with cgutils.for_range_slice(b, _I64(0), number, _I64(TILE), _I64) as (q, _):
                gradients = [
                    g.pointer(_I64(0), b.add(at, b.mul(b.add(q, _I64(r)), stride))) for r in range(TILE)
                ]
                sums = emit_weighted(
                    b, y.vector, (TILE, width), depth,
                    lambda d: b.gep(emit_node(b, w, table, d), [column], inbounds=True),
                    lambda d: [splat(b, b.load(b.gep(own, [d], inbounds=True))) for own in gradients],
                )  # fmt: skip
                for r in range(TILE):
                    for v in range(width):
                        into = y.pointer(b.add(first, b.add(q, _I64(r))), b.add(column, _I64(v * LANES)))
                        store(b, b.fadd(load(b, into), sums[r * width + v]), into)

        emit_in_columns(b, TILE, y.row_length, block)
        return context.get_dummy_value()

    return types.void(Y, n, n, G, n, n, W, steps, n, n), codegen


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


def _emit_added(b: Any, rows: list[Any], factors: list[Any], added: Any, length: Any) -> None:
    """Emit adding a row, times a factor for each, to some others; all given by their addresses."""
    with cgutils.for_range_slice(b, _I64(0), length, _I64(LANES), _I64) as (column, _):
        part = load(b, b.gep(added, [column], inbounds=True))
        for row, factor in zip(rows, factors, strict=True):
            into = b.gep(row, [column], inbounds=True)
            store(b, multiply_add(b, factor, part, load(b, into)), into)


@intrinsic
def teach_nodes(
    typing_context: Any,
    W: Any,
    scale: Any,
    claims: Any,
    steps: Any,
    start: Any,
    depth: Any,
    G: Any,
    at: Any,
    stride: Any,
    X: Any,
    first: Any,
    number: Any,
) -> Any:
    """N[d] += its scale * sum over k < number of G[0, at + k * stride + d] * X[first + k], for d < depth.

    Called as ``teach_nodes(W, scale, claims, steps, start, depth, G, at, stride, X, first, number)``. N[d] is
    the row of W of steps[start + d]; a row's scale is its own, or that of the last, see Parameters.scale, or
    less where more is claimed.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        w, g, x = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 6, 9))
        scales = context.make_array(sig.args[1])(context, b, args[1])
        claims = context.make_array(sig.args[2])(context, b, args[2]).data
        table = context.make_array(sig.args[3])(context, b, args[3]).data
        _, _, _, _, start, depth, _, at, stride, _, first, number = args
        last = b.sub(cgutils.unpack_tuple(b, scales.shape)[0], _I64(1))
        table, inputs = b.gep(table, [start], inbounds=True), x.pointer(first, _I64(0))

        def tile(d: Any, height: int) -> None:
            nodes, factors = [], []
            for r in range(height):
                row = _emit_row(b, table, b.add(d, _I64(r)))
                nodes.append(w.pointer(row, _I64(0)))
                place = b.select(b.icmp_signed("<", row, last), row, last)
                found = b.load(b.gep(scales.data, [place], inbounds=True))
                claimed = b.load(b.gep(claims, [row], inbounds=True))
                factors.append(splat(b, emit_limit(b, claimed, found)))
            gradients = g.pointer(_I64(0), b.add(at, d))

            def weights(k: Any) -> list[Any]:
                own = b.gep(gradients, [b.mul(k, stride)], inbounds=True)
                return [splat(b, b.load(b.gep(own, [_I64(r)], inbounds=True))) for r in range(height)]

            def block(column: Any, width: int) -> None:
                sums = emit_weighted(
                    b, w.vector, (height, width), number,
                    lambda k: b.gep(inputs, [b.add(b.mul(k, x.row_length), column)], inbounds=True), weights,
                )  # fmt: skip
                for r, node in enumerate(nodes):
                    for v in range(width):
                        into = b.gep(node, [b.add(column, _I64(v * LANES))], inbounds=True)
                        store(b, multiply_add(b, factors[r], sums[r * width + v], load(b, into)), into)

            with b.if_else(b.icmp_signed("==", number, _I64(1))) as (one, several):
                with one:
                    products = [b.fmul(f, g) for f, g in zip(factors, weights(_I64(0)), strict=True)]
                    _emit_added(b, nodes, products, inputs, w.row_length)
                with several:
                    emit_in_columns(b, height, w.row_length, block)

        whole = b.and_(depth, _I64(-TILE))
        with cgutils.for_range_slice(b, _I64(0), whole, _I64(TILE), _I64) as (d, _):
            tile(d, TILE)
        with cgutils.for_range_slice(b, whole, depth, _I64(1), _I64) as (d, _):
            tile(d, 1)
        return context.get_dummy_value()

    return types.void(W, scale, claims, steps, n, n, G, n, n, X, n, n), codegen
