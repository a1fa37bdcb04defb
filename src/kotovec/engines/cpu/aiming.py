"""Where the changes of a chunk's rows go, found out for LANES rows of its list at a time.

A row at a time, this took as long as half of the gathering: an address, a scale and a look at who else wants
the row, for each of 162 rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from kotovec.engines.cpu.bits import emit_listed, emit_set
from kotovec.engines.cpu.chunk import Changes, Parameters
from kotovec.engines.cpu.claims import ASKED_BITS, SEVERAL, emit_claims_of, emit_limit
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import (
    LANES,
    Matrix,
    constant,
    gathered,
    gathers_quickly,
    load,
    splat,
    store,
)
from kotovec.engines.cpu.places import Rows, emit_places

_I32, _I64 = ir.IntType(32), ir.IntType(64)


def _looked_up(b: Any, table: Any, rows: Any, *, at_hand: bool) -> Any:
    """Emit table[rows]; UNUSED rows look at the first entry.

    One lane after another, unless the entries are `at_hand` and the CPU has something quicker for that: it is
    no quicker where they come from the memory.
    """
    zero = constant(rows.type, 0)
    rows = b.select(b.icmp_signed(">", rows, zero), rows, zero)
    if at_hand and gathers_quickly() and not isinstance(table.type.pointee, ir.DoubleType):
        return gathered(b, table, rows)
    found = ir.Constant(ir.VectorType(table.type.pointee, LANES), ir.Undefined)
    for lane in range(LANES):
        row = b.sext(b.extract_element(rows, _I32(lane)), _I64)
        found = b.insert_element(found, b.load(b.gep(table, [row], inbounds=True)), _I32(lane))
    return found


def _emit_scale(context: Any, b: Any, listed: Any, table: tuple[Any, Any], *, at_hand: bool) -> Any:
    """Emit what the changes of LANES rows are multiplied by whatever a round asks of them."""
    scales = context.make_array(table[0])(context, b, table[1])
    last = splat(b, b.trunc(b.sub(cgutils.unpack_tuple(b, scales.shape)[0], _I64(1)), _I32))
    within = b.select(b.icmp_signed("<", listed, last), listed, last)
    return _looked_up(b, scales.data, within, at_hand=at_hand)


def _emit_scales(
    context: Any, b: Any, listed: Any, tables: list[tuple[Any, Any]], name: Any = None
) -> tuple[Any, Any]:
    """Emit what the changes of LANES rows are multiplied by, and their claims, from the tables of both.

    Where the `name` of the round is given, rows that it has not claimed are asked nothing.
    """
    visits = name is not None  # half of them are of the first few nodes
    found = _emit_scale(context, b, listed, tables[0], at_hand=visits)
    claims = context.make_array(tables[1][0])(context, b, tables[1][1])
    claimed = _looked_up(b, claims.data, listed, at_hand=visits)
    if visits:
        claimed = emit_claims_of(b, name, claimed)
    return emit_limit(b, claimed, found), claimed


def _emit_aim(b: Any, listed: Any, w: Matrix, lost: Matrix, tables: list[Any]) -> Any:
    """Emit that the changes of LANES rows are added to W, or go nowhere if UNUSED; return which are used."""
    used = b.icmp_signed(">=", listed, constant(listed.type, 0))
    bits = 32 if isinstance(w.element, ir.FloatType) else 64
    bytes_a_row = splat(b, b.mul(w.row_length, _I64(bits // 8)))
    at = b.mul(b.sext(listed, ir.VectorType(_I64, LANES)), bytes_a_row)
    at = b.add(splat(b, b.ptrtoint(w.data, _I64)), at)
    nothing = b.ptrtoint(lost.pointer(_I64(1), _I64(0)), _I64)
    store(b, b.select(used, at, splat(b, b.ptrtoint(lost.data, _I64))), tables[0])
    store(b, b.select(used, at, splat(b, nothing)), tables[2])
    return used


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
        tables = emit_places(context, b, sig.args[0], args[0], args[1])
        used = _emit_aim(b, listed, w, lost, tables)
        scales, claimed = _emit_scales(context, b, listed, [(sig.args[k], args[k]) for k in (4, 5)])
        store(b, scales, tables[1])
        several = splat(b, _I32(SEVERAL << ASKED_BITS))
        return emit_set(b, b.and_(used, b.icmp_signed("==", b.and_(claimed, several), several)))

    return types.int64(rows, types.intp, listed, W, scale, claims, nowhere), codegen


@intrinsic
def _aim_at(typing_context: Any, rows: Any, r: Any, listed: Any, W: Any, nowhere: Any) -> Any:
    """Let the changes of the rows listed[r:r+LANES] be added to W; those of UNUSED rows go nowhere."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        listed = emit_listed(context, b, sig.args[2], args[2], args[1])
        w, lost = (Matrix(context, b, sig.args[k], args[k]) for k in (3, 4))
        _emit_aim(b, listed, w, lost, emit_places(context, b, sig.args[0], args[0], args[1]))
        return context.get_dummy_value()

    return types.void(rows, types.intp, listed, W, nowhere), codegen


