"""What chance does to a chunk's negatives is taken out of its centres' gradients: a control variate.

The M negatives n_m of a chunk stand for all words. A centre's row moves by sum_m g_m n_m, where g_m says how
much it is pushed away from word m. Let c be the mean of all g_m. Then

    sum_m g_m n_m = sum_m (g_m - c) n_m + c * sum_m n_m

and what the last sum is only chance says. On average it is M times the mean of the rows that negatives are
drawn from. So this mean, mu, takes its place (Wang, Chen, Smola and Xing 2013, "Variance Reduction for
Stochastic Gradient Optimization"). Since c comes from the same M words, the first sum is too small by one
part in M, as a variance of a sample is. So what moves the centre is

    M / (M - 1) * sum_m (g_m - c) n_m + M c * mu

the same on average, with less noise. mu follows the rows of the negatives that are drawn, some hundreds of
chunks behind. Instead of each centre's gradients, the rows that they meet may be changed: with n the mean of
the chunk's n_m, what moves the centre is

    sum_m g_m n'_m        n'_m = M / (M - 1) * (n_m - n) + mu

So this is done once for a chunk. The rows of the negatives themselves move as before.

Where rows move faster than mu, this does harm: centres are pushed from where the negatives were, overshoot,
and come back too late. So it is in the first chunks of a training, and at all times where a vocabulary is
small: each of its words is drawn over and over, which also leaves chance little to do.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.rows import add_rows, add_scaled_row, clear_row, scale_row

_WEIGHT_OF_A_CHUNK = 1 / 512
"""How much of the mean one chunk's negatives make up."""
_KNOWN_AFTER = 200_000.0
"""Tokens of a training after which rows move slowly enough for the mean."""
_FEWEST_WORDS = 1000
"""Words of the smallest vocabulary that is not too small for it."""


def known_after(words: int) -> float:
    """Return after how many tokens the mean is turned to, in a vocabulary of so many words."""
    return _KNOWN_AFTER if words >= _FEWEST_WORDS else math.inf


@helper
def is_controlled(parameters: Parameters, negatives: int) -> bool:
    """Return whether there is a mean to turn to, and more than one negative: one alone tells nothing."""
    return negatives > 1 and len(parameters.mean_negative) > 0


@helper
def find_offset(
    offset: np.ndarray, parameters: Parameters, drawn: np.ndarray, negatives: int, controlled: bool
) -> Any:
    """Return a factor, and fill `offset`, (1, D): to the centres of a chunk, n_m is factor * n_m + offset.

    `drawn` is the sum of the rows of its negatives. If it is not to be `controlled`, that is n_m itself.
    """
    number = offset.dtype.type
    clear_row(offset, 0)
    if not (controlled and is_controlled(parameters, negatives)):
        return number(1)
    add_scaled_row(offset, 0, drawn, 0, number(-1 / (negatives - 1)))
    add_rows(offset, 0, offset, 0, parameters.mean_negative, 0)
    return number(negatives / (negatives - 1))


@helper
def follow(parameters: Parameters, drawn: np.ndarray, slot: int, negatives: int) -> None:
    """Let the mean of all follow the negatives of a chunk, whose rows add up to drawn[slot]."""
    if not is_controlled(parameters, negatives):
        return
    mean = parameters.mean_negative
    number = mean.dtype.type
    scale_row(mean, 0, mean, 0, number(1 - _WEIGHT_OF_A_CHUNK))
    add_scaled_row(mean, 0, drawn, slot, number(_WEIGHT_OF_A_CHUNK / negatives))
