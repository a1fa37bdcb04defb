"""Vector micro-kernels: small matrix products held in registers, written as LLVM code from Python.

A core's arithmetic is reached only when the numbers being summed stay in vector registers, and when each
number that is loaded is used several times. Loops written in plain Numba leave both to LLVM's guesses, so
the innermost operations are spelled out here, once. While they compute, they ask the memory for what will be
needed next.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import config, types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, emit_prefetch, load, multiply_add, splat, store

TILE = 4
"""Rows of results that are summed together."""

STEPS_PER_LINE = 4
"""A product asks for one cache line every so many steps of its depth. Asked for faster, they would wait for
one another, and the product with them: a core has about twelve on the way at a time."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _widest_tile() -> int:
    """Return how many vectors of each of the TILE rows the CPU's registers can sum at a time.

    AVX-512 has 32 registers that hold a whole vector each: 16 sums, 4 loaded vectors, one repeated number.
    Elsewhere a vector takes two registers of 16 (AVX2) or four of 32 (NEON), and more would spill.
    """
    settings: Any = config
    chosen = settings.CPU_FEATURES  # NUMBA_CPU_FEATURES, for machine code to be used elsewhere
    host = llvmlite.binding.get_host_cpu_features().flatten()
    return 4 if "+avx512f" in (host if chosen is None else chosen) else 1


def _emit_tile(
    b: Any,
    width: int,
    c: Any,
    a: Any,
    vectors: list[Any],
    strides: Any,
    deep: Any,
    add: Any,
    lines: Any,
) -> None:
    """Emit TILE x (width * LANES) results: a loop over the depth with all sums in registers.

    `c` are the addresses of the results, TILE rows of `width`; `a` is the address of A's first element, and
    `vectors` those of B's first row. Every STEPS_PER_LINE steps one of the `lines` is fetched.
    """
    a_row, a_depth, b_depth = strides
    vector = ir.VectorType(a.type.pointee, LANES)
    zero = ir.Constant(vector, None)
    with b.if_else(add) as (then, otherwise):
        with then:
            held = [load(b, p) for row in c for p in row]
            from_held = b.block
        with otherwise:
            from_zero = b.block
    first = []
    for value in held:
        phi = b.phi(vector)
        phi.add_incoming(value, from_held)
        phi.add_incoming(zero, from_zero)
        first.append(phi)
    head, loop, done = b.block, b.append_basic_block("depth"), b.append_basic_block("done")
    b.branch(loop)
    b.position_at_end(loop)
    k, at = b.phi(_I64), b.phi(_I64)
    a_at = b.phi(a.type)
    sums = [b.phi(vector) for _ in first]
    loaded = [load(b, b.gep(v, [at], inbounds=True)) for v in vectors]
    summed = []
    for r in range(TILE):
        x = splat(b, b.load(b.gep(a_at, [b.mul(a_row, _I64(r))], inbounds=True)))
        summed += [multiply_add(b, x, loaded[v], sums[r * width + v]) for v in range(width)]
    listed, first_line, last_line = lines
    line = b.add(first_line, b.sdiv(k, _I64(STEPS_PER_LINE)))
    due = b.icmp_signed("==", b.srem(k, _I64(STEPS_PER_LINE)), _I64(0))
    with b.if_then(b.and_(due, b.icmp_signed("<", line, last_line))):
        emit_prefetch(b, listed, line)
    next_k = b.add(k, _I64(1))
    steps = [(k, _I64(0), next_k), (at, _I64(0), b.add(at, b_depth))]
    steps += [(a_at, a, b.gep(a_at, [a_depth], inbounds=True)), *zip(sums, first, summed, strict=True)]
    for phi, start, following in steps:
        phi.add_incoming(start, head)
        phi.add_incoming(following, b.block)
    b.cbranch(b.icmp_signed("<", next_k, deep), loop, done)
    b.position_at_end(done)
    for value, pointer in zip(summed, [p for row in c for p in row], strict=True):
        store(b, value, pointer)


