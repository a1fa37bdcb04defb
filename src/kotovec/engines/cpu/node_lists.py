"""Products of the means of a chunk's contexts with the nodes on the centres' paths, listed one after another.

All centres are one loop of machine code. A visit of a node is a few multiply-adds, and whatever is done for
each visit besides takes as long as they do; so where nodes stand is written down beforehand.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    QUAD,
    Matrix,
    emit_fetch,
    load,
    multiply_add,
    splat,
    store,
)
from kotovec.engines.cpu.path_products import emit_in_columns, emit_row_of_step, emit_vectors, emit_weighted
from kotovec.engines.cpu.path_scores import emit_sums_of_four
from kotovec.engines.cpu.tiles import TILE, widths_of

FIRST, NODES = range(2)
"""What is said of a centre: where its nodes begin in the list, and how many there are. Its place in the list
has room for whole TILEs, filled with any nodes."""

AHEAD = 9
"""Nodes that the memory is asked for before the first scores."""

_I64 = ir.IntType(64)


class _Lists:
    """The nodes that a chunk's centres visit, inside a function being emitted."""

    def __init__(self, context: Any, b: Any, sig: Any, args: Any, at: int) -> None:
        """Take the arguments W, nodes, centres, from the one with number `at` on."""
        self.builder = b
        self.w = Matrix(context, b, sig.args[at], args[at])
        nodes, centres = (context.make_array(sig.args[k])(context, b, args[k]) for k in (at + 1, at + 2))
        self.nodes, self.centres = nodes.data, centres.data
        self.number = cgutils.unpack_tuple(b, centres.shape)[0]

    def said(self, centre: Any, what: int) -> Any:
        """Return what is said of a centre."""
        b = self.builder
        at = b.add(b.mul(centre, _I64(2)), _I64(what))
        return b.sext(b.load(b.gep(self.centres, [at], inbounds=True)), _I64)

    def row(self, place: Any) -> Any:
        """Return the address of the node at a place of the list."""
        return self.w.pointer(emit_row_of_step(self.builder, self.nodes, place), _I64(0))

    def ask(self, deep: Any, listed: Any, first: Any, number: Any, width: int) -> None:
        """Ask the memory for `number` of the `listed` deep nodes, rows of `width` vectors or, with 0, any."""
        b = self.builder
        last = b.sub(listed, _I64(1))
        with cgutils.for_range(b, b.select(b.icmp_signed(">", listed, _I64(0)), number, _I64(0))) as loop:
            place = b.add(first, loop.index)
            place = b.select(b.icmp_signed("<", place, last), place, last)
            start = self.w.pointer(emit_row_of_step(b, deep, place), _I64(0))
            for v in range(width):
                emit_fetch(b, b.gep(start, [_I64(v * LANES)], inbounds=True), _I64(LANES))
            if width == 0:
                emit_fetch(b, start, self.w.row_length)


def _emit_dots_of(b: Any, vectors: list[Any], rows: list[Any]) -> list[Any]:
    """Emit the sums, lane by lane, of some vectors times those of each row."""
    sums = [ir.Constant(vectors[0].type, None)] * len(rows)
    for r, row in enumerate(rows):
        for vector, other in zip(vectors, emit_vectors(b, row, len(vectors)), strict=True):
            sums[r] = multiply_add(b, vector, other, sums[r])
    return sums


def _emit_dots(b: Any, start: Any, rows: list[Any], like: Matrix) -> list[Any]:
    """Emit the same for all vectors of a row, which is as long as those of a matrix."""
    held = [cgutils.alloca_once_value(b, ir.Constant(like.vector, None)) for _ in rows]
    with cgutils.for_range_slice(b, _I64(0), like.row_length, _I64(LANES), _I64) as (column, _):
        part = load(b, b.gep(start, [column], inbounds=True))
        for row, own in zip(rows, held, strict=True):
            other = load(b, b.gep(row, [column], inbounds=True))
            b.store(multiply_add(b, part, other, b.load(own)), own)
    return [b.load(own) for own in held]


