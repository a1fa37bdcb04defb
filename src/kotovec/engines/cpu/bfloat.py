"""Pairs of bfloat16 numbers, of which AVX-512 multiplies twice as many at a time as of float32.

bfloat16 is the upper half of a float32: its range, and 8 bits of precision. One instruction multiplies 16
pairs with 16 pairs and adds both products of each to a float32. So of A @ B, the matrix B is kept in pairs of
rows, one number of each of two neighbours, and A in pairs of columns. A pair stands in an int32, the first
number in its lower half.

For CBOW's scores, where B mostly has but one vector of columns, each pair of A would have to be repeated in a
register for a single multiplication, and repeating takes as long as that. So two pairs are taken together
there, as one int64: half of the repeating, and sums in two parts, which are put together at the end.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    QUAD,
    Matrix,
    constant,
    cpu_has,
    is_amd,
    load,
    multiply_add,
    shuffled,
    splat,
    store,
)
from kotovec.engines.cpu.places import Place, emit_places, transposed_quads

PAIR = 2

_I16, _I32, _I64 = ir.IntType(16), ir.IntType(32), ir.IntType(64)

_HALVES = list(range(LANES)), list(range(LANES, PAIR * LANES))
_INTERLEAVED = [lane for pair in zip(*_HALVES, strict=True) for lane in pair]


class _BFloat(ir.Type):  # type: ignore[misc]  # llvmlite has no types
    """LLVM's bfloat, which llvmlite has no name for."""

    def __str__(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _BFloat)

    def __hash__(self) -> int:
        return hash(_BFloat)


def has_bfloat() -> bool:
    """Return whether the CPU that code is made for multiplies bfloat16."""
    return cpu_has("avx512bf16")


def has_quick_bfloat() -> bool:
    """Return whether it multiplies more of them at a time than of float32.

    AMD's CPUs do twice as many; Intel's multiply with one of two units, which needs two steps for it, and do
    half as many.
    """
    return has_bfloat() and is_amd()


