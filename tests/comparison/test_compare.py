"""compare(): the same text for all, each in a process of its own, and no failure stops the others."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile

import numpy as np
import pytest

import kotovec
from kotovec.comparison import METHODS, compare, comparing, methods, running
from kotovec.comparison.child import as_model, as_orders
from kotovec.comparison.methods import USUAL
from kotovec.corpus import Corpus
from kotovec.corpus.builtin import is_builtin, open_builtin
from kotovec.errors import OptionError, TrainingError, UnknownWord
from kotovec.models import CBOW, PPMISVD, GloVe, SkipGram
from kotovec.programs import how_it_ended
from kotovec.training import train

SENTENCES = [[f"w{(7 * i + j * j) % 40}" for j in range(12)] for i in range(300)]
PAIRS = [("w1", "w2", 3), ("w1", "w3", 2), ("w4", "w5", 1), ("w6", "nowhere", 1)]
QUESTIONS = [("s", "w1", "w2", "w3", "w4"), ("s", "w3", "w4", "w1", "w2")]
SMALL = SkipGram(vector_size=16)


@pytest.fixture(scope="module")
def corpus():
    with Corpus.open(SENTENCES) as corpus:
        yield corpus


@pytest.fixture(scope="module")
def looks():
    return []


@pytest.fixture(scope="module")
def compared(corpus, looks):
    """A method that works, one that cannot, one that works again, and none."""
    return compare(
        corpus,
        {
            "small": SMALL,
            "starved": CBOW(vector_size=16, sample=1e-12),
            "cbow": CBOW(vector_size=16),
            "noise": None,
        },
        epochs=2,
        workers=1,
        seed=3,
        similarity={"mine": PAIRS},
        analogies={"ours": QUESTIONS},
        words=["w1", "w9"],
        progress=lambda name, look: looks.append((name, look)),
    )


def test_what_is_learned_in_another_process_is_what_is_learned_here(compared, corpus):
    here = train(SMALL, corpus, epochs=2, seed=3)
    found = compared.outcomes[0]
    assert found.neighbours["w1"] == tuple(here.vectors.most_similar("w1", top=5))
    assert found.epochs == 2


def test_a_method_that_fails_is_reported_and_the_others_go_on(compared):
    assert [outcome.name for outcome in compared.outcomes] == ["small", "starved", "cbow", "noise"]
    assert [outcome.problem is None for outcome in compared.outcomes] == [True, False, True, True]
    assert compared.outcomes[1].problem.startswith("Nothing was learned: of 3,600 tokens")
    assert compared.outcomes[1].seconds is None


def test_every_method_is_asked_the_same(compared):
    for outcome in compared.outcomes:
        if outcome.problem is None:
            assert outcome.similarity["mine"].pairs_known == 3
            assert outcome.analogies["ours"].asked == 2
            assert list(outcome.neighbours) == ["w1", "w9"]


def test_seconds_and_memory_are_those_of_the_training(compared):
    small, _, cbow, noise = compared.outcomes
    assert small.train_seconds > 0 < cbow.train_seconds
    assert (noise.seconds, noise.epochs, noise.model) == (0.0, 0, None)
    if noise.peak_memory_bytes is not None:
        # The vectors of forty words weigh nothing: this is Python, its libraries and the compiled code.
        assert 10e6 < small.peak_memory_bytes < 2e9
        assert noise.peak_memory_bytes == pytest.approx(small.peak_memory_bytes, abs=20e6)


def test_progress_names_the_method(compared, looks):
    assert {name for name, look in looks if look.stage == "train"} == {"small", "starved", "cbow"}


def test_the_report_is_plain_data(compared):
    report = json.loads(json.dumps(compared.report(), allow_nan=False))
    assert report["corpus"]["tokens"] == 3600
    assert (report["corpus"]["min_count"], report["corpus"]["max_vocab"]) == (5, None)
    assert report["kotovec"] == kotovec.__version__
    assert report["run"] == {"workers": 1, "seed": 3}
    assert [method["name"] for method in report["methods"]] == ["small", "starved", "cbow", "noise"]
    first, starved, _, noise = report["methods"]
    assert first["model"]["name"] == "skipgram"
    assert first["similarity"]["mine"]["coverage"] == 0.75
    assert set(first["seconds"]) == {"count", "train"}
    assert first["neighbours"]["w1"][0].keys() == {"word", "score"}
    assert (starved["similarity"], starved["seconds"]["train"]) == ({}, None)
    assert noise["model"] is None


def test_memory_of_the_caller_does_not_count(corpus):
    ballast = np.ones(60_000_000)  # 480 MB
    (noise,) = compare(corpus, {"noise": None}).outcomes
    assert ballast[0] == 1
    assert noise.peak_memory_bytes is None or noise.peak_memory_bytes < 300e6


def test_the_built_in_corpus_brings_its_own_questions():
    with open_builtin(max_vocab=3000) as corpus:
        assert is_builtin(corpus)
        found = compare(corpus, {"noise": None})
    assert (found.similarity_sets, found.analogy_sets) == (("built-in",), ("built-in",))
    assert "encode" in found.words
    known = found.outcomes[0].similarity["built-in"]
    assert 100 < known.pairs_known < known.pairs_total
    assert known.interval.low < 0 < known.interval.high


def test_other_text_has_no_questions_unless_given_and_shows_frequent_words(corpus):
    found = compare(corpus, {"noise": None})
    assert not is_builtin(corpus)
    assert (found.similarity_sets, found.analogy_sets, found.words) == ((), (), ())  # w1 is no word
    with Corpus.open([["the", "river", "of", "stones"]] * 9) as text:
        assert compare(text, {"noise": None}).words == ("river", "stones")


def test_a_test_set_may_be_a_file(corpus, tmp_path):
    (tmp_path / "pairs.txt").write_text("w1 w2 3\nw1 w3 2\n")
    (tmp_path / "questions.txt").write_text("w1 w2 w3 w4\n")
    (noise,) = compare(
        corpus,
        {"noise": None},
        similarity={"mine": tmp_path / "pairs.txt"},
        analogies={"ours": str(tmp_path / "questions.txt")},
    ).outcomes
    assert (noise.similarity["mine"].pairs_known, noise.analogies["ours"].asked) == (2, 1)


def test_ctrl_c_leaves_no_process_and_no_file(corpus, tmp_path, monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(running.subprocess, "Popen", Recorded)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupted(name, look):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(corpus, {"small": SMALL}, epochs=100_000, progress=interrupted)
    assert started
    assert all(process.returncode is not None for process in started)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_breaks_says_how():
    with pytest.raises(TrainingError, match=r"ended by itself with status 1: KeyError: 'corpus'"):
        running.run_child({})


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_process_that_the_system_ends_is_told_of_memory():
    assert "memory ran out" in how_it_ended("training", -9, b"")


@pytest.mark.parametrize(
    "model",
    [
        SkipGram(window=3),
        CBOW(),
        GloVe(x_max=10),
        PPMISVD(shift=5.0),
        *filter(None, methods(METHODS).values()),
    ],
)
def test_a_model_survives_its_orders(model):
    assert as_model(json.loads(json.dumps(as_orders(model)))) == model


def test_methods_share_their_size_and_their_window():
    for name, model in methods(METHODS, vector_size=32, window=3).items():
        assert model is None or (model.vector_size, model.window) == (32, 3), name
    assert set(USUAL) <= set(METHODS)


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        (lambda corpus: methods(["word2vec"]), OptionError, "no method 'word2vec'; the methods are skipgram"),
        (lambda corpus: methods([]), OptionError, "no method to compare"),
        (lambda corpus: compare(corpus, {}), OptionError, "no model to compare"),
        (lambda corpus: compare(corpus, {"a": "cbow"}), OptionError, "model 'a' must be a SkipGram"),
        (
            lambda corpus: compare(corpus, {"a": SMALL}, epochs=0),
            OptionError,
            "'epochs' parameter",
        ),
        (lambda corpus: compare(corpus, {"a": SMALL}, seed=-1), OptionError, "'seed' parameter"),
        (lambda corpus: compare(corpus, {"a": SMALL}, words=["w99"]), UnknownWord, "w99"),
        (
            lambda corpus: compare(corpus, {"a": SMALL}, similarity={"mine": [("w1", "w2")]}),
            OptionError,
            r"^similarity\['mine'\]\[0\] is \('w1', 'w2'\), not",
        ),
        (
            lambda corpus: compare(corpus, {"a": SMALL}, analogies={"ours": [("w1", "w2", "w3", "w4")]}),
            OptionError,
            r"^analogies\['ours'\]\[0\] is",
        ),
        (
            lambda corpus: compare(corpus, {"a": SMALL}, similarity={"mine": []}),
            OptionError,
            r"no pairs to evaluate in similarity\['mine'\]",
        ),
        (
            lambda corpus: compare(corpus, {"a": SMALL}, similarity=PAIRS),
            OptionError,
            "'similarity' parameter of compare must be a dict of test sets by name",
        ),
        (
            lambda corpus: compare(corpus, {"a": SMALL}, analogies={1: QUESTIONS}),
            OptionError,
            "'analogies' parameter of compare must be a dict",
        ),
    ],
)
def test_misuse_is_told_before_anything_is_trained(corpus, monkeypatch, wrong, error, sentence):
    monkeypatch.setattr("kotovec.comparison.comparing.run_child", None)
    with pytest.raises(error, match=sentence):
        wrong(corpus)


def test_what_cannot_fit_is_refused_and_not_rehearsed(corpus, monkeypatch):
    rehearsed = []

    def run_child(orders, show=None):
        if "rehearse" in orders:
            rehearsed.append([described["class"] for described in orders["rehearse"]])
            return {}
        return original(orders, show)

    original = comparing.run_child
    monkeypatch.setattr(comparing, "run_child", run_child)
    large = PPMISVD(vector_size=1000)
    (found,) = compare(corpus, {"large": large}).outcomes
    assert "vector_size=1000 is more than the 40 words" in found.problem
    assert rehearsed == []
    compare(corpus, {"large": large, "small": PPMISVD(vector_size=8)})
    assert rehearsed == [["PPMISVD"]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"corpus": "wiki.txt"}, "'corpus' parameter of compare must be a Corpus, .* Got 'wiki.txt' instead"),
        ({"models": [SMALL]}, "'models' parameter of compare must be a dict of models by name"),
        ({"models": {1: SMALL}}, "'models' parameter of compare must be a dict of models by name"),
        ({"words": "w1"}, "'words' parameter of compare must be a list of words. Got 'w1' instead"),
        ({"words": [3]}, "'words' parameter of compare must be a list of words"),
        ({"progress": 3}, "'progress' parameter of compare must be a function"),
    ],
)
def test_what_is_no_such_thing_is_refused_at_once(corpus, arguments, sentence):
    with pytest.raises(OptionError, match=sentence):
        compare(**{"corpus": corpus, "models": {"noise": None}, **arguments})
