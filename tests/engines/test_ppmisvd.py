"""PPMISVD from a text to vectors."""

from __future__ import annotations

import json

import numpy as np
import pytest
from calling import callable_part
from counted_texts import dense, opened, zipf_sentences

import kotovec as kv
from kotovec.engines.counting import thinning
from kotovec.engines.counting.cooccurrence import count
from kotovec.engines.counting.thinning import thinned
from kotovec.engines.cpu.random_bits import bits_at, high_half, stream_key
from kotovec.engines.cpu.sampling import keep_thresholds
from kotovec.errors import OptionError, TrainingError


def trained(corpus, workers=2, seed=1, **options):
    options = {"vector_size": 8, "window": 3, "sample": 0} | options
    return kv.train(kv.PPMISVD(**options), corpus, workers=workers, seed=seed)


@pytest.fixture(scope="module")
def corpus():
    with opened(zipf_sentences(sentences=2000, words=400)) as corpus:
        yield corpus


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_both_sides_are_singular_vectors_weighted_by_a_power_of_the_values(corpus, power):
    run = trained(corpus, eigenvalue_weight=power)
    C = dense(count(corpus, window=3, distance_weighting="dynamic", workers=1))
    words = C.sum(axis=1)
    contexts = words**0.75
    expected = np.outer(words, contexts / contexts.sum())
    M = np.log(np.divide(C, expected, out=np.ones_like(C), where=C > 0)).clip(min=0)
    U, S, V = np.linalg.svd(M)
    W, W_out = run.input_vectors.matrix, run.output_vectors.matrix
    np.testing.assert_allclose(np.abs(W), np.abs(U[:, :8] * S[:8] ** power), atol=1e-4)
    np.testing.assert_allclose(W @ W_out.T, (U[:, :8] * S[:8] ** (2 * power)) @ V[:8], atol=1e-3)


def test_the_representation_is_the_side_that_was_asked_for(corpus):
    W = trained(corpus).input_vectors.matrix
    both = trained(corpus, representation="sum")
    np.testing.assert_array_equal(trained(corpus).vectors.matrix, W)
    np.testing.assert_array_equal(both.vectors.matrix, W + both.output_vectors.matrix)


@pytest.mark.parametrize("sample", [0, 1e-2])
def test_vectors_are_identical_at_every_worker_count(sample):
    with opened(zipf_sentences(sentences=4000, words=3000)) as corpus:
        one, two, eight = (trained(corpus, workers, sample=sample).vectors.matrix for workers in (1, 2, 8))
        assert len(one) > 700  # so many that the decomposition is not the exact one
        other = trained(corpus, seed=2, sample=sample).vectors.matrix
    assert one.tobytes() == two.tobytes() == eight.tobytes()
    assert one.tobytes() != other.tobytes()


def test_a_run_says_what_happened(corpus):
    looks = []
    run = kv.train(kv.PPMISVD(vector_size=8), corpus, progress=looks.append)
    assert run.loss == run.loss_history == ()
    assert run.count_seconds > 0
    assert run.seconds > 0
    report = json.loads(json.dumps(run.report()))
    assert report["model"]["name"] == "ppmi-svd"
    assert report["loss"] == []
    stages = [look.stage for look in looks if look.stage != "compile"]
    assert list(dict.fromkeys(stages)) == ["count", "train"]
    assert looks[-1].done == looks[-1].total == len(corpus)


def test_words_that_stand_in_the_same_places_are_neighbours():
    generator = np.random.default_rng(0)
    sentences = [[generator.choice([f"{kind}{n}" for n in range(4)]) for kind in "abcd"] for _ in range(2000)]
    vectors = kv.train(kv.PPMISVD(vector_size=4, sample=0), sentences).vectors
    for kind in "abcd":
        assert {near.word[0] for near in vectors.most_similar(f"{kind}0", top=3)} == {kind}


@pytest.mark.parametrize("at_once", [7, 1 << 22])
def test_subsampling_keeps_the_tokens_whose_draw_is_within_the_threshold(corpus, monkeypatch, at_once):
    monkeypatch.setattr(thinning, "_TOKENS_AT_ONCE", at_once)
    draw, half = callable_part(bits_at), callable_part(high_half)
    thresholds = keep_thresholds(corpus.vocabulary.counts, 1e-2)
    key = stream_key(5, 0, 0)
    ids, offsets = corpus.token_ids, corpus.sentence_offsets
    keep = [int(half(np.uint64(draw(key, at)))) <= int(thresholds[word]) for at, word in enumerate(ids)]
    left = thinned(corpus, 1e-2, 5)
    assert left.token_ids.tolist() == ids[keep].tolist()
    assert left.sentence_offsets.tolist() == (np.concatenate([[0], np.cumsum(keep)])[offsets].tolist())
    assert 0.2 < len(left.token_ids) / len(ids) < 0.8


@pytest.mark.parametrize(
    ("options", "how", "message"),
    [
        (
            {"vector_size": 500},
            {},
            r"vector_size=500 is more than the \d+ words .* use vector_size=\d+ or less",
        ),
        ({}, {"epochs": 2}, "goes through the text once. Got epochs=2"),
        ({}, {"reproducible": False}, "reproducible=False is for SkipGram and CBOW"),
    ],
)
def test_options_that_cannot_work_are_refused(corpus, options, how, message):
    with pytest.raises(OptionError, match=message):
        kv.train(kv.PPMISVD(**{"vector_size": 8, **options}), corpus, **how)


def test_a_shift_beyond_what_a_logarithm_can_weigh_is_refused():
    assert kv.PPMISVD(shift=1e-6).shift == 1e-6
    with pytest.raises(kv.OptionError, match=r"'shift' parameter of PPMISVD .* Got 1e-310 instead"):
        kv.PPMISVD(shift=1e-310)


def test_a_shift_that_no_pair_reaches_is_named():
    with (
        opened([["a", "b"]] * 9) as corpus,
        pytest.raises(TrainingError, match=r"more than 10 times as often .* Use a smaller shift"),
    ):
        trained(corpus, vector_size=1, shift=10)


def test_a_text_of_which_subsampling_leaves_nothing_is_named():
    with opened([["a", "b"]]) as corpus, pytest.raises(TrainingError, match="sample=0 instead of 1e-12"):
        trained(corpus, vector_size=1, sample=1e-12)


def test_as_many_elements_as_words_are_the_whole_matrix():
    with opened([["you", "say", "goodbye", "and", "i", "say", "hello", "."]]) as corpus:
        run = trained(corpus, vector_size=7, window=1, context_smoothing=1.0, eigenvalue_weight=1.0)
    lengths = np.linalg.norm(run.vectors.matrix, axis=0) / np.log(2)  # the book has the logarithm to base 2
    np.testing.assert_allclose(lengths, [3.168, 3.168, 2.703, 2.703, 1.514, 1.514, 0], atol=1e-3)
