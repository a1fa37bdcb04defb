"""Products of small matrices, as kernels call them: to rows anywhere, or to a matrix of scores."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, load, store
from kotovec.engines.cpu.places import Place, emit_places
from kotovec.engines.cpu.tiles import Factors, Gap, emit_tiles, result_of

_I64 = ir.IntType(64)
_TABLE = _I64.as_pointer()


def begun(module: Any, name: str, parameters: list[Any]) -> tuple[Any, Any]:
    """Return an LLVM function, and a builder for its body where it has none yet."""
    signature = ir.FunctionType(_I64, parameters)
    function = cgutils.get_or_insert_function(module, signature, name)
    if not function.is_declaration:
        return function, None
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    function.attributes.add("noduplicate")  # or LLVM copies it for every shape: half a second for 2 %
    return function, ir.IRBuilder(function.append_basic_block("entry"))


def _product_function(module: Any, element: Any) -> Any:
    """Return the LLVM function behind all products of this element type, emitting it on first use.

    Results go to rows of Rows, of which the first four parameters are the tables; those of pairs of bfloat16
    to rows that keep all they have.
    """
    pairs = isinstance(element, ir.IntType)
    operand, number = element.as_pointer(), result_of(element).as_pointer()
    tables, lines = [_TABLE, number, _TABLE, number], [_TABLE, _I64, _I64]
    parameters = [*tables, operand, _I64, _I64, operand, *[_I64] * 7, *lines]
    function, b = begun(module, f"kotovec_product_{element}", parameters)
    if b is not None:
        tables, (*factors, upper, a_skip, b_skip) = function.args[:4], function.args[4:-3]

        def give(b: Any, row: Any, columns: list[Any], sums: list[Any]) -> None:
            # The same row may come twice, so one after the other.
            place = Place(b, result_of(element), tables, row, whole=pairs)
            for column, result in zip(columns, sums, strict=True):
                place.give(result, column)

        gap = Gap(upper, a_skip, b_skip)
        emit_tiles(b, Factors._make([*factors, *function.args[-3:]]), lambda vector: _I64(0), give, gap)
    return function


def _scores_function(module: Any, element: Any) -> Any:
    """Return the LLVM function behind all scores of this element type, emitting it on first use.

    Results replace rows of a matrix from `into` on, `into_row` apart, or are added to them where `add` is not
    0. After the first `split` vectors, `gap` columns of B are left out.
    """
    operand, number = element.as_pointer(), result_of(element).as_pointer()
    parameters = [number, _I64, _I64, operand, _I64, operand, *[_I64] * 6, _TABLE, _I64, _I64]
    function, b = begun(module, f"kotovec_scores_{element}", parameters)
    if b is not None:
        into, into_row, add, a, a_row, *factors, split, gap, lines, line, last = function.args

        def beyond(vector: Any) -> Any:
            return b.select(b.icmp_signed("<", vector, split), _I64(0), gap)

        def give(b: Any, row: Any, columns: list[Any], sums: list[Any]) -> None:
            start = b.gep(into, [b.mul(row, into_row)], inbounds=True)
            for column, result in zip(columns, sums, strict=True):
                place = b.gep(start, [column], inbounds=True)
                with b.if_else(b.icmp_signed("==", add, _I64(0)), likely=True) as (alone, added):
                    with alone:
                        store(b, result, place)
                    with added:
                        store(b, b.fadd(load(b, place), result), place)

        emit_tiles(b, Factors._make([a, a_row, _I64(1), *factors, lines, line, last]), beyond, give, None)
    return function


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
    at least 1. Elements may be pairs of bfloat16, see bfloat.py; then all `rows` keep what they have.
    Meanwhile lines[line:], int64 addresses, are fetched into the cache; what is returned is the first one
    that was left.
    """
    n = types.intp
    signature = n(rows, n, A, n, n, n, n, B, n, n, n, n, n, n, lines, n)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        rows, first, _, ai, aj, a_strides, a_steps, _, bi, m, deep, upper, *skips, lines, line = args
        ma, mb = (Matrix(context, b, sig.args[k], args[k]) for k in (2, 7))
        into = emit_places(context, b, sig.args[0], rows, first)
        left = [ma.pointer(ai, aj), a_strides, a_steps]
        right = [mb.pointer(bi, _I64(0)), mb.row_length]
        numbers = [m, b.sdiv(mb.row_length, _I64(LANES)), deep, upper, *skips]
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
        vectors, split = (b.sdiv(columns, _I64(LANES)) for columns in (b.add(width, other_width), width))
        into = [ms.pointer(i, _I64(0)), ms.row_length, add]
        left, right = [mx.pointer(i, first), mx.row_length], [mz.pointer(first, start), mz.row_length]
        numbers = [m, vectors, deep, split, b.sub(other, b.add(start, width))]
        operands = [*into, *left, *right, *numbers, *_lines(context, b, sig.args[12], lines, line)]
        return b.call(_scores_function(b.module, mx.element), operands)

    return signature, codegen
