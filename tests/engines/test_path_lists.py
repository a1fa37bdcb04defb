"""What the two workers of a tree are told of the nodes that a chunk visits, and what is claimed of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from calling import callable_part
from numba import njit

from kotovec.engines.cpu.aiming import are_held, scale_visits
from kotovec.engines.cpu.chunk import CHUNK, Chunk
from kotovec.engines.cpu.claims import ASKED_BITS, MOST_ASKED, SLOT_BITS, UNITS
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_table
from kotovec.engines.cpu.path_groups import CENTRES, GROUPS, LEVELS, claim_visited, count_visitors
from kotovec.engines.cpu.path_lists import (
    ASKS,
    DEEP,
    DEEP_STEPS,
    RARE_LEVEL,
    claim_deep_nodes,
    length_of_list,
    list_paths,
    steps_of_chunk,
    take_list,
)
from kotovec.engines.cpu.paths import new_paths, node_shares
from kotovec.engines.cpu.plan import new_plan
from kotovec.layers import HuffmanTree

WINDOW, NAME, SLOT = 3, 9, 2
list_paths, take_list = callable_part(list_paths), callable_part(take_list)
claim_deep_nodes = callable_part(claim_deep_nodes)


@njit
def count_on_first_levels(visitors, visits):
    count_visitors(visitors, visits, visits[CENTRES:])


@njit
def claim_first(claims, rows, visitors, by, asked):
    claim_visited(claims, rows, visitors, by, asked)


@njit
def scale(F, steps, number, scales, claims, name):
    scale_visits(F, steps, number, scales, claims, name)


@njit
def held(rows, scales, claims, name):
    return are_held(rows, scales, claims, name)


class Work(NamedTuple):
    """What is read of a worker's buffers where nodes are claimed."""

    claims: Any
    nodes: Any
    centres: Any


class Case:
    """A chunk of words whose tree has paths of very different lengths; some centres have no context."""

    def __init__(self, words, size, seed=1):
        rng = np.random.default_rng(seed)
        counts = np.sort(rng.zipf(1.3, words).clip(max=10**7))[::-1] + 4
        self.tree = HuffmanTree(counts)
        self.paths, self.plan = new_paths(self.tree), new_plan(WINDOW)
        self.kept = rng.choice(words, size, p=counts / counts.sum())
        self.right = rng.integers(0, 2, size)
        here = slice(WINDOW, WINDOW + size)
        self.plan.kept[1, here], self.plan.right[1, here] = self.kept, self.right
        self.chunk = Chunk(1, WINDOW, size, 0.1, 0.0, False, True, 0)
        self.visits = np.full(length_of_list(self.paths), -7, np.int32)
        list_paths(self.paths, self.plan, self.chunk, self.visits)
        self.nodes = np.full(steps_of_chunk(self.paths), -7, np.int32)
        self.centres = np.full((CHUNK, 2), -7, np.int32)
        take_list(self.nodes, self.centres, self.visits)
        self.visitors = new_table(GROUPS + 1, np.int32)
        count_on_first_levels(self.visitors, self.visits)

    def path(self, i):
        """The steps of centre i, as (row, turn)."""
        if i >= len(self.kept) or not self.right[i]:
            return []
        start, depth = self.paths.words[self.kept[i]]
        steps = self.paths.steps[start : start + depth]
        return list(zip((steps >> 1).tolist(), (steps & 1).tolist(), strict=True))


CASES = [(2, 60), (3, 60), (40, 60), (3000, 60), (3000, 17), (20000, 60)]


@pytest.fixture(params=CASES, ids=str)
def case(request):
    return Case(*request.param)