def _product_function(module: Any, element: Any) -> Any:
    """Return the LLVM function behind all products of this element type, emitting it on first use.

    Its parameters are those of `set_product` in plain numbers. Columns are taken a few vectors at a time;
    after the first `split` vectors, both in B and in C, `gap` columns are left out.
    """
    number = element.as_pointer()
    parameters = [number, _I64, number, _I64, _I64, number, _I64, *[_I64] * 5, ir.IntType(1)]
    parameters += [_I64.as_pointer(), _I64, _I64]
    name = f"kotovec_product_{element}"
    signature = ir.FunctionType(_I64, parameters)
    function = cgutils.get_or_insert_function(module, signature, name)
    if not function.is_declaration:
        return function
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    c, c_row, a, a_row, a_depth, bb, b_depth, rows, vectors, split, gap, deep, add, *lines = function.args
    listed, line, last_line = lines
    b = ir.IRBuilder(function.append_basic_block("entry"))
    at = cgutils.alloca_once_value(b, line)
    in_a_tile = b.sdiv(b.add(deep, _I64(STEPS_PER_LINE - 1)), _I64(STEPS_PER_LINE))
    widest = _widest_tile()

    def columns(first: Any, width: int) -> None:
        places = []
        for v in range(width):
            place = b.add(first, _I64(v))
            beyond = b.select(b.icmp_signed("<", place, split), _I64(0), gap)
            places.append(b.add(b.mul(place, _I64(LANES)), beyond))
        b_first = [b.gep(bb, [place], inbounds=True) for place in places]
        with cgutils.for_range_slice(b, _I64(0), rows, _I64(TILE), _I64) as (row, _):
            c_first = [
                [
                    b.gep(c, [b.add(b.mul(b.add(row, _I64(r)), c_row), place)], inbounds=True)
                    for place in places
                ]
                for r in range(TILE)
            ]
            a_first = b.gep(a, [b.mul(row, a_row)], inbounds=True)
            fetched = (listed, b.load(at), last_line)
            _emit_tile(b, width, c_first, a_first, b_first, (a_row, a_depth, b_depth), deep, add, fetched)
            b.store(b.add(b.load(at), in_a_tile), at)

    whole = b.mul(b.sdiv(vectors, _I64(widest)), _I64(widest))
    with cgutils.for_range_slice(b, _I64(0), whole, _I64(widest), _I64) as (first, _):
        columns(first, widest)
    for width in range(1, widest):
        with b.if_then(b.icmp_signed("==", b.sub(vectors, whole), _I64(width))):
            columns(whole, width)
    b.ret(b.load(at))
    return function


def _lines(context: Any, b: Any, numba_type: Any, lines: Any, line: Any) -> list[Any]:
    """Return where the addresses of cache lines stand, the next of them, and their number."""
    array = context.make_array(numba_type)(context, b, lines)
    return [array.data, line, cgutils.unpack_tuple(b, array.shape)[0]]


def _make_product(*, accumulate: bool) -> Any:
    @intrinsic
    def product(
        typing_context: Any,
        C: Any,
        c_row: Any,
        c_column: Any,
        A: Any,
        a_row: Any,
        a_column: Any,
        a_row_stride: Any,
        a_depth_stride: Any,
        B: Any,
        b_row: Any,
        b_column: Any,
        rows: Any,
        columns: Any,
        depth: Any,
        lines: Any,
        line: Any,
    ) -> Any:
        n = types.intp
        signature = n(C, n, n, A, n, n, n, n, B, n, n, n, n, n, lines, n)

        def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
            c, ci, cj, a, ai, aj, row_stride, depth_stride, bb, bi, bj, m, n, deep, lines, line = args
            mc, ma, mb = (Matrix(context, b, sig.args[k], x) for k, x in ((0, c), (3, a), (8, bb)))
            vectors = b.sdiv(n, _I64(LANES))
            into = [mc.pointer(ci, cj), mc.row_length]
            left = [ma.pointer(ai, aj), row_stride, depth_stride]
            right = [mb.pointer(bi, bj), mb.row_length]
            numbers = [m, vectors, vectors, _I64(0), deep, ir.Constant(ir.IntType(1), accumulate)]
            fetched = _lines(context, b, sig.args[14], lines, line)
            return b.call(_product_function(b.module, mc.element), [*into, *left, *right, *numbers, *fetched])

        return signature, codegen

    return product


