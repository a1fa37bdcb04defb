"""Where the changes of a chunk's rows go, found out for LANES rows of its list at a time.

A row at a time, this took as long as half of the gathering: an address, a scale and a look at who else wants
the row, for each of 162 rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bits import emit_listed, emit_set
from kotovec.engines.cpu.chunk import Changes, Parameters
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, splat, store
from kotovec.engines.cpu.places import address_of_row, emit_places

_I8, _I16, _I32, _I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))


def _looked_up(b: Any, table: Any, rows: Any) -> Any:
    """Emit table[rows], one lane after another; UNUSED rows look at the first entry."""
    zero = ir.Constant(rows.type, [0] * LANES)
    rows = b.select(b.icmp_signed(">", rows, zero), rows, zero)
    found = ir.Constant(ir.VectorType(table.type.pointee, LANES), ir.Undefined)
    for lane in range(LANES):
        row = b.sext(b.extract_element(rows, _I32(lane)), _I64)
        found = b.insert_element(found, b.load(b.gep(table, [row], inbounds=True)), _I32(lane))
    return found


def _used(b: Any, rows: Any) -> Any:
    """Emit which of the rows are not UNUSED."""
    return b.icmp_signed(">=", rows, ir.Constant(rows.type, [0] * LANES))


@intrinsic
def lanes_where(typing_context: Any, listed: Any, r: Any, owner: Any, mask: Any) -> Any:
    """Return the set of those lanes whose rows listed[r:r+LANES] are used and have `mask` set in `owner`."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        rows = emit_listed(context, b, sig.args[0], args[0], args[1])
        owners = _looked_up(b, context.make_array(sig.args[2])(context, b, args[2]).data, rows)
        masks = splat(b, b.trunc(args[3], _I16))
        return emit_set(b, b.and_(_used(b, rows), b.icmp_signed("==", b.and_(owners, masks), masks)))

    return types.int64(listed, types.intp, owner, types.intp), codegen


@intrinsic
def _aim_lanes(typing_context: Any, rows: Any, r: Any, listed: Any, W: Any, scale: Any, nowhere: Any) -> Any:
    """Let the changes of the rows listed[r:r+LANES] be added to W; those of UNUSED rows go nowhere."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        listed = emit_listed(context, b, sig.args[2], args[2], args[1])
        w, lost = (Matrix(context, b, sig.args[k], args[k]) for k in (3, 5))
        used = _used(b, listed)
        bytes_a_row = splat(b, b.mul(w.row_length, _I64(sig.args[3].dtype.bitwidth // 8)))
        at = b.mul(b.sext(listed, ir.VectorType(_I64, LANES)), bytes_a_row)
        at = b.add(splat(b, b.ptrtoint(w.data, _I64)), at)
        at = b.select(used, at, splat(b, b.ptrtoint(lost.data, _I64)))
        scales = context.make_array(sig.args[4])(context, b, args[4])
        last = splat(b, b.trunc(b.sub(cgutils.unpack_tuple(b, scales.shape)[0], _I64(1)), _I32))
        found = _looked_up(b, scales.data, b.select(b.icmp_signed("<", listed, last), listed, last))
        to, by, added = emit_places(context, b, sig.args[0], args[0], args[1])
        store(b, at, to)
        store(b, found, by)
        adds = b.zext(used, ir.VectorType(_I8, LANES))
        b.store(adds, b.bitcast(added, adds.type.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(rows, types.intp, listed, W, scale, nowhere), codegen


@helper
def aim_at_words(changes: Changes, parameters: Parameters, listed: np.ndarray) -> None:
    """Let all changes be scaled and added to W at once."""
    for r in range(0, len(listed), LANES):
        _aim_lanes(changes.rows, r, listed, parameters.W, parameters.scale, changes.nowhere)


@helper
def aim_apart(changes: Changes, r: int, apart: np.ndarray, place: int) -> None:
    """Let the changes of row r of the chunk's list replace row `place` of `apart`."""
    changes.rows.at[r] = address_of_row(apart, place)
    changes.rows.scale[r] = apart.dtype.type(1)
    changes.rows.adds[r] = False
