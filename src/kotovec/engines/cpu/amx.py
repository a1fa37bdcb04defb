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
from kotovec.engines.cpu.chunk import CHUNK, band_width, padded
from kotovec.engines.cpu.compiling import anywhere, intrinsic
from kotovec.engines.cpu.lanes import cpu_has
from kotovec.engines.cpu.tiles import TILE

HEIGHT = 16
"""Rows of a tile of A and of sums."""

CENTRES = padded(CHUNK, HEIGHT)
"""The centres of a chunk in whole tiles."""

DEPTH, HALF = 16, 8
"""Pairs in a row of a whole tile of A, and of one of half the depth. Depths are multiples of the latter."""

SUMS, A_TILES, B_TILES = (0, 1, 2, 3), {DEPTH: 4, HALF: 5}, {DEPTH: 6, HALF: 7}
"""Which registers hold what."""
_ROW = 64
"""Bytes in a row of a register."""

# Linux's numbers for asking whether a process may use a part of the CPU's state, and for that of tiles.
_ARCH_PRCTL, _REQUEST, _TILES = 158, 0x1023, 18

_I8, _I64 = ir.IntType(8), ir.IntType(64)
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
    for register in (*SUMS, *A_TILES.values(), *B_TILES.values()):
        depth = next((d for d in (DEPTH, HALF) if register in (A_TILES[d], B_TILES[d])), DEPTH)
        width = depth * 4 if register in A_TILES.values() else _ROW
        rows[register] = depth if register in B_TILES.values() else HEIGHT
        widths[2 * register : 2 * register + 2] = width.to_bytes(2, "little")
    return bytes([1, *bytes(15), *widths, *rows])


def call(b: Any, name: str, *operands: Any) -> None:
    """Emit one of the CPU's instructions for tiles."""
    signature = ir.FunctionType(ir.VoidType(), [operand.type for operand in operands])
    b.call(cgutils.get_or_insert_function(b.module, signature, f"llvm.x86.{name}"), operands)


def load_tile(b: Any, register: int, place: Any, row_length: Any) -> None:
    """Emit loading a tile from an address on; rows of what it is in are so many numbers long."""
    call(b, "tileloadd64", _I8(register), b.bitcast(place, _BYTE), b.shl(row_length, _I64(2)))


@intrinsic
def take_tiles(typing_context: Any) -> Any:
    """Give this thread's tile registers the shapes that products need."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        shapes = cgutils.global_constant(b, "kotovec_tile_shapes", cgutils.make_bytearray(_shapes()))
        call(b, "ldtilecfg", b.bitcast(shapes, _BYTE))
        return context.get_dummy_value()

    return types.void(), codegen


@intrinsic
def leave_tiles(typing_context: Any) -> Any:
    """Give this thread's tile registers back."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        call(b, "tilerelease")
        return context.get_dummy_value()

    return types.void(), codegen
