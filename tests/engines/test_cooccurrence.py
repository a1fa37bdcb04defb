"""Counts equal those of a plain loop, entry by entry, however the work is cut up."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from counted_texts import dense, opened, zipf_sentences

from kotovec import temporary
from kotovec.engines.counting import cooccurrence
from kotovec.engines.counting.cooccurrence import count
from kotovec.engines.counting.parts import cut_rows, plan
from kotovec.engines.counting.weights import EXACT, distance_weights
from kotovec.errors import TrainingError
from kotovec.layers import create_co_matrix

WEIGHTS = {
    "flat": lambda distance, window: 1,
    "dynamic": lambda distance, window: (window - distance + 1) / window,
    "harmonic": lambda distance, window: 1 / distance,
}


def naive(corpus, window, weight):
    words = len(corpus.vocabulary)
    matrix = np.zeros((words, words))
    for sentence in corpus.sentences():
        ids = corpus.vocabulary.ids_of(sentence)
        for place, word in enumerate(ids):
            for other in range(max(0, place - window), min(len(ids), place + window + 1)):
                if other != place:
                    matrix[word, ids[other]] += weight(abs(place - other), window)
    return matrix


def same_bits(one, other):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("offsets", "columns", "values")
    )


@pytest.mark.parametrize("weighting", WEIGHTS)
@pytest.mark.parametrize("window", [1, 4, 15])
def test_counts_are_those_of_the_plain_loop(weighting, window):
    with opened(zipf_sentences()) as corpus:
        counted = dense(count(corpus, window=window, distance_weighting=weighting, workers=2))
        plain = naive(corpus, window, WEIGHTS[weighting])
    np.testing.assert_allclose(counted, plain, rtol=1e-13)
    assert (counted == counted.T).all()
    assert weighting == "harmonic" or window == 15 or (counted == plain).all()


@pytest.mark.parametrize(
    ("sentences", "window", "expected"),
    [
        ([["a", "b"], ["b", "a"]], 9, [[0, 2], [2, 0]]),  # windows end with the sentence
        ([["a"], ["a", "b"], ["b"]], 3, [[0, 1], [1, 0]]),  # a sentence of one word has no context
        ([["a", "a", "a", "b"]], 1, [[4, 1], [1, 0]]),  # beside itself a word counts from both places
        ([["a"], ["a"], ["b"]], 2, [[0, 0], [0, 0]]),
    ],
)
def test_small_texts_counted_by_hand(sentences, window, expected):
    with opened(sentences) as corpus:
        counted = count(corpus, window=window, distance_weighting="flat", workers=2)
    assert dense(counted).tolist() == expected


def test_counts_are_those_of_the_layers():
    sentence = [word for each in zipf_sentences(sentences=500) for word in each]
    with opened([sentence]) as corpus:
        counted = count(corpus, window=3, distance_weighting="flat", workers=2)
        ids = corpus.vocabulary.ids_of(sentence)
        book = create_co_matrix(ids, len(corpus.vocabulary), window_size=3)
    assert (dense(counted) == book).all()


@pytest.mark.parametrize("weighting", WEIGHTS)
@pytest.mark.parametrize("window", [4, 30])
def test_the_bits_do_not_depend_on_workers_or_memory(weighting, window):
    with opened(zipf_sentences(sentences=3000, words=300)) as corpus:
        how = {"window": window, "distance_weighting": weighting}
        whole = count(corpus, workers=1, **how)
        assert same_bits(whole, count(corpus, workers=8, **how))
        # One byte is less than anything fits into: 256 parts, and rows one by one.
        assert same_bits(whole, count(corpus, workers=1, memory=1, **how))
        assert same_bits(whole, count(corpus, workers=2, memory=1, **how))
        assert same_bits(whole, count(corpus, workers=8, memory=1 << 17, **how))
        assert plan(len(corpus), len(corpus.vocabulary), 8, 1 << 17).tokens < len(corpus)


def test_many_workers_and_words_leave_memory_for_the_text():
    alone, many = (plan(10**9, 10**6, workers, 1 << 30) for workers in (1, 64))
    assert many.tokens > alone.tokens / 2
    assert 8 < many.workers < 64
    assert plan(10**9, 10**5, 64, 1 << 30).workers == 64


def test_words_that_fill_the_memory_are_gone_through_once_for_as_many_tokens():
    full = plan(10**9, 2 * 10**7, 8, 1 << 30)
    assert (full.tokens, full.workers) == (2 * 10**7, 1)


@pytest.mark.parametrize("workers", [2, 64])
def test_memory_stays_within_its_bound(workers):
    with opened(zipf_sentences(sentences=50_000, words=2000)) as corpus:
        how = {"window": 5, "distance_weighting": "flat", "workers": workers}
        count(corpus, memory=1 << 30, **how)  # compiles
        count(corpus, memory=1, **how)
        peaks = []
        for memory in (1 << 19, 1 << 30):
            tracemalloc.start()
            count(corpus, memory=memory, **how)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[0] < (1 << 19) + 100_000  # Python's own objects
    assert peaks[1] > 2 * peaks[0]


def test_progress_counts_every_token_and_ends_with_all():
    looks = []
    with opened(zipf_sentences()) as corpus:
        count(corpus, window=2, distance_weighting="flat", workers=2, progress=looks.append, memory=1)
        assert [look.done for look in looks] == sorted(look.done for look in looks)
        assert looks[-1].done == looks[-1].total == len(corpus)
    assert {look.stage for look in looks} == {"count"}


def test_an_interrupt_stops_the_workers_and_is_passed_on(monkeypatch):
    begun = []

    def interrupt(_):
        raise KeyboardInterrupt

    real = cooccurrence.count_rows

    def counted(*arguments):
        begun.append(arguments[3])
        return real(*arguments)

    monkeypatch.setattr(cooccurrence, "count_rows", counted)
    monkeypatch.setattr(cooccurrence, "cut_rows", lambda most, _: [(n, n + 1) for n in range(len(most))])
    with opened([[str(n), str(n + 1)] for n in range(20_000)]) as corpus:
        with pytest.raises(KeyboardInterrupt):
            count(corpus, window=1, distance_weighting="flat", workers=2, progress=interrupt)
        stopped = len(begun)
        assert stopped < len(corpus.vocabulary)
    assert len(begun) == stopped


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_names_the_temporary_folder_and_the_remedy(monkeypatch):
    def full(**how):
        return Path("/dev/full").open("r+b", buffering=0)

    with opened(zipf_sentences()) as corpus:
        monkeypatch.setattr(temporary.tempfile, "TemporaryFile", full)
        with pytest.raises(
            TrainingError, match=r"Counts could not be written .*No space left on device.*make room .*TMPDIR"
        ):
            count(corpus, window=2, distance_weighting="flat", workers=2)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at the open files of the process")
def test_no_temporary_file_is_left_open():
    with opened(zipf_sentences()) as corpus:
        before = len(list(Path("/proc/self/fd").iterdir()))
        counted = count(corpus, window=2, distance_weighting="flat", workers=2, memory=1)
        assert counted.values.sum() > 0
        del counted
        assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize("window", range(1, 23))
def test_harmonic_weights_are_exact_fractions(window):
    numbers, scale = distance_weights("harmonic", window, 1_000_000)
    assert [number * distance for distance, number in enumerate(numbers)][1:] == [scale] * window


def test_long_harmonic_windows_are_rounded_so_that_sums_are_exact():
    numbers, scale = distance_weights("harmonic", 1000, 100_000_000)
    assert int(numbers.sum()) * 100_000_000 <= EXACT
    assert math.log2(scale).is_integer()
    np.testing.assert_allclose(numbers[1:] / scale, 1 / np.arange(1, 1001), rtol=0, atol=0.5 / scale)
    assert scale >= 2**22


def test_rows_are_cut_where_the_room_ends():
    most = np.array([7, 1, 2, 3, 4, 7, 0, 0])
    cuts = cut_rows(most, 7)
    assert cuts == [(0, 1), (1, 4), (4, 5), (5, 8)]
    assert cut_rows(np.array([0, 0]), 7) == [(0, 2)]
