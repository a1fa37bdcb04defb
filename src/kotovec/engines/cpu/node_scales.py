"""What the changes of the nodes that a chunk visits are multiplied by.

No node is asked for more than the nodes above it on its path. So the few whose changes are held back stand at
the beginnings of paths: where the last of a path's first nodes is not held back, none below it is, and
neither its claim nor its scale, which are anywhere in the memory, is looked up.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.aiming import emit_scales
from kotovec.engines.cpu.bits import emit_set
from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import LANES, QUAD, Matrix, constant, lanes_from, load_quads, shuffled, splat

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_FIRST = LANES // 2
"""Nodes of each path that are always looked up, those of two paths at a time. With the default options only
nodes that more than one centre in twenty visits are held back, those on some five levels."""
_BEGIN, _NUMBER = 0, 1


class _Visits:
    """The visits of a chunk's centres, inside a function being emitted."""

    def __init__(self, context: Any, b: Any, sig: Any, args: Any) -> None:
        """Take the arguments F, steps, centres, scale, claims, name."""
        self.context, self.builder, self.name = context, b, args[5]
        self.changes, self.steps = (context.make_array(sig.args[k])(context, b, args[k]).data for k in (0, 1))
        self.centres = Matrix(context, b, sig.args[2], args[2])
        self.tables = [(sig.args[k], args[k]) for k in (3, 4)]

    def said(self, centre: Any, what: int) -> Any:
        """Return what is said of a centre."""
        b = self.builder
        return b.sext(b.load(self.centres.pointer(centre, _I64(what))), _I64)

    def scale(self, places: list[Any], within: Any) -> Any:
        """Multiply LANES changes, a QUAD of them from each place on; return by what, 1 if not `within`."""
        b = self.builder
        passed, before = (
            load_quads(b, [b.gep(table, [z], inbounds=True) for z in places])
            for table in (self.steps, self.changes)
        )
        rows = b.lshr(passed, constant(passed.type, 1))  # see paths.row_of_step
        scales, _ = emit_scales(self.context, b, rows, self.tables, self.name)
        scales = b.select(within, scales, constant(scales.type, 1.0))
        after = b.fmul(before, scales)
        for q, z in enumerate(places):
            part = shuffled(b, after, after, list(range(QUAD * q, QUAD * (q + 1))))
            into = b.bitcast(b.gep(self.changes, [z], inbounds=True), part.type.as_pointer())
            b.store(part, into, align=4)
        return scales

    def scale_first(self, centres: list[Any]) -> Any:
        """Multiply the changes of the first nodes of two centres; return the set of those held back."""
        b, places, ends = self.builder, [], []
        for centre in centres:
            places += [b.add(self.said(centre, _BEGIN), _I64(q)) for q in range(0, _FIRST, QUAD)]
            ends.append(splat(b, b.trunc(self.said(centre, _NUMBER), _I32)))
        end = shuffled(b, ends[0], ends[1], [lane // _FIRST * LANES for lane in range(LANES)])
        lanes = ir.Constant(end.type, [lane % _FIRST for lane in range(LANES)])
        scales = self.scale(places, b.icmp_signed("<", lanes, end))
        return emit_set(b, b.fcmp_ordered("<", scales, constant(scales.type, 1.0)))

    def scale_further(self, centre: Any) -> None:
        """Multiply the changes of all nodes of a centre that are not among the first."""
        b, begin, number = self.builder, self.said(centre, _BEGIN), self.said(centre, _NUMBER)
        with cgutils.for_range_slice(b, _I64(_FIRST), number, _I64(LANES), _I64) as (d, _):
            places = [b.add(begin, b.add(d, _I64(q))) for q in range(0, LANES, QUAD)]
            self.scale(places, b.icmp_signed("<", lanes_from(b, d), splat(b, b.trunc(number, _I32))))


@intrinsic
def scale_visits(
    typing_context: Any, F: Any, steps: Any, centres: Any, scale: Any, claims: Any, name: Any
) -> Any:
    """Multiply F[z] by what the changes of a node are multiplied by, the one of steps[z], for all centres.

    Called as ``scale_visits(F, steps, centres, scale, claims, name)``; what is said of a centre begins with
    the place of its first node and how many there are, and the number of centres is even. What the round of
    this name does not claim asks too little to be limited by it.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        visits = _Visits(context, b, sig, args)
        with cgutils.for_range_slice(b, _I64(0), visits.centres.length, _I64(2), _I64) as (i, _):
            both = [i, b.add(i, _I64(1))]
            held = visits.scale_first(both)
            for k, centre in enumerate(both):
                last = _I64(1 << (_FIRST * (k + 1) - 1))
                with b.if_then(b.icmp_signed("!=", b.and_(held, last), _I64(0)), likely=False):
                    visits.scale_further(centre)
        return context.get_dummy_value()

    return types.void(F, steps, centres, scale, claims, types.intp), codegen
