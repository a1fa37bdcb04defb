"""The loss of a row of scores, LANES at a time.

-log(sigmoid(x)) is log(1 + exp(-x)), and the sum of many logarithms is the logarithm of a product. So a row
costs one logarithm, and an exponential for each vector of scores.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.exponential import emit_exp
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, lanes_within, load, reduce_lanes, splat

_I64, _DOUBLE = ir.IntType(64), ir.DoubleType()
_DOUBLES = ir.VectorType(_DOUBLE, LANES)
_LARGE = 1e280
"""A product of LANES factors up to 2 more, and it is still a float64."""


@intrinsic
def loss_of_row(
    typing_context: Any,
    S: Any,
    row: Any,
    column: Any,
    columns: Any,
    sign: Any,
    low: Any,
    high: Any,
    hole: Any,
) -> Any:
    """Return the sum of -log(sigmoid(sign * S[i, j + c])) for low <= c <= high but `hole`, in float64.

    Called as ``loss_of_row(S, i, j, columns, sign, low, high, hole)``; c runs over `columns`, a multiple of
    LANES. With float32 scores each exponential is off by 3e-7 of itself at most.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, i, j, wide, sign, *bounds = args
        m = Matrix(context, b, sig.args[0], s)
        start, zero = m.pointer(i, j), ir.Constant(m.vector, None)
        total = cgutils.alloca_once_value(b, _DOUBLE(0.0))
        product = cgutils.alloca_once_value(b, _DOUBLE(1.0))
        with cgutils.for_range_slice(b, _I64(0), wide, _I64(LANES), _I64) as (at, _):
            against = b.fmul(splat(b, b.fneg(sign)), load(b, b.gep(start, [at], inbounds=True)))
            inside = lanes_within(b, at, *bounds)
            positive = b.fcmp_ordered(">", against, zero)
            linear = b.select(b.and_(inside, positive), against, zero)
            factors = _doubles(b, emit_exp(b, b.select(positive, b.fneg(against), against)))
            one = constant(_DOUBLES, 1.0)
            factors = b.select(inside, b.fadd(one, factors), one)
            b.store(b.fadd(b.load(total), reduce_lanes(b, _doubles(b, linear), b.fadd)), total)
            b.store(b.fmul(b.load(product), reduce_lanes(b, factors, b.fmul)), product)
            with b.if_then(b.fcmp_ordered(">", b.load(product), _DOUBLE(_LARGE))):
                b.store(b.fadd(b.load(total), _log(b, b.load(product))), total)
                b.store(_DOUBLE(1.0), product)
        return b.fadd(b.load(total), _log(b, b.load(product)))

    return types.float64(S, n, n, n, S.dtype, n, n, n), codegen


def _doubles(b: Any, vector: Any) -> Any:
    return vector if vector.type == _DOUBLES else b.fpext(vector, _DOUBLES)


def _log(b: Any, x: Any) -> Any:
    signature = ir.FunctionType(_DOUBLE, [_DOUBLE])
    return b.call(cgutils.get_or_insert_function(b.module, signature, "llvm.log.f64"), [x])
