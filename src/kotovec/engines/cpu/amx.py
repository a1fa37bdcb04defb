"""Products of bfloat16 in the tile registers of AMX, which some CPUs have beside their vectors.

A tile register holds 16 rows of 64 bytes. One instruction multiplies a tile of A, 16 rows of 16 pairs of
columns, by one of B, 16 pairs of rows of 16 columns each, and adds 16 x 16 sums to a third: 8,192
multiplications in 16 cycles, sixteen times as many as vectors of float32 do. Pairs stand as bfloat.py says.

A tile is loaded row by row. A row that begins where a cache line does takes half a cycle, one that lies in
two lines eight times as long; so rows of what is multiplied are padded to whole lines.

The operating system saves tile registers only for a process that has asked for them. Each thread has to say
what shapes they have, and gives them back afterwards, so that nobody else has to save them.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.chunk import band_width, padded
from kotovec.engines.cpu.compiling import anywhere, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, cpu_has, load
from kotovec.engines.cpu.places import Place, emit_places
from kotovec.engines.cpu.products import begun
from kotovec.engines.cpu.tiles import TILE, emit_ask

HEIGHT = 16
"""Rows of a tile of A and of sums."""

DEPTH, HALF = 16, 8
"""Pairs in a row of a whole tile of A, and of one of half the depth. Depths are multiples of the latter."""

_SUMS, _A, _B = (0, 1, 2, 3), {DEPTH: 4, HALF: 5}, {DEPTH: 6, HALF: 7}
"""Which registers hold what."""
_ROW = 64
"""Bytes in a row of a register."""

# Linux's numbers for asking whether a process may use a part of the CPU's state, and for that of tiles.
_ARCH_PRCTL, _REQUEST, _TILES = 158, 0x1023, 18

_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTE = _I8.as_pointer()


@functools.cache
def has_tiles() -> bool:
    """Return whether the CPU that code is made for has these registers, and this process may use them."""
    if not (cpu_has("amx-bf16") and cpu_has("avx512bf16")) or sys.platform != "linux":
        return False
    return ctypes.CDLL(None).syscall(_ARCH_PRCTL, _REQUEST, _TILES) == 0


@anywhere
def tiles_of(rows: int) -> int:
    """Return how many tiles so many rows need."""
    return -(-rows // HEIGHT)


@anywhere
def wide_band(window: int) -> int:
    """Return how many positions HEIGHT neighbouring centres see together, in whole tiles of A."""
    return padded(HEIGHT - TILE + band_width(window), DEPTH * PAIR)


def _shapes() -> bytes:
    """Return what the registers are told about their shapes: palette 1, then bytes in a row, and rows."""
    rows, widths = bytearray(HEIGHT), bytearray(2 * HEIGHT)
    for register in (*_SUMS, *_A.values(), *_B.values()):
        depth = next((d for d in (DEPTH, HALF) if register in (_A[d], _B[d])), DEPTH)
        width = depth * 4 if register in _A.values() else _ROW
        rows[register] = depth if register in _B.values() else HEIGHT
        widths[2 * register : 2 * register + 2] = width.to_bytes(2, "little")
    return bytes([1, *bytes(15), *widths, *rows])


def _call(b: Any, name: str, *operands: Any) -> None:
    """Emit one of the CPU's instructions for tiles."""
    signature = ir.FunctionType(ir.VoidType(), [operand.type for operand in operands])
    b.call(cgutils.get_or_insert_function(b.module, signature, f"llvm.x86.{name}"), operands)


def _load(b: Any, register: int, place: Any, row_length: Any) -> None:
    """Emit loading a tile from an address on; rows of what it is in are so many numbers long."""
    _call(b, "tileloadd64", _I8(register), b.bitcast(place, _BYTE), b.shl(row_length, _I64(2)))


