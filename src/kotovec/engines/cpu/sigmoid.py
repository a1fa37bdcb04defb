"""From scores to gradients: the sigmoid of a stretch of a row, in each precision."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import is_rounded, store_columns
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.exponential import emit_exp
from kotovec.engines.cpu.lanes import (
    LANES,
    Matrix,
    constant,
    lanes_from,
    lanes_within,
    load,
    multiply_add,
    quotient,
    splat,
    store,
)

_I32, _I64 = ir.IntType(32), ir.IntType(64)
NO_HOLE = -1
_FURTHEST = 4.97
_ABOVE = (1.0, 378.0, 17325.0, 135135.0)
_BELOW = (28.0, 3150.0, 62370.0, 135135.0)


def _polynomial(b: Any, coefficients: tuple[float, ...], x: Any) -> Any:
    value = constant(x.type, coefficients[0])
    for coefficient in coefficients[1:]:
        value = multiply_add(b, value, x, constant(x.type, coefficient))
    return value


def _rational_sigmoid(b: Any, x: Any) -> Any:
    """Emit 1/2 + tanh(x/2)/2, the continued fraction of tanh cut after seven terms, off by 5e-5 at most."""
    half = constant(x.type, 0.5)
    y = b.fmul(half, x)
    # A comparison with NaN is false, so that NaN passes through and training notices it.
    for bound, beyond in ((_FURTHEST, ">"), (-_FURTHEST, "<")):
        limit = constant(x.type, bound)
        y = b.select(b.fcmp_ordered(beyond, y, limit), limit, y)
    square = b.fmul(y, y)
    above = b.fmul(b.fmul(half, y), _polynomial(b, _ABOVE, square))
    return b.fadd(half, quotient(b, above, _polynomial(b, _BELOW, square)))


def _exact_sigmoid(b: Any, x: Any) -> Any:
    one = constant(x.type, 1.0)
    return b.fdiv(one, b.fadd(one, emit_exp(b, b.fneg(x))))


def _emit_sigmoid(b: Any, x: Any) -> Any:
    return (_exact_sigmoid if isinstance(x.type.element, ir.DoubleType) else _rational_sigmoid)(b, x)


@intrinsic
def sigmoid_row(
    typing_context: Any,
    S: Any,
    row: Any,
    column: Any,
    columns: Any,
    sign: Any,
    weight: Any,
    low: Any,
    high: Any,
    hole: Any,
) -> Any:
    """S[i, j + c] = weight * sigmoid(sign * S[i, j + c]) for low <= c <= high but `hole`, else 0.

    Called as ``sigmoid_row(S, i, j, columns, sign, weight, low, high, hole)``; c runs over `columns`, a
    multiple of LANES. In float64 it is exact. In float32 it is a ratio of two polynomials, within 5e-5;
    scores beyond +-9.94 count as that (word2vec.c cuts at +-6).
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, i, j, wide, sign, weight, *bounds = args
        m = Matrix(context, b, sig.args[0], s)
        start, signs, weights = m.pointer(i, j), splat(b, sign), splat(b, weight)
        zero = ir.Constant(m.vector, None)
        with cgutils.for_range_slice(b, _I64(0), wide, _I64(LANES), _I64) as (at, _):
            place = b.gep(start, [at], inbounds=True)
            x = b.fmul(signs, load(b, place))
            value = b.fmul(weights, _emit_sigmoid(b, x))
            store(b, b.select(lanes_within(b, at, *bounds), value, zero), place)
        return context.get_dummy_value()

    return types.void(S, n, n, n, S.dtype, S.dtype, n, n, n), codegen


