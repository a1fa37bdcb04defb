"""Two workers with half of the columns each learn from one chunk what the layers do, to 1e-10."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from calling import callable_part
from test_hierarchical_oracle import CORPUS, nodes_of
from test_hierarchical_oracle import reference_update as tree_reference
from test_oracle import CASES, NO_KEY, RATE, WORDS
from updates import assert_updates_equal

import kotovec as kv
from kotovec.engines.cpu import losses
from kotovec.engines.cpu.aiming import aim_scaled
from kotovec.engines.cpu.cbow import cbow_halves, change_cbow, learn_cbow, score_cbow
from kotovec.engines.cpu.cbow_gradients import join_cbow
from kotovec.engines.cpu.chunk import (
    CHUNK,
    Chunk,
    Parameters,
    first_half,
    first_negative,
    list_rows,
    listed_rows,
    new_changes_of,
    no_visits,
)
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.losses import can_be_halved
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.path_lists import claim_deep_nodes, claim_nodes, length_of_list, list_paths
from kotovec.engines.cpu.paths import list_contexts, new_paths, tree_rows
from kotovec.engines.cpu.skipgram import change_skipgram, follow_half, score_skipgram
from kotovec.engines.cpu.skipgram_buffers import skipgram_halves
from kotovec.engines.cpu.skipgram_gradients import learn_skipgram
from kotovec.engines.cpu.skipgram_tree_halves import (
    change_skipgram_nodes,
    change_skipgram_tree,
    learn_skipgram_tree,
    score_skipgram_tree,
    skipgram_tree_halves,
)
from kotovec.engines.cpu.tree_halves import (
    change_tree,
    change_visited,
    learn_tree,
    score_tree,
    tree_halves,
)
from kotovec.engines.reference import Update
from kotovec.layers import HuffmanTree

SIZE, WIDTH, SLOTS = 36, 48, 3
FIRST = first_half(SIZE)
SPANS = (slice(0, FIRST), slice(FIRST, WIDTH))
parts = (
    aim_scaled, learn_cbow, change_cbow, change_skipgram, change_skipgram_nodes,
    change_skipgram_tree, change_tree, change_visited, claim_deep_nodes, claim_nodes, follow_half,
    join_cbow, learn_skipgram, learn_skipgram_tree, learn_tree, list_contexts, list_paths, list_rows,
    score_cbow, score_skipgram, score_skipgram_tree, score_tree,
)  # fmt: skip
(
    aim_scaled, learn_cbow, change_cbow, change_skipgram, change_skipgram_nodes,
    change_skipgram_tree, change_tree, change_visited, claim_deep_nodes, claim_nodes, follow_half,
    join_cbow, learn_skipgram, learn_skipgram_tree, learn_tree, list_contexts, list_paths, list_rows,
    score_cbow, score_skipgram, score_skipgram_tree, score_tree,
) = map(callable_part, parts)  # fmt: skip


def wide(case):
    """The same chunk with vectors that have two halves."""
    case, rng = copy.copy(case), np.random.default_rng(8)
    case.vector_size = SIZE
    case.w_in, case.w_out = new_matrix(WORDS, WIDTH, np.float64), new_matrix(WORDS, WIDTH, np.float64)
    case.w_in[:, :SIZE], case.w_out[:, :SIZE] = rng.normal(scale=0.5, size=(2, WORDS, SIZE))
    case.mean_negative = new_matrix(len(case.mean_negative), WIDTH, np.float64)
    case.mean_negative[:, :SIZE] = rng.normal(scale=0.5, size=(len(case.mean_negative), SIZE))
    return case


def of_slot(work, slot):
    """One slot of a worker's buffers, as slot_of gives it in a kernel."""
    taken = {}
    for name, part in work._asdict().items():
        if isinstance(part, np.ndarray):
            part = np.ascontiguousarray(part[slot]) if part.strides[0] == 0 else part[slot]
        elif isinstance(part, tuple):
            part = of_slot(part, slot)
        taken[name] = part
    return type(work)(**taken)


def half_of(matrix, span, dtype):
    half = new_matrix(len(matrix), span.stop - span.start, dtype)
    half[:] = matrix[:, span]
    return half


def halves_of(W, mean, dtype=np.float64):
    """Both halves of W, and of the mean of all negatives, as parameters that nothing limits."""
    claims, ones = new_claims(len(W)), np.ones(1, dtype)
    return [Parameters(half_of(W, span, dtype), ones, claims, half_of(mean, span, dtype)) for span in SPANS]


def update_of(changed, changes):
    W = np.hstack(changed)
    assert not W[:, SIZE:].any(), "the padding must stay zero"
    return W, float(changes.loss[0]), int(changes.loss[1])


