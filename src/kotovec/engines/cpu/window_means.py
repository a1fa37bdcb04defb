"""The means of the contexts of neighbouring centres: differences of prefix sums, see windows.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bfloat import PAIR
from kotovec.engines.cpu.chunk import CHUNK, Chunk, Parameters
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, load, multiply_add, splat, store
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rounding import store_rounded
from kotovec.engines.cpu.rows import clear_row
from kotovec.engines.cpu.tiles import emit_in_blocks
from kotovec.engines.cpu.windows import Columns, Windows, context_span, each

_I32, _I64 = ir.IntType(32), ir.IntType(64)


class _Means:
    """The means of a chunk's windows, inside a function being emitted."""

    def __init__(self, context: Any, b: Any, sig: Any, args: Any) -> None:
        """Take the arguments P, W, listed, left, right, w, low, high, size, words, split, parts."""
        self.builder = b
        self.p, self.m, parts = (Matrix(context, b, sig.args[k], args[k]) for k in (0, 1, 11))
        self.rows, self.words = (context.make_array(sig.args[k])(context, b, args[k]).data for k in (2, 9))
        self.windows = Windows(context, b, sig, args, 3)
        self.vectors = b.sdiv(self.m.row_length, _I64(LANES))
        self.split = b.sdiv(args[10], _I64(LANES))
        self.parts, self.second = parts.data, b.mul(parts.shape[1], _I64(LANES))

    def _row_of(self, table: Any, place: Any) -> Any:
        b = self.builder
        row = b.sext(b.load(b.gep(table, [place], inbounds=True)), _I64)
        return self.m.pointer(row, _I64(0))

    def own_row(self, columns: Columns, i: Any) -> list[Any]:
        """Return columns of the output row of centre i."""
        return columns.load(self._row_of(self.words, i))

    def add(self, columns: Columns, q: Any) -> None:
        """Add context row q to the running sum."""
        total = columns.add_up(columns.load(self._row_of(self.rows, q)))
        columns.store(total, self.p.pointer(self.builder.add(q, _I64(1)), _I64(0)))

    def mean(self, columns: Columns, i: Any) -> list[Any]:
        """Return columns of the mean of centre i's window without its own row."""
        b, windows = self.builder, self.windows
        start, end = windows.bounds(i)
        share = splat(b, windows.share(start, end, self.m.element))
        behind, before = (columns.load(self.p.pointer(q, _I64(0))) for q in (end, start))
        own = columns.load(self._row_of(self.rows, b.add(i, windows.w)))
        return each(lambda x, y, z: b.fmul(b.fsub(b.fsub(x, y), z), share), behind, before, own)

    def score(self, columns: Columns, i: Any, mean: list[Any], own: list[Any]) -> None:
        """Add to the lanes of both parts of centre i's score what these columns say."""
        b = self.builder
        place = b.gep(self.parts, [b.mul(i, _I64(LANES))], inbounds=True)

        def add_part(place: Any, first: bool) -> None:
            total = b.select(columns.are_first, columns.zeros[0], load(b, place))
            for v, (x, y) in enumerate(zip(mean, own, strict=True)):
                # In lanes, so that LLVM makes no jump of it.
                vector, split = (splat(b, b.trunc(n, _I32)) for n in (columns.vector, self.split))
                early = b.icmp_signed("<", b.add(vector, splat(b, _I32(v))), split)
                more = multiply_add(b, x, y, total)
                total = b.select(early, more, total) if first else b.select(early, total, more)
            store(b, total, place)

        add_part(place, first=True)
        with b.if_then(b.icmp_signed("<", self.split, self.vectors)):
            add_part(b.gep(place, [self.second], inbounds=True), first=False)

    def walk(self, centres: int, average: Any) -> None:
        """Emit average(columns, i) for every so many centres, once what their windows may reach is added."""
        b, windows = self.builder, self.windows

        def block(first: Any, width: int) -> None:
            columns = Columns(b, self.m, first, width)
            columns.store(columns.zeros, self.p.pointer(windows.low, _I64(0)))
            early = b.select(b.icmp_signed("<", windows.twice, windows.high), windows.twice, windows.high)
            with cgutils.for_range_slice(b, windows.low, early, _I64(1), _I64) as (q, _):
                self.add(columns, q)
            with cgutils.for_range_slice(b, _I64(0), windows.size, _I64(centres), _I64) as (i, _):
                for r in range(centres):
                    last = b.add(b.add(i, _I64(r)), windows.twice)  # the last row that its window may reach
                    with b.if_then(b.icmp_signed("<", last, windows.high)):
                        self.add(columns, last)
                average(columns, i)

        emit_in_blocks(b, centres, self.vectors, block)


