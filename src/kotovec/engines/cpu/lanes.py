"""Vectors of 16 numbers inside functions that are emitted as LLVM code from Python.

LLVM maps such a vector to whatever the CPU has: one AVX-512 register, two of AVX2, four of NEON. Every
operation works on float32 and on float64, so that the same engine compiled for float64 can be compared with
the layers to 1e-10. All arrays are C-contiguous; nothing is bounds-checked; row lengths are multiples of
`LANES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import config
from numba.core import cgutils

LANES = 16
"""Numbers in one vector; rows of every matrix are padded with zeros to a multiple of it."""

QUAD = 4
"""Numbers that every CPU can shuffle in one step: 128 bits of float32, which no vector has less of."""

CACHE_LINE = 64
"""Bytes that the memory hands over together."""

_I32, _BYTE = ir.IntType(32), ir.IntType(8).as_pointer()
# For llvm.prefetch; its locality goes from 0 (none) to 3 (all caches).
_READ, _WRITE, _KEEP_IN_L2, _DATA = 0, 1, 2, 1


class Matrix:
    """A C-contiguous matrix inside a function being emitted."""

    def __init__(self, context: Any, builder: Any, numba_type: Any, value: Any) -> None:
        array = context.make_array(numba_type)(context, builder, value)
        self.builder = builder
        self.data = array.data
        self.shape = cgutils.unpack_tuple(builder, array.shape)
        self.length, self.row_length = self.shape[0], self.shape[-1]
        self.element = context.get_value_type(numba_type.dtype)
        self.vector = ir.VectorType(self.element, LANES)

    def pointer(self, row: Any, column: Any) -> Any:
        """Return the address of the element at (row, column)."""
        b = self.builder
        return b.gep(self.data, [b.add(b.mul(row, self.row_length), column)], inbounds=True)


def cpu_has(feature: str) -> bool:
    """Return whether the CPU that code is made for has a feature, by LLVM's name for it."""
    settings: Any = config
    chosen = settings.CPU_FEATURES  # NUMBA_CPU_FEATURES, for machine code to be used elsewhere
    host = llvmlite.binding.get_host_cpu_features().flatten()
    return f"+{feature}" in (host if chosen is None else chosen).split(",")


def is_amd() -> bool:
    """Return whether that CPU is one of AMD's, which alone have SSE4a."""
    return cpu_has("sse4a")


def has_one_cache() -> bool:
    """Return whether that CPU is one of Intel's, all of whose cores have a cache in common.

    So what one of them has written is never far from the others. AMD's have several, unless they are small;
    of Arm's nothing is known here.
    """
    return cpu_has("avx") and not is_amd()


def gathers_quickly() -> bool:
    """Return whether that CPU's instruction that loads a vector lane by lane is faster than LANES loads.

    Those of Intel's CPUs before the ones with AMX let others see what they read, and were made slow for it;
    AMD's are made of as many steps as the loads.
    """
    return cpu_has("amx-bf16") and cpu_has("avx512f")


def load(builder: Any, pointer: Any) -> Any:
    """Load one vector; claiming no alignment beyond four bytes costs nothing on aligned data."""
    vector = ir.VectorType(pointer.type.pointee, LANES)
    return builder.load(builder.bitcast(pointer, vector.as_pointer()), align=4)


def store(builder: Any, value: Any, pointer: Any) -> None:
    """Store one vector."""
    builder.store(value, builder.bitcast(pointer, value.type.as_pointer()), align=4)


def splat(builder: Any, scalar: Any, lanes: int = LANES) -> Any:
    """Return a vector with `scalar` in every lane."""
    nothing = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    one = builder.insert_element(nothing, scalar, _I32(0))
    return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(_I32, lanes), None))


def constant(number_type: Any, value: float) -> Any:
    """Return a constant, in every lane where its type is that of a vector."""
    vector = isinstance(number_type, ir.VectorType)
    return ir.Constant(number_type, [value] * number_type.count if vector else value)


def shuffled(builder: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    """Return a vector of some lanes of x and y, those of y counted on from the last of x."""
    return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(_I32, len(lanes)), lanes))


def shuffled_quads(builder: Any, x: Any, y: Any, lanes: list[int]) -> Any:
    """Return the same for whole vectors: some lanes of the first QUAD of x and y, and so on in each QUAD."""
    return shuffled(builder, x, y, [first + lane for first in range(0, LANES, QUAD) for lane in lanes])


def load_quads(builder: Any, pointers: list[Any]) -> Any:
    """Load a vector QUAD by QUAD, each from a place of its own."""
    quad = ir.VectorType(pointers[0].type.pointee, QUAD)
    parts = [builder.load(builder.bitcast(pointer, quad.as_pointer()), align=4) for pointer in pointers]
    while len(parts) > 1:
        both = list(range(2 * parts[0].type.count))
        parts = [shuffled(builder, parts[k], parts[k + 1], both) for k in range(0, len(parts), 2)]
    return parts[0]


def gathered(builder: Any, table: Any, places: Any) -> Any:
    """Return the elements of a table of 32-bit numbers at some places, where `gathers_quickly`.

    LLVM's own way to say so takes sixteen loads where it thinks that the CPU is an older one.
    """
    whole = ir.VectorType(table.type.pointee, LANES)
    lanes, start = ir.VectorType(ir.IntType(1), LANES), builder.bitcast(table, _BYTE)
    signature = ir.FunctionType(whole, [whole, _BYTE, places.type, lanes, _I32])
    kind = "dps" if isinstance(whole.element, ir.FloatType) else "dpi"
    gather = cgutils.get_or_insert_function(
        builder.module, signature, f"llvm.x86.avx512.mask.gather.{kind}.512"
    )
    every = ir.Constant(lanes, [1] * LANES)
    return builder.call(gather, [ir.Constant(whole, None), start, places, every, _I32(4)])


