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
from numba.core import cgutils

from kotovec.engines.cpu.lanes import (
    LANES,
    cpu_has,
    is_amd,
    shuffled,
    store,
)

PAIR = 2

_I16, _I32 = ir.IntType(16), ir.IntType(32)

HALVES = list(range(LANES)), list(range(LANES, PAIR * LANES))
INTERLEAVED = [lane for pair in zip(*HALVES, strict=True) for lane in pair]


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
    for half, eight in zip(HALVES, (range(LANES // 2), range(LANES // 2, LANES)), strict=True):
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
    return b.bitcast(shuffled(b, both, both, INTERLEAVED), ir.VectorType(_I32, LANES))


def is_rounded(element: Any) -> bool:
    """Return whether numbers of a type, one of LLVM's, are bfloat16 or pairs of them."""
    return isinstance(element, ir.IntType)


def store_columns(b: Any, vector: Any, place: Any) -> None:
    """Emit rounding one vector, in pairs of columns."""
    store(b, _rounded(b, vector), place)
