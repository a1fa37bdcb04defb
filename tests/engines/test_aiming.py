"""Sets of lanes, and where the changes of a chunk's rows go."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu import aiming, bits, settling
from kotovec.engines.cpu.chunk import UNUSED, Parameters, new_changes_of, no_visits
from kotovec.engines.cpu.claims import (
    ASKED_BITS,
    MOST_ASKED,
    NAMES,
    SEVERAL,
    SLOT_BITS,
    UNITS,
    new_lists,
)
from kotovec.engines.cpu.memory import new_matrix

LISTED = np.array([3, UNUSED, 0, 7, 3, 9, 7, 7, 1, 2, 3, UNUSED, 8, 5, 4, 6] * 2, np.int32)


@numba.njit
def ends(numbers):
    return bits.lowest(numbers), bits.highest(numbers)


@numba.njit
def lanes(listed, row):
    return bits.lanes_equal(listed, 16, row)


@pytest.mark.parametrize("numbers", [{0}, {5}, {0, 31}, {3, 17, 62}])
def test_ends_of_a_set(numbers):
    assert ends(sum(1 << number for number in numbers)) == (min(numbers), max(numbers))


def test_lanes():
    assert lanes(LISTED, 7) == sum(1 << lane for lane in range(16) if LISTED[lane] == 7)


def claimed_rows(dtype):
    """Parameters with rows that one chunk claims and some that several do, and room for changes."""
    W, scale = new_matrix(10, 32, dtype), np.array([0.25, 0.5, 0.75, 1.0], dtype)
    asked = np.array([0, UNITS, 2 * UNITS, 0, UNITS + 1, 3 * UNITS, 7, MOST_ASKED, 1, 0], np.uint32)
    slots = np.array([0, SEVERAL, 3, SEVERAL | 4, 5, 0, SEVERAL | 15, 15, SEVERAL, 14], np.uint32)
    names = np.array([0, 1, 2, 3, 1, NAMES, 1, 1, 1, 1], np.uint32)
    claims = (((names << SLOT_BITS) | slots) << ASKED_BITS) | asked
    changes = new_changes_of(len(LISTED), 32, no_visits(32, dtype), dtype)
    limits = dtype(UNITS) / np.maximum(asked, UNITS).astype(dtype)
    expected = np.minimum(scale[np.minimum(np.arange(10), 3)], limits)
    return Parameters(W, scale, claims, new_matrix(1, 32, dtype)), changes, expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_aim(dtype):
    parameters, changes, scales = claimed_rows(dtype)
    several = callable_part(aiming.aim_lanes)(changes, parameters, LISTED, 0)
    assert several == sum(1 << lane for lane in range(16) if LISTED[lane] in (1, 3, 6, 8))
    callable_part(aiming.aim_at_words)(changes, parameters, LISTED)
    for r, row in enumerate(LISTED):
        at, scaled, base, keep = (table[r] for table in changes.rows)
        assert keep == 1
        if row == UNUSED:
            assert (at, base) == (changes.nowhere.ctypes.data, changes.nowhere[1:].ctypes.data)
        else:
            assert (at, scaled, base) == (parameters.W[row:].ctypes.data, scales[row], at)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_of_several_chunks_are_set_aside_by_first_claimant_and_all_others_are_not(dtype):
    parameters, changes, scales = claimed_rows(dtype)
    shared = settling.new_shared(new_lists(settling.ROUND, len(LISTED), 16), 32, dtype)
    shared.waiting[:] = 7  # of another round
    aim_alone = callable_part(settling.aim_alone)
    for slot in (2, 5):
        aim_alone(changes, parameters, LISTED, shared, slot)
    assert changes.slot == [5]
    first_claimants, waiting = {1: 0, 3: 4, 6: 15, 8: 0}, [0] * settling.PARTS
    for r, row in enumerate(LISTED):
        at, scaled, base, keep = (table[r] for table in changes.rows)
        assert keep == 1
        if row in first_claimants:
            part = first_claimants[row] % settling.PARTS
            place = (part * settling.ROUND + 5) * len(LISTED) + waiting[part]
            waiting[part] += 1
            assert (shared.waiting_rows[place], shared.waiting_scales[place]) == (row, scales[row])
            assert (at, scaled, base) == (shared.rows[place:].ctypes.data, 1, changes.nowhere[1:].ctypes.data)
        elif row != UNUSED:
            assert (at, scaled, base) == (parameters.W[row:].ctypes.data, scales[row], at)
    for slot in (2, 5):
        assert list(shared.waiting[slot, : settling.PARTS]) == waiting
    assert np.all(shared.waiting[0] == 7)