def _emit_product(b: Any, o: dict[str, Any], first: Any, width: int) -> None:
    """Emit the sums of so many tiles side by side, from column `first` on."""
    a_at, b_at = (cgutils.alloca_once_value(b, o[name]) for name in ("a", "b"))

    def step(depth: int) -> None:
        a, right = b.load(a_at), b.load(b_at)
        _load(b, _A[depth], a, o["a_row"])
        for v in range(width):
            place = b.gep(right, [b.add(first, _I64(v * LANES))], inbounds=True)
            _load(b, _B[depth], place, o["b_row"])
            _call(b, "tdpbf16ps", _I8(_SUMS[v]), _I8(_A[depth]), _I8(_B[depth]))
        b.store(b.gep(a, [_I64(depth)], inbounds=True), a_at)
        b.store(b.gep(right, [b.mul(o["b_row"], _I64(depth))], inbounds=True), b_at)

    for v in range(width):
        _call(b, "tilezero", _I8(_SUMS[v]))
    with cgutils.for_range(b, _I64(2)) as loop:  # before what is left out of B, and after it
        before = b.icmp_signed("==", loop.index, _I64(0))
        depth = b.select(before, o["upper"], b.sub(o["depth"], o["upper"]))
        with cgutils.for_range(b, b.sdiv(depth, _I64(DEPTH))):
            step(DEPTH)
        with b.if_then(b.icmp_signed("!=", b.and_(depth, _I64(DEPTH - 1)), _I64(0))):
            step(HALF)
        b.store(b.gep(b.load(b_at), [b.mul(o["b_row"], o["skip"])], inbounds=True), b_at)
    for v in range(width):
        place = b.gep(o["c"], [b.add(first, _I64(v * LANES))], inbounds=True)
        row = b.shl(o["c_row"], _I64(2))
        _call(b, "tilestored64", _I8(_SUMS[v]), b.bitcast(place, _BYTE), row)


def _product_function(module: Any) -> Any:
    """Return the LLVM function behind all products, emitting it on first use."""
    number, pair = ir.FloatType().as_pointer(), _I32.as_pointer()
    names = {"c": number, "c_row": _I64, "a": pair, "a_row": _I64, "b": pair, "b_row": _I64}
    names |= dict.fromkeys(("columns", "depth", "upper", "skip"), _I64)
    function, b = begun(module, "kotovec_tile_product", list(names.values()), ir.VoidType())
    if b is not None:
        o = dict(zip(names, function.args, strict=True))
        most = len(_SUMS) * LANES
        whole = b.and_(o["columns"], _I64(-most))
        with cgutils.for_range_slice(b, _I64(0), whole, _I64(most), _I64) as (first, _):
            _emit_product(b, o, first, len(_SUMS))
        left = b.sub(o["columns"], whole)
        for width in range(1, len(_SUMS)):
            with b.if_then(b.icmp_signed("==", left, _I64(width * LANES))):
                _emit_product(b, o, whole, width)
        b.ret_void()
    return function


@intrinsic
def take_tiles(typing_context: Any) -> Any:
    """Give this thread's tile registers the shapes that products need."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        shapes = cgutils.global_constant(b, "kotovec_tile_shapes", cgutils.make_bytearray(_shapes()))
        _call(b, "ldtilecfg", b.bitcast(shapes, _BYTE))
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def leave_tiles(typing_context: Any) -> Any:
    """Give this thread's tile registers back."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        _call(b, "tilerelease")
        return context.get_dummy_value()

    return types.void(), codegen


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
    pairs, a multiple of HALF as is `upper`; `columns` is one of LANES. After the first `upper` pairs, `skip`
    rows of B are left out.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        mc, ma, mb = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3, 6))
        operands = []
        for matrix, place in ((mc, args[1:3]), (ma, args[4:6]), (mb, args[7:9])):
            operands += [matrix.pointer(*place), matrix.row_length]
        b.call(_product_function(b.module), [*operands, *args[9:]])
        return context.get_dummy_value()

    return types.void(C, n, n, A, n, n, B, n, n, n, n, n, n), codegen


def _giving_function(module: Any) -> Any:
    """Return the LLVM function behind all rows that are given away, emitting it on first use."""
    table, number = _I64.as_pointer(), ir.FloatType().as_pointer()
    parameters = [table, number, table, number, number, _I64, _I64, table, _I64, _I64]
    function, b = begun(module, "kotovec_give_rows", parameters)
    if b is not None:
        *tables, c, columns, rows, lines, line, last = function.args
        asked = cgutils.alloca_once_value(b, line)
        with cgutils.for_range_slice(b, _I64(0), rows, _I64(1), _I64) as (row, _):
            # The same row may come twice, so one after the other.
            place = Place(b, ir.FloatType(), tables, row, whole=True)
            source = b.gep(c, [b.mul(row, columns)], inbounds=True)
            with cgutils.for_range_slice(b, _I64(0), columns, _I64(LANES), _I64) as (at, _):
                emit_ask(b, lines, asked, last)
                place.give(load(b, b.gep(source, [at], inbounds=True)), at)
        b.ret(b.load(asked))
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
        into = emit_places(context, b, sig.args[0], args[0], args[1])
        c, asked = Matrix(context, b, sig.args[2], args[2]), Matrix(context, b, sig.args[5], args[5])
        source = c.pointer(args[3], _I64(0))
        operands = [*into, source, c.row_length, args[4], asked.data, args[6], asked.length]
        return b.call(_giving_function(b.module), operands)

    return n(rows, n, C, n, n, lines, n), codegen
