"""Products in tile registers (amx.py), and giving their sums to rows anywhere in memory meanwhile.

A product is done in a unit of its own, which takes its operands from the first cache. What is to be done with
its sums takes as long again, in other units and with other caches. So while one tile of rows is multiplied,
the one before is given away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.amx import A_TILES, B_TILES, DEPTH, HALF, SUMS, call, load_tile
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, load
from kotovec.engines.cpu.places import Place, emit_places
from kotovec.engines.cpu.products import begun
from kotovec.engines.cpu.tiles import emit_ask

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTE, _TABLE, _NUMBER = _I8.as_pointer(), _I64.as_pointer(), ir.FloatType().as_pointer()


class _Giving(NamedTuple):
    """What is given away while tiles are multiplied, inside a function being emitted: rows of sums."""

    tables: list[Any]  # those of Rows, from the first place on
    source: Any
    columns: Any
    rows: Any
    lines: Any
    last_line: Any
    line: Any  # holds the next line to ask for
    done: Any  # holds how many rows have been given

    def emit(self, b: Any, number: Any) -> None:
        """Emit giving so many rows more, or those that are left."""
        first = b.load(self.done)
        end = b.add(first, number)
        end = b.select(b.icmp_signed("<", end, self.rows), end, self.rows)
        with cgutils.for_range_slice(b, first, end, _I64(1), _I64) as (row, _):
            # The same row may come twice, so one after the other.
            place = Place(b, ir.FloatType(), self.tables, row, whole=True)
            source = b.gep(self.source, [b.mul(row, self.columns)], inbounds=True)
            with cgutils.for_range_slice(b, _I64(0), self.columns, _I64(LANES), _I64) as (at, _):
                emit_ask(b, self.lines, self.line, self.last_line)
                place.give(load(b, b.gep(source, [at], inbounds=True)), at)
        b.store(end, self.done)


def _emit_giving(b: Any, arguments: list[Any]) -> _Giving:
    """Return what a function with these last arguments has to give: tables, source, and so on, and lines."""
    *tables, source, columns, rows, lines, line, last = arguments
    held = [cgutils.alloca_once_value(b, value) for value in (line, _I64(0))]
    return _Giving(tables, source, columns, rows, lines, last, *held)


_GIVING = [_TABLE, _NUMBER, _TABLE, _NUMBER, _NUMBER, _I64, _I64, _TABLE, _I64, _I64]
"""The types of those arguments."""


def _emit_product(b: Any, o: dict[str, Any], first: Any, giving: _Giving, at_a_time: Any) -> None:
    """Emit the sums of up to four tiles side by side, from column `first` on; meanwhile some rows are given.

    A product is done in a unit of its own. For it to have company, what else there is to do has to come
    between its instructions: the CPU sees some hundreds of these at a time.
    """
    a_at, b_at = (cgutils.alloca_once_value(b, o[name]) for name in ("a", "b"))
    left = b.sub(o["columns"], first)

    def for_tiles(emit: Callable[[int], None]) -> None:
        for v in range(len(SUMS)):
            with b.if_then(b.icmp_signed(">", left, _I64(v * LANES)), likely=True):
                emit(v)

    def step(depth: int) -> None:
        a, right = b.load(a_at), b.load(b_at)
        load_tile(b, A_TILES[depth], a, o["a_row"])

        def add(v: int) -> None:
            place = b.gep(right, [b.add(first, _I64(v * LANES))], inbounds=True)
            load_tile(b, B_TILES[depth], place, o["b_row"])
            call(b, "tdpbf16ps", _I8(SUMS[v]), _I8(A_TILES[depth]), _I8(B_TILES[depth]))

        for_tiles(add)
        b.store(b.gep(a, [_I64(depth)], inbounds=True), a_at)
        b.store(b.gep(right, [b.mul(o["b_row"], _I64(depth))], inbounds=True), b_at)
        giving.emit(b, at_a_time)

    def put(v: int) -> None:
        place = b.gep(o["c"], [b.add(first, _I64(v * LANES))], inbounds=True)
        call(b, "tilestored64", _I8(SUMS[v]), b.bitcast(place, _BYTE), b.shl(o["c_row"], _I64(2)))

    for_tiles(lambda v: call(b, "tilezero", _I8(SUMS[v])))
    with cgutils.for_range(b, _I64(2)) as loop:  # before what is left out of B, and after it
        before = b.icmp_signed("==", loop.index, _I64(0))
        depth = b.select(before, o["upper"], b.sub(o["depth"], o["upper"]))
        with cgutils.for_range(b, b.sdiv(depth, _I64(DEPTH))):
            step(DEPTH)
        with b.if_then(b.icmp_signed("!=", b.and_(depth, _I64(DEPTH - 1)), _I64(0))):
            step(HALF)
        b.store(b.gep(b.load(b_at), [b.mul(o["b_row"], o["skip"])], inbounds=True), b_at)
    for_tiles(put)


def _product_function(module: Any) -> Any:
    """Return the LLVM function behind all products, emitting it on first use."""
    pair = _I32.as_pointer()
    names = {"c": _NUMBER, "c_row": _I64, "a": pair, "a_row": _I64, "b": pair, "b_row": _I64}
    names |= dict.fromkeys(("columns", "depth", "upper", "skip"), _I64)
    function, b = begun(module, "kotovec_tile_product", [*names.values(), *_GIVING])
    if b is not None:
        o = dict(zip(names, function.args[: len(names)], strict=True))
        giving, most = _emit_giving(b, function.args[len(names) :]), _I64(len(SUMS) * LANES)

        def whole(number: Any, multiple: Any) -> Any:
            return b.udiv(b.add(number, b.sub(multiple, _I64(1))), multiple)

        steps = b.add(whole(o["upper"], _I64(DEPTH)), whole(b.sub(o["depth"], o["upper"]), _I64(DEPTH)))
        at_a_time = whole(giving.rows, b.mul(steps, whole(o["columns"], most)))
        with cgutils.for_range_slice(b, _I64(0), o["columns"], most, _I64) as (first, _):
            _emit_product(b, o, first, giving, at_a_time)
        b.ret(b.load(giving.line))
    return function


def _product_operands(context: Any, b: Any, sig: Any, args: Any) -> list[Any]:
    """Return what a product's first arguments are, as `tile_product` has them."""
    operands = []
    for k in (0, 3, 6):
        matrix = Matrix(context, b, sig.args[k], args[k])
        operands += [matrix.pointer(args[k + 1], args[k + 2]), matrix.row_length]
    return [*operands, *args[9:13]]


