"""How many centres of a chunk visit each node on the first levels of the tree: sets of centres, as bits.

Half of all visits are to these few nodes. What a chunk asks of one is what a centre asks times their number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bits import emit_set
from kotovec.engines.cpu.chunk import CHUNK, padded
from kotovec.engines.cpu.claims import MOST_ASKED, emit_claim
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, constant, load

LEVELS = 6
"""Levels at whose nodes centres are counted. The root's number is 0, and those of the two nodes below node g
are 2 g + 1, where the path does not turn, and 2 g + 2."""
GROUPS = (1 << LEVELS) - 1

CENTRES = padded(CHUNK + 1, LANES)
"""Places for one number of each centre, and for one more."""

_I32, _I64, _SET = ir.IntType(32), ir.IntType(64), ir.IntType(padded(CHUNK, 64))


def rows_of_groups(
    rows: npt.NDArray[np.int32],
    turns: npt.NDArray[np.int32],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> npt.NDArray[np.int32]:
    """Return the row of W of each node on the first levels, given all paths, one after another.

    Where there is no such node it is 0, which is no node's row.
    """
    found, groups = np.zeros(GROUPS + 1, np.int32), np.zeros(len(starts), np.int64)
    for level in range(LEVELS):
        there = lengths > level
        starts, lengths, groups = starts[there], lengths[there], groups[there]
        found[groups] = rows[starts + level]
        groups = 2 * groups + 1 + turns[starts + level]
    return found


def _emit_set_of(b: Any, numbers: Any, holds: Any) -> Any:
    """Emit the set of the centres whose numbers, CENTRES of them, hold."""
    found = _SET(0)
    for first in range(0, CENTRES, LANES):
        lanes = holds(load(b, b.gep(numbers, [_I64(first)], inbounds=True)))
        found = b.or_(found, b.shl(b.zext(emit_set(b, lanes), _SET), _SET(first)))
    return b.and_(found, _SET((1 << CHUNK) - 1))


@intrinsic
def count_visitors(typing_context: Any, visitors: Any, depths: Any, codes: Any) -> Any:
    """Let visitors[g], int32, be the number of the centres that visit node g.

    Called as ``count_visitors(visitors, depths, codes)``: a centre's path has so many nodes, int32, and turns
    at the node on level d where bit d of its code, int32, is 1.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        arrays = (context.make_array(sig.args[k])(context, b, args[k]) for k in range(3))
        numbers, lengths, turns = (array.data for array in arrays)
        deep, turned = [], []
        for level in range(LEVELS):

            def is_deeper(x: Any, level: int = level) -> Any:
                return b.icmp_signed(">", x, constant(x.type, level))

            def turns_here(x: Any, level: int = level) -> Any:
                bit = constant(x.type, 1 << level)
                return b.icmp_signed("==", b.and_(x, bit), bit)

            deep.append(_emit_set_of(b, lengths, is_deeper))
            turned.append(_emit_set_of(b, turns, turns_here))
        found = [deep[0]]
        for g in range(GROUPS // 2):
            level = (g + 1).bit_length() - 1
            below = b.and_(found[g], deep[level + 1])
            found += [b.and_(below, b.not_(turned[level])), b.and_(below, turned[level])]
        for g, centres in enumerate(found):
            b.store(b.trunc(b.ctpop(centres), _I32), b.gep(numbers, [_I64(g)], inbounds=True))
        return context.get_dummy_value()

    return types.void(visitors, depths, codes), codegen


@intrinsic
def claim_visited(typing_context: Any, claims: Any, rows: Any, visitors: Any, by: Any, asked: Any) -> Any:
    """Claim the nodes on the first levels, where each of their visitors asks so much.

    Called as ``claim_visited(claims, rows, visitors, by, asked)``. Who has no visitor is asked nothing.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        arrays = (context.make_array(sig.args[k])(context, b, args[k]) for k in range(3))
        claimed, rows, numbers = (array.data for array in arrays)
        by, asked = args[3:5]
        with cgutils.for_range(b, _I64(GROUPS)) as loop:
            row = b.sext(b.load(b.gep(rows, [loop.index], inbounds=True)), _I64)
            visits = b.load(b.gep(numbers, [loop.index], inbounds=True))
            total, most = b.mul(visits, asked), _I32(MOST_ASKED)
            total = b.select(b.icmp_unsigned("<", total, most), total, most)
            emit_claim(b, b.gep(claimed, [row], inbounds=True), by, total)
        return context.get_dummy_value()

    return types.void(claims, rows, visitors, types.uint32, types.uint32), codegen
