"""Negatives that are context words themselves, beside a count of them one by one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu import sparing
from kotovec.engines.cpu.chunk import CHUNK, UNUSED, Chunk, band_width, first_negative, listed_rows
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.plan import Plan

spare_contexts, count_contexts = map(callable_part, (sparing.spare_contexts, sparing.count_contexts))


class Buffers(NamedTuple):
    """What both functions read of a worker's buffers."""

    window: int
    negatives: int
    S: Any
    pairs: Any
    spared: Any


FIRST, ROW = 7, 1


def a_chunk(window, negatives, size, seed):
    """A chunk of few different words, so that most negatives are contexts, some of them twice in a window.

    Its first and last two context words are missing, as where a text begins and ends.
    """
    rng, length = np.random.default_rng(seed), FIRST + CHUNK + 2 * window + LANES
    left, right = (rng.integers(0, window + 1, (2, length)).astype(np.int16) for _ in range(2))
    words = rng.integers(0, 12, size + 2 * window).astype(np.int32)
    missing = min(2, window)
    words[:missing] = words[len(words) - missing :] = UNUSED
    for i in range(size):
        left[ROW, FIRST + i] = min(left[ROW, FIRST + i], window + i - missing)
        right[ROW, FIRST + i] = min(right[ROW, FIRST + i], window + size - 1 - i - missing)
    behind = first_negative(window)
    listed = np.full(listed_rows(window, negatives), UNUSED, np.int32)
    listed[CHUNK : CHUNK + len(words)] = words
    listed[behind : behind + negatives] = rng.integers(0, 16, negatives)
    plan = Plan(*(np.zeros((2, 1), np.int32), left, right), *(np.zeros(2, np.int64) for _ in range(3)))
    chunk = Chunk(ROW, FIRST, size, 1.0, 1.0, False, False, np.int64(0))
    left, right = (side[ROW, FIRST:].astype(int) for side in (left, right))
    counts = np.zeros((negatives, size))
    for m in range(negatives):
        for i in range(size):
            seen = [*range(i - left[i], i), *range(i + 1, i + right[i] + 1)]
            counts[m, i] = sum(words[window + at] == listed[behind + m] for at in seen)
    return SimpleNamespace(plan=plan, chunk=chunk, listed=listed, counts=counts, pairs=left + right)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [CHUNK, 33, 1])
@pytest.mark.parametrize(("window", "negatives"), [(1, 1), (5, 16), (5, 32), (3, 45), (20, 19)])
def test_what_is_spared(window, negatives, size, dtype):
    case = a_chunk(window, negatives, size, seed=window + negatives + size)
    rng, band = np.random.default_rng(1), band_width(window)
    S = rng.standard_normal((CHUNK + 4, band + -(-negatives // LANES) * LANES)).astype(dtype)
    pairs = np.zeros(CHUNK + LANES, dtype)
    pairs[:size] = case.pairs[:size]
    work = Buffers(window, negatives, S, pairs, np.zeros(CHUNK + LANES, dtype))

    for m in range(negatives):
        low, high = count_contexts(work, case.plan, case.chunk, case.listed, m)
        np.testing.assert_array_equal(work.spared[:size], case.counts[m])
        assert not work.spared[size:].any()
        assert not work.spared[:low].any()
        assert not work.spared[max(high, 0) :].any()
        work.spared[:] = 0

    before = S.copy()
    spare_contexts(work, case.plan, case.chunk, case.listed)
    with np.errstate(invalid="ignore"):
        left_over = np.where(case.counts > 0, 1 - case.counts / pairs[:size], 1).T
    expected = before.copy()
    expected[:size, band : band + negatives] *= left_over.astype(dtype)
    np.testing.assert_allclose(S, expected, rtol=1e-6 if dtype is np.float32 else 1e-14, atol=1e-15)
    assert (before != S).any() == (case.counts > 0).any()
    assert not work.spared.any(), "the next chunk finds zeros"
