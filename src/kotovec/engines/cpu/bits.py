"""Sets of small numbers, as the bits of one."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, splat

_I1, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (1, 16, 32, 64))


def emit_listed(context: Any, b: Any, numba_type: Any, listed: Any, r: Any) -> Any:
    """Emit listed[r:r+LANES], int32."""
    data = context.make_array(numba_type)(context, b, listed).data
    rows = b.bitcast(b.gep(data, [r], inbounds=True), ir.VectorType(_I32, LANES).as_pointer())
    return b.load(rows, align=4)


def emit_set(b: Any, mask: Any) -> Any:
    """Emit the set of the lanes of a mask."""
    return b.zext(b.bitcast(mask, _I16), _I64)


@intrinsic
def lanes_equal(typing_context: Any, listed: Any, r: Any, row: Any) -> Any:
    """Return the set of those lanes of listed[r:r+LANES], int32, that are `row`."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        rows = emit_listed(context, b, sig.args[0], args[0], args[1])
        return emit_set(b, b.icmp_signed("==", rows, splat(b, args[2])))

    return types.int64(listed, types.intp, types.int32), codegen


@intrinsic
def lanes_among(typing_context: Any, listed: Any, r: Any, first: Any, last: Any) -> Any:
    """Return the set of those lanes of listed[r:r+LANES], int32, that are also among listed[first:last]."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        rows = emit_listed(context, b, sig.args[0], args[0], args[1])
        found = cgutils.alloca_once_value(b, ir.Constant(ir.VectorType(_I1, LANES), None))
        with cgutils.for_range_slice(b, args[2], args[3], _I64(1), _I64) as (at, _):
            equal = b.icmp_signed("==", rows, splat(b, b.load(b.gep(data, [at], inbounds=True))))
            b.store(b.or_(equal, b.load(found)), found)
        return emit_set(b, b.load(found))

    return types.int64(listed, types.intp, types.intp, types.intp), codegen


@intrinsic
def ends_below(typing_context: Any, ends: Any, first: Any, point: Any) -> Any:
    """Return how many of ends[first:first+LANES], uint32, are below a point."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        some = emit_listed(context, b, sig.args[0], args[0], args[1])
        return b.ctpop(emit_set(b, b.icmp_unsigned("<", some, splat(b, args[2]))))

    return types.int64(ends, types.intp, types.uint32), codegen


@intrinsic
def lowest(typing_context: Any, bits: Any) -> Any:
    """Return the smallest number in a set that is not empty."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.cttz(args[0], _I1(1))

    return types.int64(types.int64), codegen


@intrinsic
def highest(typing_context: Any, bits: Any) -> Any:
    """Return the largest number in a set that is not empty."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.sub(_I64(63), b.ctlz(args[0], _I1(1)))

    return types.int64(types.int64), codegen
