"""Vector micro-kernels: small matrix products held in registers, written as LLVM code from Python.

A core's arithmetic is reached only when the numbers being summed stay in vector registers. Loops
written in plain Numba leave that to LLVM's guesses, so the few innermost operations are spelled out
here, once, as vectors of 16 numbers; LLVM maps those to whatever the CPU has (one AVX-512 register,
two of AVX2, four of NEON). Every operation works on float32 and on float64, so that the same engine
compiled for float64 can be compared with the layers to 1e-10.

All arrays are C-contiguous; nothing is bounds-checked; row lengths are multiples of `LANES`.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic

LANES = 16
"""Numbers in one vector; rows of every matrix are padded with zeros to a multiple of it."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)


class Matrix:
    """A C-contiguous matrix inside a function being emitted."""

    def __init__(self, context: Any, builder: Any, numba_type: Any, value: Any) -> None:
        array = context.make_array(numba_type)(context, builder, value)
        self.builder = builder
        self.data = array.data
        self.row_length = cgutils.unpack_tuple(builder, array.shape)[-1]
        self.element = context.get_value_type(numba_type.dtype)
        self.vector = ir.VectorType(self.element, LANES)

    def pointer(self, row: Any, column: Any) -> Any:
        """Return the address of the element at (row, column)."""
        b = self.builder
        return b.gep(self.data, [b.add(b.mul(row, self.row_length), column)], inbounds=True)

    def load(self, pointer: Any) -> Any:
        """Load one vector; claiming no alignment beyond one element costs nothing on aligned data."""
        return self.builder.load(self.builder.bitcast(pointer, self.vector.as_pointer()), align=4)

    def store(self, value: Any, pointer: Any) -> None:
        """Store one vector."""
        self.builder.store(value, self.builder.bitcast(pointer, self.vector.as_pointer()), align=4)


def splat(builder: Any, scalar: Any) -> Any:
    """Return a vector with `scalar` in every lane."""
    vector = ir.VectorType(scalar.type, LANES)
    nothing = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(nothing, scalar, _I32(0))
    return builder.shuffle_vector(one, nothing, ir.Constant(ir.VectorType(_I32, LANES), None))


def multiply_add(builder: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x * y + z, fused where the CPU can; `llvm.fma` would call the C library elsewhere."""
    width = "f32" if isinstance(x.type.element, ir.FloatType) else "f64"
    signature = ir.FunctionType(x.type, [x.type] * 3)
    function = cgutils.get_or_insert_function(builder.module, signature, f"llvm.fmuladd.v{LANES}{width}")
    return builder.call(function, [x, y, z])


def _make_tile(rows: int, *, accumulate: bool) -> Any:
    """Build the micro-kernel for a block of `rows` x LANES results."""

    @intrinsic
    def tile(
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
        depth: Any,
    ) -> Any:
        n = types.intp
        signature = types.void(C, n, n, A, n, n, n, n, B, n, n, n)

        def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
            c, ci, cj, a, ai, aj, row_stride, depth_stride, bb, bi, bj, deep = args
            mc = Matrix(context, b, sig.args[0], c)
            ma = Matrix(context, b, sig.args[3], a)
            mb = Matrix(context, b, sig.args[8], bb)
            a_start, b_start = ma.pointer(ai, aj), mb.pointer(bi, bj)
            results = [mc.pointer(b.add(ci, _I64(r)), cj) for r in range(rows)]
            zero = ir.Constant(mc.vector, None)
            first = [mc.load(p) if accumulate else zero for p in results]

            head, loop, done = b.block, b.append_basic_block("depth"), b.append_basic_block("done")
            b.branch(loop)
            b.position_at_end(loop)
            k, a_at, b_at = b.phi(_I64), b.phi(ma.data.type), b.phi(mb.data.type)
            sums = [b.phi(mc.vector) for _ in range(rows)]
            row = mb.load(b_at)
            summed = []
            for r in range(rows):
                x = b.load(b.gep(a_at, [b.mul(row_stride, _I64(r))], inbounds=True))
                summed.append(multiply_add(b, splat(b, x), row, sums[r]))
            next_k = b.add(k, _I64(1))
            next_a = b.gep(a_at, [depth_stride], inbounds=True)
            next_b = b.gep(b_at, [mb.row_length], inbounds=True)
            steps = [(k, _I64(0), next_k), (a_at, a_start, next_a), (b_at, b_start, next_b)]
            steps += zip(sums, first, summed, strict=True)
            for phi, start, following in steps:
                phi.add_incoming(start, head)
                phi.add_incoming(following, loop)
            b.cbranch(b.icmp_signed("<", next_k, deep), loop, done)
            b.position_at_end(done)
            for value, pointer in zip(summed, results, strict=True):
                mc.store(value, pointer)
            return context.get_dummy_value()

        return signature, codegen

    return tile


set_tile6 = _make_tile(6, accumulate=False)
"""C[i:i+6, j:j+16] = A' @ B', where A' is 6 x depth and B' is depth x 16.

Called as ``set_tile6(C, i, j, A, i, j, row_stride, depth_stride, B, i, j, depth)``. A' starts at A's
element (i, j) and is walked by the two strides, counted in elements: (A.shape[1], 1) multiplies by A,
(1, A.shape[1]) by its transpose. Six rows fill 12 of AVX2's 16 registers; a seventh would spill.
`depth` is at least 1.
"""

add_tile6 = _make_tile(6, accumulate=True)
"""The same, added to what C holds."""

set_tile4 = _make_tile(4, accumulate=False)
"""The same as `set_tile6`, for four rows of results."""


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
        vectors = [ma.load(ma.pointer(b.add(ai, _I64(r)), aj)) for r in range(LANES)]
        for _ in range(4):
            vectors = [
                b.shuffle_vector(vectors[i], vectors[i + LANES // 2], mask)
                for i in range(LANES // 2)
                for mask in masks
            ]
        for r in range(LANES):
            mt.store(vectors[r], mt.pointer(b.add(ti, _I64(r)), tj))
        return context.get_dummy_value()

    return signature, codegen
