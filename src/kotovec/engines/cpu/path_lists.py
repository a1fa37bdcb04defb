"""Which nodes the centres of a chunk visit, written down once for both workers of halves.py.

The words of a chunk are anywhere in the vocabulary, and so are their paths among the steps: what is asked of
the memory here is asked long before it is needed, a chunk ahead, and one worker asks for both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from kotovec.engines.cpu.bits import emit_set
from kotovec.engines.cpu.chunk import CHUNK, Chunk, padded
from kotovec.engines.cpu.claims import MOST_ASKED, UNITS, claim, claim_by, forget_claims
from kotovec.engines.cpu.compiling import helper, intrinsic
from kotovec.engines.cpu.lanes import LANES, constant, load
from kotovec.engines.cpu.path_groups import CENTRES, LEVELS, claim_visited, count_visitors
from kotovec.engines.cpu.paths import DEPTH, START, Paths, most_visits, row_of_step
from kotovec.engines.cpu.plan import Plan
from kotovec.engines.cpu.rows import copy_part, fetch_element
from kotovec.engines.cpu.tiles import TILE

# In a list stand how many nodes each centre visits, how many places all of them take, how many deep nodes
# there are and how many of these are asked for with each centre; each centre's first turns; the steps, centre
# by centre, from places on that are multiples of TILE; and at the end the steps through deep nodes.
PLACES, DEEP, ASKS, _CODES, STEPS = CHUNK, CHUNK + 1, CHUNK + 2, CENTRES, 2 * CENTRES
DEEP_STEPS = (CHUNK + 1) * LANES

_SHORT = 2 * LANES

RARE_LEVEL = 10
"""Nodes on the levels before this one hardly ever leave the cache, and asking for them costs something. The
LANES nodes that follow on a path are the deep ones."""


def steps_of_chunk(paths: Paths) -> int:
    """Return N, the places that the steps of a chunk may take."""
    return most_visits(paths) + _SHORT


def length_of_list(paths: Paths) -> int:
    """Return the length of a chunk's list."""
    return padded(STEPS + steps_of_chunk(paths), LANES) + DEEP_STEPS


@helper
def fetch_words(paths: Paths, plan: Plan, chunk: Chunk) -> None:
    """Ask the memory where the paths of a chunk's words begin."""
    words, kept = paths.words, plan.kept[chunk.row, chunk.first : chunk.first + chunk.size]
    for i in range(np.uint64(len(kept))):
        fetch_element(words, 2 * np.int64(kept[i]))


@helper
def fetch_paths(paths: Paths, plan: Plan, chunk: Chunk) -> None:
    """Ask the memory for the paths of a chunk's words."""
    words, steps = paths.words, paths.steps
    kept = plan.kept[chunk.row, chunk.first : chunk.first + chunk.size]
    for i in range(np.uint64(len(kept))):
        start = words[np.uint64(kept[i]), START]
        fetch_element(steps, start)
        fetch_element(steps, start + LANES - 1)


@helper
def list_paths(paths: Paths, plan: Plan, chunk: Chunk, visits: np.ndarray) -> None:
    """List the steps of all centres that have a context."""
    words, steps, rare = paths.words, paths.steps, visits[-DEEP_STEPS:]
    kept, left, right = plan.kept[chunk.row], plan.left[chunk.row], plan.right[chunk.row]
    place, deep, end = 0, 0, chunk.first + chunk.size
    for i in range(CHUNK):
        number, at = 0, np.uint64(chunk.first + i)
        if at < end and np.int64(left[at]) + np.int64(right[at]) > 0:
            word = np.uint64(kept[at])
            number = int(words[word, DEPTH])
            start = np.int64(words[word, START])
            visits[_CODES + i] = _turns_from(steps, start)
            # Nearly all paths are this short, and how many vectors one has the CPU could not foresee.
            copy_part(visits, 0, STEPS + place, steps, 0, start, _SHORT)
            if number > _SHORT:
                further = padded(number - _SHORT, LANES)
                copy_part(visits, 0, STEPS + place + _SHORT, steps, 0, start + _SHORT, further)
            copy_part(rare, 0, deep, steps, 0, start + RARE_LEVEL, LANES)
            deep += min(max(number - RARE_LEVEL, 0), LANES)
        visits[i] = number
        place += padded(number, TILE)
    visits[PLACES], visits[DEEP] = place, deep
    visits[ASKS] = (deep + chunk.size - 1) // max(chunk.size, 1)


@helper
def take_list(nodes: np.ndarray, centres: np.ndarray, visits: np.ndarray) -> None:
    """Copy the steps of a list to `nodes`, int32 (N,); say in `centres`, int32 (T, 2), where each one's are.

    That is the place of the first of them, and how many there are.
    """
    place = 0
    for i in range(CHUNK):
        number = np.int64(visits[i])
        centres[i, 0], centres[i, 1] = place, number
        place += padded(number, TILE)
    copy_part(nodes, 0, 0, visits, 0, STEPS, padded(place, LANES))


@helper
def claim_nodes(work: Any, visits: np.ndarray, asked: int, slot: int, name: int) -> None:
    """Claim the nodes on the first levels that the centres of a chunk visit, as its list says."""
    if name == 1 and slot == 0:
        forget_claims(work.claims)
    count_visitors(work.visitors, visits, visits[_CODES:])
    claim_visited(work.claims, work.paths.first_rows, work.visitors, claim_by(name, slot), np.uint32(asked))


@helper
def claim_deep_nodes(work: Any, asked: int, slot: int, name: int) -> bool:
    """Claim the nodes below the first levels, where the last one on these is asked for more than the limit.

    What is asked of a node is asked of all above it. So no other node is asked for more than the limit.
    Return whether any are claimed.
    """
    found = False
    by, claims, nodes, centres = claim_by(name, slot), work.claims, work.nodes, work.centres
    for i in range(CHUNK):
        first, number = np.int64(centres[i, 0]), np.int64(centres[i, 1])
        if number > LEVELS:
            last = np.uint64(row_of_step(np.int64(nodes[np.uint64(first + LEVELS - 1)])))
            if np.int64(claims[last]) & MOST_ASKED > UNITS:
                found = True
                for z in range(np.uint64(first + LEVELS), np.uint64(first + number)):
                    claim(claims, row_of_step(np.int64(nodes[z])), by, asked)
    return found


@intrinsic
def _turns_from(typing_context: Any, steps: Any, start: Any) -> Any:
    """Return the turns of the steps from one on, the first in the lowest bit."""

    def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, b, args[0]).data
        passed = load(b, b.gep(data, [args[1]], inbounds=True))
        one = constant(passed.type, 1)
        return emit_set(b, b.icmp_signed("==", b.and_(passed, one), one))

    return types.int64(steps, types.intp), codegen
