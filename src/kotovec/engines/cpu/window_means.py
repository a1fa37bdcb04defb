"""The means of the contexts of neighbouring centres: differences of prefix sums, see windows.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.chunk import CHUNK, Chunk, Parameters
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, load, multiply_add, splat, store
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import clear_row
from kotovec.engines.cpu.tiles import emit_in_blocks
from kotovec.engines.cpu.windows import Columns, Windows, context_span, each

_I64 = ir.IntType(64)


@intrinsic
def _average_windows(
    typing_context: Any,
    H: Any,
    P: Any,
    W: Any,
    listed: Any,
    left: Any,
    right: Any,
    w: Any,
    low: Any,
    high: Any,
    size: Any,
    words: Any,
    split: Any,
    parts: Any,
    Y: Any,
) -> Any:
    """H[i] = the mean of centre i's window without its own row, for i < size; zeros where that is empty.

    Called as ``_average_windows(H, P, W, listed, left, right, w, low, high, size, words, split, parts, Y)``.
    Row q of the contexts, low <= q < high, is W[listed[q]]; the window of centre i reaches from row i + w -
    left[i] to row i + w + right[i], and its own row is i + w. P, (size + 2 * w + 1, D), takes the prefix
    sums. Where Y, (T, D), has any rows, Y[i] becomes W[words[i]], and the lanes of parts[0, i] and
    parts[1, i] become those of H[i] . Y[i], of the columns before `split` and of the others; parts is
    (2, T, LANES).
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        h, p, m = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1, 2))
        rows = context.make_array(sig.args[3])(context, b, args[3]).data
        windows = Windows(context, b, sig, args, 4)
        words = context.make_array(sig.args[10])(context, b, args[10]).data
        split = b.sdiv(args[11], _I64(LANES))
        parts, y = (Matrix(context, b, sig.args[k], args[k]) for k in (12, 13))
        second = b.mul(parts.shape[1], _I64(LANES))

        def row_of(table: Any, place: Any) -> Any:
            return m.pointer(b.sext(b.load(b.gep(table, [place], inbounds=True)), _I64), _I64(0))

        def add(columns: Columns, q: Any) -> None:
            total = columns.add_up(columns.load(row_of(rows, q)))
            columns.store(total, p.pointer(b.add(q, _I64(1)), _I64(0)))

        def average(columns: Columns, i: Any) -> None:
            start, end = windows.bounds(i)
            share = splat(b, windows.share(start, end, m.element))
            behind, before = (columns.load(p.pointer(q, _I64(0))) for q in (end, start))
            own = columns.load(row_of(rows, b.add(i, windows.w)))
            mean = each(lambda x, y, z: b.fmul(b.fsub(b.fsub(x, y), z), share), behind, before, own)
            columns.store(mean, h.pointer(i, _I64(0)))
            with b.if_then(b.icmp_signed("<", i, y.length)):
                own = columns.load(row_of(words, i))
                columns.store(own, y.pointer(i, _I64(0)))
                score(columns, i, mean, own)

        def score(columns: Columns, i: Any, mean: list[Any], own: list[Any]) -> None:
            place = b.gep(parts.data, [b.mul(i, _I64(LANES))], inbounds=True)
            places = [place, b.gep(place, [second], inbounds=True)]
            before, behind = (b.select(columns.are_first, columns.zeros[0], load(b, at)) for at in places)
            for v, (x, y) in enumerate(zip(mean, own, strict=True)):
                early = b.icmp_signed("<", b.add(columns.vector, _I64(v)), split)
                total = multiply_add(b, x, y, b.select(early, before, behind))
                before, behind = b.select(early, total, before), b.select(early, behind, total)
            store(b, before, places[0])
            store(b, behind, places[1])

        def block(first: Any, width: int) -> None:
            columns = Columns(b, m, first, width)
            columns.store(columns.zeros, p.pointer(windows.low, _I64(0)))
            early = b.select(b.icmp_signed("<", windows.twice, windows.high), windows.twice, windows.high)
            with cgutils.for_range_slice(b, windows.low, early, _I64(1), _I64) as (q, _):
                add(columns, q)
            with cgutils.for_range(b, windows.size) as loop:
                last = b.add(loop.index, windows.twice)  # the last row that this centre's window may reach
                with b.if_then(b.icmp_signed("<", last, windows.high)):
                    add(columns, last)
                average(columns, loop.index)

        emit_in_blocks(b, 1, b.sdiv(m.row_length, _I64(LANES)), block)
        return context.get_dummy_value()

    return types.void(H, P, W, listed, left, right, n, n, n, n, words, n, parts, Y), codegen


@helper
def means_of_contexts(
    work: Any,
    H: np.ndarray,
    parameters: Parameters,
    plan: Plan,
    chunk: Chunk,
    listed: np.ndarray,
    rows: int,
    split: int,
    parts: np.ndarray,
    Y: np.ndarray,
) -> None:
    """Fill the first `rows` rows of H from prefix sums; a centre without context gets zeros.

    Where Y, (T, D), has any rows, it takes the centres' own rows, and each centre's h . y is left in `parts`,
    (2, T, LANES), as LANES parts of a sum for the columns before `split` and as many for the others: while
    the mean is in registers, half of the dot product is read already.
    """
    low, high = context_span(work, plan, chunk)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    w, size = work.window, chunk.size
    contexts, W = listed[CHUNK:], parameters.W
    _average_windows(H, work.P, W, contexts, left, right, w, low, high, size, listed, split, parts, Y)
    for i in range(chunk.size, rows):
        clear_row(H, i)
