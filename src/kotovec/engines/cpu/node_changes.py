"""Changes of the nodes that the centres of a chunk have visited, made of the factors that were noted.

All centres are one loop of machine code: a node's change is seven vectors long, and whatever is done for each
centre or node besides takes as long as the change itself.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.claims import emit_limit
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, emit_fetch, load, multiply_add, splat, store
from kotovec.engines.cpu.path_products import emit_in_columns, emit_node, emit_row_of_step, emit_weighted
from kotovec.engines.cpu.tiles import TILE

START, NODES, FIRST, NUMBER, GRADIENT, STRIDE = range(6)
"""What is noted of a centre: where its path begins among the steps, and how many nodes it has; the first
input row and the number of input rows; where the gradients of the first of these begin, and how far apart
those of two are."""
NOTED = 6

AHEAD = 2
"""Centres between asking for nodes and changing them."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


class _Operands:
    """The arrays that nodes are changed with, inside a function being emitted."""

    def __init__(self, context: Any, b: Any, sig: Any, args: Any) -> None:
        """Take the first seven arguments of `teach_nodes`."""
        self.builder = b
        self.w, self.g, self.x = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 5, 6))
        scales, claims, steps, centres = (
            context.make_array(sig.args[k])(context, b, args[k]) for k in range(1, 5)
        )
        self.scales, self.claims, self.steps = scales.data, claims.data, steps.data
        self.noted, self.centres = centres.data, cgutils.unpack_tuple(b, centres.shape)[0]
        self.last_scale = b.sub(cgutils.unpack_tuple(b, scales.shape)[0], _I64(1))

    def note(self, centre: Any, what: int) -> Any:
        """Return what is noted of a centre."""
        b = self.builder
        at = b.add(b.mul(centre, _I64(NOTED)), _I64(what))
        return b.sext(b.load(b.gep(self.noted, [at], inbounds=True)), _I64)

    def scale(self, row: Any) -> Any:
        """Return what changes of a row are multiplied by: its own scale, or less where more is claimed."""
        b = self.builder
        place = b.select(b.icmp_signed("<", row, self.last_scale), row, self.last_scale)
        claimed = b.load(b.gep(self.claims, [row], inbounds=True))
        return emit_limit(b, claimed, b.load(b.gep(self.scales, [place], inbounds=True)))


def _emit_added(b: Any, rows: list[Any], factors: list[Any], added: Any, length: Any) -> None:
    """Emit adding a row, times a factor for each, to some others; all given by their addresses."""
    with cgutils.for_range_slice(b, _I64(0), length, _I64(LANES), _I64) as (column, _):
        part = load(b, b.gep(added, [column], inbounds=True))
        for row, factor in zip(rows, factors, strict=True):
            into = b.gep(row, [column], inbounds=True)
            store(b, multiply_add(b, factor, part, load(b, into)), into)


def _emit_tile(b: Any, o: _Operands, i: Any, step: Any, gradient: Any, height: int) -> None:
    """Emit the changes of `height` nodes of centre i, from a step of its path and a gradient on."""
    nodes, factors = [], []
    for r in range(height):
        row = emit_row_of_step(b, o.steps, b.add(step, _I64(r)))
        nodes.append(o.w.pointer(row, _I64(0)))
        factors.append(splat(b, o.scale(row)))
    inputs, gradients = o.x.pointer(o.note(i, FIRST), _I64(0)), o.g.pointer(_I64(0), gradient)
    number, stride = o.note(i, NUMBER), o.note(i, STRIDE)

    def weights(k: Any) -> list[Any]:
        own = b.gep(gradients, [b.mul(k, stride)], inbounds=True)
        return [splat(b, b.load(b.gep(own, [_I64(r)], inbounds=True))) for r in range(height)]

    def block(column: Any, width: int) -> None:
        sums = emit_weighted(
            b, o.w.vector, (height, width), number,
            lambda k: b.gep(inputs, [b.add(b.mul(k, o.x.row_length), column)], inbounds=True), weights,
        )  # fmt: skip
        for r, node in enumerate(nodes):
            for v in range(width):
                into = b.gep(node, [b.add(column, _I64(v * LANES))], inbounds=True)
                store(b, multiply_add(b, factors[r], sums[r * width + v], load(b, into)), into)

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
    scale: Any,
    claims: Any,
    steps: Any,
    centres: Any,
    G: Any,
    X: Any,
    level: Any,
    end: Any,
    rare: Any,
) -> Any:
    """Change the nodes on the levels from `level` to before `end` that the centres of a chunk have visited.

    Called as ``teach_nodes(W, scale, claims, steps, centres, G, X, level, end, rare)``. Node d of a centre's
    path is the row of W of steps[START + d] and changes by its scale times the sum over k < NUMBER of
    G[0, GRADIENT + k * STRIDE + d] * X[FIRST + k], all as centres, int32 (CHUNK, NOTED), says. A row's scale
    is its own, or that of the last, see Parameters.scale, or less where more is claimed. The memory is asked
    for later centres' nodes from level `rare` on, which is not less than `level`.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        o = _Operands(context, b, sig, args)
        level, end, rare = args[7:]
        last = b.sub(o.centres, _I64(1))

        def stop(i: Any) -> Any:
            nodes = o.note(i, NODES)
            nodes = b.select(b.icmp_signed("<", nodes, end), nodes, end)
            return b.select(b.icmp_signed(">", nodes, level), nodes, level)

        with cgutils.for_range(b, o.centres) as loop:
            i = loop.index
            later = b.add(i, _I64(AHEAD))
            later = b.select(b.icmp_signed("<", later, last), later, last)
            with cgutils.for_range_slice(b, rare, stop(later), _I64(1), _I64) as (d, _):
                node = emit_node(b, o.w, o.steps, b.add(o.note(later, START), d))
                emit_fetch(b, node, o.w.row_length, change=True)
            start, gradient, behind = o.note(i, START), o.note(i, GRADIENT), stop(i)
            whole = b.add(level, b.and_(b.sub(behind, level), _I64(-TILE)))
            with cgutils.for_range_slice(b, level, whole, _I64(TILE), _I64) as (d, _):
                _emit_tile(b, o, i, b.add(start, d), b.add(gradient, d), TILE)
            with cgutils.for_range_slice(b, whole, behind, _I64(1), _I64) as (d, _):
                _emit_tile(b, o, i, b.add(start, d), b.add(gradient, d), 1)
        return context.get_dummy_value()

    return types.void(W, scale, claims, steps, centres, G, X, n, n, n), codegen
