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

from kotovec.engines.cpu.chunk import CHUNK, Changes, Parameters, Visits, padded
from kotovec.engines.cpu.claims import CENTRES, claim, claim_by
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_array
from kotovec.engines.cpu.node_changes import (
    FIRST,
    GRADIENT,
    NO_END,
    NODES,
    NOTED,
    NUMBER,
    START,
    STRIDE,
    teach_nodes,
)
from kotovec.engines.cpu.paths import Paths, most_visits, row_of_step

_SHARED_LEVELS = 16
"""Levels that the shares divide among them; the last one has all that are deeper as well."""


def new_visits(
    slots: int, paths: Paths, *, inputs: int, contexts: int, width: int, dtypes: tuple[Any, Any]
) -> Visits:
    """Return room for chunks with so many input rows, or pairs of them, up to `contexts` for each centre.

    `dtypes` are those of inputs and of gradients.
    """
    gradients = most_visits(paths) * contexts
    return Visits(
        steps=paths.steps,
        inputs=new_array((slots, inputs, width), dtypes[0]),
        gradients=new_array((slots, 1, padded(gradients + LANES, LANES)), dtypes[1]),
        centres=new_array((slots, CHUNK, NOTED), np.int32),
    )


@helper
def forget_visits(visits: Visits, slot: int) -> None:
    """Begin a chunk."""
    for i in range(CHUNK):
        visits.centres[slot, i, NODES] = 0


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
    centre[START] = start
    centre[NODES] = depth
    centre[FIRST] = first
    centre[NUMBER] = number
    centre[GRADIENT] = gradient
    centre[STRIDE] = stride


@helper
def settle_visits(
    parameters: Parameters,
    visits: Visits,
    slots: int,
    share: int,
    shares: int,
    name: int,
    asked: np.ndarray,
    room: np.ndarray,
) -> None:
    """Change the nodes on the levels of one of so many shares.

    asked[slot, CENTRES] is what each visit of that slot asks of a node; `name` is the round's own, and `room`
    the worker's, see paths.new_room.
    """
    levels = _SHARED_LEVELS // shares
    level = levels * share
    end = level + levels if share < shares - 1 else NO_END
    for slot in range(slots):
        _claim_nodes(parameters, visits, slot, level, end, name, asked[slot, CENTRES])
    for slot in range(slots):
        teach_nodes(
            parameters.W, visits.steps, visits.centres[slot], visits.gradients[slot], visits.inputs[slot],
            parameters.scale, parameters.claims, level, end, room,
        )  # fmt: skip


@helper
def _claim_nodes(
    parameters: Parameters, visits: Visits, slot: int, level: int, end: int, name: int, asked: int
) -> None:
    """Claim the nodes on the levels from `level` to before `end` that the centres of a slot visit."""
    by = claim_by(name, slot)
    # Looked up once: as far as LLVM knows, whatever is stored may change where the tables stand.
    claims, steps, centres = parameters.claims, visits.steps, visits.centres[slot]
    for i in range(CHUNK):
        start, nodes = int(centres[i, START]), int(centres[i, NODES])
        for step in range(start + level, start + min(nodes, end)):
            claim(claims, row_of_step(steps[step]), by, asked)
