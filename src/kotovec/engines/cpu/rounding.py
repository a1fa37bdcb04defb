"""Rows of float32 rounded to pairs of bfloat16 numbers, in the two ways that products want them.

In pairs of columns a row stands by itself; in pairs of rows two neighbours stand together, see bfloat.py.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import HALVES, INTERLEAVED, PAIR, is_rounded, rounded_together, store_columns
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    QUAD,
    Matrix,
    constant,
    load,
    multiply_add,
    shuffled,
    splat,
    store,
)
from kotovec.engines.cpu.places import Place, emit_places, transposed_quads

_I16, _I64 = ir.IntType(16), ir.IntType(64)


def _neighbours(b: Any, m: Matrix, row: Any, column: Any) -> list[Any]:
    """Return where a row and the next one stand, from a column on."""
    return [m.pointer(b.add(row, _I64(r)), column) for r in range(PAIR)]


def _store_pair(b: Any, both: Any, alone: list[Any], pairs: Any) -> None:
    """Store vectors of two rows, rounded: each in pairs of columns where `alone`, both in pairs of rows."""
    for place, lanes in zip(alone, HALVES, strict=False):
        store(b, shuffled(b, both, both, lanes), place)
    store(b, shuffled(b, both, both, INTERLEAVED), pairs)


def store_rounded(b: Any, both: list[list[Any]], alone: list[Any], pairs: Any) -> None:
    """Emit rounding some vectors of two rows, `both`, in both ways, or only in pairs of rows."""
    for v, (first, second) in enumerate(zip(*both, strict=True)):
        places = [b.gep(row, [_I64(v * LANES // PAIR)], inbounds=True) for row in alone]
        both_rounded = rounded_together(b, first, second)
        _store_pair(b, both_rounded, places, b.gep(pairs, [_I64(v * LANES)], inbounds=True))


def _emit_rounding(b: Any, sources: list[Any], alone: list[Any], pairs: Any, columns: Any) -> None:
    """Emit rounding two rows: each in pairs of columns where it is in `alone`, and both in pairs of rows.

    The `sources` may be in pairs of columns already.
    """
    sixteen = ir.VectorType(_I16, LANES)
    with cgutils.for_range_slice(b, _I64(0), columns, _I64(LANES), _I64) as (at, _):
        half = b.udiv(at, _I64(PAIR))
        if is_rounded(sources[0].type.pointee):
            found = [b.bitcast(b.gep(row, [half], inbounds=True), sixteen.as_pointer()) for row in sources]
            first, second = (b.load(place, align=4) for place in found)
            both = shuffled(b, first, second, list(range(PAIR * LANES)))
        else:
            both = rounded_together(b, *(load(b, b.gep(row, [at], inbounds=True)) for row in sources))
        places = [b.gep(row, [half], inbounds=True) for row in alone]
        _store_pair(b, both, places, b.gep(pairs, [at], inbounds=True))


@intrinsic
def round_apart(
    typing_context: Any,
    A: Any,
    i: Any,
    P: Any,
    k: Any,
    first: Any,
    second: Any,
    factor: Any,
    offset: Any,
) -> Any:
    """Round two rows of float32, from their addresses on, in both ways: in pairs of rows after a change.

    Called as ``round_apart(A, i, P, k, first, second, factor, offset)``: A[i] and A[i + 1] become the rows x
    in pairs of columns, P[k] both factor * x + offset[0] in pairs of rows.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        a, p, c = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2, 7))
        alone = _neighbours(b, a, args[1], _I64(0))
        sources = [b.inttoptr(address, ir.FloatType().as_pointer()) for address in args[4:6]]
        pairs, added, times = p.pointer(args[3], _I64(0)), c.pointer(_I64(0), _I64(0)), splat(b, args[6])
        with cgutils.for_range_slice(b, _I64(0), p.row_length, _I64(LANES), _I64) as (at, _):
            rows = [load(b, b.gep(source, [at], inbounds=True)) for source in sources]
            for row, place in zip(rows, alone, strict=True):
                store_columns(b, row, b.gep(place, [b.udiv(at, _I64(PAIR))], inbounds=True))
            more = load(b, b.gep(added, [at], inbounds=True))
            changed, other = (multiply_add(b, times, row, more) for row in rows)
            both = rounded_together(b, changed, other)
            _store_pair(b, both, [], b.gep(pairs, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(A, n, P, n, n, n, types.float32, offset), codegen


@intrinsic
def round_both(
    typing_context: Any,
    A: Any,
    i: Any,
    a_column: Any,
    P: Any,
    k: Any,
    p_column: Any,
    first: Any,
    second: Any,
    columns: Any,
) -> Any:
    """Round two rows of float32, from their addresses on, in both ways.

    Called as ``round_both(A, i, j, P, k, l, first, second, columns)``: A[i, j:] and A[i + 1, j:] become the
    rows in pairs of columns, P[k, l : l + columns] both in pairs of rows. `columns` is a multiple of LANES.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        a, p = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        alone = _neighbours(b, a, *args[1:3])
        sources = [b.inttoptr(address, ir.FloatType().as_pointer()) for address in args[6:8]]
        _emit_rounding(b, sources, alone, p.pointer(args[4], args[5]), args[8])
        return context.get_dummy_value()

    return types.void(A, n, n, P, n, n, n, n, n), codegen


@intrinsic
def round_two(
    typing_context: Any,
    A: Any,
    i: Any,
    a_column: Any,
    P: Any,
    k: Any,
    p_column: Any,
    C: Any,
    r: Any,
    c_column: Any,
    columns: Any,
) -> Any:
    """Round C[r, c : c + columns] and the same of the next row in both ways, as `round_both` does.

    Called as ``round_two(A, i, j, P, k, l, C, r, c, columns)``. C may be in pairs of columns already.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        a, p, c = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3, 6))
        alone = _neighbours(b, a, *args[1:3])
        column = b.udiv(args[8], _I64(PAIR)) if is_rounded(c.element) else args[8]
        sources = _neighbours(b, c, args[7], column)
        _emit_rounding(b, sources, alone, p.pointer(args[4], args[5]), args[9])
        return context.get_dummy_value()

    return types.void(A, n, n, P, n, n, C, n, n, n), codegen