def add_products(b: Any, x: Any, y: Any, sums: Any) -> Any:
    """Return `sums` with both products of each pair of x and y added; those of two pairs side by side."""
    pairs, held = ir.VectorType(_BFloat(), PAIR * LANES), ir.VectorType(ir.FloatType(), LANES)
    signature = ir.FunctionType(held, [held, pairs, pairs])
    function = cgutils.get_or_insert_function(b.module, signature, "llvm.x86.avx512bf16.dpbf16ps.512")
    if sums.type == held:
        return b.call(function, [sums, b.bitcast(x, pairs), b.bitcast(y, pairs)])
    found = []
    for half, eight in zip(_HALVES, (range(LANES // 2), range(LANES // 2, LANES)), strict=True):
        factors = [b.bitcast(shuffled(b, factor, factor, list(eight)), pairs) for factor in (x, y)]
        found.append(b.call(function, [shuffled(b, sums, sums, half), *factors]))
    return shuffled(b, found[0], found[1], list(range(PAIR * LANES)))


def sum_parts(b: Any, sums: Any) -> Any:
    """Return what two pairs have added to the two parts of each sum, which stand side by side."""
    even, odd = (shuffled(b, sums, sums, list(range(part, PAIR * LANES, 2))) for part in range(2))
    return b.fadd(even, odd)


def _rounded(b: Any, vector: Any) -> Any:
    """Return a vector of float32 rounded to bfloat16, as 16-bit whole numbers."""
    signature = ir.FunctionType(ir.VectorType(_BFloat(), LANES), [vector.type])
    function = cgutils.get_or_insert_function(b.module, signature, "llvm.x86.avx512bf16.cvtneps2bf16.512")
    return b.bitcast(b.call(function, [vector]), ir.VectorType(_I16, LANES))


def rounded_together(b: Any, first: Any, second: Any) -> Any:
    """Return two vectors of float32 rounded to bfloat16, one behind the other."""
    both = ir.VectorType(_BFloat(), PAIR * LANES)
    signature = ir.FunctionType(both, [first.type, second.type])
    function = cgutils.get_or_insert_function(b.module, signature, "llvm.x86.avx512bf16.cvtne2ps2bf16.512")
    return b.bitcast(b.call(function, [second, first]), ir.VectorType(_I16, PAIR * LANES))


def pairs_of_rows(b: Any, first: Any, second: Any) -> Any:
    """Return two vectors of float32 rounded to bfloat16, as pairs of one number of each."""
    both = rounded_together(b, first, second)
    return b.bitcast(shuffled(b, both, both, _INTERLEAVED), ir.VectorType(_I32, LANES))


def is_rounded(element: Any) -> bool:
    """Return whether numbers of a type, one of LLVM's, are bfloat16 or pairs of them."""
    return isinstance(element, ir.IntType)


def _store_pair(b: Any, first: Any, second: Any, alone: list[Any], pairs: Any) -> None:
    """Round vectors of two rows; store each in pairs of columns where `alone`, both in pairs of rows."""
    both = rounded_together(b, first, second)
    for place, lanes in zip(alone, _HALVES, strict=False):
        store(b, shuffled(b, both, both, lanes), place)
    store(b, shuffled(b, both, both, _INTERLEAVED), pairs)


def store_rounded(b: Any, both: list[list[Any]], alone: list[Any], pairs: Any) -> None:
    """Emit rounding some vectors of two rows, `both`, in both ways, or only in pairs of rows."""
    for v, (first, second) in enumerate(zip(*both, strict=True)):
        places = [b.gep(row, [_I64(v * LANES // PAIR)], inbounds=True) for row in alone]
        _store_pair(b, first, second, places, b.gep(pairs, [_I64(v * LANES)], inbounds=True))


def store_columns(b: Any, vector: Any, place: Any) -> None:
    """Emit rounding one vector, in pairs of columns."""
    store(b, _rounded(b, vector), place)


def _emit_rounding(b: Any, sources: list[Any], alone: list[Any], pairs: Any, columns: Any) -> None:
    """Emit rounding two rows: each in pairs of columns where it is in `alone`, and both in pairs of rows."""
    with cgutils.for_range_slice(b, _I64(0), columns, _I64(LANES), _I64) as (at, _):
        first, second = (load(b, b.gep(source, [at], inbounds=True)) for source in sources)
        places = [b.gep(row, [b.udiv(at, _I64(PAIR))], inbounds=True) for row in alone]
        _store_pair(b, first, second, places, b.gep(pairs, [at], inbounds=True))


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
        alone = [a.pointer(b.add(args[1], _I64(r)), _I64(0)) for r in range(PAIR)]
        sources = [b.inttoptr(address, ir.FloatType().as_pointer()) for address in args[4:6]]
        pairs, added, times = p.pointer(args[3], _I64(0)), c.pointer(_I64(0), _I64(0)), splat(b, args[6])
        with cgutils.for_range_slice(b, _I64(0), p.row_length, _I64(LANES), _I64) as (at, _):
            rows = [load(b, b.gep(source, [at], inbounds=True)) for source in sources]
            for row, place in zip(rows, alone, strict=True):
                store_columns(b, row, b.gep(place, [b.udiv(at, _I64(PAIR))], inbounds=True))
            more = load(b, b.gep(added, [at], inbounds=True))
            changed, other = (multiply_add(b, times, row, more) for row in rows)
            _store_pair(b, changed, other, [], b.gep(pairs, [at], inbounds=True))
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
        alone = [a.pointer(b.add(args[1], _I64(r)), args[2]) for r in range(PAIR)]
        sources = [b.inttoptr(address, ir.FloatType().as_pointer()) for address in args[6:8]]
        _emit_rounding(b, sources, alone, p.pointer(args[4], args[5]), args[8])
        return context.get_dummy_value()

    return types.void(A, n, n, P, n, n, n, n, n), codegen


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
        rows = [c.pointer(b.add(args[4], _I64(r)), args[5]) for r in range(PAIR)]
        _emit_rounding(b, rows, [], p.pointer(*args[1:3]), args[6])
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
