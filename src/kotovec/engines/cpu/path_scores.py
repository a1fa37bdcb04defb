"""Scores of the nodes on one path, read where they stand in W, or rounded first.

A path has some twelve nodes and a centre some six context words: too few columns for the tiles of tiles.py.
Here a vector holds QUAD elements of each of several context words, so that few lanes are wasted; each QUAD
lanes are added up once, at the end. An element is a number; or a pair of bfloat16, see bfloat.py, where the
arrays that are given hold those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import PAIR, is_rounded, pairs_of_rows, rounded_together, store_columns
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    QUAD,
    Matrix,
    load,
    load_quads,
    multiply_add,
    shuffled,
    shuffled_quads,
    store,
)
from kotovec.engines.cpu.path_products import emit_in_columns, emit_node, emit_weighted
from kotovec.engines.cpu.tiles import TILE, result_of

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _sums_of_quads(b: Any, vectors: list[Any]) -> Any:
    """Return the sum of each QUAD lanes, those of QUAD vectors side by side."""

    def added(x: Any, y: Any, left: list[int], right: list[int]) -> Any:
        return b.fadd(*(shuffled_quads(b, x, y, half) for half in (left, right)))

    y = LANES  # where the second vector's lanes begin
    pairs = [added(vectors[k], vectors[k + 1], [0, y, 1, y + 1], [2, y + 2, 3, y + 3]) for k in (0, 2)]
    return added(pairs[0], pairs[1], [0, 1, y, y + 1], [2, 3, y + 2, y + 3])


def emit_sums_of_four(b: Any, vectors: list[Any]) -> Any:
    """Return the sums of all lanes of QUAD vectors."""
    sums, width = _sums_of_quads(b, vectors), LANES
    while width > QUAD:
        width //= 2
        sums = b.fadd(*(shuffled(b, sums, sums, list(range(k, k + width))) for k in (0, width)))
    return sums


def _tile_of_nodes(b: Any, node: Callable[[Any], Any], first: Any, depth: Any) -> list[Any]:
    """Return the addresses of TILE nodes of a path from `first` on; behind its end, the last one again."""
    last, nodes = b.sub(depth, _I64(1)), []
    for r in range(TILE):
        place = b.add(first, _I64(r))
        nodes.append(node(b.select(b.icmp_signed("<", place, last), place, last)))
    return nodes


def _round_nodes(b: Any, W: Any, steps: Any, depth: Any, room: Any) -> Any:
    """Emit writing down a path's nodes in bfloat16, in pairs of columns; return how far apart they are."""
    length = b.udiv(W.row_length, _I64(PAIR))
    with cgutils.for_range(b, depth) as loop:
        node, into = (
            emit_node(b, W, steps, loop.index),
            b.gep(room, [b.mul(loop.index, length)], inbounds=True),
        )
        with cgutils.for_range_slice(b, _I64(0), length, _I64(LANES // PAIR), _I64) as (column, _):
            vector = load(b, b.gep(node, [b.mul(column, _I64(PAIR))], inbounds=True))
            store_columns(b, vector, b.gep(into, [column], inbounds=True))
    return length


def _emit_quads(b: Any, y: Matrix, y4: Matrix, i: Any, places: list[Any], column: Any) -> None:
    """Copy a vector of each of QUAD rows, from row i on."""
    for r, place in enumerate(places):
        store(b, load(b, place), y.pointer(b.add(i, _I64(r)), column))
    block = b.udiv(column, _I64(QUAD))
    for k in range(LANES // QUAD):
        quads = load_quads(b, [b.gep(place, [_I64(k * QUAD)], inbounds=True) for place in places])
        store(b, quads, y4.pointer(b.add(block, _I64(k)), b.mul(i, _I64(QUAD))))


def _emit_rounded_quads(b: Any, y: Matrix, y4: Matrix, i: Any, places: list[Any], column: Any) -> None:
    """Do the same for pairs of bfloat16."""
    vectors, pair = [load(b, place) for place in places], b.udiv(i, _I64(PAIR))
    both = [vectors[r : r + PAIR] for r in range(0, QUAD, PAIR)]
    for r, rows in enumerate(both):
        store(b, pairs_of_rows(b, *rows), y.pointer(b.add(pair, _I64(r)), column))
    pairs = [b.bitcast(rounded_together(b, *rows), ir.VectorType(_I32, LANES)) for rows in both]
    block, length = b.udiv(column, _I64(QUAD * PAIR)), LANES // PAIR
    for k in range(LANES // (QUAD * PAIR)):
        lanes = [r * length + k * QUAD + lane for r in range(QUAD) for lane in range(QUAD)]
        store(
            b, shuffled(b, pairs[0], pairs[1], lanes), y4.pointer(b.add(block, _I64(k)), b.mul(i, _I64(QUAD)))
        )


@intrinsic
def copy_quads(typing_context: Any, Y: Any, Y4: Any, at: Any, row: Any) -> Any:
    """Copy QUAD rows from anywhere, called as ``copy_quads(Y, Y4, at, i)``.

    Y[i:i+QUAD] = the rows at the addresses at[i:i+QUAD], and element (i, j) of Y goes to Y4[j // QUAD,
    QUAD * i + j % QUAD], so that a quad of each of the rows stands side by side. Where both are of pairs,
    those of Y, which has half as many rows, are of two rows, and those of Y4 of two columns.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        y, y4 = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1))
        table, i = context.make_array(sig.args[2])(context, b, args[2]).data, args[3]
        number, rows = result_of(y.element), []
        for r in range(QUAD):
            address = b.load(b.gep(table, [b.add(i, _I64(r))], inbounds=True))
            rows.append(b.inttoptr(address, number.as_pointer()))
        emit = _emit_rounded_quads if is_rounded(y4.element) else _emit_quads
        with cgutils.for_range_slice(b, _I64(0), y.row_length, _I64(LANES), _I64) as (column, _):
            emit(b, y, y4, i, [b.gep(row, [column], inbounds=True) for row in rows], column)
        return context.get_dummy_value()

    return types.void(Y, Y4, at, n), codegen


def _repeated_quads(b: Any, nodes: list[Any], quad: Any) -> list[Any]:
    """Emit loading one quad of rows at some addresses, each as often as a vector has room for it."""
    elements = ir.VectorType(nodes[0].type.pointee, QUAD)
    again = ir.Constant(ir.VectorType(_I32, LANES), [lane % QUAD for lane in range(LANES)])
    found = []
    for node in nodes:
        place = b.gep(node, [b.mul(quad, _I64(QUAD))], inbounds=True)
        loaded = b.load(b.bitcast(place, elements.as_pointer()), align=4)
        found.append(b.shuffle_vector(loaded, ir.Constant(elements, ir.Undefined), again))
    return found


def _add_scores(b: Any, scores: Any, place: Any, first: int, stride: Any, added: Any) -> None:
    """Emit storing a tile of nodes' scores by contexts from `first` on, or adding them where `added`."""
    four = ir.VectorType(place.type.pointee, QUAD)
    for q in range(LANES // QUAD):
        own = shuffled(b, scores, scores, list(range(QUAD * q, QUAD * (q + 1))))
        into = b.gep(place, [b.mul(_I64(first + q), stride)], inbounds=True)
        into = b.bitcast(into, four.as_pointer())
        held = b.select(added, b.load(into, align=4), ir.Constant(four, None))
        b.store(b.fadd(held, own), into, align=4)


@intrinsic
def score_path(
    typing_context: Any,
    S: Any,
    at: Any,
    stride: Any,
    W: Any,
    steps: Any,
    start: Any,
    depth: Any,
    Y4: Any,
    first: Any,
    contexts: Any,
    split: Any,
    size: Any,
    room: Any,
) -> Any:
    """S[0, at + q * stride + d] = Y[first + q, :size] . N[d, :size] for q < contexts and d < depth.

    Called as ``score_path(S, at, stride, W, steps, start, depth, Y4, first, contexts, split, size, room)``.
    It is the sum of two parts, the columns before `split`, which is not more than `size`, and the others. Y4
    is Y as `copy_quads` leaves it, and N[d] the row of W of steps[start + d]. `contexts` is a multiple of
    QUAD; `split` and `size` are rounded up to what a quad has. Up to TILE - 1 places behind each row are
    overwritten. Where Y4 is of pairs of bfloat16, N is rounded, and `room`, see paths.new_room, is for that.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, w, y4 = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3, 7))
        table = context.make_array(sig.args[4])(context, b, args[4]).data
        _, at, stride, _, _, start, depth, _, first, contexts, split, size, _ = args
        table, rounded = b.gep(table, [start], inbounds=True), is_rounded(y4.element)
        wide = QUAD * PAIR if rounded else QUAD
        quads, before = (b.udiv(b.add(end, _I64(wide - 1)), _I64(wide)) for end in (size, split))
        parts = b.select(b.icmp_signed("<", before, quads), _I64(2), _I64(1))
        if rounded:
            room = context.make_array(sig.args[12])(context, b, args[12]).data
            apart = _round_nodes(b, w, table, depth, room)

        def node(d: Any) -> Any:
            if rounded:
                return b.gep(room, [b.mul(d, apart)], inbounds=True)
            return emit_node(b, w, table, d)

        def part(
            column: Any, width: int, d: Any, nodes: list[Any], first_quad: Any, number: Any, added: Any
        ) -> None:
            vectors = y4.pointer(first_quad, b.add(b.mul(first, _I64(QUAD)), column))
            sums = emit_weighted(
                b, s.vector, (TILE, width), number,
                lambda k: b.gep(vectors, [b.mul(k, y4.row_length)], inbounds=True),
                lambda k: _repeated_quads(b, nodes, b.add(first_quad, k)),
            )  # fmt: skip
            row = b.add(at, b.mul(b.udiv(column, _I64(QUAD)), stride))
            place = s.pointer(_I64(0), b.add(row, d))
            for v in range(width):
                _add_scores(b, _sums_of_quads(b, sums[v::width]), place, v * LANES // QUAD, stride, added)

        def block(column: Any, width: int) -> None:
            with cgutils.for_range_slice(b, _I64(0), depth, _I64(TILE), _I64) as (d, _):
                nodes = _tile_of_nodes(b, node, d, depth)
                with cgutils.for_range(b, parts) as loop:
                    added = b.icmp_signed("==", loop.index, _I64(1))
                    first_quad = b.select(added, before, _I64(0))
                    number = b.select(added, b.sub(quads, before), before)
                    part(column, width, d, nodes, first_quad, number, added)

        emit_in_columns(b, TILE, b.mul(contexts, _I64(QUAD)), block)
        return context.get_dummy_value()

    return types.void(S, n, n, W, steps, n, n, Y4, n, n, n, n, room), codegen


@intrinsic
def dot_path(
    typing_context: Any, S: Any, H: Any, row: Any, W: Any, steps: Any, start: Any, depth: Any, split: Any
) -> Any:
    """S[0, d] = H[i] . N[d] for d < depth, the sum of two parts: the columns before `split` and the others.

    Called as ``dot_path(S, H, i, W, steps, start, depth, split)``; N[d] is the row of W of steps[start + d].
    Up to TILE - 1 columns more are overwritten.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, h, w = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1, 3))
        table = context.make_array(sig.args[4])(context, b, args[4]).data
        _, _, i, _, _, start, depth, split = args
        mean = h.pointer(i, _I64(0))
        four = ir.VectorType(s.element, QUAD)
        with cgutils.for_range_slice(b, _I64(0), depth, _I64(TILE), _I64) as (d, _):
            nodes, parts = _tile_of_nodes(b, lambda d: emit_node(b, w, table, b.add(start, d)), d, depth), []
            for first, last in ((_I64(0), split), (split, h.row_length)):
                held = [cgutils.alloca_once(b, s.vector) for _ in nodes]
                for own in held:
                    b.store(ir.Constant(s.vector, None), own)
                with cgutils.for_range_slice(b, first, last, _I64(LANES), _I64) as (column, _):
                    part = load(b, b.gep(mean, [column], inbounds=True))
                    for node, own in zip(nodes, held, strict=True):
                        other = load(b, b.gep(node, [column], inbounds=True))
                        b.store(multiply_add(b, part, other, b.load(own)), own)
                parts.append(emit_sums_of_four(b, [b.load(own) for own in held]))
            b.store(b.fadd(*parts), b.bitcast(s.pointer(_I64(0), d), four.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(S, H, n, W, steps, n, n, n), codegen