@intrinsic
def _find_scales(typing_context: Any, found: Any, r: Any, listed: Any, scale: Any, claims: Any) -> Any:
    """Let found[r:r+LANES] be what the changes of the rows listed[r:r+LANES] are multiplied by."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        listed = emit_listed(context, b, sig.args[2], args[2], args[1])
        scales, _ = _emit_scales(context, b, listed, [(sig.args[k], args[k]) for k in (3, 4)])
        into = context.make_array(sig.args[0])(context, b, args[0]).data
        store(b, scales, b.gep(into, [args[1]], inbounds=True))
        return context.get_dummy_value()

    return types.void(found, types.intp, listed, scale, claims), codegen


@intrinsic
def scale_visits(
    typing_context: Any, F: Any, steps: Any, number: Any, scale: Any, claims: Any, name: Any
) -> Any:
    """Multiply F[z], z < number, by what the changes of a node are multiplied by, the one of steps[z].

    Called as ``scale_visits(F, steps, number, scale, claims, name)``. What the round of this name does not
    claim asks too little to be limited by it; with the name 0, which no round has, no claim is looked at. Up
    to LANES - 1 places more are multiplied.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        changes, steps = (context.make_array(sig.args[k])(context, b, args[k]).data for k in (0, 1))
        tables = [(sig.args[k], args[k]) for k in (3, 4)]

        def multiply(scales_of: Callable[[Any], Any]) -> None:
            with cgutils.for_range_slice(b, _I64(0), args[2], _I64(LANES), _I64) as (z, _):
                passed = load(b, b.gep(steps, [z], inbounds=True))
                rows = b.lshr(passed, constant(passed.type, 1))  # see paths.row_of_step
                into = b.gep(changes, [z], inbounds=True)
                store(b, b.fmul(load(b, into), scales_of(rows)), into)

        with b.if_else(b.icmp_signed("==", args[5], _I64(0))) as (unclaimed, claimed):
            with unclaimed:
                multiply(lambda rows: _emit_scale(context, b, rows, tables[0], at_hand=True))
            with claimed:
                multiply(lambda rows: _emit_scales(context, b, rows, tables, args[5])[0])
        return context.get_dummy_value()

    return types.void(F, steps, types.intp, scale, claims, types.intp), codegen


@intrinsic
def are_held(typing_context: Any, rows: Any, scale: Any, claims: Any, name: Any) -> Any:
    """Return whether what the round of this name asks of some of the rows holds them back more than `scale`.

    Called as ``are_held(rows, scale, claims, name)``, with a multiple of LANES rows, int32.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        rows = context.make_array(sig.args[0])(context, b, args[0])
        tables, held = [(sig.args[k], args[k]) for k in (1, 2)], cgutils.alloca_once_value(b, _I64(0))
        with cgutils.for_range_slice(b, _I64(0), rows.nitems, _I64(LANES), _I64) as (r, _):
            some = load(b, b.gep(rows.data, [r], inbounds=True))
            limited, _ = _emit_scales(context, b, some, tables, args[3])
            alone = _emit_scale(context, b, some, tables[0], at_hand=True)
            b.store(b.or_(b.load(held), emit_set(b, b.fcmp_ordered("<", limited, alone))), held)
        return b.icmp_signed("!=", b.load(held), _I64(0))

    return types.boolean(rows, scale, claims, types.intp), codegen


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


@helper
def find_scales(parameters: Parameters, listed: np.ndarray, found: np.ndarray) -> None:
    """Fill `found`, (R,), with what the changes of the `listed` rows are multiplied by, as claims are now."""
    scale, claims = parameters.scale, parameters.claims
    for r in range(0, len(listed), LANES):
        _find_scales(found, r, listed, scale, claims)


@helper
def aim_scaled(changes: Changes, W: np.ndarray, listed: np.ndarray, scales: np.ndarray) -> Rows:
    """Let all changes be multiplied by `scales` and added to W at once; return where they go."""
    at, _, base, keep = rows = changes.rows
    for r in range(0, len(listed), LANES):
        _aim_at(rows, r, listed, W, changes.nowhere)
    return Rows(at, scales, base, keep)
