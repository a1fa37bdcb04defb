"""A whole training in rounds equals a plain walk through the chunks of each round, one after another."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part

import kotovec as kv
from kotovec.engines.cpu import engine
from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.cbow import cbow_chunk
from kotovec.engines.cpu.chunk import Parameters
from kotovec.engines.cpu.hierarchical_cbow import hierarchical_cbow_chunk
from kotovec.engines.cpu.hierarchical_skipgram import hierarchical_skipgram_chunk
from kotovec.engines.cpu.paths import list_tree_chunk
from kotovec.engines.cpu.plan import SLICES
from kotovec.engines.cpu.schedule import chunk_at, list_chunk, plan_row, put_in_order
from kotovec.engines.cpu.settling import PARTS, ROUND
from kotovec.engines.cpu.skipgram import skipgram_chunk
from kotovec.engines.cpu.visits import settle_visits

chunk_at, list_chunk, list_tree_chunk, plan_row, put_in_order, aim_at_words = map(
    callable_part, (chunk_at, list_chunk, list_tree_chunk, plan_row, put_in_order, aim_at_words)
)
settle_visits = callable_part(settle_visits)
KERNELS = {
    ("skipgram", "negative_sampling"): (list_chunk, skipgram_chunk),
    ("cbow", "negative_sampling"): (list_chunk, cbow_chunk),
    ("skipgram", "hierarchical_softmax"): (list_tree_chunk, hierarchical_skipgram_chunk),
    ("cbow", "hierarchical_softmax"): (list_tree_chunk, hierarchical_cbow_chunk),
}


def walk(model, corpus, epochs, seed):
    """Play the rounds one chunk after another, without tickets, owners or rows set aside."""
    job = engine._prepare(model, corpus, epochs, seed, 1)
    arguments = engine._worker_arguments(job, 1, True)[0]
    _, text, schedule, parameters, plan, order, _, changes, _, work = arguments
    list_them, kernel = KERNELS[model.name, model.loss]
    compute = callable_part(kernel)
    listed = np.zeros(len(changes.rows.at), np.int32)
    for block in range(schedule.blocks * epochs):
        for row in range(SLICES):
            plan_row(text, schedule, plan, block, row)
        chunks = put_in_order(plan, order)
        for first in range(0, chunks, ROUND):
            frozen = Parameters(*(part.copy() for part in parameters))
            for at in range(first, min(first + ROUND, chunks)):
                row, index = int(order.rows[at]), int(order.indices[at])
                list_them(text, schedule, plan, block, row, index, listed)
                chunk = chunk_at(text, schedule, plan, block, row, index)
                aim_at_words(changes, parameters, listed)
                compute(work, frozen, plan, chunk, listed, listed, changes)
                if model.loss == "hierarchical_softmax":
                    for part in range(PARTS):
                        settle_visits(parameters, changes.visits, 1, part)
    return parameters


@pytest.mark.parametrize(
    "options",
    [{}, {"loss": "hierarchical_softmax"}, {"tied": True}],
    ids=["negative sampling", "hierarchical softmax", "tied"],
)
@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW], ids=["skipgram", "cbow"])
def test_training_in_rounds_is_the_plain_walk_bit_for_bit(kind, options):
    model = kind(vector_size=12, **options)
    rng = np.random.default_rng(5)
    text = [[f"w{min(int(i), 300)}" for i in rng.zipf(1.3, int(n))] for n in rng.integers(1, 60, 300)]
    with kv.Corpus.open(text, min_count=1) as corpus:
        truth = walk(model, corpus, 2, 7)
        run = kv.train(model, corpus, epochs=2, seed=7, workers=3)
    sides = 1 if model.tied else 2
    np.testing.assert_array_equal(run.input_vectors.matrix, truth.W[0::sides, :12])
    if model.loss == "negative_sampling":
        np.testing.assert_array_equal(run.output_vectors.matrix, truth.W[sides - 1 :: sides, :12])
