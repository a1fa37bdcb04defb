"""Vector operations on whole rows: one pass, no temporaries, no checks.

Written as plain loops these would be vectorised too, but behind tests of whether the arrays overlap, made
anew for every row. Rows of all arrays have the same length, a multiple of LANES; nothing is bounds-checked.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    CACHE_LINE,
    LANES,
    Matrix,
    constant,
    emit_dot,
    emit_drop,
    emit_fetch,
    emit_prefetch,
    has_one_cache,
    load,
    multiply_add,
    shuffled,
    splat,
    store,
)

_I64 = ir.IntType(64)
_BYTE = ir.IntType(8).as_pointer()
_ADDRESSES = 8
"""Addresses in one register of AVX-512; a row of 100 numbers has seven cache lines."""


def _row_loop(b: Any, target: Any, target_row: Any, sources: list[tuple[Any, Any]], formula: Any) -> None:
    """Emit target[row] = formula(vectors of the sources), vector by vector."""
    into = target.pointer(target_row, _I64(0))
    starts = [matrix.pointer(row, _I64(0)) for matrix, row in sources]
    with cgutils.for_range_slice(b, _I64(0), target.row_length, _I64(LANES), _I64) as (at, _):
        loaded = [load(b, b.gep(start, [at], inbounds=True)) for start in starts]
        store(b, formula(*loaded), b.gep(into, [at], inbounds=True))


@intrinsic
def copy_row(typing_context: Any, C: Any, c_row: Any, A: Any, a_row: Any) -> Any:
    """C[i] = A[j], called as ``copy_row(C, i, A, j)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, a = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        _row_loop(b, c, args[1], [(a, args[3])], lambda x: x)
        return context.get_dummy_value()

    return types.void(C, types.intp, A, types.intp), codegen


def _over_parts(C: Any, A: Any, formula: Any) -> Any:
    """Return the signature and code of C[i, j:j+columns] = formula(b, vector of A[k, l:l+columns], place)."""
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, a = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        into, start = c.pointer(*args[1:3]), a.pointer(*args[4:6])
        with cgutils.for_range_slice(b, _I64(0), args[6], _I64(LANES), _I64) as (at, _):
            place = b.gep(into, [at], inbounds=True)
            store(b, formula(b, load(b, b.gep(start, [at], inbounds=True)), place), place)
        return context.get_dummy_value()

    return types.void(C, n, n, A, n, n, n), codegen


@intrinsic
def copy_part(
    typing_context: Any, C: Any, c_row: Any, c_column: Any, A: Any, a_row: Any, a_column: Any, columns: Any
) -> Any:
    """C[i, j:j+columns] = A[k, l:l+columns], called as ``copy_part(C, i, j, A, k, l, columns)``.

    `columns` is a multiple of LANES.
    """
    return _over_parts(C, A, lambda b, x, place: x)


@intrinsic
def add_part(
    typing_context: Any, C: Any, c_row: Any, c_column: Any, A: Any, a_row: Any, a_column: Any, columns: Any
) -> Any:
    """C[i, j:j+columns] += A[k, l:l+columns], called as ``add_part(C, i, j, A, k, l, columns)``.

    `columns` is a multiple of LANES.
    """
    return _over_parts(C, A, lambda b, x, place: b.fadd(load(b, place), x))


@intrinsic
def clear_row(typing_context: Any, C: Any, c_row: Any) -> Any:
    """C[i] = 0, called as ``clear_row(C, i)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c = Matrix(context, b, sig.args[0], args[0])
        _row_loop(b, c, args[1], [], lambda: ir.Constant(c.vector, None))
        return context.get_dummy_value()

    return types.void(C, types.intp), codegen


@intrinsic
def scale_row(typing_context: Any, C: Any, c_row: Any, A: Any, a_row: Any, scale: Any) -> Any:
    """C[i] = scale * A[j]."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, a = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        factor = splat(b, args[4])
        _row_loop(b, c, args[1], [(a, args[3])], lambda x: b.fmul(factor, x))
        return context.get_dummy_value()

    return types.void(C, types.intp, A, types.intp, C.dtype), codegen


