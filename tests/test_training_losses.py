"""Losses beside negative sampling: the same bits whoever does the work, and no option without a meaning."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu import job
from kotovec.engines.cpu.chunk import CHUNK
from kotovec.engines.cpu.scales import Round
from kotovec.engines.cpu.settling import ROUND
from kotovec.layers import HuffmanTree

MODELS = [
    kind(vector_size=20, loss=loss)
    for loss in ("hierarchical_softmax", "softmax")
    for kind in (kv.SkipGram, kv.CBOW)
]
NAMES = [f"{model.name} {model.loss}" for model in MODELS]


@pytest.fixture(scope="module")
def corpus():
    """Sentences about ten topics of 30 words each."""
    rng = np.random.default_rng(0)
    text = []
    for _ in range(1500):
        topic = int(rng.integers(10))
        words = np.minimum(rng.geometric(0.1, int(rng.integers(1, 25))) - 1, 29)
        text.append([f"w{topic * 30 + int(word)}" for word in words])
    with kv.Corpus.open(text, min_count=1) as opened:
        yield opened


def everything(run):
    sides = [run.input_vectors, *([] if run.output_vectors is None else [run.output_vectors])]
    return b"".join(side.matrix.tobytes() for side in sides), run.loss


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
@pytest.mark.parametrize("chunks", [1, ROUND], ids="{} chunks".format)
def test_vectors_are_identical_at_every_worker_count(corpus, model, chunks, monkeypatch):
    monkeypatch.setattr(job, "round_of", lambda model, tokens: Round(chunks, CHUNK))
    runs = [kv.train(model, corpus, epochs=2, workers=workers) for workers in (1, 2, 8)]
    assert everything(runs[0]) == everything(runs[1]) == everything(runs[2])
    assert everything(kv.train(model, corpus, epochs=2, workers=2, seed=2)) != everything(runs[0])


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_words_of_one_topic_come_to_lie_together(corpus, model):
    run = kv.train(model, corpus, epochs=20)
    hits = 0
    for topic in range(10):
        found = run.vectors.most_similar(f"w{topic * 30 + 3}", top=5)
        hits += sum(int(each.word[1:]) // 30 == topic for each in found)
    assert hits >= 40, f"only {hits} of 50 neighbours share the topic"
    assert run.loss[-1] < run.loss[0]


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_the_loss_starts_where_nothing_is_known(corpus, kind):
    """One bit for each turn on the way to a word, or all words alike."""
    options = {"vector_size": 8, "learning_rate": 1e-7, "last_learning_rate": 0.0, "sample": 0}
    counts = np.asarray(corpus.vocabulary.counts)
    bits = counts @ HuffmanTree(counts).lengths / counts.sum()
    run = kv.train(kind(loss="hierarchical_softmax", **options), corpus, epochs=1)
    assert run.loss[0] == pytest.approx(
        bits * math.log(2), rel=0.02
    )  # centres near the ends have fewer pairs
    run = kv.train(kind(loss="softmax", **options), corpus, epochs=1)
    assert run.loss[0] == pytest.approx(math.log(300), rel=1e-4)


@pytest.mark.parametrize("kind", [kv.SkipGram, kv.CBOW])
def test_hierarchical_softmax_has_no_output_vectors_of_words(corpus, kind):
    model = kind(vector_size=8, loss="hierarchical_softmax")
    run = kv.train(model, corpus, epochs=1, reproducible=False)
    assert model.representation == "input"
    assert run.output_vectors is None
    np.testing.assert_array_equal(run.vectors.matrix, run.input_vectors.matrix)


@pytest.mark.parametrize("model", MODELS, ids=NAMES)
def test_a_vocabulary_of_one_word_leaves_nothing_to_ask(model):
    run = kv.train(dataclasses.replace(model, sample=0), [["word"] * 10] * 5, epochs=1)
    assert run.loss[0] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(run.vectors.matrix).all()


def test_softmax_tells_how_far_it_is_and_stops_when_told():
    looks = []

    def interrupt(look):
        looks.append(look)
        if look.stage == "train":
            raise KeyboardInterrupt

    text = [[f"w{i % 50}" for i in range(200_000)]]
    with pytest.raises(KeyboardInterrupt):
        kv.train(kv.SkipGram(loss="softmax"), text, epochs=1000, progress=interrupt)
    assert 0 < looks[-1].done < looks[-1].total
    assert looks[-1].loss == pytest.approx(math.log(50), rel=0.5)


@pytest.mark.parametrize("loss", ["hierarchical_softmax", "softmax"])
@pytest.mark.parametrize(
    ("option", "value"), [("negative", 10), ("shared_negatives", 64), ("negative_exponent", 0.5)]
)
def test_options_of_negative_sampling_are_refused_with_another_loss(loss, option, value):
    for kind in (kv.SkipGram, kv.CBOW):
        with pytest.raises(kv.OptionError, match=f"'{option}'.*left out with loss='{loss}'.*Got {value}"):
            kind(loss=loss, **{option: value})


@pytest.mark.parametrize("representation", ["output", "mean", "sum", "blend", "concatenate"])
def test_only_input_vectors_can_be_had_from_hierarchical_softmax(representation):
    for kind in (kv.SkipGram, kv.CBOW):
        with pytest.raises(kv.OptionError, match=r"must be 'input'.*a node of a tree|node of a tree"):
            kind(loss="hierarchical_softmax", representation=representation)


def test_which_matrix_is_the_word_where_nothing_is_said():
    assert kv.CBOW(loss="softmax").representation == kv.CBOW().representation == "mean"
    assert kv.SkipGram().representation == "blend"
    assert kv.SkipGram(loss="softmax").representation == kv.SkipGram(tied=True).representation == "input"


def test_a_default_may_depend_on_the_loss_and_a_given_value_never_does():
    assert kv.CBOW().learning_rate == kv.CBOW(loss="softmax").learning_rate == 0.25
    assert kv.CBOW(loss="hierarchical_softmax").learning_rate == 0.1
    assert kv.CBOW(loss="hierarchical_softmax", learning_rate=0.25).learning_rate == 0.25


def test_an_unknown_loss_is_explained():
    with pytest.raises(kv.OptionError, match="'loss' parameter of CBOW must be 'negative_sampling' or"):
        kv.CBOW(loss="hs")


def test_free_running_softmax_is_refused():
    with pytest.raises(kv.OptionError, match="reproducible=False is not for loss='softmax'"):
        kv.train(kv.SkipGram(loss="softmax"), [["a", "b"]] * 10, reproducible=False)
