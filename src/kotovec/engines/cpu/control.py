"""What chance does to a chunk's negatives is taken out of its centres' gradients: a control variate.

The M negatives n_m of a chunk stand for all words. A centre's row moves by sum_m g_m n_m, where g_m says how
much it is pushed away from word m. Let c be the mean of all g_m. Then

    sum_m g_m n_m = sum_m (g_m - c) n_m + c * sum_m n_m

and what the last sum is only chance says. On average it is M times the mean of the rows that negatives are
drawn from. So this mean, mu, takes its place (Wang, Chen, Smola and Xing 2013, "Variance Reduction for
Stochastic Gradient Optimization"). Since c comes from the same M words, the first sum is too small by one
part in M, as a variance of a sample is. So what moves the centre is

    M / (M - 1) * sum_m (g_m - c) n_m + M c * mu

the same on average, with less noise, for one more row among those of the negatives. mu follows the rows of
the negatives that are drawn, some hundreds of chunks behind. These rows themselves move as before.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, lanes_from, load, reduce_lanes, splat, store
from kotovec.engines.cpu.rows import add_rows, add_scaled_row, clear_row, copy_row, scale_row

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_WEIGHT_OF_A_CHUNK = 1 / 512
"""How much of the mean one chunk's negatives make up."""


@intrinsic
def control_row(typing_context: Any, S: Any, row: Any, column: Any, columns: Any, number: Any) -> Any:
    """Keep S[i, j:j + columns] in the `columns` behind it, and replace it by what moves the centre.

    Called as ``control_row(S, i, j, columns, number)``. The first `number` of the columns, two at least,
    are gradients, the others anything; `columns` is a multiple of LANES and more than `number`. The column
    behind the gradients becomes their sum, which mu is multiplied by.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        s, i, j, wide, number = args
        m = Matrix(context, b, sig.args[0], s)
        start, zero, one = m.pointer(i, j), constant(m.vector, 0.0), constant(m.element, 1.0)
        kept, last = b.gep(start, [wide], inbounds=True), splat(b, b.trunc(number, _I32))
        sums = cgutils.alloca_once_value(b, zero)
        with cgutils.for_range_slice(b, _I64(0), wide, _I64(LANES), _I64) as (at, _):
            counts = b.icmp_signed("<", lanes_from(b, at), last)
            plain = b.select(counts, load(b, b.gep(start, [at], inbounds=True)), zero)
            store(b, plain, b.gep(kept, [at], inbounds=True))
            b.store(b.fadd(b.load(sums), plain), sums)
        total, several = reduce_lanes(b, b.load(sums), b.fadd), b.sitofp(number, m.element)
        mean, spread = splat(b, b.fdiv(total, several)), splat(b, b.fdiv(several, b.fsub(several, one)))
        with cgutils.for_range_slice(b, _I64(0), wide, _I64(LANES), _I64) as (at, _):
            place, lanes = b.gep(start, [at], inbounds=True), lanes_from(b, at)
            behind = b.select(b.icmp_signed("==", lanes, last), splat(b, total), zero)
            apart = b.fmul(spread, b.fsub(load(b, place), mean))
            store(b, b.select(b.icmp_signed("<", lanes, last), apart, behind), place)
        return context.get_dummy_value()

    return types.void(S, n, n, n, n), codegen


@helper
def is_controlled(parameters: Parameters, negatives: int) -> bool:
    """Return whether there is a mean to turn to, and more than one negative: one alone tells nothing."""
    return negatives > 1 and len(parameters.mean_negative) > 0


@helper
def control(S: np.ndarray, rows: int, Z: np.ndarray, first: int, negatives: int, mean: np.ndarray) -> None:
    """Replace the negatives' gradients in the first `rows` rows of S by what moves the centres.

    Column j of S holds the gradients of Z[j]; the negatives begin at `first`, and behind them there is room
    for the mean of all, (1, D). The plain gradients are kept behind the columns that Z has rows for.
    """
    copy_row(Z, first + negatives, mean, 0)
    for i in range(rows):
        control_row(S, i, first, len(Z) - first, negatives)


@helper
def sum_negatives(drawn: np.ndarray, N: np.ndarray, first: int, negatives: int) -> None:
    """Fill `drawn`, (1, D), with the sum of the rows of a chunk's negatives."""
    clear_row(drawn, 0)
    for m in range(first, first + negatives):
        add_rows(drawn, 0, drawn, 0, N, m)


@helper
def follow(parameters: Parameters, drawn: np.ndarray, slot: int, negatives: int) -> None:
    """Let the mean of all follow the negatives of a chunk, whose rows add up to drawn[slot]."""
    if not is_controlled(parameters, negatives):
        return
    mean = parameters.mean_negative
    number = mean.dtype.type
    scale_row(mean, 0, mean, 0, number(1 - _WEIGHT_OF_A_CHUNK))
    add_scaled_row(mean, 0, drawn, slot, number(_WEIGHT_OF_A_CHUNK / negatives))
