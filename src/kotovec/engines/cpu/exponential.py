"""From scores to probabilities: the largest score of a row, and exp of all of them, in each precision."""

from __future__ import annotations

import math
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    Matrix,
    constant,
    lanes_from,
    load,
    multiply_add,
    reduce_lanes,
    splat,
    store,
)

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_LOWEST = -87.0
"""exp of less is too small for a float32."""
_TAYLOR = tuple(1 / math.factorial(k) for k in range(7, -1, -1))
_LN_2_HIGH, _LN_2_LOW = 0.693359375, math.log(2) - 0.693359375


def _call(b: Any, name: str, x: Any) -> Any:
    width = "f32" if isinstance(x.type.element, ir.FloatType) else "f64"
    signature = ir.FunctionType(x.type, [x.type])
    return b.call(cgutils.get_or_insert_function(b.module, signature, f"llvm.{name}.v{LANES}{width}"), [x])


def _short_exp(b: Any, x: Any) -> Any:
    """Emit exp of a float32 vector: x = n ln 2 + r, so exp(x) = 2^n exp(r), with |r| <= (ln 2) / 2."""
    # A comparison with NaN is false, so that NaN passes through and training notices it.
    x = b.select(b.fcmp_ordered("<", x, constant(x.type, _LOWEST)), constant(x.type, _LOWEST), x)
    n = _call(b, "rint", b.fmul(x, constant(x.type, 1 / math.log(2))))
    r = multiply_add(b, n, constant(x.type, -_LN_2_HIGH), x)
    r = multiply_add(b, n, constant(x.type, -_LN_2_LOW), r)
    value = constant(x.type, _TAYLOR[0])
    for coefficient in _TAYLOR[1:]:
        value = multiply_add(b, value, r, constant(x.type, coefficient))
    exponents = ir.VectorType(_I32, LANES)
    power = b.add(b.fptosi(n, exponents), constant(exponents, 127))
    power = b.bitcast(b.shl(power, constant(exponents, 23)), x.type)
    return b.fmul(value, power)


def emit_exp(b: Any, x: Any) -> Any:
    """Emit exp of a vector: exact in float64, within 3e-7 of the value in float32, not less than exp(-87)."""
    return _call(b, "exp", x) if isinstance(x.type.element, ir.DoubleType) else _short_exp(b, x)


def _lanes_below(b: Any, at: Any, columns: Any) -> Any:
    """Emit which of the lanes from `at` on stand before column `columns`."""
    return b.icmp_signed("<", lanes_from(b, at), splat(b, b.trunc(columns, _I32)))


@intrinsic
def largest_in_row(typing_context: Any, S: Any, row: Any, columns: Any, least: Any) -> Any:
    """Return the largest of `least` and S[i, :columns]."""
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, i, columns, least = args
        start = Matrix(context, b, sig.args[0], s).pointer(i, _I64(0))
        lowest = splat(b, least)
        largest = cgutils.alloca_once_value(b, lowest)

        def larger(x: Any, y: Any) -> Any:
            return b.select(b.fcmp_ordered(">", x, y), x, y)

        with cgutils.for_range_slice(b, _I64(0), columns, _I64(LANES), _I64) as (at, _):
            value = load(b, b.gep(start, [at], inbounds=True))
            value = b.select(_lanes_below(b, at, columns), value, lowest)
            b.store(larger(value, b.load(largest)), largest)
        return reduce_lanes(b, b.load(largest), larger)

    return S.dtype(S, n, n, S.dtype), codegen


@intrinsic
def exponentials_of_row(typing_context: Any, S: Any, row: Any, columns: Any, shift: Any, weight: Any) -> Any:
    """S[i, c] = weight * exp(S[i, c] - shift) for c < columns, then 0 to the end of a vector; return the sum.

    Called as ``exponentials_of_row(S, i, columns, shift, weight)``. In float64 it is exact, in float32 within
    3e-7 of the value; scores that are 87 below `shift` count as that.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, i, columns, shift, weight = args
        m = Matrix(context, b, sig.args[0], s)
        start, shifts, weights = m.pointer(i, _I64(0)), splat(b, shift), splat(b, weight)
        zero = ir.Constant(m.vector, None)
        total = cgutils.alloca_once_value(b, zero)
        with cgutils.for_range_slice(b, _I64(0), columns, _I64(LANES), _I64) as (at, _):
            place = b.gep(start, [at], inbounds=True)
            x = b.fsub(load(b, place), shifts)
            value = b.select(_lanes_below(b, at, columns), b.fmul(weights, emit_exp(b, x)), zero)
            store(b, value, place)
            b.store(b.fadd(b.load(total), value), total)
        return reduce_lanes(b, b.load(total), b.fadd)

    return S.dtype(S, n, n, S.dtype, S.dtype), codegen
