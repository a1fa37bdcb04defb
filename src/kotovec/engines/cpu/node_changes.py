"""Changes of the nodes that the centres of a chunk have visited, made of the factors that were noted.

All centres are one loop of machine code: a node's change is seven vectors long, and whatever is done for each
centre or node besides takes as long as the change itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import PAIR, is_rounded
from kotovec.engines.cpu.claims import emit_limit
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, load, multiply_add, splat, store
from kotovec.engines.cpu.path_products import (
    emit_in_columns,
    emit_in_tiles,
    emit_row_of_step,
    emit_weighted,
)

START, NODES, FIRST, NUMBER, GRADIENT, STRIDE = range(6)
"""What is noted of a centre: where its path begins among the steps, and how many nodes it has; the first
input row and the number of input rows; where the gradients of the first of these begin, and how far apart
those of two are."""
NOTED = 6

NO_END = 1 << 30
"""Beyond the last level of any tree."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


class _Operands:
    """The arrays that nodes are changed with, inside a function being emitted."""

    def __init__(self, context: Any, b: Any, sig: Any, args: Any) -> None:
        """Take the arguments W, steps, centres, G, X, which are the first of all, and room, the last."""
        self.builder = b
        self.w, self.g, self.x = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3, 4))
        steps, centres = (context.make_array(sig.args[k])(context, b, args[k]) for k in (1, 2))
        self.steps = steps.data
        self.room = context.make_array(sig.args[-1])(context, b, args[-1]).data
        self.noted, self.centres = centres.data, cgutils.unpack_tuple(b, centres.shape)[0]

    def note(self, centre: Any, what: int) -> Any:
        """Return what is noted of a centre."""
        b = self.builder
        at = b.add(b.mul(centre, _I64(NOTED)), _I64(what))
        return b.sext(b.load(b.gep(self.noted, [at], inbounds=True)), _I64)

    def stop(self, centre: Any, level: Any, end: Any) -> Any:
        """Return the level before which the nodes of a centre end, of those from `level` to before `end`."""
        b, nodes = self.builder, self.note(centre, NODES)
        nodes = b.select(b.icmp_signed("<", nodes, end), nodes, end)
        return b.select(b.icmp_signed(">", nodes, level), nodes, level)

    def steps_of(self, centre: Any) -> Any:
        """Return how many products a node's change by a centre is the sum of, or how many pairs of them."""
        b, number = self.builder, self.note(centre, NUMBER)
        if not is_rounded(self.g.element):
            return number
        last = b.add(b.and_(self.note(centre, FIRST), _I64(1)), number)
        return b.udiv(b.add(last, _I64(1)), _I64(PAIR))

    def pitch(self, centre: Any) -> Any:
        """Return how far apart the pairs of gradients of two pairs of input rows are."""
        b = self.builder
        return b.and_(b.add(self.note(centre, STRIDE), _I64(LANES - 1)), _I64(-LANES))

    def teach(self, level: Any, end: Any, scale: Callable[[Any, Any], Any]) -> None:
        """Emit the changes of all nodes from `level` to before `end`.

        What those of a node are multiplied by is scale(row of W, place among the steps). The memory is not
        asked for nodes: the second cache has had them since their scores were computed.
        """
        b = self.builder
        with cgutils.for_range(b, self.centres) as loop:
            i = loop.index
            start, behind = self.note(i, START), self.stop(i, level, end)
            number = b.sub(behind, level)
            if is_rounded(self.g.element):
                with b.if_then(b.icmp_signed(">", number, _I64(0))):
                    _emit_pairs_of_weights(b, self, i, level, behind)
            emit_in_tiles(b, level, number, functools.partial(_emit_tile, b, self, scale, i, start))


def _emit_added(b: Any, rows: list[Any], factors: list[Any], added: Any, length: Any) -> None:
    """Emit adding a row, times a factor for each, to some others; all given by their addresses."""
    with cgutils.for_range_slice(b, _I64(0), length, _I64(LANES), _I64) as (column, _):
        part = load(b, b.gep(added, [column], inbounds=True))
        for row, factor in zip(rows, factors, strict=True):
            into = b.gep(row, [column], inbounds=True)
            store(b, multiply_add(b, factor, part, load(b, into)), into)


def _emit_pairs_of_weights(b: Any, o: _Operands, i: Any, level: Any, behind: Any) -> None:
    """Emit writing down the gradients of centre i, of bfloat16, in pairs of those of two input rows.

    They are those of the nodes from a level on to before another. Pairs are of rows 2 k and 2 k + 1, of which
    the first and the last may not be the centre's.
    """
    gradients = o.g.pointer(_I64(0), o.note(i, GRADIENT))
    number, stride, odd = o.note(i, NUMBER), o.note(i, STRIDE), b.and_(o.note(i, FIRST), _I64(1))
    wide = ir.VectorType(_I32, LANES)

    def weights(k: Any, d: Any) -> Any:
        inside = b.icmp_unsigned("<", k, number)
        at = b.add(b.mul(b.select(inside, k, _I64(0)), stride), d)
        found = b.zext(load(b, b.gep(gradients, [at], inbounds=True)), wide)
        return b.select(inside, found, ir.Constant(wide, None))

    with cgutils.for_range(b, o.steps_of(i)) as loop:
        first = b.sub(b.mul(loop.index, _I64(PAIR)), odd)
        row = b.mul(loop.index, o.pitch(i))
        first_level = b.and_(level, _I64(-LANES))
        with cgutils.for_range_slice(b, first_level, behind, _I64(LANES), _I64) as (d, _):
            low, high = weights(first, d), weights(b.add(first, _I64(1)), d)
            pairs = b.or_(low, b.shl(high, constant(wide, 16)))
            store(b, pairs, b.gep(o.room, [b.add(row, d)], inbounds=True))


