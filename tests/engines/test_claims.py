"""What a round asks of each row is counted as it is, and no row takes more steps than it may."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from calling import callable_part

import kotovec as kv
from kotovec.engines.cpu import claims
from kotovec.engines.cpu import job as jobs
from kotovec.engines.cpu.chunk import CHUNK, UNUSED, first_negative
from kotovec.engines.cpu.claims import ASKED_BITS, MOST_ASKED, MOST_STEPS, SEVERAL, SLOT_BITS, UNITS
from kotovec.engines.cpu.plan import SLICES
from kotovec.engines.cpu.repetition import caution
from kotovec.engines.cpu.schedule import chunk_at, list_chunk, plan_row

claim_by, claim_rows, asked_of = map(callable_part, (claims.claim_by, claims.claim_rows, claims.asked_of))
caution, chunk_at, list_chunk, plan_row = map(callable_part, (caution, chunk_at, list_chunk, plan_row))


@numba.njit
def claim(table, row, by, asked):
    """Claim one row of a table."""
    claims.claim(table, row, by, asked)


def read(claim_of_row):
    """A claim as (name, slot, asked)."""
    whole = int(claim_of_row)
    chunk = whole >> ASKED_BITS
    return chunk >> SLOT_BITS, chunk & ((1 << SLOT_BITS) - 1), whole & MOST_ASKED


def played(*what):
    """The claim on row 2 after so many of (name, slot, asked)."""
    table = claims.new_claims(4)
    for name, slot, asked in what:
        claim(table, 2, claim_by(name, slot), np.uint32(asked))
    assert not table[[0, 1, 3]].any()
    return read(table[2])


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ([(3, 0, 7)], (3, 0, 7)),
        ([(3, 5, 7), (3, 5, 9)], (3, 5, 16)),
        ([(3, 5, 7), (3, 6, 9)], (3, 5 | SEVERAL, 16)),
        ([(3, 5, 7), (3, 6, 9), (3, 5, 1), (3, 6, 2)], (3, 5 | SEVERAL, 19)),
        ([(3, 0, 7), (3, 15, 9), (3, 1, 1)], (3, SEVERAL, 17)),
        ([(3, 5, 7), (4, 6, 9)], (4, 6, 9)),
        ([(3, 5, 7), (3, 6, 9), (4, 5, 2)], (4, 5, 2)),
        ([(511, 15, 7), (1, 15, 7)], (1, 15, 7)),
        ([(3, 5, MOST_ASKED), (3, 5, 1)], (3, 5, MOST_ASKED)),
        ([(3, 5, MOST_ASKED - 1), (3, 6, MOST_ASKED)], (3, 5 | SEVERAL, MOST_ASKED)),
    ],
)
def test_claims_add_up_within_a_round_and_begin_anew_with_the_next(what, left):
    assert played(*what) == left


def test_each_part_of_a_list_asks_as_much_as_it_is_told():
    lists = claims.new_lists(3, CHUNK + 32, CHUNK + 16)
    lists.listed[1, 0, [0, 1, CHUNK, CHUNK + 16]] = [5, 6, 7, 5]
    lists.listed[1, 1, [CHUNK - 1, CHUNK + 15]] = [8, 8]
    lists.listed[1, 2] = 9  # a slot that the round does not have
    lists.asked[1, :, : claims.LIST_PARTS] = [[1, 10, 100], [2, 20, 200], [3, 30, 300]]
    table = claims.new_claims(10)
    claim_rows(table, lists, 1, 2, 4)
    assert [read(table[row]) for row in range(4, 10)] == [
        (0, 0, 0), (4, 0, 101), (4, 0, 1), (4, 0, 10), (4, 1, 22), (0, 0, 0)
    ]  # fmt: skip


def test_what_is_asked_is_counted_in_units():
    asked = [asked_of(steps) for steps in (0, MOST_STEPS, 4 * MOST_STEPS, 1e9)]
    assert asked == [0, UNITS, 4 * UNITS, MOST_ASKED]


@pytest.mark.parametrize(
    ("model", "of_input", "of_output", "of_negative"),
    [
        # Per pair of a centre and a context word: 1 + K of the centre, 1 of the word, K / M of a negative.
        (kv.SkipGram(window=3, negative=4, shared_negatives=8, learning_rate=0.5), 5, 1, 4 / 8),
        (kv.CBOW(window=3, negative=4, shared_negatives=8, learning_rate=0.5), 5, 1, 4 / 8),
        (kv.CBOW(window=3, negative=4, cbow_gradient="word2vec", learning_rate=0.5), 4 * 5, 1, 4 / 16),
    ],
    ids=["skipgram", "cbow", "cbow word2vec"],
)
def test_a_chunk_asks_the_questions_of_its_pairs(model, of_input, of_output, of_negative):
    text = [["a", "b", "c", "d", "a"]] * 400 + [["e", "f"]] * 400
    with kv.Corpus.open(text, min_count=1) as corpus:
        how = {"epochs": 1, "workers": 1, "seed": 1, "reproducible": True, "precision": "auto"}
        job = jobs.prepare(model, corpus, **how)
        _, words, schedule, _, plan, _, shared, *_ = jobs.worker_arguments(job)[0]
        for row in range(SLICES):
            plan_row(words, schedule, plan, 0, row)
        for row in (0, SLICES - 1):
            listed, asked = shared.lists.listed[0, 0], shared.lists.asked[0, 0, : claims.LIST_PARTS]
            chunk = chunk_at(words, schedule, plan, 0, row, 0)
            list_chunk(words, schedule, plan, chunk, listed, asked)
            centres = slice(chunk.first, chunk.first + chunk.size)
            pairs = int(plan.left[row, centres].sum()) + int(plan.right[row, centres].sum())
            asks = caution(plan.kept[chunk.row, centres])  # the text has few words
            asks *= pairs / chunk.size if model.name == "skipgram" else 1
            steps = np.array([of_input, of_output, of_negative * chunk.size]) * asks * chunk.rate
            in_list = steps if model.name == "skipgram" else steps[[1, 0, 2]]
            np.testing.assert_allclose(asked * (MOST_STEPS / UNITS), in_list, atol=0.6 * MOST_STEPS / UNITS)
            assert (listed[:CHUNK] != UNUSED).sum() == chunk.size
            assert shared.lists.negatives == first_negative(model.window)
