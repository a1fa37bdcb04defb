"""Rows that lie anywhere in memory: as the place for results, and as what is copied from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.compiling import intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    QUAD,
    Matrix,
    load,
    load_quads,
    multiply_add,
    shuffled_quads,
    splat,
    store,
)
from kotovec.engines.cpu.memory import new_table

_I64 = ir.IntType(64)


class Rows(NamedTuple):
    """Rows anywhere in memory, as the place for results: a row becomes keep * base + scale * result.

    Whether a result is added to what its row holds or replaces it is said by `base`: a choice would be a jump
    that cannot be foreseen.
    """

    at: Any  # int64 (R,), their addresses
    scale: Any  # float (R,), what results are multiplied by
    base: Any  # int64 (R,), addresses of what results are added to: the rows themselves, or others, or zeros
    keep: Any  # float (R,), what that is multiplied by


def new_rows(number: int, dtype: Any) -> Rows:
    """Return places for so many rows; where they are is still to be said."""
    rows = Rows(*(new_table(number, what) for what in (np.int64, dtype, np.int64, dtype)))
    rows.scale[:] = rows.keep[:] = 1
    return rows


def rows_of(matrix: Any) -> Rows:
    """Return the rows of a matrix, to be added to."""
    rows = new_rows(len(matrix), matrix.dtype)
    rows.at[:] = rows.base[:] = addresses_of_rows(matrix)
    return rows


def addresses_of_rows(matrix: Any) -> Any:
    """Return where the rows of a matrix begin, int64."""
    return matrix.ctypes.data + np.arange(len(matrix)) * matrix.strides[0]


@intrinsic
def address_of_row(typing_context: Any, A: Any, row: Any) -> Any:
    """Return where row i of A begins, called as ``address_of_row(A, i)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        return b.ptrtoint(Matrix(context, b, sig.args[0], args[0]).pointer(args[1], _I64(0)), _I64)

    return types.intp(A, types.intp), codegen


def emit_places(context: Any, b: Any, rows_type: Any, rows: Any, first: Any) -> list[Any]:
    """Return where the tables of Rows stand, from row `first` on."""
    tables = []
    for k, table in enumerate(rows_type.types):
        data = context.make_array(table)(context, b, b.extract_value(rows, k)).data
        tables.append(b.gep(data, [first], inbounds=True))
    return tables


class Place:
    """One of the rows of Rows, inside a function being emitted."""

    def __init__(self, b: Any, element: Any, tables: list[Any], row: Any, *, whole: bool = False) -> None:
        """Look it up in the `tables` that emit_places found; `whole` promises that it keeps all it has."""
        self.builder = b
        at, scale, base = (b.load(b.gep(table, [row], inbounds=True)) for table in tables[:3])
        self.at, self.base = (b.inttoptr(address, element.as_pointer()) for address in (at, base))
        self.scale = splat(b, scale)
        self.keep = None if whole else splat(b, b.load(b.gep(tables[3], [row], inbounds=True)))

    def give(self, result: Any, column: Any) -> None:
        """Emit that a vector of results goes to the columns from `column` on."""
        b = self.builder
        held = load(b, b.gep(self.base, [column], inbounds=True))
        held = held if self.keep is None else b.fmul(self.keep, held)
        store(b, multiply_add(b, self.scale, result, held), b.gep(self.at, [column], inbounds=True))


@intrinsic
def give_row(typing_context: Any, rows: Any, place: Any, A: Any, row: Any, factor: Any) -> Any:
    """Give factor * A[i] to one of `rows`, called as ``give_row(rows, place, A, i, factor)``."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        places = emit_places(context, b, sig.args[0], args[0], args[1])
        a = Matrix(context, b, sig.args[2], args[2])
        place = Place(b, a.element, places, _I64(0))
        source, factor = a.pointer(args[3], _I64(0)), splat(b, args[4])
        with cgutils.for_range_slice(b, _I64(0), a.row_length, _I64(LANES), _I64) as (offset, _):
            change = b.fmul(factor, load(b, b.gep(source, [offset], inbounds=True)))
            place.give(change, offset)
        return context.get_dummy_value()

    return types.void(rows, types.intp, A, types.intp, A.dtype), codegen


def transposed_quads(b: Any, rows: list[Any], column: int) -> list[Any]:
    """Emit QUAD columns of LANES rows as vectors.

    Four rows' quads come side by side from the memory, so that transposing goes on in each QUAD by itself:
    in two steps, each pair of rows and then each pair of pairs.
    """
    places = [b.gep(row, [_I64(column)], inbounds=True) for row in rows]
    four, y = [load_quads(b, places[r::QUAD]) for r in range(QUAD)], LANES  # y: the second vector's lanes
    pairs = [
        [shuffled_quads(b, four[k], four[k + 1], [half, y + half, half + 1, y + half + 1]) for k in (0, 2)]
        for half in (0, 2)
    ]
    return [
        shuffled_quads(b, first, second, [k, k + 1, y + k, y + k + 1])
        for first, second in pairs
        for k in (0, 2)
    ]


@intrinsic
def copy_transposed(typing_context: Any, Z: Any, ZT: Any, at: Any, row: Any, column: Any) -> Any:
    """Copy LANES rows from anywhere, LANES columns of them, as they are and transposed.

    Called as ``copy_transposed(Z, ZT, at, i, j)``: Z[i:i+LANES, j:j+LANES] = ZT[j:j+LANES, i:i+LANES].T = the
    columns from j on of the rows at the addresses at[i:i+LANES].
    """
    n = types.intp
    signature = types.void(Z, ZT, at, n, n)

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        z, zt, at, i, j = args
        mz, mt = Matrix(context, b, sig.args[0], z), Matrix(context, b, sig.args[1], zt)
        table = context.make_array(sig.args[2])(context, b, at).data
        rows = []
        for r in range(LANES):
            address = b.load(b.gep(table, [b.add(i, _I64(r))], inbounds=True))
            rows.append(b.gep(b.inttoptr(address, mz.element.as_pointer()), [j], inbounds=True))
            store(b, load(b, rows[r]), mz.pointer(b.add(i, _I64(r)), j))
        for column in range(0, LANES, QUAD):
            for k, vector in enumerate(transposed_quads(b, rows, column)):
                store(b, vector, mt.pointer(b.add(j, _I64(column + k)), i))
        return context.get_dummy_value()

    return signature, codegen