@intrinsic
def add_scaled_row(typing_context: Any, C: Any, c_row: Any, A: Any, a_row: Any, scale: Any) -> Any:
    """C[i] += scale * A[j]."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, a = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        factor = splat(b, args[4])
        sources = [(c, args[1]), (a, args[3])]
        _row_loop(b, c, args[1], sources, lambda x, y: multiply_add(b, factor, y, x))
        return context.get_dummy_value()

    return types.void(C, types.intp, A, types.intp, C.dtype), codegen


@intrinsic
def add_rows(typing_context: Any, C: Any, c_row: Any, A: Any, a_row: Any, B: Any, b_row: Any) -> Any:
    """C[i] = A[j] + B[k], called as ``add_rows(C, i, A, j, B, k)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c, a, other = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2, 4))
        sources = [(a, args[3]), (other, args[5])]
        _row_loop(b, c, args[1], sources, lambda x, y: b.fadd(x, y))
        return context.get_dummy_value()

    n = types.intp
    return types.void(C, n, A, n, B, n), codegen


@intrinsic
def sum_rows(typing_context: Any, C: Any, c_row: Any, sources: Any, first: Any, number: Any) -> Any:
    """C[i] = the sum of the rows that begin at the addresses sources[first : first + number].

    Called as ``sum_rows(C, i, sources, first, number)``.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        c = Matrix(context, b, sig.args[0], args[0])
        addresses = b.gep(context.make_array(sig.args[2])(context, b, args[2]).data, [args[3]], inbounds=True)
        into, kind = c.pointer(args[1], _I64(0)), c.element.as_pointer()
        with cgutils.for_range_slice(b, _I64(0), c.row_length, _I64(LANES), _I64) as (at, _):
            total = cgutils.alloca_once(b, c.vector)
            b.store(ir.Constant(c.vector, None), total)
            with cgutils.for_range(b, args[4]) as loop:
                start = b.inttoptr(b.load(b.gep(addresses, [loop.index], inbounds=True)), kind)
                b.store(b.fadd(b.load(total), load(b, b.gep(start, [at], inbounds=True))), total)
            store(b, b.load(total), b.gep(into, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(C, types.intp, sources, types.intp, types.intp), codegen


@intrinsic
def dot_rows(typing_context: Any, A: Any, a_row: Any, B: Any, b_row: Any) -> Any:
    """Return A[i] . B[j], called as ``dot_rows(A, i, B, j)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        x, y = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        return emit_dot(b, x.pointer(args[1], _I64(0)), y.pointer(args[3], _I64(0)), x.row_length)

    n = types.intp
    return A.dtype(A, n, B, n), codegen


