"""Vector micro-kernels: small matrix products held in registers, written as LLVM code from Python.

A core's arithmetic is reached only when the numbers being summed stay in vector registers, and when each
number that is loaded is used several times. Loops written in plain Numba leave both to LLVM's guesses, so
the innermost operations are spelled out here, once. While they compute, they ask the memory for what will be
needed next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import add_products
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    Matrix,
    cpu_has,
    emit_opaque,
    emit_prefetch,
    load,
    multiply_add,
    splat,
    store,
)
from kotovec.engines.cpu.places import Place, emit_places

TILE = 4
"""Rows of results that are summed together."""

STEPS = 2
"""Steps of the depth that are written out one after the other. With each of them a product asks for one cache
line: asked for faster, they would wait for one another, and the product with them, because a core has no more
than a dozen or two on the way at a time. Windows and tiles being even, few products have a step left over."""

_I64 = ir.IntType(64)
_TABLE = _I64.as_pointer()


def _sums() -> int:
    """Return how many vectors of sums the CPU's registers can hold.

    AVX-512 has 32 registers that hold a whole vector each: 16 sums, 4 loaded vectors, one repeated number.
    Elsewhere a vector takes two registers of 16 (AVX2) or four of 32 (NEON), and more than 4 would spill.
    """
    return 16 if cpu_has("avx512f") else 4


def _widest_tile(rows: int) -> int:
    """Return how many vectors of each of so many rows are summed at a time: up to 4, of one row up to 8.

    The code is written out for every width up to this one, so it has its price in compiling.
    """
    return min(_sums() // rows, 8 if rows == 1 else 4)


def emit_in_blocks(b: Any, rows: int, vectors: Any, block: Callable[[Any, int], None]) -> None:
    """Emit block(first, width) for all `vectors` of so many rows, as many at a time as registers can sum."""
    widest = _widest_tile(rows)
    whole = b.mul(b.sdiv(vectors, _I64(widest)), _I64(widest))
    with cgutils.for_range_slice(b, _I64(0), whole, _I64(widest), _I64) as (first, _):
        block(first, widest)
    for width in range(1, widest):
        with b.if_then(b.icmp_signed("==", b.sub(vectors, whole), _I64(width))):
            block(whole, width)


class _Operands(NamedTuple):
    """The parameters of the product function, all plain numbers and addresses.

    Results replace the rows of a matrix from `into` on, `into_row` apart, or are added to them where `add` is
    not 0; or, where `into` is null, they go to Rows, of which the first four are the tables.

    Columns are taken a few vectors at a time; after the first `split` vectors `gap` columns of B are left
    out. After the first `upper` steps of the depth some are left out, in A and in B.

    Where A and B hold pairs of bfloat16, a step is one pair.
    """

    at: Any
    scale: Any
    base: Any
    keep: Any
    into: Any
    into_row: Any
    add: Any
    a: Any
    a_row: Any
    a_depth: Any
    b: Any
    b_depth: Any
    rows: Any
    vectors: Any
    split: Any
    gap: Any
    depth: Any
    upper: Any
    a_skip: Any
    b_skip: Any
    lines: Any
    line: Any
    last_line: Any


def _emit_sums(b: Any, o: _Operands, a: Any, rows: int, vectors: list[Any], line: Any) -> list[Any]:
    """Emit the loops over the depth, with rows x len(vectors) sums in registers; return the sums, row by row.

    `a` is the address of A's first element, and `vectors` those of B's first row; `line` holds the next line
    to ask for. Most steps are taken STEPS at a time: one by one, counting them and asking for lines would
    take as many instructions as the arithmetic.
    """
    width = len(vectors)
    zero = ir.Constant(ir.VectorType(o.into.type.pointee, LANES), None)
    # What LLVM keeps in registers for as long as the tile lasts.
    sums = [cgutils.alloca_once_value(b, zero) for _ in range(rows * width)]
    a_at, at = cgutils.alloca_once_value(b, a), cgutils.alloca_once_value(b, _I64(0))

    def steps(number: int) -> None:
        a_now, now = b.load(a_at), b.load(at)
        for _ in range(number):
            loaded = [load(b, b.gep(v, [now], inbounds=True)) for v in vectors]
            for r in range(rows):
                x = splat(b, b.load(b.gep(a_now, [b.mul(o.a_row, _I64(r))], inbounds=True)))
                for v, held in enumerate(sums[r * width : (r + 1) * width]):
                    b.store(_add_product(b, x, loaded[v], b.load(held)), held)
            a_now = emit_opaque(b, b.gep(a_now, [o.a_depth], inbounds=True))
            now = emit_opaque(b, b.add(now, o.b_depth))
        b.store(a_now, a_at)
        b.store(now, at)

    _emit_ask(b, o, line)
    with cgutils.for_range(b, _I64(2)) as stretch:  # before what is skipped, and after it
        first = b.icmp_signed("==", stretch.index, _I64(0))
        depth = b.select(first, o.upper, b.sub(o.depth, o.upper))
        with cgutils.for_range(b, b.udiv(depth, _I64(STEPS))):
            _emit_ask(b, o, line)
            steps(STEPS)
        with cgutils.for_range(b, b.urem(depth, _I64(STEPS))):
            steps(1)
        b.store(b.gep(b.load(a_at), [b.mul(o.a_skip, o.a_depth)], inbounds=True), a_at)
        b.store(b.add(b.load(at), b.mul(o.b_skip, o.b_depth)), at)
    return [b.load(held) for held in sums]


def _add_product(b: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x * y + z, where x and y may be pairs of bfloat16."""
    whole = isinstance(x.type.element, ir.IntType)
    return add_products(b, x, y, z) if whole else multiply_add(b, x, y, z)


