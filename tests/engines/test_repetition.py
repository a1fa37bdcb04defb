"""How often a chunk repeats its words, and by how much more its steps count for that."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu import repetition as part
from kotovec.engines.cpu.claims import MOST_STEPS

repetition, caution = callable_part(part.repetition), callable_part(part.caution)


@pytest.mark.parametrize("number", [1, 2, 15, 16, 17, 33, 59, 60, 95, 96])
def test_repetition_is_the_mean_count_of_every_second_word(number):
    room = np.random.default_rng(number).integers(0, 9, 112).astype(np.int32)
    words = room[:number]  # what stands behind them is read, but not counted
    counts = np.array([np.count_nonzero(words == word) for word in words[::2]])
    assert repetition(words) == counts.mean()


def test_a_chunk_without_words_repeats_none():
    assert repetition(np.zeros(16, np.int32)[:0]) == 0


@pytest.mark.parametrize("words", [60, 24], ids="a chunk of {}".format)
@pytest.mark.parametrize(
    ("times", "expected"),
    [(1, 1.0), (2, 1.0), (3, 5.0), (6, 5.0), (12, 5.0), (60, 5.0)],
)
def test_steps_count_more_the_more_often_words_stand_in_a_chunk(times, expected, words):
    words = np.repeat(np.arange(max(words // times, 1), dtype=np.int32), times)
    room = np.concatenate([words, np.zeros(16, np.int32)])
    assert MOST_STEPS == 5
    assert caution(room[: len(words)]) == pytest.approx(expected)


def test_in_between_they_count_in_proportion():
    # 20 words stand twice and 5 four times: every second word stands 2 * 40 / 60 + 4 * 20 / 60 times.
    words = np.concatenate([np.repeat(np.arange(20), 2), np.repeat(np.arange(20, 25), 4)]).astype(np.int32)
    room = np.concatenate([words, np.zeros(16, np.int32)])
    assert repetition(room[:60]) == pytest.approx(8 / 3)
    assert caution(room[:60]) == pytest.approx(5 / (5 - 4 * 2 / 3))


def test_a_long_chunk_may_repeat_itself_more_often():
    # 24 words stand twice and 12 four times, so that a word stands there 2 times again, for 60 words 1.25.
    words = np.concatenate([np.repeat(np.arange(24), 2), np.repeat(np.arange(24, 36), 4)]).astype(np.int32)
    room = np.concatenate([words, np.zeros(16, np.int32)])
    assert repetition(room[:96]) == pytest.approx(3)
    assert caution(room[:96]) == pytest.approx(5 / (5 - 4 * 0.25))
