"""A whole training in rounds equals a plain walk through the chunks of each round, one after another."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part

import kotovec as kv
from kotovec.engines.cpu import job as jobs
from kotovec.engines.cpu import losses
from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.bfloat import has_bfloat
from kotovec.engines.cpu.cbow import CBOWScratch, cbow_chunk
from kotovec.engines.cpu.chunk import CHUNK, Parameters
from kotovec.engines.cpu.claims import ASKED_BITS, CENTRES, LIST_PARTS, MOST_ASKED, NAMES, SLOT_BITS, UNITS
from kotovec.engines.cpu.control import follow
from kotovec.engines.cpu.hierarchical_cbow import HierarchicalCBOWScratch, hierarchical_cbow_chunk
from kotovec.engines.cpu.hierarchical_skipgram import HierarchicalSkipGramScratch, hierarchical_skipgram_chunk
from kotovec.engines.cpu.paths import list_tree_chunk
from kotovec.engines.cpu.plan import SLICES
from kotovec.engines.cpu.rounded_cbow import RoundedCBOW, rounded_cbow_chunk
from kotovec.engines.cpu.rounded_skipgram import RoundedSkipGram, rounded_skipgram_chunk
from kotovec.engines.cpu.scales import SHORT_CHUNK, Round, round_of
from kotovec.engines.cpu.schedule import chunk_at, list_chunk, plan_row, put_in_order
from kotovec.engines.cpu.settling import ROUND
from kotovec.engines.cpu.skipgram import skipgram_chunk
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch
from kotovec.engines.cpu.tiled_cbow import TiledCBOW, tiled_cbow_chunk
from kotovec.engines.cpu.tiled_skipgram import TiledSkipGram, tiled_skipgram_chunk
from kotovec.engines.cpu.visits import settle_visits

chunk_at, list_chunk, list_tree_chunk, plan_row, put_in_order, aim_at_words = map(
    callable_part, (chunk_at, list_chunk, list_tree_chunk, plan_row, put_in_order, aim_at_words)
)
settle_visits, follow = callable_part(settle_visits), callable_part(follow)
KERNELS = {
    SkipGramScratch: (list_chunk, skipgram_chunk),
    RoundedSkipGram: (list_chunk, rounded_skipgram_chunk),
    TiledSkipGram: (list_chunk, tiled_skipgram_chunk),
    CBOWScratch: (list_chunk, cbow_chunk),
    RoundedCBOW: (list_chunk, rounded_cbow_chunk),
    TiledCBOW: (list_chunk, tiled_cbow_chunk),
    HierarchicalSkipGramScratch: (list_tree_chunk, hierarchical_skipgram_chunk),
    HierarchicalCBOWScratch: (list_tree_chunk, hierarchical_cbow_chunk),
}


def visited_nodes(text, plan, chunk):
    """The rows of the nodes on the paths of all centres that have a context; none where there is no tree."""
    rows = np.zeros(0, np.int64)
    for at in range(chunk.first, chunk.first + chunk.size):
        if hasattr(text, "paths") and plan.left[chunk.row, at] + plan.right[chunk.row, at]:
            start, depth = text.paths.words[plan.kept[chunk.row, at]]
            rows = np.append(rows, text.paths.steps[start : start + depth] >> 1)
    return rows


def set_rounds(monkeypatch, chunks):
    """Let all rounds have so many chunks, long ones if there are as many as there may be."""
    rounds = Round(chunks, SHORT_CHUNK if chunks < ROUND else CHUNK)
    monkeypatch.setattr(jobs, "round_of", lambda model, tokens: rounds)


def walk(model, corpus, epochs, seed, precision):
    """Play the rounds one chunk after another, without tickets, shared claims or rows set aside.

    Return the parameters, the largest multiple of the limit that a round asked of a row, and how many rounds
    there were.
    """
    how = {"reproducible": True, "precision": precision}
    job = jobs.prepare(model, corpus, epochs=epochs, workers=1, seed=seed, **how)
    arguments = jobs.worker_arguments(job)[0]
    _, text, schedule, parameters, plan, order, shared, changes, _, work = arguments
    list_them, kernel = KERNELS[type(work)]
    compute, most, number = callable_part(kernel), 0, 0
    listed, asked = np.zeros(len(changes.rows.at), np.int32), np.zeros(LIST_PARTS, np.uint32)
    part_of = np.searchsorted([CHUNK, shared.lists.negatives], np.arange(len(listed)), side="right")
    nothing_more = np.zeros((1, LIST_PARTS), np.uint32)
    for block in range(schedule.blocks * epochs):
        for row in range(SLICES):
            plan_row(text, schedule, plan, block, row)
        chunks = put_in_order(schedule, plan, order)
        for first in range(0, chunks, schedule.round_chunks):
            last = min(first + schedule.round_chunks, chunks)
            frozen = Parameters(*(part.copy() for part in parameters))
            places = [(int(order.rows[at]), int(order.indices[at])) for at in range(first, last)]
            sums = np.zeros(len(parameters.claims), np.int64)
            for row, index in places:
                chunk = chunk_at(text, schedule, plan, block, row, index)
                list_them(text, schedule, plan, chunk, listed, asked)
                used = listed >= 0
                np.add.at(sums, listed[used], asked[part_of[used]])
                np.add.at(sums, visited_nodes(text, plan, chunk), asked[CENTRES])
            most, number = max(most, sums.max() / UNITS), number + 1
            # As if one chunk of a round called 1 had claimed everything.
            parameters.claims[:] = np.minimum(sums, MOST_ASKED) | (1 << (SLOT_BITS + ASKED_BITS))
            for row, index in places:
                chunk = chunk_at(text, schedule, plan, block, row, index)
                list_them(text, schedule, plan, chunk, listed, asked)
                aim_at_words(changes, parameters, listed)
                compute(work, frozen, plan, chunk, listed, listed, changes)
                follow(parameters, changes.drawn, 0, schedule.negatives)
                if model.loss == "hierarchical_softmax":
                    for share in range(2):
                        settle_visits(parameters, changes.visits, 1, share, 2, 1, nothing_more, work.room)
    return parameters, most, number


@pytest.mark.parametrize(
    ("options", "precision"),
    [
        ({}, "auto"),
        ({}, "float32"),
        ({"loss": "hierarchical_softmax"}, "auto"),
        ({"loss": "hierarchical_softmax"}, "float32"),
        ({"tied": True}, "auto"),
        ({"tied": True}, "float32"),
    ],
    ids=["negative sampling", "in float32", "a tree", "a tree, in float32", "tied", "tied, in float32"],
)
@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW], ids=["skipgram", "cbow"])
@pytest.mark.parametrize(("chunks", "epochs"), [(1, 20), (2, 22), (3, 2), (ROUND, 2)])
@pytest.mark.parametrize("size", [12, 36], ids=["one vector of columns", "two halves"])
@pytest.mark.usefixtures("mean_known_soon")
def test_training_in_rounds_is_the_plain_walk_bit_for_bit(
    kind, options, precision, chunks, epochs, size, monkeypatch
):
    set_rounds(monkeypatch, chunks)
    if precision == "float32":
        monkeypatch.setattr(losses, "has_one_cache", lambda: False)  # skip-gram in halves on every CPU
    model = kind(vector_size=size, **options)
    rng = np.random.default_rng(5)
    text = [[f"w{min(int(i), 300)}" for i in rng.zipf(1.3, int(n))] for n in rng.integers(1, 60, 300)]
    with kv.Corpus.open(text, min_count=1) as corpus:
        truth, most, number = walk(model, corpus, epochs, 7, precision)
        assert most > 2 or chunks < ROUND, "rows must be limited, or this shows less"
        assert number > NAMES or epochs == 2, "all names for claims must be used, or this shows less"
        how = {"epochs": epochs, "seed": 7, "precision": precision}
        runs = [kv.train(model, corpus, workers=workers, **how) for workers in (2, 3)]
    sides, tree = 1 if model.tied else 2, model.loss == "hierarchical_softmax"
    W = truth.W
    for run in runs:
        w_in = W[: len(W) // 2] if tree else W[0::sides]
        np.testing.assert_array_equal(run.input_vectors.matrix, w_in[:, :size])
        if not tree:
            np.testing.assert_array_equal(run.output_vectors.matrix, W[sides - 1 :: sides, :size])
    assert runs[0].loss == runs[1].loss


@pytest.mark.parametrize("precision", ["auto", "float32"])
@pytest.mark.parametrize("loss", ["negative_sampling", "hierarchical_softmax"])
@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW], ids=["skipgram", "cbow"])
@pytest.mark.parametrize("size", [100, 150], ids=["four vectors and three", "five vectors each"])
@pytest.mark.usefixtures("mean_known_soon")
def test_longer_halves_give_the_same_bits(size, kind, loss, precision, monkeypatch):
    """As many vectors as are summed at a time, and more; and windows that reach beyond most sentences."""
    if precision == "float32":
        monkeypatch.setattr(losses, "has_one_cache", lambda: False)  # skip-gram in halves on every CPU
    model, rng = kind(vector_size=size, window=20, loss=loss), np.random.default_rng(6)
    text = [[f"w{min(int(i), 300)}" for i in rng.zipf(1.3, int(n))] for n in rng.integers(1, 60, 300)]
    how = {"epochs": 2, "seed": 7, "precision": precision, "min_count": 1}
    one, two, three = (kv.train(model, text, workers=workers, **how) for workers in (1, 2, 3))
    for run in (two, three):
        np.testing.assert_array_equal(run.input_vectors.matrix, one.input_vectors.matrix)
        assert run.loss == one.loss


@pytest.mark.skipif(not has_bfloat(), reason="the CPU does not multiply bfloat16")
@pytest.mark.parametrize("options", [{}, {"tied": True}, {"window": 20, "shared_negatives": 45}])
@pytest.mark.parametrize("chunks", [2, ROUND])
@pytest.mark.usefixtures("mean_known_soon")
def test_halves_of_bfloat16_give_the_same_bits_as_whole_rows(options, chunks, monkeypatch):
    """As CPUs do that multiply vectors of bfloat16 quickly, on any that multiplies them at all."""
    set_rounds(monkeypatch, chunks)
    for name, answer in (("has_one_cache", False), ("has_tiles", False), ("has_quick_bfloat", True)):
        monkeypatch.setattr(losses, name, lambda answer=answer: answer)
    assert losses.can_be_halved(kv.SkipGram(vector_size=100))
    model, rng = kv.SkipGram(vector_size=100, **options), np.random.default_rng(6)
    text = [[f"w{min(int(i), 300)}" for i in rng.zipf(1.3, int(n))] for n in rng.integers(1, 60, 300)]
    one, two, three = (
        kv.train(model, text, workers=workers, epochs=2, seed=7, min_count=1) for workers in (1, 2, 3)
    )
    assert one.precision == "mixed"
    for run in (two, three):
        np.testing.assert_array_equal(run.input_vectors.matrix, one.input_vectors.matrix)
        assert run.loss == one.loss


@pytest.mark.parametrize(
    ("model", "longest"),
    [
        (kv.SkipGram(), 16),
        (kv.CBOW(), 12),
        (kv.SkipGram(loss="hierarchical_softmax"), 10),
        (kv.CBOW(loss="hierarchical_softmax"), 6),
        (kv.SkipGram(loss="softmax"), 10),
    ],
)
def test_a_long_text_has_long_rounds_and_a_short_one_short_ones(model, longest):
    sizes = (0, 7, 359_999, 360_000, 1_000_000, 10**12)
    wanted = [Round(n, SHORT_CHUNK) for n in (2, 2, 2, 3, 8)]
    assert [round_of(model, tokens) for tokens in sizes] == [*wanted, Round(longest, CHUNK)]


def test_from_some_length_on_chunks_are_longer():
    rounds = [round_of(kv.SkipGram(), tokens) for tokens in (1_535_999, 1_536_000, 2_303_999, 3_072_000)]
    assert rounds == [Round(12, SHORT_CHUNK), Round(8, CHUNK), Round(10, CHUNK), Round(16, CHUNK)]
    assert [size.tokens for size in rounds] == [720, 768, 960, 1536]


def test_cbow_has_longer_chunks_only_in_a_long_text():
    for model in (kv.CBOW(), kv.CBOW(learning_rate=2.0)):
        assert round_of(model, 4_999_999) == (ROUND, SHORT_CHUNK)
        assert round_of(model, 5_000_000) == (12, CHUNK)


@pytest.mark.parametrize(
    ("model", "size"),
    [
        (kv.SkipGram(window=2), (2, SHORT_CHUNK)),
        (kv.SkipGram(negative=15), (2, SHORT_CHUNK)),
        (kv.SkipGram(window=10), (6, SHORT_CHUNK)),
        (kv.SkipGram(learning_rate=0.1), (8, SHORT_CHUNK)),
        (kv.SkipGram(learning_rate=0.1, window=2, loss="hierarchical_softmax"), (2, SHORT_CHUNK)),
        (kv.SkipGram(learning_rate=0.06, negative=15), (16, CHUNK)),
        (kv.SkipGram(window=20), (8, CHUNK)),
        (kv.SkipGram(window=500), (10, CHUNK)),
        (kv.CBOW(window=20), (2, SHORT_CHUNK)),
        (kv.CBOW(learning_rate=0.5), (8, SHORT_CHUNK)),
        (kv.CBOW(learning_rate=0.25, loss="hierarchical_softmax"), (2, SHORT_CHUNK)),
    ],
)
def test_what_asks_more_of_a_word_has_longer_rounds(model, size):
    assert round_of(model, 1000) == size