def play(case, works, rows, list_chunk, learn, tree=False):
    """Let both workers learn a full chunk and then the case's own, in dirty buffers."""
    W = np.zeros((2 * WORDS, WIDTH))
    if tree:
        W[:WORDS], W[WORDS:-1] = case.w_in, nodes_of(case)[::-1]
    else:
        W[0::2], W[1::2] = case.w_in, case.w_out
    plan, listed, slot = case.plan(), np.zeros(rows, np.int32), SLOTS - 1
    works = [of_slot(work, slot) for work in works]
    for first, size in ((0, min(CHUNK, len(case.kept))), (case.centres.start, len(case.centres))):
        M = len(case.negatives)
        chunk = Chunk(1, case.window + first, size, RATE, 5 / M, True, True, NO_KEY)
        list_chunk(plan, chunk, listed)
        halves = halves_of(W, case.mean_negative)
        nowhere = no_visits(0, np.float64)
        changes = [new_changes_of(rows, half.W.shape[1], nowhere, np.float64) for half in halves]
        learn(works, halves, plan, chunk, listed, changes)
    changed, loss, pairs = update_of([half.W for half in halves], changes[0])
    return changed - W, loss, pairs


def listed_visits(paths, plan, chunk):
    visits = np.full(length_of_list(paths), 77, np.int32)
    list_paths(paths, plan, chunk, visits)
    return visits


def claim_all(work, paths, plan, chunk):
    """Claim what a chunk visits; nothing is asked of it."""
    claim_nodes(work, listed_visits(paths, plan, chunk), 0, 0, 1)
    claim_deep_nodes(work, 0, 0, 1)


def listing(case, *, contexts_are_inputs):
    """What lists the rows of a chunk of a case, with its negatives."""

    def list_chunk(plan, chunk, listed):
        list_rows(plan, chunk, case.window, 2, contexts_are_inputs, listed)
        behind = first_negative(case.window)
        listed[behind : behind + len(case.negatives)] = 2 * np.array(case.negatives) + 1

    return list_chunk