@intrinsic
def round_row(
    typing_context: Any, A: Any, i: Any, a_column: Any, C: Any, r: Any, c_column: Any, columns: Any
) -> Any:
    """A[i, j:] = C[r, c : c + columns] in pairs of columns.

    Called as ``round_row(A, i, j, C, r, c, columns)``.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        a, c = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        into, source = a.pointer(*args[1:3]), c.pointer(*args[4:6])
        with cgutils.for_range_slice(b, _I64(0), args[6], _I64(LANES), _I64) as (at, _):
            place = b.gep(into, [b.udiv(at, _I64(PAIR))], inbounds=True)
            store_columns(b, load(b, b.gep(source, [at], inbounds=True)), place)
        return context.get_dummy_value()

    return types.void(A, n, n, C, n, n, n), codegen


@intrinsic
def pair_rows(
    typing_context: Any, P: Any, k: Any, p_column: Any, C: Any, r: Any, c_column: Any, columns: Any
) -> Any:
    """P[k, j:] = C[r : r + 2, c : c + columns] in pairs of rows.

    Called as ``pair_rows(P, k, j, C, r, c, columns)``.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        p, c = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        _emit_rounding(b, _neighbours(b, c, *args[4:6]), [], p.pointer(*args[1:3]), args[6])
        return context.get_dummy_value()

    return types.void(P, n, n, C, n, n, n), codegen


@intrinsic
def give_pair(typing_context: Any, rows: Any, place: Any, P: Any, k: Any, first: Any, second: Any) -> Any:
    """Give first * x to one of `rows` and second * y to the next; P[k] has pairs of x and y.

    Called as ``give_pair(rows, place, P, k, first, second)``; both keep all they have.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        p = Matrix(context, b, sig.args[2], args[2])
        tables = emit_places(context, b, sig.args[0], args[0], args[1])
        places = [Place(b, ir.FloatType(), tables, _I64(r), whole=True) for r in range(PAIR)]
        source, factors = p.pointer(args[3], _I64(0)), [splat(b, factor) for factor in args[4:]]
        with cgutils.for_range_slice(b, _I64(0), p.row_length, _I64(LANES), _I64) as (at, _):
            pairs = load(b, b.gep(source, [at], inbounds=True))
            low = b.shl(pairs, constant(pairs.type, 16))
            high = b.and_(pairs, constant(pairs.type, -(1 << 16)))
            for place, factor, bits in zip(places, factors, (low, high), strict=True):
                # Both may be the same row, so one after the other.
                place.give(b.fmul(factor, b.bitcast(bits, factor.type)), at)
        return context.get_dummy_value()

    return types.void(rows, n, P, n, types.float32, types.float32), codegen


@intrinsic
def transpose_pairs(
    typing_context: Any, AT: Any, row: Any, column: Any, A: Any, a_row: Any, a_column: Any, columns: Any
) -> Any:
    """AT[i : i + columns, j : j + LANES] = A[k : k + LANES, l : l + columns].T, a multiple of QUAD columns.

    Called as ``transpose_pairs(AT, i, j, A, k, l, columns)``. Elements are pairs, or two pairs each.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        t, a = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        with cgutils.for_range_slice(b, _I64(0), args[6], _I64(QUAD), _I64) as (at, _):
            rows = [a.pointer(b.add(args[4], _I64(r)), b.add(args[5], at)) for r in range(LANES)]
            for k, vector in enumerate(transposed_quads(b, rows, 0)):
                store(b, vector, t.pointer(b.add(args[1], b.add(at, _I64(k))), args[2]))
        return context.get_dummy_value()

    return types.void(AT, n, n, A, n, n, n), codegen


@helper
def round_rows(A: Any, P: Any, AT: Any, same: Any, sources: Any, first: int, last: int) -> None:
    """Round rows first .. last - 1 of `sources`, their addresses, whole LANES of them, in both ways.

    P takes them in pairs of rows, and AT in pairs of columns, transposed. A, (LANES, ...), is room for that;
    `same` is the same array, maybe with two pairs as one element.
    """
    for z in range(first, last, LANES):
        for r in range(0, LANES, PAIR):
            at = z + r
            round_both(A, r, 0, P, at // PAIR, 0, sources[at], sources[at + 1], P.shape[1])
        transpose_pairs(AT, 0, z, same, 0, 0, same.shape[1])
