"""Hierarchical softmax: the kernels, compiled for float64, equal the layers on one chunk to 1e-10."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part
from test_oracle import CASES, NO_KEY, RATE, WORDS
from updates import assert_true_gradient, assert_updates_equal

from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.bfloat import has_bfloat
from kotovec.engines.cpu.chunk import CHUNK, Chunk, Parameters, new_changes_of
from kotovec.engines.cpu.claims import LIST_PARTS, new_claims
from kotovec.engines.cpu.hierarchical_cbow import (
    hierarchical_cbow_chunk,
    hierarchical_cbow_visits,
    new_hierarchical_cbow_scratch,
)
from kotovec.engines.cpu.hierarchical_skipgram import (
    hierarchical_skipgram_chunk,
    hierarchical_skipgram_visits,
    new_hierarchical_skipgram_scratch,
)
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.paths import list_contexts, new_paths, tree_rows
from kotovec.engines.cpu.visits import settle_visits
from kotovec.engines.reference import Update, hierarchical_cbow_deltas, hierarchical_skipgram_deltas
from kotovec.layers import HuffmanTree

KERNELS = {
    "skipgram": callable_part(hierarchical_skipgram_chunk),
    "cbow": callable_part(hierarchical_cbow_chunk),
}
list_contexts, aim_at_words, settle_visits = map(callable_part, (list_contexts, aim_at_words, settle_visits))
MODELS = [("skipgram", {}), ("cbow", {"divide": True}), ("cbow", {"divide": False})]
CORPUS = np.concatenate([np.arange(WORDS), np.random.default_rng(4).zipf(1.4, 3000).clip(max=WORDS) - 1])
"""A text in which word ids are not ranks of frequency, so that no path could be another word's by luck."""


def nodes_of(case):
    """The vectors of the nodes as the layers number them, the root last: one less than there are words."""
    return case.w_out[: WORDS - 1]


def kernel_update(case, model, dtype=np.float64, divide=True, rounded=False):
    """Run the kernel in dirty buffers and return the same thing as the reference."""
    paths, w, size = new_paths(HuffmanTree(np.bincount(CORPUS))), case.window, case.vector_size
    width = case.w_in.shape[1]
    if model == "skipgram":
        work = new_hierarchical_skipgram_scratch(w, paths, size, dtype, rounded=rounded)
        visits = hierarchical_skipgram_visits(2, w, paths, width, dtype, rounded=rounded)
    else:
        work = new_hierarchical_cbow_scratch(w, divide, paths, size, dtype)
        visits = hierarchical_cbow_visits(2, paths, width, dtype)
    W = new_matrix(2 * WORDS, width, dtype)
    W[:WORDS], W[WORDS:-1] = case.w_in, nodes_of(case)[::-1]
    plan, listed = case.plan(), np.zeros(tree_rows(w), np.int32)
    changes, asked = new_changes_of(len(listed), width, visits, dtype), np.zeros((1, LIST_PARTS), np.uint32)
    # A full chunk first, so that a shorter one must not see what it left behind.
    for first, size in ((0, min(CHUNK, len(case.kept))), (case.centres.start, len(case.centres))):
        chunk = Chunk(1, w + first, size, RATE, 0.0, True, True, NO_KEY)
        list_contexts(plan, chunk, w, listed)
        after = Parameters(W.copy(), np.ones(1, dtype), new_claims(len(W)), new_matrix(1, width, dtype))
        aim_at_words(changes, after, listed)
        KERNELS[model](work, after._replace(W=W), plan, chunk, listed, listed, changes)
        settle_visits(after, visits, 1, 0, 1, 1, asked, work.room)
    assert not after.W[:, case.vector_size :].any(), "the padding must stay zero"
    changed = after.W - W
    assert not changed[-1].any(), "there is one node less than words"
    return Update(
        w_in=changed[:WORDS],
        w_out=changed[WORDS:-1][::-1],
        loss=float(changes.loss[0]),
        pairs=int(changes.loss[1]),
    )


def reference_update(case, model, **options):
    play = hierarchical_skipgram_deltas if model == "skipgram" else hierarchical_cbow_deltas
    return play(
        case.w_in, nodes_of(case), CORPUS, case.kept, case.windows, case.centres,
        learning_rate=RATE, **options,
    )  # fmt: skip


@pytest.mark.parametrize(("model", "options"), MODELS, ids=["skipgram", "cbow exact", "cbow word2vec"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_update_equals_the_layers_to_1e_10(case, model, options):
    assert_updates_equal(kernel_update(case, model, **options), reference_update(case, model, **options))


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_float32_build_differs_only_by_its_rounding(model):
    case = CASES["vector_size 16"]
    ours, truth = kernel_update(case, model, np.float32), reference_update(case, model)
    # 5e-5 is the error of the float32 sigmoid; the root's sum has some 400 terms of size about 1.
    scale = np.abs(truth.w_out).max()
    assert np.abs(ours.w_in - truth.w_in).max() < 1e-3 * scale
    assert np.abs(ours.w_out - truth.w_out).max() < 1e-3 * scale


@pytest.mark.skipif(not has_bfloat(), reason="the CPU does not multiply bfloat16")
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_one_rounded_update_of_skipgram_is_near_the_layers(case):
    """8 bits of what is multiplied: what all terms of a sum leave is about a part in 256 of them."""
    truth = reference_update(case, "skipgram")
    ours = kernel_update(case, "skipgram", np.float32, rounded=True)
    scale = max(np.abs(truth.w_in).max(), np.abs(truth.w_out).max(), 1e-3)
    assert np.abs(ours.w_in - truth.w_in).max() < 1e-2 * scale
    assert np.abs(ours.w_out - truth.w_out).max() < 1e-2 * scale
    assert ours.pairs == truth.pairs
    assert ours.loss == pytest.approx(truth.loss, rel=2**-8, abs=1e-6)


@pytest.mark.parametrize("model", ["skipgram", "cbow"])
def test_the_reference_is_a_true_gradient(model):
    """Central differences of the reference's loss, so that the oracle itself is checked."""
    case = CASES["duplicates inside one window"]
    update = reference_update(case, model)
    root = WORDS - 2
    checked = ((case.w_in, update.w_in, (20, 21)), (case.w_out, update.w_out, (root, root - 1)))
    assert_true_gradient(lambda: reference_update(case, model), RATE, *checked)
