"""Vector micro-kernels: tiles of small matrix products in registers, written as LLVM code from Python.

A core's arithmetic is reached only when the numbers being summed stay in vector registers, and when each
number that is loaded is used several times. Loops written in plain Numba leave both to LLVM's guesses, so
the innermost operations are spelled out here, once. While they compute, they ask the memory for what will be
needed next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import add_products, sum_parts
from kotovec.engines.cpu.lanes import (
    LANES,
    cpu_has,
    emit_opaque,
    emit_prefetch,
    load,
    multiply_add,
    splat,
)

TILE = 4
"""Rows of results that are summed together."""

STEPS = 2
"""Steps of the depth that are written out one after the other. With each of them a product asks for one cache
line: asked for faster, they would wait for one another, and the product with them, because a core has no more
than a dozen or two on the way at a time. Windows and tiles being even, few products have a step left over."""

_I64 = ir.IntType(64)


def _sums() -> int:
    """Return how many vectors of sums the CPU's registers can hold.

    AVX-512 has 32 registers that hold a whole vector each: 16 sums, 4 loaded vectors, one repeated number.
    Elsewhere a vector takes two registers of 16 (AVX2) or four of 32 (NEON), and more than 4 would spill.
    """
    return 16 if cpu_has("avx512f") else 4


def widths_of(rows: int) -> list[int]:
    """Return how many vectors of each of so many rows may be summed at a time, the most first.

    The code is written out for every width, so it has its price in compiling. Of one row, 7 are those of 100
    numbers; 5 or 6 are taken as 4 and some.
    """
    widest = min(_sums() // rows, 8 if rows == 1 else 4)
    return [width for width in (8, 7, 4, 3, 2, 1) if width <= widest]


def emit_in_blocks(b: Any, rows: int, vectors: Any, block: Callable[[Any, int], None]) -> None:
    """Emit block(first, width) for all `vectors` of so many rows, as many at a time as registers can sum."""
    widest, *others = widths_of(rows)
    whole = b.mul(b.sdiv(vectors, _I64(widest)), _I64(widest))
    with cgutils.for_range_slice(b, _I64(0), whole, _I64(widest), _I64) as (first, _):
        block(first, widest)
    done = cgutils.alloca_once_value(b, whole)
    for width in others:
        first = b.load(done)
        with b.if_then(b.icmp_signed(">=", b.sub(vectors, first), _I64(width))):
            block(first, width)
            b.store(b.add(first, _I64(width)), done)


def result_of(element: Any) -> Any:
    """Return the type of what products of an element type add up to."""
    return ir.FloatType() if isinstance(element, ir.IntType) else element


class Factors(NamedTuple):
    """What both functions take, all plain numbers and addresses: A' is rows x depth, B' depth x vectors.

    Where A and B hold pairs of bfloat16, a step of the depth is one pair; or two pairs, see bfloat.py.
    """

    a: Any
    a_row: Any
    a_depth: Any
    b: Any
    b_depth: Any
    rows: Any
    vectors: Any
    depth: Any
    lines: Any
    line: Any
    last_line: Any


class Gap(NamedTuple):
    """After the first `upper` steps of the depth some steps of A and of B are left out."""

    upper: Any
    a: Any
    b: Any


def _emit_sums(
    b: Any, o: Factors, a: Any, rows: int, vectors: list[Any], line: Any, gap: Gap | None
) -> list[Any]:
    """Emit the loops over the depth, with rows x len(vectors) sums in registers; return the sums, row by row.

    `a` is the address of A's first element, and `vectors` those of B's first row; `line` holds the next line
    to ask for. Most steps are taken STEPS at a time: one by one, counting them and asking for lines would
    take as many instructions as the arithmetic.
    """
    width = len(vectors)
    element = a.type.pointee
    zero = ir.Constant(ir.VectorType(result_of(element), LANES * _parts(element)), None)
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

    def stretch(depth: Any) -> None:
        with cgutils.for_range(b, b.udiv(depth, _I64(STEPS))):
            emit_ask(b, o.lines, line, o.last_line)
            steps(STEPS)
        with cgutils.for_range(b, b.urem(depth, _I64(STEPS))):
            steps(1)

    emit_ask(b, o.lines, line, o.last_line)
    if gap is None:
        stretch(o.depth)
    else:
        with cgutils.for_range(b, _I64(2)) as loop:  # before what is left out, and after it
            first = b.icmp_signed("==", loop.index, _I64(0))
            stretch(b.select(first, gap.upper, b.sub(o.depth, gap.upper)))
            b.store(b.gep(b.load(a_at), [b.mul(gap.a, o.a_depth)], inbounds=True), a_at)
            b.store(b.add(b.load(at), b.mul(gap.b, o.b_depth)), at)
    found = [b.load(held) for held in sums]
    return found if _parts(element) == 1 else [sum_parts(b, held) for held in found]


def _parts(element: Any) -> int:
    """Return how many parts the sums of products of an element type have: one for each pair of bfloat16."""
    return element.width // 32 if isinstance(element, ir.IntType) else 1


def _add_product(b: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x * y + z, where x and y may be pairs of bfloat16."""
    whole = isinstance(x.type.element, ir.IntType)
    return add_products(b, x, y, z) if whole else multiply_add(b, x, y, z)


def emit_ask(b: Any, lines: Any, line: Any, last: Any) -> None:
    """Emit asking for the next of the `lines`, which `line` holds, where one is left."""
    now = b.load(line)
    with b.if_then(b.icmp_signed("<", now, last)):
        emit_prefetch(b, lines, now)
        b.store(b.add(now, _I64(1)), line)


Give = Callable[[Any, Any, list[Any], list[Any]], None]
"""give(b, row, columns, sums): emits what becomes of a row's sums, a vector for each of the columns."""


def emit_tiles(b: Any, o: Factors, beyond: Callable[[Any], Any], give: Give, gap: Gap | None) -> None:
    """Emit all tiles. `beyond` says how many columns of B are left out before a vector."""
    line, parts = cgutils.alloca_once_value(b, o.line), _parts(o.a.type.pointee)

    def tiles(first: Any, width: int) -> None:
        indices = [b.add(first, _I64(v)) for v in range(width)]
        columns = [b.mul(vector, _I64(LANES)) for vector in indices]
        places = [b.add(column, beyond(v)) for v, column in zip(indices, columns, strict=True)]
        vectors = [b.gep(o.b, [place], inbounds=True) for place in places]
        done = _I64(0)
        # A multiply-add takes several cycles, in which others must begin: a narrow tile is high.
        for height in (2 * TILE, TILE) if _sums() >= 2 * TILE * width * parts else (TILE,):
            end = b.and_(o.rows, _I64(-height))
            with cgutils.for_range_slice(b, done, end, _I64(height), _I64) as (row, _):
                a = b.gep(o.a, [b.mul(row, o.a_row)], inbounds=True)
                sums = _emit_sums(b, o, a, height, vectors, line, gap)
                for r in range(height):
                    give(b, b.add(row, _I64(r)), columns, sums[r * width : (r + 1) * width])
            done = end

    emit_in_blocks(b, TILE * parts, o.vectors, tiles)
    b.ret(b.load(line))