set_product = _make_product(accumulate=False)
"""C[i:i+rows, j:j+columns] = A' @ B', where A' is rows x depth and B' is depth x columns.

Called as ``line = set_product(C, i, j, A, i, j, row_stride, depth_stride, B, i, j, rows, columns, depth,
lines, line)``. A' starts at A's element (i, j) and is walked by the two strides, counted in elements:
(A.shape[1], 1) multiplies by A, (1, A.shape[1]) by its transpose. `rows` is a multiple of TILE, `columns` of
LANES, and `depth` at least 1. Meanwhile lines[line:], int64 addresses, are fetched into the cache; what is
returned is the first one that was left.
"""

add_product = _make_product(accumulate=True)
"""The same, added to what C holds."""


@intrinsic
def set_scores(
    typing_context: Any,
    S: Any,
    X: Any,
    row: Any,
    ZT: Any,
    first: Any,
    first_columns: Any,
    second: Any,
    second_columns: Any,
    depth: Any,
    lines: Any,
    line: Any,
) -> Any:
    """S[i:i+TILE, columns] = X[i:i+TILE] @ ZT[:, columns], for two ranges of columns at once.

    Called as ``line = set_scores(S, X, i, ZT, first, first_columns, second, second_columns, depth, lines,
    line)``: the ranges begin at columns `first` and `second`. Together they fill more registers than one
    after the other.
    """
    n = types.intp
    signature = n(S, X, n, ZT, n, n, n, n, n, lines, n)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, x, i, zt, start, width, other, other_width, deep, lines, line = args
        ms, mx, mz = (Matrix(context, b, sig.args[k], m) for k, m in ((0, s), (1, x), (3, zt)))
        into = [ms.pointer(i, start), ms.row_length]
        left = [mx.pointer(i, _I64(0)), mx.row_length, _I64(1)]
        right = [mz.pointer(_I64(0), start), mz.row_length]
        vectors, split = b.sdiv(b.add(width, other_width), _I64(LANES)), b.sdiv(width, _I64(LANES))
        gap = b.sub(other, b.add(start, width))
        numbers = [_I64(TILE), vectors, split, gap, deep, ir.Constant(ir.IntType(1), False)]
        fetched = _lines(context, b, sig.args[9], lines, line)
        return b.call(_product_function(b.module, ms.element), [*into, *left, *right, *numbers, *fetched])

    return signature, codegen


@intrinsic
def transpose16(
    typing_context: Any, T: Any, t_row: Any, t_column: Any, A: Any, a_row: Any, a_column: Any
) -> Any:
    """T[ti:ti+16, tj:tj+16] = A[ai:ai+16, aj:aj+16].T, by four perfect shuffles of 16 vectors."""
    n = types.intp
    signature = types.void(T, n, n, A, n, n)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        t, ti, tj, a, ai, aj = args
        mt, ma = Matrix(context, b, sig.args[0], t), Matrix(context, b, sig.args[3], a)
        low = [lane // 2 + LANES * (lane % 2) for lane in range(LANES)]
        masks = [
            ir.Constant(ir.VectorType(_I32, LANES), [lane + half for lane in low]) for half in (0, LANES // 2)
        ]
        vectors = [load(b, ma.pointer(b.add(ai, _I64(r)), aj)) for r in range(LANES)]
        for _ in range(4):
            vectors = [
                b.shuffle_vector(vectors[i], vectors[i + LANES // 2], mask)
                for i in range(LANES // 2)
                for mask in masks
            ]
        for r in range(LANES):
            store(b, vectors[r], mt.pointer(b.add(ti, _I64(r)), tj))
        return context.get_dummy_value()

    return signature, codegen
