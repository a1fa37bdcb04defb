"""What a round asks of each row of W: by how many of its chunks, and for how many steps.

scales.py knows what a round asks of a word on average. But a word that is rare in the whole text may stand
dozens of times in one table or chapter of it, or be drawn as a negative by several chunks at once. It would
take all those steps from where it stood before the first, and overshoot. So what a round really asks of a row
is counted before it begins, and the row's changes are scaled down until its steps are MOST_STEPS at most.

A claim is one number for each row, which says three things about the round that last wanted it: the round's
name, the first of its chunks and whether there were others, and the steps that are asked. So nothing has to
be cleared when a round is over.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types

from kotovec.engines.cpu.chunk import CHUNK, UNUSED
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import constant, splat
from kotovec.engines.cpu.memory import new_array, new_lines

MOST_STEPS = 5.0
"""Most that learning rate times weight of all questions about a row may really be in one round."""
UNITS = 256
"""So many units of what is asked are MOST_STEPS."""

ASKED_BITS, SLOT_BITS, NAME_BITS = 18, 5, 9
MOST_ASKED = (1 << ASKED_BITS) - 1
SEVERAL = 1 << (SLOT_BITS - 1)
"""Stands beside the slot of the first chunk that wants a row if others want it as well."""
NAMES = (1 << NAME_BITS) - 1
"""Rounds may be called 1 to NAMES before all claims must be forgotten."""

_OTHER_CHUNK = 1 << ASKED_BITS
_OTHER_ROUND = 1 << (ASKED_BITS + SLOT_BITS)
_BY_SEVERAL = SEVERAL << ASKED_BITS
_I32, _I64 = ir.IntType(32), ir.IntType(64)

CENTRES, CONTEXTS, NEGATIVES = 0, 1, 2
"""The parts of a chunk's list; what is asked of its rows is one number for each part. What a centre asks of
the nodes on its path stands where that of centres does, which a tree has no rows for."""
LIST_PARTS = 3


class Lists(NamedTuple):
    """The lists of a round's chunks, and what is asked of the rows that stand in them."""

    listed: Any  # int32 (turns, slots, R), of one round and the next, by turns
    asked: Any  # uint32 (turns, slots, 16), in UNITS, of each row of a part, LIST_PARTS of them; else nothing
    negatives: int  # where in a list the negatives begin


def new_lists(slots: int, rows: int, negatives: int, turns: int = 2) -> Lists:
    """Return room for the lists of so many rounds of so many chunks."""
    listed = new_array((turns, slots, rows), np.int32)
    listed[:] = UNUSED
    return Lists(listed, new_lines((turns, slots), np.uint32), negatives)


def new_claims(matrix_rows: int) -> npt.NDArray[np.uint32]:
    """Return the claims on so many rows of W: none."""
    return np.zeros(matrix_rows, np.uint32)


@helper
def forget_claims(claims: np.ndarray) -> None:
    """Let the names of rounds begin anew."""
    for row in range(len(claims)):
        claims[row] = np.uint32(0)


@helper
def asked_of(steps: float) -> Any:
    """Return learning rate times weight of questions as claims count it."""
    return np.uint32(min(steps / MOST_STEPS * UNITS + 0.5, np.float64(MOST_ASKED)))


@helper
def claim_by(name: int, slot: int) -> Any:
    """Return what the claims of a chunk of a round begin with; `name` is the round's own."""
    return np.uint32(((name << SLOT_BITS) | slot) << ASKED_BITS)


def emit_claim(b: Any, place: Any, by: Any, asked: Any) -> None:
    """Emit what `claim` does with the claim at an address."""

    def where(condition: Any) -> Any:
        return b.sext(condition, _I32)

    before = b.load(place)
    differs = b.xor(before, by)
    anew = where(b.icmp_unsigned(">=", differs, _I32(_OTHER_ROUND)))
    others = where(b.icmp_unsigned(">=", differs, _I32(_OTHER_CHUNK)))
    held = b.or_(before, b.and_(others, _I32(_BY_SEVERAL)))
    held = b.or_(b.and_(by, anew), b.and_(held, b.not_(anew)))
    total = b.add(held, asked)
    # What would carry over stays at the most.
    over = where(b.icmp_unsigned(">=", b.xor(total, held), _I32(_OTHER_CHUNK)))
    most = b.or_(held, _I32(MOST_ASKED))
    b.store(b.or_(b.and_(most, over), b.and_(total, b.not_(over))), place)


@intrinsic
def claim(typing_context: Any, claims: Any, row: Any, by: Any, asked: Any) -> Any:
    """Let a chunk of a round ask so much of a row, besides what the round asks of it already.

    Called as ``claim(claims, row, by, asked)``. Which of the cases it is depends on the words and cannot be
    foreseen; so all are computed, and none is jumped to.
    """

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        emit_claim(b, b.gep(data, [args[1]], inbounds=True), args[2], args[3])
        return context.get_dummy_value()

    return types.void(claims, types.intp, types.uint32, types.uint32), codegen


@helper
def first_claimant(claims: np.ndarray, row: int) -> int:
    """Return the slot of the first chunk that wants a row."""
    return int(np.int64(claims[np.uint64(row)]) >> ASKED_BITS) & (SEVERAL - 1)


@helper
def claim_rows(claims: np.ndarray, lists: Lists, turn: int, slots: int, name: int) -> None:
    """Claim the rows of the first lists of `turn`."""
    for slot in range(slots):
        claim_list(claims, lists, turn, slot, name)


@helper
def claim_list(claims: np.ndarray, lists: Lists, turn: int, slot: int, name: int) -> None:
    """Claim the rows of one of the lists of `turn`."""
    ends = (CHUNK, lists.negatives, lists.listed.shape[2])
    listed, by = lists.listed[turn, slot], claim_by(name, slot)
    first = np.uint64(0)  # unsigned: no place is counted from the end
    for part in range(LIST_PARTS):
        asked, last = lists.asked[turn, slot, part], np.uint64(ends[part])
        for r in range(first, last):
            if listed[r] != UNUSED:
                claim(claims, listed[r], by, asked)
        first = last


def emit_limit(b: Any, claims: Any, scales: Any) -> Any:
    """Emit the scales of rows, or of one, that may not take more than UNITS of what their claims ask."""
    units = constant(scales.type, float(UNITS))
    asked = b.sitofp(b.and_(claims, constant(claims.type, MOST_ASKED)), scales.type)
    limit = b.fdiv(units, b.select(b.fcmp_ordered(">", asked, units), asked, units))
    return b.select(b.fcmp_ordered("<", limit, scales), limit, scales)


def emit_claims_of(b: Any, name: Any, claims: Any) -> Any:
    """Emit the claims, of some that were found, which the round of this name has made, and 0 for others."""
    own = splat(b, b.trunc(b.shl(name, _I64(ASKED_BITS + SLOT_BITS)), _I32))
    ours = b.icmp_unsigned("<", b.xor(claims, own), constant(claims.type, _OTHER_ROUND))
    return b.select(ours, claims, constant(claims.type, 0))
