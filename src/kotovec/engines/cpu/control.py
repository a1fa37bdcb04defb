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

Where rows move faster than mu, this does harm: centres are pushed from where the negatives were, overshoot,
and come back too late. So it is in the first chunks of a training, and at all times where a vocabulary is
small: each of its words is drawn over and over, which also leaves chance little to do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, lanes_from, load, reduce_lanes, splat, store
from kotovec.engines.cpu.rows import add_rows, add_scaled_row, clear_row, scale_row

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_WEIGHT_OF_A_CHUNK = 1 / 512
"""How much of the mean one chunk's negatives make up."""
_KNOWN_AFTER = 200_000.0
"""Tokens of a training after which rows move slowly enough for the mean."""
_FEWEST_WORDS = 1000
"""Words of the smallest vocabulary that is not too small for it."""


def known_after(words: int) -> float:
    """Return after how many tokens the mean is turned to, in a vocabulary of so many words."""
    return _KNOWN_AFTER if words >= _FEWEST_WORDS else math.inf


@intrinsic
def control_row(
    typing_context: Any,
    G: Any,
    g_row: Any,
    g_column: Any,
    S: Any,
    s_row: Any,
    s_column: Any,
    columns: Any,
    number: Any,
) -> Any:
    """G[i, j:j + columns] = what moves the centre, where S[k, l:l + columns] holds the plain gradients.

    Called as ``control_row(G, i, j, S, k, l, columns, number)``. The first `number` of the columns, two at
    least, are gradients, the others anything; `columns` is a multiple of LANES and more than `number`. The
    column behind the gradients becomes their sum, which mu is multiplied by.
    """
    n = types.intp

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        into, start = (Matrix(context, b, sig.args[a], args[a]).pointer(*args[a + 1 : a + 3]) for a in (0, 3))
        wide, number = args[6:]
        element = start.type.pointee
        zero, one = constant(ir.VectorType(element, LANES), 0.0), constant(element, 1.0)
        last = splat(b, b.trunc(number, _I32))
        sums = cgutils.alloca_once_value(b, zero)
        with cgutils.for_range_slice(b, _I64(0), wide, _I64(LANES), _I64) as (at, _):
            counts = b.icmp_signed("<", lanes_from(b, at), last)
            plain = b.select(counts, load(b, b.gep(start, [at], inbounds=True)), zero)
            b.store(b.fadd(plain, b.load(sums)), sums)
        total, several = reduce_lanes(b, b.load(sums), b.fadd), b.sitofp(number, element)
        mean, spread = splat(b, b.fdiv(total, several)), splat(b, b.fdiv(several, b.fsub(several, one)))
        with cgutils.for_range_slice(b, _I64(0), wide, _I64(LANES), _I64) as (at, _):
            lanes = lanes_from(b, at)
            behind = b.select(b.icmp_signed("==", lanes, last), splat(b, total), zero)
            apart = b.fmul(spread, b.fsub(load(b, b.gep(start, [at], inbounds=True)), mean))
            moved = b.select(b.icmp_signed("<", lanes, last), apart, behind)
            store(b, moved, b.gep(into, [at], inbounds=True))
        return context.get_dummy_value()

    return types.void(G, n, n, S, n, n, n, n), codegen


@helper
def is_controlled(parameters: Parameters, negatives: int) -> bool:
    """Return whether there is a mean to turn to, and more than one negative: one alone tells nothing."""
    return negatives > 1 and len(parameters.mean_negative) > 0


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