@intrinsic
def sum_lanes(typing_context: Any, S: Any, s_row: Any, s_column: Any, A: Any, a_row: Any) -> Any:
    """S[i, j + r] = the sum of A[k + r, :LANES] for r < LANES, called as ``sum_lanes(S, i, j, A, k)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, a = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        vectors = [load(b, a.pointer(b.add(args[4], _I64(r)), _I64(0))) for r in range(LANES)]
        half = LANES
        while half > 1:
            half //= 2
            first = [j // (2 * half) * 2 * half + j % half + j // half % 2 * LANES for j in range(LANES)]
            second = [j + half for j in first]
            pairs = [(vectors[r], vectors[r + half]) for r in range(half)]
            vectors = [b.fadd(shuffled(b, x, y, first), shuffled(b, x, y, second)) for x, y in pairs]
        store(b, vectors[0], s.pointer(args[1], args[2]))
        return context.get_dummy_value()

    n = types.intp
    return types.void(S, n, n, A, n), codegen


@intrinsic
def list_lines(typing_context: Any, lines: Any, line: Any, A: Any, a_row: Any) -> Any:
    """Write the addresses of A[i]'s cache lines to lines[line:]; return the place after the last one.

    Up to _ADDRESSES - 1 places more are overwritten.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        addresses, ma = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        start = b.ptrtoint(ma.pointer(args[3], _I64(0)), _I64)
        offsets = [CACHE_LINE * lane for lane in range(_ADDRESSES)]
        first = b.add(splat(b, start, _ADDRESSES), ir.Constant(ir.VectorType(_I64, _ADDRESSES), offsets))
        further = constant(first.type, _ADDRESSES * CACHE_LINE)
        number = b.udiv(b.mul(ma.row_length, _I64(A.dtype.bitwidth // 8)), _I64(CACHE_LINE))
        held = cgutils.alloca_once_value(b, first)
        with cgutils.for_range_slice(b, _I64(0), number, _I64(_ADDRESSES), _I64) as (at, _):
            value = b.load(held)
            store(b, value, b.gep(addresses.data, [b.add(args[1], at)], inbounds=True))
            b.store(b.add(value, further), held)
        return b.add(args[1], number)

    return types.intp(lines, types.intp, A, types.intp), codegen


@intrinsic
def fetch_line(typing_context: Any, lines: Any, line: Any) -> Any:
    """Ask the memory for the cache line at address lines[line] without waiting for it."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        addresses = Matrix(context, b, sig.args[0], args[0])
        emit_prefetch(b, addresses.data, args[1])
        return context.get_dummy_value()

    return types.void(lines, types.intp), codegen


@intrinsic
def fetch_element(typing_context: Any, A: Any, place: Any) -> Any:
    """Ask the memory for element i of A, counted through all rows, without waiting for it."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, b, args[0])
        emit_fetch(b, b.gep(array.data, [args[1]], inbounds=True), _I64(1))
        return context.get_dummy_value()

    return types.void(A, types.intp), codegen


@intrinsic
def fetch_row(typing_context: Any, A: Any, row: Any) -> Any:
    """Ask the memory for A[i] without waiting for it."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        matrix = Matrix(context, b, sig.args[0], args[0])
        emit_fetch(b, matrix.pointer(args[1], _I64(0)), matrix.row_length)
        return context.get_dummy_value()

    return types.void(A, types.intp), codegen


def _asking_pays() -> bool:
    """Return whether to ask for what another core has written, before it is read, makes anything faster.

    It does on AMD's CPUs. On Intel's a core waits for a place in its list of lines on the way as long as it
    would for the line.
    """
    return not has_one_cache()


def _fetch_whole(A: Any, *, change: bool) -> Any:
    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        if not _asking_pays():
            return context.get_dummy_value()
        array = context.make_array(sig.args[0])(context, b, args[0])
        start = b.bitcast(array.data, ir.FloatType().as_pointer())
        size = b.mul(array.nitems, _I64(sig.args[0].dtype.bitwidth // 8))
        emit_fetch(b, start, b.udiv(size, _I64(4)), change=change)
        return context.get_dummy_value()

    return types.void(A), codegen


@intrinsic
def fetch_all(typing_context: Any, A: Any) -> Any:
    """Ask the memory for all of an array, whose elements lie side by side, without waiting for it."""
    return _fetch_whole(A, change=False)


@intrinsic
def drop_all(typing_context: Any, A: Any) -> Any:
    """Let this core have no copy of an array any longer that another core is going to change.

    That one would have to ask for it with every line, and wait: asking early does not help, since few such
    questions are answered at a time. To drop a line takes a small part of that.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        array = context.make_array(sig.args[0])(context, b, args[0])
        start, size = b.bitcast(array.data, _BYTE), b.mul(array.nitems, _I64(sig.args[0].dtype.bitwidth // 8))
        with cgutils.for_range_slice(b, _I64(0), size, _I64(CACHE_LINE), _I64) as (at, _):
            emit_drop(b, b.gep(start, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(A), codegen


@intrinsic
def take_all(typing_context: Any, A: Any) -> Any:
    """Do the same for an array that is about to change, so that no other core keeps a copy of it."""
    return _fetch_whole(A, change=True)
