"""One step of AdaGrad on the product of two rows, in registers, written as LLVM code from Python.

A row of 2 D numbers holds what is learned in its first half and, in its second half, 1 plus the sum of the
squares of all steps that it was asked to take (Duchi, Hazan and Singer 2011).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    Matrix,
    constant,
    emit_dot,
    load,
    multiply_add,
    splat,
    store,
)

_I64 = ir.IntType(64)

# For each width: what half of the bits of x are taken from to get a first guess, and Newton steps after it.
_GUESS = {32: (0x5F3759DF, 2), 64: (0x5FE6EB50C7B537A9, 4)}


def _emit_inverse_root(b: Any, x: Any) -> Any:
    """Emit 1 / sqrt(x), to 5e-6 of itself in float32, to rounding in float64.

    A step's length needs no more, and it is several times as fast as a root and a division. No instruction
    of one kind of CPU is used, so that the bits are everybody's.
    """
    bits = 32 if isinstance(x.type.element, ir.FloatType) else 64
    whole = ir.VectorType(ir.IntType(bits), LANES)
    magic, steps = _GUESS[bits]
    shifted = b.lshr(b.bitcast(x, whole), constant(whole, 1))
    y = b.bitcast(b.sub(constant(whole, magic), shifted), x.type)
    minus_half = b.fmul(x, constant(x.type, -0.5))
    for _ in range(steps):
        y = b.fmul(y, multiply_add(b, b.fmul(minus_half, y), y, constant(x.type, 1.5)))
    return y


def _half(b: Any, matrix: Matrix) -> Any:
    return b.lshr(matrix.row_length, _I64(1))


@intrinsic
def dot_halves(typing_context: Any, A: Any, a_row: Any, B: Any, b_row: Any) -> Any:
    """Return A[i, :D] . B[j, :D], where rows have 2 D numbers, called as ``dot_halves(A, i, B, j)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        x, y = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2))
        return emit_dot(b, x.pointer(args[1], _I64(0)), y.pointer(args[3], _I64(0)), _half(b, x))

    n = types.intp
    return A.dtype(A, n, B, n), codegen


@intrinsic
def descend_rows(typing_context: Any, A: Any, a_row: Any, B: Any, b_row: Any, rates: Any, slope: Any) -> Any:
    """Take one step down a slope of A[i] . B[j], called as ``descend_rows(A, i, B, j, rates, slope)``.

    `slope` is the derivative of the loss by the product of the first halves, and `rates`, (2, D), the
    learning rates of the elements of A's rows and of B's. For each element a of A[i], its partner b in B[j],
    its rate r and its sum of squares q: step = r * slope * b; a -= step / sqrt(q); q += step^2; and likewise
    for b.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        x, y, r = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 2, 4))
        half, slopes = _half(b, x), splat(b, args[5])
        starts = [x.pointer(args[1], _I64(0)), y.pointer(args[3], _I64(0))]
        rates = [r.pointer(_I64(side), _I64(0)) for side in (0, 1)]
        with cgutils.for_range_slice(b, _I64(0), half, _I64(LANES), _I64) as (at, _):
            places = [b.gep(start, [at], inbounds=True) for start in starts]
            held = [load(b, place) for place in places]
            for place, rate, own, other in zip(places, rates, held, held[::-1], strict=True):
                square_place = b.gep(place, [half], inbounds=True)
                squares = load(b, square_place)
                step = b.fmul(b.fmul(slopes, other), load(b, b.gep(rate, [at], inbounds=True)))
                store(b, b.fsub(own, b.fmul(step, _emit_inverse_root(b, squares))), place)
                store(b, multiply_add(b, step, step, squares), square_place)
        return context.get_dummy_value()

    n = types.intp
    return types.void(A, n, B, n, rates, A.dtype), codegen