def _emit_ask(b: Any, o: _Operands, line: Any) -> None:
    """Emit asking for the next line, where one is left."""
    now = b.load(line)
    with b.if_then(b.icmp_signed("<", now, o.last_line)):
        emit_prefetch(b, o.lines, now)
        b.store(b.add(now, _I64(1)), line)


def _emit_results(b: Any, o: _Operands, row: Any, columns: list[Any], sums: list[Any]) -> None:
    """Emit the way of a tile's sums to their rows: the same row may come twice, so one after the other."""
    width, element = len(columns), sums[0].type.element
    tables = [o.at, o.scale, o.base, o.keep]
    with b.if_else(b.icmp_unsigned("==", b.ptrtoint(o.into, _I64), _I64(0))) as (to_rows, to_matrix):
        with to_rows:
            for r in range(len(sums) // width):
                place = Place(b, element, tables, b.add(row, _I64(r)))
                for result, column in zip(sums[r * width : (r + 1) * width], columns, strict=True):
                    place.give(result, column)
        with to_matrix:
            for r in range(len(sums) // width):
                start = b.gep(o.into, [b.mul(b.add(row, _I64(r)), o.into_row)], inbounds=True)
                for result, column in zip(sums[r * width : (r + 1) * width], columns, strict=True):
                    _emit_replaced(b, o, result, b.gep(start, [column], inbounds=True))


def _emit_replaced(b: Any, o: _Operands, result: Any, place: Any) -> None:
    """Emit storing a vector of results, or adding it to what is there."""
    with b.if_else(b.icmp_signed("==", o.add, _I64(0)), likely=True) as (alone, added):
        with alone:
            store(b, result, place)
        with added:
            store(b, b.fadd(load(b, place), result), place)


def _product_function(module: Any, element: Any) -> Any:
    """Return the LLVM function behind all products of this element type, emitting it on first use."""
    operand, number, table = element.as_pointer(), _result(element).as_pointer(), _TABLE
    parameters = [table, number, table, number, number, _I64, _I64, operand, _I64, _I64, operand, _I64]
    parameters += [*[_I64] * 8, table, _I64, _I64]
    signature = ir.FunctionType(_I64, parameters)
    function = cgutils.get_or_insert_function(module, signature, f"kotovec_product_{element}")
    if not function.is_declaration:
        return function
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    o = _Operands(*function.args)
    b = ir.IRBuilder(function.append_basic_block("entry"))
    line = cgutils.alloca_once_value(b, o.line)

    def tiles(first: Any, width: int) -> None:
        vectors, columns = [], []
        for v in range(width):
            vector = b.add(first, _I64(v))
            place = b.mul(vector, _I64(LANES))
            beyond = b.select(b.icmp_signed("<", vector, o.split), _I64(0), o.gap)
            vectors.append(b.gep(o.b, [b.add(place, beyond)], inbounds=True))
            columns.append(place)
        done = _I64(0)
        # A multiply-add takes several cycles, in which others must begin: a narrow tile is high.
        for height in (2 * TILE, TILE) if _sums() >= 2 * TILE * width else (TILE,):
            end = b.and_(o.rows, _I64(-height))
            with cgutils.for_range_slice(b, done, end, _I64(height), _I64) as (row, _):
                a = b.gep(o.a, [b.mul(row, o.a_row)], inbounds=True)
                _emit_results(b, o, row, columns, _emit_sums(b, o, a, height, vectors, line))
            done = end

    emit_in_blocks(b, TILE, o.vectors, tiles)
    b.ret(b.load(line))
    return function


def _result(element: Any) -> Any:
    """Return the type of what products of an element type add up to."""
    return ir.FloatType() if isinstance(element, ir.IntType) else element


def _lines(context: Any, b: Any, numba_type: Any, lines: Any, line: Any) -> list[Any]:
    """Return where the addresses of cache lines stand, the next of them, and their number."""
    array = context.make_array(numba_type)(context, b, lines)
    return [array.data, line, cgutils.unpack_tuple(b, array.shape)[0]]


@intrinsic
def product(
    typing_context: Any,
    rows: Any,
    first: Any,
    A: Any,
    a_row: Any,
    a_column: Any,
    a_row_stride: Any,
    a_depth_stride: Any,
    B: Any,
    b_row: Any,
    number: Any,
    depth: Any,
    upper: Any,
    a_skip: Any,
    b_skip: Any,
    lines: Any,
    line: Any,
) -> Any:
    """Give A' @ B' to `rows`, where A' is number x depth and B' is depth x the whole length of B's rows.

    Called as ``line = product(rows, first, A, i, j, row_stride, depth_stride, B, i, number, depth, upper,
    a_skip, b_skip, lines, line)``. A' starts at A's element (i, j) and is walked by the two strides, counted
    in elements: (A.shape[1], 1) multiplies by A, (1, A.shape[1]) by its transpose. After `upper` steps of the
    depth, `a_skip` steps of A and `b_skip` rows of B are left out. `number` is a multiple of TILE and `depth`
    at least 1. Elements may be pairs of bfloat16, see bfloat.py. Meanwhile lines[line:], int64 addresses, are
    fetched into the cache; what is returned is the first one that was left.
    """
    n = types.intp
    signature = n(rows, n, A, n, n, n, n, B, n, n, n, n, n, n, lines, n)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        rows, first, _, ai, aj, a_strides, a_steps, _, bi, m, deep, upper, *skips, lines, line = args
        ma, mb = (Matrix(context, b, sig.args[k], args[k]) for k in (2, 7))
        vectors, zero = b.sdiv(mb.row_length, _I64(LANES)), _I64(0)
        nowhere = [ir.Constant(_result(ma.element).as_pointer(), None), zero, zero]
        into = [*emit_places(context, b, sig.args[0], rows, first), *nowhere]
        left = [ma.pointer(ai, aj), a_strides, a_steps]
        right = [mb.pointer(bi, zero), mb.row_length]
        numbers = [m, vectors, vectors, zero, deep, upper, *skips]
        operands = [*into, *left, *right, *numbers, *_lines(context, b, sig.args[14], lines, line)]
        return b.call(_product_function(b.module, ma.element), operands)

    return signature, codegen


@intrinsic
def scores(
    typing_context: Any,
    S: Any,
    X: Any,
    row: Any,
    number: Any,
    ZT: Any,
    first: Any,
    depth: Any,
    add: Any,
    start: Any,
    start_columns: Any,
    other: Any,
    other_columns: Any,
    lines: Any,
    line: Any,
) -> Any:
    """S[i:i+number] = X[i:i+number, part] @ ZT[part, columns], for two ranges of columns at once.

    Called as ``line = scores(S, X, i, number, ZT, first, depth, add, start, start_columns, other,
    other_columns, lines, line)``. The part of the depth begins at `first` and is `depth` long; where `add` is
    not 0, the results are added to S. The ranges of columns begin at `start` and `other`; their results stand
    side by side from S's first column on. Together they fill more registers than one after the other. X and
    ZT may hold pairs of bfloat16, which are counted instead of numbers then.
    """
    n = types.intp
    signature = n(S, X, n, n, ZT, n, n, n, n, n, n, n, lines, n)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        _, _, i, m, _, first, deep, add, start, width, other, other_width, lines, line = args
        ms, mx, mz = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1, 4))
        number_at = ms.element.as_pointer()
        vectors, split = (b.sdiv(columns, _I64(LANES)) for columns in (b.add(width, other_width), width))
        zero = _I64(0)
        gap = b.sub(other, b.add(start, width))
        nowhere = [ir.Constant(kind, None) for kind in (_TABLE, number_at, _TABLE, number_at)]
        into = [*nowhere, ms.pointer(i, zero), ms.row_length, add]
        left = [mx.pointer(i, first), mx.row_length, _I64(1)]
        right = [mz.pointer(first, start), mz.row_length]
        numbers = [m, vectors, split, gap, deep, deep, zero, zero]
        operands = [*into, *left, *right, *numbers, *_lines(context, b, sig.args[12], lines, line)]
        return b.call(_product_function(b.module, mx.element), operands)

    return signature, codegen