def _emit_tile(
    b: Any, o: _Operands, scale: Callable[[Any, Any], Any], i: Any, start: Any, d: Any, height: int
) -> None:
    """Emit the changes of `height` nodes of centre i from node d of its path on, which begins at `start`."""
    nodes, factors = [], []
    for r in range(height):
        place = b.add(b.add(start, d), _I64(r))
        row = emit_row_of_step(b, o.steps, place)
        nodes.append(o.w.pointer(row, _I64(0)))
        factors.append(splat(b, scale(row, place)))
    number, rounded = o.note(i, NUMBER), is_rounded(o.g.element)
    if rounded:
        inputs, apart = o.x.pointer(b.udiv(o.note(i, FIRST), _I64(PAIR)), _I64(0)), o.pitch(i)
        gradients = b.gep(o.room, [d], inbounds=True)
    else:
        inputs, apart = o.x.pointer(o.note(i, FIRST), _I64(0)), o.note(i, STRIDE)
        gradients = o.g.pointer(_I64(0), b.add(o.note(i, GRADIENT), d))

    def weights(k: Any) -> list[Any]:
        own = b.gep(gradients, [b.mul(k, apart)], inbounds=True)
        return [splat(b, b.load(b.gep(own, [_I64(r)], inbounds=True))) for r in range(height)]

    def block(column: Any, width: int) -> None:
        sums = emit_weighted(
            b, o.w.vector, (height, width), o.steps_of(i),
            lambda k: b.gep(inputs, [b.add(b.mul(k, o.x.row_length), column)], inbounds=True), weights,
        )  # fmt: skip
        for r, node in enumerate(nodes):
            for v in range(width):
                into = b.gep(node, [b.add(column, _I64(v * LANES))], inbounds=True)
                store(b, multiply_add(b, factors[r], sums[r * width + v], load(b, into)), into)

    if rounded:
        emit_in_columns(b, height, o.w.row_length, block)
        return
    with b.if_else(b.icmp_signed("==", number, _I64(1))) as (one, several):
        with one:
            products = [b.fmul(f, g) for f, g in zip(factors, weights(_I64(0)), strict=True)]
            _emit_added(b, nodes, products, inputs, o.w.row_length)
        with several:
            emit_in_columns(b, height, o.w.row_length, block)


@intrinsic
def teach_nodes(
    typing_context: Any,
    W: Any,
    steps: Any,
    centres: Any,
    G: Any,
    X: Any,
    scale: Any,
    claims: Any,
    level: Any,
    end: Any,
    room: Any,
) -> Any:
    """Change the nodes on the levels from `level` to before `end` that the centres of a chunk have visited.

    Called as ``teach_nodes(W, steps, centres, G, X, scale, claims, level, end, room)``. Node d of a
    centre's path is the row of W of steps[START + d] and changes by its scale times the sum over k < NUMBER
    of G[0, GRADIENT + k * STRIDE + d] * X[FIRST + k], all as centres, int32 (CHUNK, NOTED), says. A row's
    scale is its own, or that of the last, see Parameters.scale, or less where more is claimed.

    G may be of bfloat16, and X of pairs of rows; then `room`, see paths.new_room, is for some of that.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        scales, claimed = (context.make_array(sig.args[k])(context, b, args[k]) for k in (5, 6))
        last = b.sub(cgutils.unpack_tuple(b, scales.shape)[0], _I64(1))

        def limited(row: Any, _: Any) -> Any:
            place = b.select(b.icmp_signed("<", row, last), row, last)
            asked = b.load(b.gep(claimed.data, [row], inbounds=True))
            return emit_limit(b, asked, b.load(b.gep(scales.data, [place], inbounds=True)))

        _Operands(context, b, sig, args).teach(args[7], args[8], limited)
        return context.get_dummy_value()

    return types.void(W, steps, centres, G, X, scale, claims, n, n, room), codegen


@intrinsic
def teach_listed(
    typing_context: Any,
    W: Any,
    nodes: Any,
    centres: Any,
    G: Any,
    X: Any,
    F: Any,
    at: Any,
    room: Any,
) -> Any:
    """Do the same for all nodes, which are listed and whose scales are known.

    Called as ``teach_listed(W, nodes, centres, G, X, F, at, room)``: nodes[START + d] is the step
    through node d of a centre's path, and F[0, at + START + d] what its change is multiplied by.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        factors = Matrix(context, b, sig.args[5], args[5]).pointer(_I64(0), args[6])

        def given(_: Any, place: Any) -> Any:
            return b.load(b.gep(factors, [place], inbounds=True))

        _Operands(context, b, sig, args).teach(_I64(0), _I64(NO_END), given)
        return context.get_dummy_value()

    return types.void(W, nodes, centres, G, X, F, n, room), codegen