def multiply_add(builder: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x * y + z, fused where the CPU can; `llvm.fma` would call the C library elsewhere."""
    width = "f32" if isinstance(x.type.element, ir.FloatType) else "f64"
    signature = ir.FunctionType(x.type, [x.type] * 3)
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fmuladd.v{LANES}{width}")
    return builder.call(function, [x, y, z])


def quotient(builder: Any, x: Any, y: Any) -> Any:
    """Return x / y, where y is neither very small nor very large.

    For float32 AVX-512 has an instruction that finds 14 bits of 1 / y at once. With one of Newton's steps
    these are as good as a division, which would take four times as long.
    """
    if isinstance(x.type.element, ir.DoubleType) or not cpu_has("avx512f"):
        return builder.fdiv(x, y)
    lanes = ir.IntType(LANES)
    signature = ir.FunctionType(y.type, [y.type, y.type, lanes])
    estimate = cgutils.get_or_insert_function(builder.module, signature, "llvm.x86.avx512.rcp14.ps.512")
    about = builder.call(estimate, [y, ir.Constant(y.type, None), lanes(-1)])
    missing = multiply_add(builder, builder.fneg(y), about, constant(y.type, 1.0))
    return builder.fmul(x, multiply_add(builder, missing, about, about))


def lanes_from(builder: Any, at: Any) -> Any:
    """Return the places of a vector's lanes, the first of which is `at`, as 32-bit numbers."""
    first = splat(builder, builder.trunc(at, _I32))
    return builder.add(ir.Constant(first.type, list(range(LANES))), first)


def lanes_within(builder: Any, at: Any, low: Any, high: Any, hole: Any) -> Any:
    """Return which of the lanes from place `at` on stand from `low` to `high`, `hole` left out."""
    lowest, highest, left_out = (splat(builder, builder.trunc(bound, _I32)) for bound in (low, high, hole))
    place = lanes_from(builder, at)
    inside = builder.and_(builder.icmp_signed(">=", place, lowest), builder.icmp_signed("<=", place, highest))
    return builder.and_(inside, builder.icmp_signed("!=", place, left_out))


def reduce_lanes(builder: Any, vector: Any, both: Callable[[Any, Any], Any]) -> Any:
    """Return the one number that `both` makes of all lanes, two by two."""
    width = LANES
    while width > 1:
        width //= 2
        swapped = [(lane + width) % LANES for lane in range(LANES)]
        mask = ir.Constant(ir.VectorType(_I32, LANES), swapped)
        vector = both(vector, builder.shuffle_vector(vector, vector, mask))
    return builder.extract_element(vector, _I32(0))


def emit_dot(builder: Any, x: Any, y: Any, length: Any) -> Any:
    """Return the dot product of `length` numbers from the pointers `x` and `y` on."""
    i64, vector = ir.IntType(64), ir.VectorType(x.type.pointee, LANES)
    sums = cgutils.alloca_once_value(builder, ir.Constant(vector, None))
    with cgutils.for_range_slice(builder, i64(0), length, i64(LANES), i64) as (at, _):
        left, right = (load(builder, builder.gep(p, [at], inbounds=True)) for p in (x, y))
        builder.store(multiply_add(builder, left, right, builder.load(sums)), sums)
    return reduce_lanes(builder, builder.load(sums), builder.fadd)


def _emit_prefetch_of(builder: Any, pointer: Any, intent: int = _READ) -> None:
    signature = ir.FunctionType(ir.VoidType(), [_BYTE, _I32, _I32, _I32])
    function = cgutils.get_or_insert_function(builder.module, signature, "llvm.prefetch.p0")
    builder.call(function, [pointer, _I32(intent), _I32(_KEEP_IN_L2), _I32(_DATA)])


def emit_prefetch(builder: Any, addresses: Any, line: Any) -> None:
    """Ask the memory for the cache line at addresses[line] without waiting for it."""
    address = builder.load(builder.gep(addresses, [line], inbounds=True))
    _emit_prefetch_of(builder, builder.inttoptr(address, _BYTE))


def emit_fetch(builder: Any, start: Any, length: Any, *, change: bool = False) -> None:
    """Ask the memory for the cache lines of `length` numbers from `start` on without waiting for them.

    Where they are about to change, no other core may keep a copy of them; that is asked for as well.
    """
    per_line = CACHE_LINE // (4 if isinstance(start.type.pointee, ir.FloatType) else 8)
    i64 = ir.IntType(64)
    with cgutils.for_range_slice(builder, i64(0), length, i64(per_line), i64) as (at, _):
        place = builder.bitcast(builder.gep(start, [at], inbounds=True), _BYTE)
        _emit_prefetch_of(builder, place, _WRITE if change else _READ)


def emit_drop(builder: Any, pointer: Any) -> None:
    """Let no core have a copy of a cache line, where there is an instruction that does not wait for it."""
    if cpu_has("clflushopt"):
        signature = ir.FunctionType(ir.VoidType(), [_BYTE])
        drop = cgutils.get_or_insert_function(builder.module, signature, "llvm.x86.clflushopt")
        builder.call(drop, [pointer])


def emit_opaque(builder: Any, value: Any) -> Any:
    """Return `value`, an address or an index, of whose origin LLVM shall know nothing.

    It keeps LLVM from computing the addresses of many steps beforehand, for which there are too few
    registers, and from moving loads to before this point. The CPU sees nothing of it.
    """
    signature = ir.FunctionType(value.type, [value.type])
    return builder.call(ir.InlineAsm(signature, "", "=r,0,~{memory}", side_effect=True), [value])
