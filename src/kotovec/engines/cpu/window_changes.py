"""The way back through the windows of neighbouring centres: differences and a running sum, see windows.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.chunk import CHUNK, Chunk
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, emit_prefetch
from kotovec.engines.cpu.places import Place, Rows, emit_places
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.tiles import emit_in_blocks
from kotovec.engines.cpu.windows import Columns, Windows, context_span, each

_I64 = ir.IntType(64)


def _emit_fetch_some(b: Any, lines: Any, number: Any, line: Any, some: int) -> None:
    """Emit asking for `some` of so many lines from the one that `line` holds on; at the end, the last again.

    To ask each time whether there is one left would cost more than the asking. Where there are fewer, none is
    asked for.
    """
    now, last = b.load(line), b.sub(number, _I64(some))
    with b.if_then(b.icmp_signed(">=", last, _I64(0)), likely=True):
        first = b.select(b.icmp_signed("<", now, last), now, last)
        for k in range(some):
            emit_prefetch(b, lines, b.add(first, _I64(k)))
        b.store(b.add(first, _I64(some)), line)


@intrinsic
def _change_windows(
    typing_context: Any,
    rows: Any,
    place: Any,
    P: Any,
    GH: Any,
    left: Any,
    right: Any,
    w: Any,
    low: Any,
    high: Any,
    size: Any,
    lines: Any,
    line: Any,
) -> Any:
    """Give each row the sum of the GH[i] in whose windows it stands, but not that of its own centre.

    Called as ``line = _change_windows(rows, place, P, GH, left, right, w, low, high, size, lines, line)``.
    Row q of the contexts, low <= q < high, is rows[place + q], and windows are those of window_means.py. The
    last row of GH is zero. P, (size + 2 * w + 1, D), takes the differences. Meanwhile lines[line:], int64
    addresses, are fetched into the cache; what is returned is the first one that was left.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        p, g = (Matrix(context, b, sig.args[k], args[k]) for k in (2, 3))
        places = emit_places(context, b, sig.args[0], args[0], args[1])
        windows = Windows(context, b, sig, args, 4)
        low, high = windows.low, windows.high
        lines = Matrix(context, b, sig.args[10], args[10])
        line = cgutils.alloca_once_value(b, args[11])
        reach = b.add(windows.twice, _I64(1))

        def clear(columns: Columns, q: Any) -> None:
            columns.store(columns.zeros, p.pointer(q, _I64(0)))

        def spread(columns: Columns, i: Any) -> None:
            gradient = columns.load(g.pointer(i, _I64(0)))
            for q, change in zip(windows.bounds(i), (b.fadd, b.fsub), strict=True):
                row = p.pointer(q, _I64(0))
                columns.store(each(change, columns.load(row), gradient), row)

        def give(columns: Columns, q: Any) -> None:
            i = b.sub(q, windows.w)
            centre = b.icmp_unsigned("<", i, windows.size)
            own = g.pointer(b.select(centre, i, b.sub(g.length, _I64(1))), _I64(0))
            total = columns.add_up(columns.load(p.pointer(q, _I64(0))))
            change = each(b.fsub, total, columns.load(own))
            columns.give(change, Place(b, p.element, places, q))

        def block(first: Any, width: int) -> None:
            columns = Columns(b, p, first, width)
            with cgutils.for_range(b, reach) as loop:
                clear(columns, loop.index)
            with cgutils.for_range(b, windows.size) as loop:
                i = loop.index
                clear(columns, b.add(i, reach))
                spread(columns, i)
                # One for each vector: about as many as the products have left of a chunk to come.
                _emit_fetch_some(b, lines.data, lines.length, line, width)
                # The last centre that may see row i has been added to the differences.
                with b.if_then(b.and_(b.icmp_signed(">=", i, low), b.icmp_signed("<", i, high))):
                    give(columns, i)
            rest = b.select(b.icmp_signed(">", low, windows.size), low, windows.size)
            with cgutils.for_range_slice(b, rest, high, _I64(1), _I64) as (q, _):
                give(columns, q)

        emit_in_blocks(b, 1, b.sdiv(p.row_length, _I64(LANES)), block)
        return b.load(line)

    return n(rows, n, P, GH, left, right, n, n, n, n, lines, n), codegen


@helper
def change_contexts(work: Any, plan: Plan, chunk: Chunk, to: Rows, lines: np.ndarray, line: int) -> int:
    """Give each context row the gradients of the centres whose windows it stands in."""
    low, high = context_span(work, plan, chunk)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    return _change_windows(
        to, CHUNK, work.P, work.GH, left, right, work.window, low, high, chunk.size, lines, line
    )
