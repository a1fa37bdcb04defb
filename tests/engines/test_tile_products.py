"""Products in tile registers, and rows that are given away meanwhile, beside NumPy's."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from test_bfloat import halves_of

from kotovec.engines.cpu import amx, tile_products
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.places import addresses_of_rows, new_rows

pytestmark = pytest.mark.skipif(not amx.has_tiles(), reason="the CPU has no AMX")
NO_LINES = np.zeros(0, np.int64)


@numba.njit
def multiply(C, A, B, place, columns, depth, upper, skip):
    amx.take_tiles()
    tile_products.tile_product(C, 16, place, A, 1, 16, B, 2, place, columns, depth, upper, skip)
    amx.leave_tiles()


@numba.njit
def multiply_and_give(C, A, B, depth, rows, number, lines):
    amx.take_tiles()
    columns = C.shape[1]
    line = tile_products.multiply_and_give(
        C, 16, 0, A, 1, 16, B, 2, 0, columns, depth, depth, 0, rows, 3, 0, number, lines, 1
    )
    amx.leave_tiles()
    return line


@numba.njit
def give(C, rows, number, lines):
    return tile_products.give_rows(rows, 3, C, 0, number, lines, 1)


class Factors:
    """Small whole numbers, in pairs, with rows before and behind what is multiplied."""

    def __init__(self, depth, columns):
        rng = np.random.default_rng(depth)
        self.A, self.B = new_matrix(18, 16 + depth, np.int32), new_matrix(depth + 5, columns, np.int32)
        for pairs in (self.A, self.B):
            numbers = rng.integers(-9, 10, (*pairs.shape, 2)).astype(np.float32)
            pairs[:] = (numbers.view(np.uint32) >> 16).astype(np.uint16).view(np.int32)[..., 0]
        self.C = new_matrix(32, columns, np.float32)
        self.C[:] = rng.integers(-9, 10, self.C.shape)

    def product(self, upper, skip):
        """What A's pairs of columns and B's pairs of rows give, some of those left out."""
        (a, a_next), (b, b_next) = halves_of(self.A[1:17, 16:]), halves_of(self.B[2:])
        depth = a.shape[1]
        used = [k if k < upper else k + skip for k in range(depth)]
        return a @ b[used] + a_next @ b_next[used]


@pytest.mark.parametrize("columns", [16, 32, 48, 64, 112, 160])
@pytest.mark.parametrize(
    ("depth", "upper", "skip"), [(8, 8, 0), (16, 16, 3), (24, 8, 2), (40, 16, 3), (64, 0, 1)]
)
def test_a_product_of_tiles(columns, depth, upper, skip):
    case = Factors(depth, columns + 16)
    before = case.C.copy()
    multiply(case.C, case.A, case.B, 16, columns, depth, upper, skip)
    np.testing.assert_array_equal(case.C[16:, 16:], case.product(upper, skip)[:, 16:])
    np.testing.assert_array_equal(case.C[:16], before[:16])
    np.testing.assert_array_equal(case.C[:, :16], before[:, :16])


@pytest.mark.parametrize("number", [0, 1, 7, 16])
@pytest.mark.parametrize("depth", [8, 24, 40])
def test_rows_are_given_while_others_are_multiplied(depth, number):
    """Scaled and added, one after the other, and lines are asked for: one with each vector."""
    case, W = Factors(depth, 112), new_matrix(9, 112, np.float32)
    rows, lines = new_rows(20, np.float32), np.full(40, W.ctypes.data)
    W[:] = np.random.default_rng(1).integers(-9, 10, W.shape)
    wanted = np.random.default_rng(2).integers(0, len(W), 20)
    rows.at[:] = rows.base[:] = addresses_of_rows(W)[wanted]
    rows.scale[:] = np.arange(20)
    expected = W.copy()
    for row in range(number):
        expected[wanted[3 + row]] += rows.scale[3 + row] * case.C[row]
    for together in (True, False):
        changed = W.copy()
        if together:
            line = multiply_and_give(case.C, case.A, case.B, depth, rows, number, lines)
            np.testing.assert_array_equal(case.C[16:], case.product(depth, 0))
        else:
            line = give(case.C, rows, number, lines)
        np.testing.assert_array_equal(W, expected)
        assert line == min(1 + 7 * number, 40)
        W[:] = changed


def test_nothing_is_asked_for_where_no_lines_are_listed():
    case, rows = Factors(8, 16), new_rows(20, np.float32)
    assert multiply_and_give(case.C, case.A, case.B, 8, rows, 0, NO_LINES) == 1
