"""Negatives of skip-gram that are context words themselves: what is taken back of the push against them.

A centre with p pairs pushes p times against each negative. Of these pairs, those whose context word the
negative is are to be spared. Which negatives that may concern is found for LANES of them at a time, and then,
one by one, how many such pairs each centre has.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bits import emit_set, lanes_among, lanes_equal, lowest
from kotovec.engines.cpu.chunk import CHUNK, Chunk, band_width, first_negative
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, constant, lanes_from, load, splat, store
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.windows import emit_reach

_I32, _I64 = ir.IntType(32), ir.IntType(64)


@intrinsic
def _count_seeing(
    typing_context: Any, counts: Any, left: Any, right: Any, first: Any, last: Any, place: Any
) -> Any:
    """Add 1 to counts[i] for each centre i, first <= i < last, that has the position `place` in its window.

    Called as ``_count_seeing(counts, left, right, first, last, place)``; centre i stands at position i. Up to
    LANES - 1 places more are read.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        numbers, *reaches = (context.make_array(sig.args[k])(context, b, args[k]).data for k in range(3))
        end, seen = (splat(b, b.trunc(value, _I32)) for value in args[4:])

        with cgutils.for_range_slice(b, args[3], args[4], _I64(LANES), _I64) as (at, _):
            lanes = lanes_from(b, at)
            away, into = b.sub(seen, lanes), b.gep(numbers, [at], inbounds=True)
            before, after = (emit_reach(b, side, at) for side in reaches)
            inside = b.and_(b.icmp_signed("<=", b.neg(before), away), b.icmp_signed("<=", away, after))
            inside = b.and_(inside, b.icmp_signed("!=", away, constant(away.type, 0)))
            inside = b.and_(inside, b.icmp_signed("<", lanes, end))
            count = load(b, into)
            store(b, b.fadd(count, b.uitofp(inside, count.type)), into)
        return context.get_dummy_value()

    return types.void(counts, left, right, n, n, n), codegen


@intrinsic
def _shares_left(typing_context: Any, counts: Any, pairs: Any, first: Any) -> Any:
    """Put 1 - counts[i] / pairs[i] in the place of those of LANES counts from `first` on that are not 0.

    Return the set of those lanes.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        places = [
            b.gep(context.make_array(sig.args[k])(context, b, args[k]).data, [args[2]], inbounds=True)
            for k in range(2)
        ]
        count, number = (load(b, place) for place in places)
        some = b.fcmp_ordered(">", count, constant(count.type, 0.0))
        left = b.fsub(constant(count.type, 1.0), b.fdiv(count, number))
        store(b, b.select(some, left, count), places[0])
        return emit_set(b, some)

    return types.int64(counts, pairs, types.intp), codegen


@helper
def spare_contexts(work: Any, plan: Plan, chunk: Chunk, listed: np.ndarray) -> None:
    """Take back the push against a negative for those pairs whose context word it is."""
    S, spared, pairs, negatives = work.S, work.spared, work.pairs, work.negatives
    band, behind = band_width(work.window), first_negative(work.window)
    for first in range(0, negatives, LANES):
        few = (1 << min(negatives - first, LANES)) - 1  # what is behind the last negative is none
        lanes = few & lanes_among(listed, behind + first, CHUNK, CHUNK + chunk.size + 2 * work.window)
        while lanes != 0:
            m = first + lowest(lanes)
            lanes &= lanes - 1
            low, high = count_contexts(work, plan, chunk, listed, m)
            for at in range(low, high, LANES):
                centres = _shares_left(spared, pairs, at)
                while centres != 0:
                    i = at + lowest(centres)
                    centres &= centres - 1
                    S[i, band + m] *= spared[i]
                    spared[i] = spared.dtype.type(0)


@helper
def count_contexts(work: Any, plan: Plan, chunk: Chunk, listed: np.ndarray, m: int) -> tuple[int, int]:
    """Count in `spared` how many of each centre's context words negative m is.

    What is returned is the first centre that may have some and the one after the last; whoever has read
    `spared` makes it zero again.
    """
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    window, behind, spared = work.window, first_negative(work.window), work.spared
    low, high = chunk.size, 0
    for place in range(CHUNK, behind, LANES):
        lanes = lanes_equal(listed, place, listed[behind + m])
        while lanes != 0:
            q = place - CHUNK + lowest(lanes)
            lanes &= lanes - 1
            first, last = max(q - 2 * window, 0), min(q + 1, chunk.size)
            low, high = min(low, first), max(high, last)
            _count_seeing(spared, left, right, first, last, q - window)
    return low, high
