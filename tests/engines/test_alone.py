"""One of two workers does both halves where somebody else wants a core, and learns the same bits."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu import engine, losses
from kotovec.engines.cpu.alone import Alone, taken_away
from kotovec.engines.cpu.bfloat import has_bfloat
from kotovec.engines.cpu.half_rounds import DROPS, SCORED
from kotovec.engines.cpu.halves import ALONE, CONTROL_SIZE
from kotovec.engines.cpu.rounds import STOP


def ways_of_working(rates_at, looks, crowded=lambda look, alone: True):
    """Play `looks` looks, a tenth of a second apart; rates_at(look) are both ways' chunks a second.

    crowded(look, alone) says whether, or how much, the system takes cores away.
    """
    control, taken = np.zeros(CONTROL_SIZE, np.int64), [0]
    steering, chunks, alone = Alone(control, lambda: taken[0]), 0.0, []
    for look in range(1, looks + 1):
        way = int(control[ALONE])
        chunks += 0.1 * rates_at(look)[way]
        taken[0] += round(20 * crowded(look, bool(way)))
        alone.append(way)
        control[SCORED[0]] = chunks
        steering.look(0.1 * look)
    return np.array(alone)


@pytest.mark.parametrize("often", [0.0, 0.35])
def test_nothing_is_tried_while_nobody_wants_a_core(often):
    """Some seven times in a tenth of a second a core is taken away on an idle machine too."""
    ways = ways_of_working(lambda look: (100, 1000), 200, crowded=lambda look, alone: often)
    assert not ways.any()


@pytest.mark.parametrize(("together", "alone", "better"), [(40_000, 60_000, 1), (60_000, 50_000, 0)])
def test_where_cores_are_taken_away_the_faster_way_is_kept(together, alone, better):
    ways = ways_of_working(lambda look: (together, alone), 300)
    assert 0 < np.mean(ways[10:] != better) < 0.15
    assert np.mean(ways[-150:] != better) < 0.1, "trials become fewer"


def test_both_work_again_when_the_other_has_gone():
    def rates(look):
        return (40_000, 60_000) if look < 60 else (110_000, 60_000)

    ways = ways_of_working(rates, 200, crowded=lambda look, alone: look < 60 and not alone)
    assert np.mean(ways[5:60] == 1) > 0.8
    assert np.mean(ways[130:] == 0) == 1


def test_a_look_at_the_same_moment_says_nothing():
    control = np.zeros(CONTROL_SIZE, np.int64)
    Alone(control).look(0.0)
    assert not control.any()


def test_the_system_counts_what_it_takes_away():
    assert taken_away() >= 0


MODELS = [
    kv.SkipGram(vector_size=36),
    kv.CBOW(vector_size=36),
    kv.SkipGram(vector_size=36, loss="hierarchical_softmax"),
    kv.CBOW(vector_size=36, loss="hierarchical_softmax"),
]


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(5)
    text = [[f"w{min(int(i), 900)}" for i in rng.zipf(1.3, 40)] for _ in range(10_000)]
    with kv.Corpus.open(text, min_count=1) as opened:
        yield opened


@pytest.mark.usefixtures("mean_known_soon")
@pytest.mark.parametrize("precision", ["auto", "float32"])
@pytest.mark.parametrize("model", MODELS, ids=["skipgram", "cbow", "skipgram, tree", "cbow, tree"])
def test_whoever_works_learns_the_same_bits(model, precision, corpus, monkeypatch):
    """Both or one of them, dropping what they have read or not, from the start or in short turns."""
    turns = []

    def always(place):
        def steer(job):
            job.control[place] = 1
            return lambda seconds: None

        return steer

    def by_turns(place):
        def steer(job):
            def turn():
                ended = time.monotonic() + 60
                while job.control[STOP] == 0 and not done.wait(0.001) and time.monotonic() < ended:
                    job.control[place] ^= 1
                    turns.append(int(job.control[SCORED[0]]))

            thread = threading.Thread(target=turn)
            thread.start()
            threads.append(thread)
            return lambda seconds: None

        return steer

    # As if cores could be far apart, so that all of these have halves on every CPU; and skip-gram as AMD's
    # have it, wherever bfloat16 can be multiplied at all.
    monkeypatch.setattr(losses, "has_one_cache", lambda: False)
    if model.name == "skipgram":
        monkeypatch.setattr(losses, "has_tiles", lambda: False)
        monkeypatch.setattr(losses, "has_quick_bfloat", has_bfloat)
    assert losses.can_be_halved(model)
    how = {"epochs": 2, "precision": precision}
    truth = kv.train(model, corpus, workers=1, **how)
    for steering in (always(ALONE), by_turns(ALONE), always(DROPS), by_turns(DROPS)):
        monkeypatch.setattr(engine, "_steering", steering)
        threads, done = [], threading.Event()
        run = kv.train(model, corpus, workers=2, **how)
        done.set()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(run.input_vectors.matrix, truth.input_vectors.matrix)
        assert run.loss == truth.loss
    assert len(set(turns)) > 3, "it must have been changed several times, or this shows less"


def test_training_that_is_interrupted_wakes_who_sleeps(corpus, monkeypatch):
    def alone(job):
        job.control[ALONE] = 1
        return lambda seconds: None

    def interrupt(look):
        if look.stage == "train":
            raise KeyboardInterrupt

    monkeypatch.setattr(engine, "_steering", alone)
    with pytest.raises(KeyboardInterrupt):
        kv.train(MODELS[1], corpus, epochs=100_000, workers=2, progress=interrupt)