def test_a_step_names_the_row_and_the_turn_and_rows_grow_along_a_path(case):
    words, nodes = case.tree.vocab_size, case.tree.vocab_size - 1
    for word in range(0, words, max(words // 50, 1)):
        start, depth = case.paths.words[word]
        steps = case.paths.steps[start : start + depth]
        of_tree = slice(case.tree.offsets[word], case.tree.offsets[word + 1])
        assert (steps & 1).tolist() == case.tree.codes[of_tree].tolist()
        node = nodes - 1 - case.tree.nodes[of_tree]
        assert (steps >> 1).tolist() == (case.tree.vocab_size + node).tolist()
        assert (np.diff(steps >> 1) > 0).all()
    shares = node_shares(case.paths, np.full(words, 1 / words))
    assert shares[0] == pytest.approx(1), "everybody visits the root"


def test_every_path_is_listed_where_it_is_said_to_be(case):
    ends = 0
    for i, (first, number) in enumerate(case.centres):
        steps = case.nodes[first : first + number]
        assert list(zip((steps >> 1).tolist(), (steps & 1).tolist(), strict=True)) == case.path(i)
        assert first % 4 == 0
        assert first >= ends
        ends = first + number


def test_the_nodes_to_ask_for_are_the_deep_ones_of_all_paths(case):
    listed, asks = (int(case.visits[place]) for place in (DEEP, ASKS))
    steps = case.visits[-DEEP_STEPS:][:listed]
    deep = [step for i in range(CHUNK) for step in case.path(i)[RARE_LEVEL : RARE_LEVEL + LANES]]
    assert list(zip((steps >> 1).tolist(), (steps & 1).tolist(), strict=True)) == deep
    size = len(case.kept)
    assert asks * size >= listed > (asks - 1) * size


def test_visitors_are_the_centres_that_pass_a_node(case):
    truth = np.zeros(GROUPS, np.int64)
    for i in range(CHUNK):
        group = 0
        for row, turn in case.path(i)[:LEVELS]:
            assert case.paths.first_rows[group] == row
            truth[group] += 1
            group = 2 * group + 1 + turn
    np.testing.assert_array_equal(case.visitors[:GROUPS], truth)


@pytest.mark.parametrize("asked", [1, 5, UNITS // 3, MOST_ASKED])
def test_every_visit_is_claimed_where_it_may_matter(case, asked):
    """On the first levels always; below them where the last of these is asked for more than the limit."""
    rng = np.random.default_rng(2)
    claims = rng.integers(0, 1 << 23, 2 * case.tree.vocab_size).astype(np.uint32)  # of an older round
    before, by = claims.copy(), np.uint32(((NAME << SLOT_BITS) | SLOT) << ASKED_BITS)
    claim_first(claims, case.paths.first_rows, case.visitors, by, np.uint32(asked))
    deep = claim_deep_nodes(Work(claims, case.nodes, case.centres), asked, SLOT, NAME)
    visits = np.zeros(len(claims), np.int64)
    for i in range(CHUNK):
        np.add.at(visits, [row for row, _ in case.path(i)], 1)
    wanted = np.zeros(len(claims), bool)
    for i in range(CHUNK):
        rows = [row for row, _ in case.path(i)]
        wanted[rows[:LEVELS]] = True
        if len(rows) > LEVELS and min(asked * visits[rows[LEVELS - 1]], MOST_ASKED) > UNITS:
            wanted[rows] = True
    below = [row for i in range(CHUNK) for row, _ in case.path(i)[LEVELS:]]
    assert deep == wanted[below].any()
    total = np.minimum(asked * visits, MOST_ASKED)
    np.testing.assert_array_equal(claims[wanted] & MOST_ASKED, total[wanted])
    assert (claims[wanted] >> (ASKED_BITS + SLOT_BITS) == NAME).all()
    spared = ~wanted & (visits > 0)
    assert (total[spared] <= UNITS).all(), "what is not claimed asks too little to be limited"
    np.testing.assert_array_equal(claims[spared], before[spared])


def test_changes_are_multiplied_by_what_the_round_leaves_them(case):
    rng = np.random.default_rng(3)
    rows = 2 * case.tree.vocab_size
    scales = np.append(rng.uniform(0.3, 1, min(50, rows)), 1.0).astype(np.float32)
    claims = rng.integers(0, 4 * UNITS, rows).astype(np.uint32)
    ours = rng.random(rows) < 0.5
    claims |= (np.where(ours, NAME, NAME + 1).astype(np.uint32) << SLOT_BITS | SLOT) << ASKED_BITS
    F = rng.normal(size=len(case.nodes)).astype(np.float32)
    before, number = F.copy(), int(case.visits[CHUNK])
    case.nodes[case.nodes < 0] = 2
    scale(F, case.nodes, number, scales, claims, NAME)
    row = case.nodes[:number] >> 1
    asked = np.where(ours[row], claims[row] & MOST_ASKED, 0)
    limit = np.minimum(scales[np.minimum(row, len(scales) - 1)], UNITS / np.maximum(asked, UNITS))
    np.testing.assert_allclose(F[:number], before[:number] * limit.astype(np.float32), rtol=1e-6)
    F = before.copy()
    scale(F, case.nodes, number, scales, claims, 0)
    alone = before[:number] * scales[np.minimum(row, len(scales) - 1)]
    np.testing.assert_array_equal(F[:number], alone, "without a name no claim is looked at")


@pytest.mark.parametrize("asked", [0, UNITS - 1, UNITS, UNITS + 1, 2 * UNITS, 2 * UNITS + 1, MOST_ASKED])
@pytest.mark.parametrize("name", [NAME, NAME - 1])
def test_a_row_is_held_back_where_its_claim_allows_less_than_its_scale(asked, name):
    for place in (0, 17, 31):
        rows, scales = np.arange(32, dtype=np.int32), np.full(33, 0.5, np.float32)
        claims = np.full(40, (NAME << SLOT_BITS | SLOT) << ASKED_BITS, np.uint32)
        claims[place] |= np.uint32(asked)
        assert held(rows, scales, claims, name) == (name == NAME and asked > 2 * UNITS)
