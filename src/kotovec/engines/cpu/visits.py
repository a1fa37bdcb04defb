"""Changes of a Huffman tree's nodes, kept as the factors they are made of until it is time to add them.

A centre visits the nodes on its path, and each visit changes its node by a sum of gradients times input rows:
those of the context words (skip-gram), or the mean of them (CBOW). Rows of such changes would have to be
cleared, filled, moved and added for every node of every chunk. So only the factors are kept, and the sum is
computed where it is wanted, on the way to the node's own row, once all chunks of a round are computed.

A node stands on one level of the tree. So different levels can be changed at the same time, and each node is
changed by the centres in the order of the text.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kotovec.engines.cpu.chunk import CHUNK, Changes, Parameters, Visits, new_matrix, padded
from kotovec.engines.cpu.claims import CENTRES, claim, claim_by
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.path_products import teach_nodes
from kotovec.engines.cpu.paths import Paths, longest, row_of_step
from kotovec.engines.cpu.rows import fetch_row
from kotovec.engines.cpu.settling import PARTS
from kotovec.engines.cpu.tiles import TILE

_START, _NODES, _FIRST, _NUMBER, _GRADIENT, _STRIDE = range(6)
"""What is noted of a centre: where its path begins among the steps, and how many nodes it has; the first
input row and the number of input rows; where the gradients of the first of these begin, and how far apart
those of two are."""

_RARE_PART = 2
"""The nodes on the levels of the parts before this one never leave the cache."""
_AHEAD = 2
"""Centres between asking for nodes and changing them."""


def new_visits(slots: int, paths: Paths, *, inputs: int, contexts: int, width: int, dtype: Any) -> Visits:
    """Return room for chunks with so many input rows, up to `contexts` for each centre."""
    gradients = CHUNK * padded(longest(paths), TILE) * contexts
    return Visits(
        steps=paths.steps,
        inputs=new_matrix(slots * inputs, width, dtype).reshape(slots, inputs, width),
        gradients=np.zeros((slots, 1, gradients + LANES), dtype),
        centres=np.zeros((slots, CHUNK, 6), np.int32),
    )


@helper
def forget_visits(visits: Visits, slot: int) -> None:
    """Begin a chunk."""
    for i in range(CHUNK):
        visits.centres[slot, i, _NODES] = 0


@helper
def note_visits(
    changes: Changes,
    i: int,
    start: int,
    depth: int,
    first: int,
    number: int,
    gradient: int,
    stride: int,
) -> None:
    """Remember how the nodes on the path of centre i, steps start .. start + depth - 1, change.

    Node d of the path changes by the sum over k < number of the slot's gradient at gradient + k * stride + d
    times its input row first + k.
    """
    centre = changes.visits.centres[changes.slot[0], i]
    centre[_START] = start
    centre[_NODES] = depth
    centre[_FIRST] = first
    centre[_NUMBER] = number
    centre[_GRADIENT] = gradient
    centre[_STRIDE] = stride


@helper
def settle_visits(
    parameters: Parameters, visits: Visits, slots: int, part: int, name: int, asked: np.ndarray
) -> None:
    """Change the nodes on the levels of a part: TILE levels, and all that are left for the last part.

    asked[slot, CENTRES] is what each visit of that slot asks of a node; `name` is the round's own.
    """
    level = TILE * part
    for slot in range(slots):
        _claim_nodes(parameters, visits, slot, part, name, asked[slot, CENTRES])
    for slot in range(slots):
        inputs, gradients, centres = visits.inputs[slot], visits.gradients[slot], visits.centres[slot]
        for i in range(CHUNK):
            if part >= _RARE_PART:
                _fetch_nodes(parameters, visits, centres[min(i + _AHEAD, CHUNK - 1)], part)
            centre = centres[i]
            levels = _levels(centre, part)
            if levels > 0:
                teach_nodes(
                    parameters.W, parameters.scale, parameters.claims,
                    visits.steps, centre[_START] + level, levels,
                    gradients, centre[_GRADIENT] + level, centre[_STRIDE],
                    inputs, centre[_FIRST], centre[_NUMBER],
                )  # fmt: skip


@helper
def _claim_nodes(parameters: Parameters, visits: Visits, slot: int, part: int, name: int, asked: int) -> None:
    """Claim the nodes on the levels of a part that the centres of a slot visit."""
    by = claim_by(name, slot)
    # Looked up once: as far as LLVM knows, whatever is stored may change where the tables stand.
    claims, steps, centres = parameters.claims, visits.steps, visits.centres[slot]
    for i in range(CHUNK):
        first = np.int64(centres[i, _START]) + TILE * part
        for step in range(first, first + _levels(centres[i], part)):
            claim(claims, row_of_step(steps[np.uint64(step)]), by, asked)


@helper
def _levels(centre: np.ndarray, part: int) -> int:
    """Return how many nodes of a centre's path belong to a part; none, where it is not positive."""
    left = int(centre[_NODES]) - TILE * part
    return left if part == PARTS - 1 else min(left, TILE)


@helper
def _fetch_nodes(parameters: Parameters, visits: Visits, centre: np.ndarray, part: int) -> None:
    """Ask the memory for the nodes of a centre that belong to a part."""
    first = centre[_START] + TILE * part
    for step in range(first, first + _levels(centre, part)):
        fetch_row(parameters.W, row_of_step(visits.steps[step]))
