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
from kotovec.engines.cpu.claims import ASKED_BITS, SEVERAL, emit_limit
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, Matrix, constant, splat, store
from kotovec.engines.cpu.places import emit_places

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _looked_up(b: Any, table: Any, rows: Any) -> Any:
    """Emit table[rows], one lane after another; UNUSED rows look at the first entry."""
    zero = constant(rows.type, 0)
    rows = b.select(b.icmp_signed(">", rows, zero), rows, zero)
    found = ir.Constant(ir.VectorType(table.type.pointee, LANES), ir.Undefined)
    for lane in range(LANES):
        row = b.sext(b.extract_element(rows, _I32(lane)), _I64)
        found = b.insert_element(found, b.load(b.gep(table, [row], inbounds=True)), _I32(lane))
    return found


@intrinsic
def _aim_lanes(
    typing_context: Any, rows: Any, r: Any, listed: Any, W: Any, scale: Any, claims: Any, nowhere: Any
) -> Any:
    """Let the changes of the rows listed[r:r+LANES] be added to W; those of UNUSED rows go nowhere.

    Return the set of those lanes whose rows several chunks claim.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        listed = emit_listed(context, b, sig.args[2], args[2], args[1])
        w, lost = (Matrix(context, b, sig.args[k], args[k]) for k in (3, 6))
        to, by, base_of, _ = emit_places(context, b, sig.args[0], args[0], args[1])
        used = b.icmp_signed(">=", listed, constant(listed.type, 0))
        bytes_a_row = splat(b, b.mul(w.row_length, _I64(sig.args[3].dtype.bitwidth // 8)))
        at = b.mul(b.sext(listed, ir.VectorType(_I64, LANES)), bytes_a_row)
        at = b.add(splat(b, b.ptrtoint(w.data, _I64)), at)
        nothing = b.ptrtoint(lost.pointer(_I64(1), _I64(0)), _I64)
        store(b, b.select(used, at, splat(b, nothing)), base_of)
        at = b.select(used, at, splat(b, b.ptrtoint(lost.data, _I64)))
        scales = context.make_array(sig.args[4])(context, b, args[4])
        last = splat(b, b.trunc(b.sub(cgutils.unpack_tuple(b, scales.shape)[0], _I64(1)), _I32))
        found = _looked_up(b, scales.data, b.select(b.icmp_signed("<", listed, last), listed, last))
        claimed = _looked_up(b, context.make_array(sig.args[5])(context, b, args[5]).data, listed)
        store(b, at, to)
        store(b, emit_limit(b, claimed, found), by)
        several = splat(b, _I32(SEVERAL << ASKED_BITS))
        return emit_set(b, b.and_(used, b.icmp_signed("==", b.and_(claimed, several), several)))

    return types.int64(rows, types.intp, listed, W, scale, claims, nowhere), codegen


@helper
def aim_lanes(changes: Changes, parameters: Parameters, listed: np.ndarray, r: int) -> int:
    """Let the changes of the rows listed[r:r+LANES] be scaled and added to W at once.

    Return the set of those of these LANES rows that several chunks of the round claim.
    """
    W, scale, claims = parameters.W, parameters.scale, parameters.claims
    return _aim_lanes(changes.rows, r, listed, W, scale, claims, changes.nowhere)


@helper
def aim_at_words(changes: Changes, parameters: Parameters, listed: np.ndarray) -> None:
    """Let all changes be scaled and added to W at once."""
    for r in range(0, len(listed), LANES):
        aim_lanes(changes, parameters, listed, r)
