"""Operations on one int64 that several workers may use at once, and ways to wait."""

from __future__ import annotations

import platform
import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import helper, intrinsic

_I32 = ir.IntType(32)
# LLVM's name for the core's hint, and its argument if it takes one ("yield" is hint 1 on Arm).
_RELAX: dict[str, tuple[str, tuple[int, ...]]] = {
    "x86_64": ("llvm.x86.sse2.pause", ()),
    "amd64": ("llvm.x86.sse2.pause", ()),
    "aarch64": ("llvm.aarch64.hint", (1,)),
    "arm64": ("llvm.aarch64.hint", (1,)),
}


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


@intrinsic
def atomic_load(typing_context: Any, array: Any, index: Any) -> Any:
    """Return array[index]; what other workers wrote before storing it is visible afterwards."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _address(context, builder, sig.args[0], *args)
        return builder.load_atomic(at, "acquire", 8)

    return types.int64(array, types.intp), codegen


@intrinsic
def atomic_store(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Set array[index]; whoever loads it sees all that this worker wrote before."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _address(context, builder, sig.args[0], args[0], args[1])
        builder.store_atomic(args[2], at, "release", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), codegen


@intrinsic
def atomic_add(typing_context: Any, array: Any, index: Any, value: Any) -> Any:
    """Add to array[index] and return what it was before."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _address(context, builder, sig.args[0], args[0], args[1])
        return builder.atomic_rmw("add", at, args[2], "acq_rel")

    return types.int64(array, types.intp, types.int64), codegen


@intrinsic
def compare_and_swap(typing_context: Any, array: Any, index: Any, expected: Any, value: Any) -> Any:
    """Set array[index] to `value` if it is `expected`; return whether it was."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        at = _address(context, builder, sig.args[0], args[0], args[1])
        pair = builder.cmpxchg(at, args[2], args[3], "acq_rel", "acquire")
        return builder.extract_value(pair, 1)

    return types.boolean(array, types.intp, types.int64, types.int64), codegen


@intrinsic
def relax(typing_context: Any) -> Any:
    """Tell the core that this worker is spinning, where it has an instruction for that."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        hint = _RELAX.get(platform.machine().lower())
        if hint is not None:
            name, numbers = hint
            signature = ir.FunctionType(ir.VoidType(), [_I32] * len(numbers))
            function = cgutils.get_or_insert_function(builder.module, signature, name)
            builder.call(function, [_I32(number) for number in numbers])
        return context.get_dummy_value()

    return types.void(), codegen


give_way = types.ExternalFunction(
    "SwitchToThread" if sys.platform == "win32" else "sched_yield", types.intc()
)
"""Let the operating system run another thread on this core, if one is waiting."""


_NAP = np.uint32(10 if sys.platform == "win32" else 10_000)
"""Ten milliseconds: whoever sleeps wakes on some core, and may take it from the worker that does not."""
_sleep: Any = types.ExternalFunction(
    "Sleep" if sys.platform == "win32" else "usleep", types.intc(types.uint32)
)


@helper
def sleep() -> None:
    """Let the core rest for a while."""
    _sleep(_NAP)


@helper
def take_next(counts: np.ndarray, place: int, end: int, left: int) -> int:
    """Return the next of what is counted in a place, for no other worker; `end` if all but `left` are."""
    while True:
        taken = atomic_load(counts, place)
        if taken + left >= end:
            return end
        if compare_and_swap(counts, place, taken, taken + 1):
            return taken