@intrinsic
def sigmoid_of_sums(typing_context: Any, P: Any, A: Any, B: Any, number: Any) -> Any:
    """P[:number] = sigmoid(-(A[:number] + B[:number])), up to LANES - 1 numbers more, of flat elements.

    Called as ``sigmoid_of_sums(P, A, B, number)``. For how exact it is, see sigmoid_row.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        p, *parts = (context.make_array(sig.args[k])(context, b, args[k]).data for k in range(3))
        with cgutils.for_range_slice(b, _I64(0), args[3], _I64(LANES), _I64) as (at, _):
            score = b.fadd(*(load(b, b.gep(part, [at], inbounds=True)) for part in parts))
            store(b, _emit_sigmoid(b, b.fneg(score)), b.gep(p, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(P, A, B, types.intp), codegen


def _emit_turns(b: Any, steps: Any, place: Any, vector: Any) -> Any:
    """Emit the turns of LANES steps from a place on, see paths.py."""
    integers = ir.VectorType(_I32, LANES)
    passed = b.load(b.bitcast(b.gep(steps, [place], inbounds=True), integers.as_pointer()), align=4)
    return b.sitofp(b.and_(passed, constant(integers, 1)), vector)


@intrinsic
def gradients_of_sums(
    typing_context: Any, G: Any, F: Any, A: Any, B: Any, steps: Any, number: Any, rate: Any
) -> Any:
    """G[0, z] = F[z] = rate * (p - turn z) for z < number, and up to LANES - 1 places more.

    Called as ``gradients_of_sums(G, F, A, B, steps, number, rate)``; p is the sigmoid of -(A[z] + B[z]), and
    turn z that of steps[z].
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        g = Matrix(context, b, sig.args[0], args[0])
        f, *parts, steps = (context.make_array(sig.args[k])(context, b, args[k]).data for k in range(1, 5))
        rates = splat(b, args[6])
        with cgutils.for_range_slice(b, _I64(0), args[5], _I64(LANES), _I64) as (z, _):
            score = b.fadd(*(load(b, b.gep(part, [z], inbounds=True)) for part in parts))
            turns = _emit_turns(b, steps, z, g.vector)
            value = b.fmul(rates, b.fsub(_emit_sigmoid(b, b.fneg(score)), turns))
            for place in (g.pointer(_I64(0), z), b.gep(f, [z], inbounds=True)):
                store(b, value, place)
        return context.get_dummy_value()

    return types.void(G, F, A, B, steps, types.intp, G.dtype), codegen


@intrinsic
def path_gradients(
    typing_context: Any,
    G: Any,
    at: Any,
    stride: Any,
    S: Any,
    s_at: Any,
    s_stride: Any,
    steps: Any,
    start: Any,
    depth: Any,
    rate: Any,
    contexts: Any,
    hole: Any,
) -> Any:
    """G[0, at + q * stride + d] = rate * (p - turn d) for q < contexts and d < depth.

    Called as ``path_gradients(G, at, stride, S, s_at, s_stride, steps, start, depth, rate, contexts, hole)``;
    p is S[0, s_at + q * s_stride + d], the sigmoid of minus a score, and turn d that of steps[start + d], see
    paths.py. It is 0 where q is `hole`. Up to LANES - 1 places behind each row are overwritten, and as many
    `steps` read. G may be of bfloat16; then it is 0 behind a path's end.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        g, s = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 3))
        walked = context.make_array(sig.args[6])(context, b, args[6]).data
        _, at, stride, _, s_at, s_stride, _, start, depth, rate, contexts, hole = args
        rounded, nothing = is_rounded(g.element), ir.Constant(s.vector, None)

        def gradients(d: Any, shares: Any, rates: Any) -> Any:
            turns = _emit_turns(b, walked, b.add(start, d), s.vector)
            value = b.fmul(rates, b.fsub(load(b, s.pointer(_I64(0), b.add(shares, d))), turns))
            if rounded:
                inside = b.icmp_signed("<", lanes_from(b, d), splat(b, b.trunc(depth, _I32)))
                value = b.select(inside, value, nothing)
            return value

        with cgutils.for_range(b, contexts) as loop:
            q = loop.index
            rates = splat(b, b.select(b.icmp_signed("!=", q, hole), rate, constant(rate.type, 0.0)))
            into, shares = b.add(at, b.mul(q, stride)), b.add(s_at, b.mul(q, s_stride))
            with cgutils.for_range_slice(b, _I64(0), depth, _I64(LANES), _I64) as (d, _):
                place = g.pointer(_I64(0), b.add(into, d))
                (store_columns if rounded else store)(b, gradients(d, shares, rates), place)
        return context.get_dummy_value()

    return types.void(G, n, n, S, n, n, steps, n, n, S.dtype, n, n), codegen
