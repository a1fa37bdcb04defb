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
def any_equal(typing_context: Any, listed: Any, first: Any, last: Any, row: Any) -> Any:
    """Return whether `row` is among listed[first:last], int32, whole LANES of them."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        rows, none = splat(b, args[3]), ir.Constant(ir.VectorType(_I1, LANES), None)
        found = cgutils.alloca_once_value(b, none)
        with cgutils.for_range_slice(b, args[1], args[2], _I64(LANES), _I64) as (r, _):
            equal = b.icmp_signed("==", emit_listed(context, b, sig.args[0], args[0], r), rows)
            b.store(b.or_(equal, b.load(found)), found)
        return b.icmp_signed("!=", b.bitcast(b.load(found), _I16), _I16(0))

    return types.boolean(listed, types.intp, types.intp, types.int32), codegen


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