@intrinsic
def _average_windows(
    typing_context: Any,
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
    H: Any,
    Y: Any,
) -> Any:
    """H[i] = the mean of centre i's window without its own row, for i < size; zeros where that is empty.

    Called as ``_average_windows(P, W, listed, left, right, w, low, high, size, words, split, parts, H, Y)``.
    Row q of the contexts, low <= q < high, is W[listed[q]]; the window of centre i reaches from row i + w -
    left[i] to row i + w + right[i], and its own row is i + w. P, (size + 2 * w + 1, D), takes the prefix
    sums. Where Y, (T, D), has any rows, Y[i] becomes W[words[i]], and the lanes of parts[0, i] become those
    of H[i] . Y[i], of the columns before `split`, and those of parts[1, i] of the others, if there are any;
    parts is (2, T, LANES).
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        means, h, y = (
            _Means(context, b, sig, args),
            *(Matrix(context, b, sig.args[k], args[k]) for k in (12, 13)),
        )

        def average(columns: Columns, i: Any) -> None:
            mean = means.mean(columns, i)
            columns.store(mean, h.pointer(i, _I64(0)))
            with b.if_then(b.icmp_signed("<", i, y.length)):
                own = means.own_row(columns, i)
                columns.store(own, y.pointer(i, _I64(0)))
                means.score(columns, i, mean, own)

        means.walk(1, average)
        return context.get_dummy_value()

    return types.void(P, W, listed, left, right, n, n, n, n, words, n, parts, H, Y), codegen


@intrinsic
def _average_rounded(
    typing_context: Any,
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
    H: Any,
    H_rows: Any,
    Y_rows: Any,
    y_first: Any,
) -> Any:
    """Do the same with means and rows that are rounded to bfloat16 once their products are in `parts`.

    Called as ``_average_rounded(P, W, listed, left, right, w, low, high, size, words, split, parts, H,
    H_rows, Y_rows, y_first)``. H, (T, D / 2), takes the means in pairs of columns, H_rows, (T / 2, D), in
    pairs of rows, and Y_rows from row y_first on the output rows. If `size` is odd, the last pair is the last
    centre twice, also in `parts` and H.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        means = _Means(context, b, sig, args)
        h, h_rows, y_rows = (Matrix(context, b, sig.args[k], args[k]) for k in (12, 13, 14))

        def average(columns: Columns, i: Any) -> None:
            size, behind, both, own = means.windows.size, b.add(i, _I64(1)), [], []
            centres = [i, b.select(b.icmp_signed("<", behind, size), behind, i)]
            for place, centre in zip((i, behind), centres, strict=True):
                both.append(means.mean(columns, centre))
                own.append(means.own_row(columns, centre))
                means.score(columns, place, both[-1], own[-1])
            pair, half = b.sdiv(i, _I64(PAIR)), b.sdiv(columns.first, _I64(PAIR))
            alone = [h.pointer(place, half) for place in (i, behind)]
            store_rounded(b, both, alone, h_rows.pointer(pair, columns.first))
            store_rounded(b, own, [], y_rows.pointer(b.add(args[15], pair), columns.first))

        means.walk(PAIR, average)
        return context.get_dummy_value()

    return types.void(P, W, listed, left, right, n, n, n, n, words, n, parts, H, H_rows, Y_rows, n), codegen


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
    _average_windows(work.P, W, contexts, left, right, w, low, high, size, listed, split, parts, H, Y)
    for i in range(chunk.size, rows):
        clear_row(H, i)


@helper
def rounded_means_of_contexts(
    work: Any, parameters: Parameters, plan: Plan, chunk: Chunk, listed: np.ndarray, split: int, y_first: int
) -> None:
    """Do the same in pairs, see _average_rounded; rows beyond the chunk keep what stands there."""
    low, high = context_span(work, plan, chunk)
    left, right = plan.left[chunk.row, chunk.first :], plan.right[chunk.row, chunk.first :]
    _average_rounded(
        work.P, parameters.W, listed[CHUNK:], left, right, work.window, low, high, chunk.size, listed,
        split, work.SP_lanes, work.H, work.H_rows, work.Z_rows, y_first,
    )  # fmt: skip