@intrinsic
def tile_product(
    typing_context: Any,
    C: Any,
    c_row: Any,
    c_column: Any,
    A: Any,
    a_row: Any,
    a_column: Any,
    B: Any,
    b_row: Any,
    b_column: Any,
    columns: Any,
    depth: Any,
    upper: Any,
    skip: Any,
) -> Any:
    """C[i : i + HEIGHT, j : j + columns] = A' @ B', where this thread has taken its tiles.

    Called as ``tile_product(C, i, j, A, k, l, B, p, q, columns, depth, upper, skip)``. A' has HEIGHT rows of
    A from row k and column l on, B' so many columns of B from row p and column q on. `depth` is counted in
    pairs, a multiple of HALF as is `upper`, and not 0; `columns` is one of LANES. After the first `upper`
    pairs, `skip` rows of B are left out.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        nothing = [ir.Constant(kind, None if kind.is_pointer else 0) for kind in _GIVING]
        b.call(_product_function(b.module), [*_product_operands(context, b, sig, args), *nothing])
        return context.get_dummy_value()

    return types.void(C, n, n, A, n, n, B, n, n, n, n, n, n), codegen


@intrinsic
def multiply_and_give(
    typing_context: Any,
    C: Any,
    c_row: Any,
    c_column: Any,
    A: Any,
    a_row: Any,
    a_column: Any,
    B: Any,
    b_row: Any,
    b_column: Any,
    columns: Any,
    depth: Any,
    upper: Any,
    skip: Any,
    rows: Any,
    place: Any,
    own: Any,
    number: Any,
    lines: Any,
    line: Any,
) -> Any:
    """Do the same, and meanwhile what `give_rows` does with other rows of C.

    Called as ``line = multiply_and_give(C, i, j, A, k, l, B, p, q, columns, depth, upper, skip, rows, place,
    own, number, lines, line)``.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        product = _product_operands(context, b, sig, args)
        rows, place, own, number, lines, line = args[13:]
        giving = _giving_operands(
            context,
            b,
            (sig.args[13], sig.args[0], sig.args[17]),
            (rows, place, args[0], own, number, lines, line),
        )
        return b.call(_product_function(b.module), [*product, *giving])

    return n(C, n, n, A, n, n, B, n, n, n, n, n, n, rows, n, n, n, lines, n), codegen


def _giving_operands(context: Any, b: Any, kinds: Any, values: Any) -> list[Any]:
    """Return what the last arguments are, of `give_rows` with these values; kinds of rows, C and lines."""
    rows, place, c, row, number, lines, line = values
    into = emit_places(context, b, kinds[0], rows, place)
    source, asked = Matrix(context, b, kinds[1], c), Matrix(context, b, kinds[2], lines)
    return [*into, source.pointer(row, _I64(0)), source.row_length, number, asked.data, line, asked.length]


def _giving_function(module: Any) -> Any:
    """Return the LLVM function behind all rows that are given away alone, emitting it on first use."""
    function, b = begun(module, "kotovec_give_rows", _GIVING)
    if b is not None:
        giving = _emit_giving(b, list(function.args))
        giving.emit(b, giving.rows)
        b.ret(b.load(giving.line))
    return function


@intrinsic
def give_rows(
    typing_context: Any, rows: Any, first: Any, C: Any, row: Any, number: Any, lines: Any, line: Any
) -> Any:
    """Give so many rows of C, from row k on, to `rows` that keep all they have, from place i on.

    Called as ``line = give_rows(rows, i, C, k, number, lines, line)``. Meanwhile lines are asked for, as
    `product` does.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        kinds = sig.args[0], sig.args[2], sig.args[5]
        return b.call(_giving_function(b.module), _giving_operands(context, b, kinds, args))

    return n(rows, n, C, n, n, lines, n), codegen