@intrinsic
def score_nodes(
    typing_context: Any,
    S: Any,
    H: Any,
    W: Any,
    nodes: Any,
    centres: Any,
    deep: Any,
    listed: Any,
    asks: Any,
) -> Any:
    """S[z] = H[i] . W[row] for the places z of all centres i, filled up to whole TILEs.

    Called as ``score_nodes(S, H, W, nodes, centres, deep, listed, asks)``; the row is that of the step
    nodes[z]. With each centre the memory is asked for so many of the nodes of deep[:listed], which are those
    that may not be in the cache: as many each time, because the CPU cannot foresee how many a centre has.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s = context.make_array(sig.args[0])(context, b, args[0]).data
        h, lists = Matrix(context, b, sig.args[1], args[1]), _Lists(context, b, sig, args, 2)
        deep = context.make_array(sig.args[5])(context, b, args[5]).data
        four, vectors = ir.VectorType(h.element, QUAD), b.udiv(h.row_length, _I64(LANES))

        def score(width: int) -> None:
            """Emit all scores of rows of so many vectors; of any number of them, where it is 0."""
            lists.ask(deep, args[6], _I64(0), _I64(AHEAD), width)
            with cgutils.for_range(b, lists.number) as loop:
                i = loop.index
                lists.ask(deep, args[6], b.add(_I64(AHEAD), b.mul(i, args[7])), args[7], width)
                mean, first = h.pointer(i, _I64(0)), lists.said(i, FIRST)
                known, end = emit_vectors(b, mean, width), b.add(first, lists.said(i, NODES))
                with cgutils.for_range_slice(b, first, end, _I64(TILE), _I64) as (at, _):
                    rows = [lists.row(b.add(at, _I64(r))) for r in range(TILE)]
                    dots = _emit_dots_of(b, known, rows) if width else _emit_dots(b, mean, rows, h)
                    into = b.bitcast(b.gep(s, [at], inbounds=True), four.as_pointer())
                    b.store(emit_sums_of_four(b, dots), into, align=4)

        widths = widths_of(TILE)
        for width in widths:
            with b.if_then(b.icmp_signed("==", vectors, _I64(width))):
                score(width)
        with b.if_then(b.icmp_signed(">", vectors, _I64(widths[0]))):
            score(0)
        return context.get_dummy_value()

    return types.void(S, H, W, nodes, centres, deep, types.intp, types.intp), codegen


@intrinsic
def sum_nodes(typing_context: Any, C: Any, G: Any, shares: Any, W: Any, nodes: Any, centres: Any) -> Any:
    """C[i] = shares[i] times the sum of G[0, z] * W[row] over the places z of centre i.

    Called as ``sum_nodes(C, G, shares, W, nodes, centres)``; the row is that of the step nodes[z].
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, g = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1))
        shares = context.make_array(sig.args[2])(context, b, args[2]).data
        lists = _Lists(context, b, sig, args, 3)

        def block(column: Any, width: int) -> None:
            with cgutils.for_range(b, lists.number) as loop:
                i = loop.index
                first, number = lists.said(i, FIRST), lists.said(i, NODES)
                share = splat(b, b.load(b.gep(shares, [i], inbounds=True)))
                sums = emit_weighted(
                    b, c.vector, (1, width), number,
                    lambda d: b.gep(lists.row(b.add(first, d)), [column], inbounds=True),
                    lambda d: [splat(b, b.load(g.pointer(_I64(0), b.add(first, d))))],
                )  # fmt: skip
                for v in range(width):
                    into = c.pointer(i, b.add(column, _I64(v * LANES)))
                    store(b, b.fmul(share, sums[v]), into)

        emit_in_columns(b, 1, c.row_length, block)
        return context.get_dummy_value()

    return types.void(C, G, shares, W, nodes, centres), codegen


@intrinsic
def change_nodes_by(typing_context: Any, F: Any, H: Any, W: Any, nodes: Any, centres: Any) -> Any:
    """W[row] += F[z] * H[i] for the places z of all centres i, one after another.

    Called as ``change_nodes_by(F, H, W, nodes, centres)``; the row is that of the step nodes[z]. Memory is
    not asked for nodes: the second cache has had those of a round since their scores were computed.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        f = context.make_array(sig.args[0])(context, b, args[0]).data
        h, lists = Matrix(context, b, sig.args[1], args[1]), _Lists(context, b, sig, args, 2)

        def block(column: Any, width: int) -> None:
            with cgutils.for_range(b, lists.number) as loop:
                i = loop.index
                mean = h.pointer(i, column)
                parts = [load(b, b.gep(mean, [_I64(v * LANES)], inbounds=True)) for v in range(width)]
                first = lists.said(i, FIRST)
                end = b.add(first, lists.said(i, NODES))
                with cgutils.for_range_slice(b, first, end, _I64(1), _I64) as (z, _):
                    factor = splat(b, b.load(b.gep(f, [z], inbounds=True)))
                    row = b.gep(lists.row(z), [column], inbounds=True)
                    for v, part in enumerate(parts):
                        into = b.gep(row, [_I64(v * LANES)], inbounds=True)
                        store(b, multiply_add(b, factor, part, load(b, into)), into)

        emit_in_columns(b, 1, h.row_length, block)
        return context.get_dummy_value()

    return types.void(F, H, W, nodes, centres), codegen