@pytest.mark.parametrize("divide", [True, False], ids=["exact", "word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_cbow_in_halves_equals_the_layers_to_1e_10(case, divide):
    case = wide(case)
    w, M = case.window, len(case.negatives)
    rows, no_lines = listed_rows(w, M), np.zeros(0, np.int64)

    def learn(works, halves, plan, chunk, listed, changes):
        # Both workers have rows of dH of their own, whose addresses are told.
        for work, half in zip(works, halves, strict=True):
            score_cbow(work, half, plan, chunk, listed, no_lines)
        join_cbow(works[0], works[1], chunk)
        learn_cbow(works[0], plan, chunk, listed, changes[0])
        for work, half, change in zip(works, halves, changes, strict=True):
            to = aim_scaled(change, half.W, listed, np.ones(rows))
            change_cbow(work, plan, chunk, to, no_lines, 0)

    works = cbow_halves(w, divide, M, SIZE, SLOTS, np.float64)
    changed, loss, pairs = play(case, works, rows, listing(case, contexts_are_inputs=True), learn)
    ours = Update(w_in=changed[0::2], w_out=changed[1::2], loss=loss, pairs=pairs)
    assert_updates_equal(ours, case.reference_update("cbow", divide=divide))


@pytest.mark.parametrize("controlled", [True, False])
@pytest.mark.parametrize("learner", [0, 1])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_skipgram_in_halves_equals_the_layers_to_1e_10(case, learner, controlled):
    """Whichever of both workers finds the gradients, and where it keeps them."""
    case = wide(case)
    if not controlled:
        case.mean_negative = new_matrix(0, WIDTH, np.float64)
    w, M = case.window, len(case.negatives)
    rows, no_lines = listed_rows(w, M), np.zeros(0, np.int64)

    def learn(works, halves, plan, chunk, listed, changes):
        for work, half in zip(works, halves, strict=True):
            score_skipgram(work, half, chunk, listed, no_lines)
        mine, others = works[learner], works[1 - learner]
        learn_skipgram(mine, others, plan, chunk, listed, changes[0])
        for work, half, change in zip(works, halves, changes, strict=True):
            to = aim_scaled(change, half.W, listed, np.ones(rows))
            change_skipgram(work, mine.S, chunk, to, no_lines, 0)
            before = half.mean_negative.copy()
            follow_half(work, half)
            assert (half.mean_negative != before).any() == (controlled and M > 1)

    works = skipgram_halves(w, M, SIZE, SLOTS, np.float64)
    changed, loss, pairs = play(case, works, rows, listing(case, contexts_are_inputs=False), learn)
    ours = Update(w_in=changed[0::2], w_out=changed[1::2], loss=loss, pairs=pairs)
    assert_updates_equal(ours, case.reference_update("skipgram"))


@pytest.mark.parametrize("divide", [True, False], ids=["exact", "word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_tree_in_halves_equals_the_layers_to_1e_10(case, divide):
    case = wide(case)
    w, paths = case.window, new_paths(HuffmanTree(np.bincount(CORPUS)))
    rows, no_lines = tree_rows(w), np.zeros(0, np.int64)

    def list_chunk(plan, chunk, listed):
        list_contexts(plan, chunk, w, listed)

    def learn(works, halves, plan, chunk, listed, changes):
        for work, half in zip(works, halves, strict=True):
            score_tree(work, half, plan, chunk, listed, listed_visits(paths, plan, chunk))
        claim_all(works[1], paths, plan, chunk)
        learn_tree(works[0], works[1], halves[0], plan, chunk, 1, changes[0])
        for work, half, change in zip(works, halves, changes, strict=True):
            to = aim_scaled(change, half.W, listed, np.ones(rows))
            change_tree(work, half, plan, chunk, to, no_lines)
            change_visited(work, half)

    works = tree_halves(w, divide, paths, (FIRST, SIZE - FIRST), SLOTS, np.float64)
    changed, loss, pairs = play(case, works, rows, list_chunk, learn, tree=True)
    assert not changed[-1].any(), "there is one node less than words"
    ours = Update(w_in=changed[:WORDS], w_out=changed[WORDS:-1][::-1], loss=loss, pairs=pairs)
    assert_updates_equal(ours, tree_reference(case, "cbow", divide=divide))


@pytest.mark.parametrize("learner", [0, 1])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_skipgram_with_a_tree_in_halves_equals_the_layers_to_1e_10(case, learner):
    case = wide(case)
    w, paths = case.window, new_paths(HuffmanTree(np.bincount(CORPUS)))
    rows = tree_rows(w)

    def list_chunk(plan, chunk, listed):
        list_contexts(plan, chunk, w, listed)

    def learn(works, halves, plan, chunk, listed, changes):
        for work, half in zip(works, halves, strict=True):
            score_skipgram_tree(work, half, plan, chunk, listed, listed_visits(paths, plan, chunk))
        claim_all(works[1], paths, plan, chunk)
        mine, others = works[learner], works[1 - learner]
        learn_skipgram_tree(mine, others, halves[0], chunk, 1, changes[0])
        for work, half, change in zip(works, halves, changes, strict=True):
            to = aim_scaled(change, half.W, listed, np.ones(rows))
            change_skipgram_tree(work, mine.G, half, chunk, to)
            change_skipgram_nodes(work, mine.G, mine.S, half)

    works = skipgram_tree_halves(w, paths, (FIRST, SIZE - FIRST), SLOTS, np.float64, rounded=False)
    changed, loss, pairs = play(case, works, rows, list_chunk, learn, tree=True)
    assert not changed[-1].any(), "there is one node less than words"
    ours = Update(w_in=changed[:WORDS], w_out=changed[WORDS:-1][::-1], loss=loss, pairs=pairs)
    assert_updates_equal(ours, tree_reference(case, "skipgram"))


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        (kv.CBOW(), True),
        (kv.CBOW(loss="hierarchical_softmax", vector_size=17), True),
        (kv.CBOW(vector_size=16), False),
        (kv.CBOW(vector_size=12), False),
        (kv.CBOW(loss="softmax"), False),
        (kv.SkipGram(), True),
        (kv.SkipGram(vector_size=16), False),
        (kv.SkipGram(loss="softmax"), False),
        (kv.SkipGram(loss="hierarchical_softmax"), True),
    ],
)
def test_which_models_have_halves(model, answer, monkeypatch):
    monkeypatch.setattr(losses, "has_one_cache", lambda: False)
    monkeypatch.setattr(losses, "has_tiles", lambda: False)
    assert can_be_halved(model) is answer


@pytest.mark.parametrize(("one_cache", "tiles"), [(True, True), (True, False), (False, True), (False, False)])
def test_skipgram_has_halves_where_cores_may_be_far_apart(one_cache, tiles, monkeypatch):
    monkeypatch.setattr(losses, "has_one_cache", lambda: one_cache)
    monkeypatch.setattr(losses, "has_tiles", lambda: tiles)
    assert can_be_halved(kv.SkipGram()) is not (one_cache or tiles), "there are no halves of tiles"
    assert can_be_halved(kv.SkipGram(loss="hierarchical_softmax"))
    assert can_be_halved(kv.CBOW())


def test_halves_are_whole_vectors_of_columns():
    assert [first_half(size) for size in (1, 16, 17, 32, 33, 100, 300)] == [16, 16, 16, 16, 32, 64, 160]
