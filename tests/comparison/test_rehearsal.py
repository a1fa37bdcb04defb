"""What is compiled before the clock runs is what the methods need, and costs no more for large vectors."""

from __future__ import annotations

import pytest

import kotovec as kv
from kotovec import training
from kotovec.comparison import child
from kotovec.corpus.stored import store_corpus
from kotovec.engines.cpu import rounds
from kotovec.engines.cpu.halves import run_halves
from kotovec.engines.cpu.losses import can_be_halved


def rehearse(*models, workers=2):
    return child._rehearse({"rehearse": [child.as_orders(model) for model in models], "workers": workers})


def test_large_vectors_are_rehearsed_with_small_ones(monkeypatch):
    sizes, train = [], training.train

    def noted(model, *given, **how):
        sizes.append(model.vector_size)
        return train(model, *given, **how)

    monkeypatch.setattr(training, "train", noted)
    rehearse(kv.PPMISVD(vector_size=5000), kv.GloVe(vector_size=16_384), kv.SkipGram(vector_size=8))
    assert sizes == [64, 64, 8]


def test_random_vectors_load_what_stands_beside_them_in_silence(tmp_path, monkeypatch):
    trained, train = [], training.train
    monkeypatch.setattr(training, "train", lambda *given, **how: trained.append(how) or train(*given, **how))
    monkeypatch.setattr(child, "_tell", None)
    with kv.Corpus.open([["to", "be", "or", "not"]] * 9) as corpus:
        store_corpus(corpus, tmp_path)
    orders = {
        "model": None,
        "corpus": str(tmp_path),
        "vectors": str(tmp_path / "noise.safetensors"),
        "vector_size": 4,
        "seed": 1,
        "workers": 1,
    }
    child._train(orders | {"beside": []})
    assert trained == []
    child._train(orders | {"beside": [child.as_orders(kv.GloVe())]})
    assert [how["progress"] for how in trained] == [None]


@pytest.mark.parametrize("model", [kv.SkipGram(), kv.CBOW()], ids=["skipgram", "cbow"])
@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_compiled_after_a_rehearsal(model, workers):
    kernel = run_halves if workers == 2 and can_be_halved(model) else rounds.run_rounds
    rehearse(model, workers=workers)
    known = set(kernel.signatures)
    assert known
    kv.train(model, [["to", "be", "or", "not", "to", "be"]] * 300, epochs=1, workers=workers)
    assert set(kernel.signatures) == known
