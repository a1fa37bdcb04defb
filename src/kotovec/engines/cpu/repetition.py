"""How often a chunk says its own words again, and how much smaller its steps are for it.

In ordinary text most words of a chunk stand in it once, and a row that is asked for many steps at once is
asked by rows which are asked for few. In a list of files, a log or a table the same few words stand side by
side over and over: each moves with all the others, in steps that all of them take at once, and the most that
one row bears by itself is too much for them together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.claims import MOST_STEPS
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, constant, lanes_from, load, reduce_lanes, splat

WORDS = 60
"""What follows is said of so many words or fewer; a longer chunk may repeat itself more in proportion."""
ORDINARY = 1.0
"""Up to so many times a word of a chunk may stand in it again, on average, for its steps to count as they
are. In Wikipedia it is 0.4 times in 60 words, and more than once in 3 chunks of 100; in 96 words it is 0.6
times, and more than 1.6 times in 2 chunks of 100."""
REPETITIVE = 2.0
"""From so many times on a row may take FEWEST_STEPS of a round only, instead of MOST_STEPS."""
FEWEST_STEPS = 1.0

_NO_WORD = -1
_I32, _I64 = ir.IntType(32), ir.IntType(64)


@intrinsic
def _count_again(typing_context: Any, words: Any, number: Any) -> Any:
    """Return how many of the first `number` of `words`, int32, every second of these is equal to, in all.

    Up to LANES - 1 more of them are read.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data, number = context.make_array(sig.args[0])(context, b, args[0]).data, args[1]
        vector = ir.VectorType(_I32, LANES)
        total = cgutils.alloca_once_value(b, ir.Constant(vector, None))
        with cgutils.for_range_slice(b, _I64(0), number, _I64(LANES), _I64) as (first, _):
            inside = b.icmp_signed("<", lanes_from(b, first), splat(b, b.trunc(number, _I32)))
            some = b.select(inside, load(b, b.gep(data, [first], inbounds=True)), constant(vector, _NO_WORD))
            with cgutils.for_range_slice(b, _I64(0), number, _I64(2), _I64) as (at, _):
                word = splat(b, b.load(b.gep(data, [at], inbounds=True)))
                # What is true is -1 in 32 bits.
                equal = b.sext(b.icmp_signed("==", some, word), vector)
                b.store(b.sub(b.load(total), equal), total)
        return b.sext(reduce_lanes(b, b.load(total), b.add), _I64)

    return types.int64(words, types.intp), codegen


@helper
def repetition(words: np.ndarray) -> float:
    """Return how often words stand among `words`, int32 (N,), on average over every second of them.

    The memory behind the last word is read as well, up to a whole number of LANES.
    """
    return _count_again(words, len(words)) / max((len(words) + 1) // 2, 1)


@helper
def caution(words: np.ndarray) -> float:
    """Return how much more steps count in a chunk of these `words` than elsewhere: 1 in ordinary text."""
    again = (repetition(words) - 1.0) * (WORDS / max(len(words), WORDS))
    share = min(max((again - ORDINARY) / (REPETITIVE - ORDINARY), 0.0), 1.0)
    return MOST_STEPS / (MOST_STEPS - (MOST_STEPS - FEWEST_STEPS) * share)
