"""Random numbers as a pure function of (seed, purpose, position): no state, no order, no thread.

`mixed` is the finaliser of SplitMix64 (Steele, Lea and Flood 2014): every bit of the input changes
each bit of the output with probability one half, so that consecutive positions give independent bits.
"""

from __future__ import annotations

import numpy as np

from kotovec.engines.cpu.compiling import helper

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_TWO_TO_32 = np.uint64(1 << 32)


@helper
def mixed(x: np.uint64) -> np.uint64:
    """Return 64 well-mixed bits of `x`."""
    x ^= x >> np.uint64(30)
    x *= _FIRST
    x ^= x >> np.uint64(27)
    x *= _SECOND
    return x ^ (x >> np.uint64(31))


@helper
def bits_at(key: np.uint64, position: int) -> np.uint64:
    """Return the 64 random bits that `key` has at `position`."""
    return mixed(key + (np.uint64(position) + np.uint64(1)) * _GOLDEN)


@helper
def high_half(bits: np.uint64) -> np.uint64:
    """Return the upper 32 bits, as a number below 2**32."""
    return bits >> np.uint64(32)


@helper
def low_half(bits: np.uint64) -> np.uint64:
    """Return the lower 32 bits, as a number below 2**32."""
    return bits & _LOW_HALF


@helper
def one_in(every: int, position: int) -> bool:
    """Return whether `position` is among those, one in `every`, that are spread evenly over all positions."""
    # Multiples of the golden ratio, of which the next one always falls into one of the largest gaps.
    return high_half(np.uint64(position) * _GOLDEN) * np.uint64(every) < _TWO_TO_32


@helper
def below(half: np.uint64, limit: int) -> np.int64:
    """Scale a number below 2**32 to one of 0 .. limit - 1, all equally likely (to 1 in 2**32 / limit)."""
    return np.int64((half * np.uint64(limit)) >> np.uint64(32))


def stream_key(seed: int, epoch: int, purpose: int) -> np.uint64:
    """Return the key of one stream of random bits; each (seed, epoch, purpose) has its own."""
    digest = np.random.SeedSequence((seed, epoch, purpose)).generate_state(1, np.uint64)
    return np.uint64(digest[0])
