"""Words and ids, and the spellings that an unknown word is answered with."""

from __future__ import annotations

import copy
import pickle
import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kotovec.errors import OptionError, UnknownWord
from kotovec.vocabulary import Vocabulary, close_spellings


@given(st.lists(st.text(), unique=True, max_size=30))
def test_words_and_ids_are_inverse(words):
    vocabulary = Vocabulary(words, np.arange(len(words)))
    assert [vocabulary.word_of(word_id) for word_id in vocabulary.ids_of(words)] == words
    assert list(vocabulary) == words
    assert len(vocabulary) == len(words)


def test_ids_come_as_int32_and_counts_as_read_only_int64():
    vocabulary = Vocabulary(["the", "cat"], [7, 2])
    assert vocabulary.ids_of(["cat", "the"]).dtype == np.int32
    assert vocabulary.counts.dtype == np.int64
    for one in (vocabulary, copy.deepcopy(vocabulary), pickle.loads(pickle.dumps(vocabulary))):
        assert one == vocabulary
        with pytest.raises(ValueError, match="read-only"):
            one.counts[0] = 1


def test_a_vocabulary_does_not_change_with_the_array_it_was_made_from():
    counts = np.array([7, 2])
    vocabulary = Vocabulary(["the", "cat"], counts)
    counts[0] = 0
    assert vocabulary.counts.tolist() == [7, 2]


def test_equal_vocabularies_have_equal_words_and_counts():
    one = Vocabulary(["the", "cat"], [7, 2])
    assert one == Vocabulary(("the", "cat"), np.array([7, 2]))
    assert hash(one) == hash(Vocabulary(["the", "cat"], [7, 2]))
    assert one != Vocabulary(["the", "cat"], [7, 3])
    assert one != Vocabulary(["the", "dog"], [7, 2])
    assert one != ["the", "cat"]


def test_the_repr_shows_size_and_first_words():
    assert repr(Vocabulary(list("abcde"), [1] * 5)) == "Vocabulary(5 words: 'a', 'b', 'c', ...)"


def test_an_unknown_word_carries_close_spellings():
    vocabulary = Vocabulary(["the", "kitchen", "king"], [7, 2, 1])
    with pytest.raises(UnknownWord, match="Did you mean 'kitchen'") as caught:
        vocabulary.id_of("kithcen")
    assert caught.value.similar == ("kitchen",)
    with pytest.raises(UnknownWord, match="'xyzzy' is not in the vocabulary"):
        vocabulary.ids_of(["the", "xyzzy"])


def test_what_is_no_word_is_refused():
    vocabulary = Vocabulary(["the", "cat"], [7, 2])
    assert ["the"] not in vocabulary
    with pytest.raises(OptionError, match=r"A word must be a str\. Got \['the'\] instead"):
        vocabulary.id_of(["the"])
    with pytest.raises(OptionError, match=r"A word must be a str\. Got 3 instead"):
        vocabulary.ids_of(["the", 3])
    with pytest.raises(OptionError, match=r"takes a list of words; write ids_of\(\['the'\]\)"):
        vocabulary.ids_of("the")


@pytest.mark.parametrize("word_id", [-1, 2, "0", True, 1.0])
def test_an_id_out_of_range_is_refused(word_id):
    with pytest.raises(OptionError, match=rf"in the range \[0, 2\)\. Got {word_id!r} instead"):
        Vocabulary(["the", "cat"], [7, 2]).word_of(word_id)


@pytest.mark.parametrize(
    ("words", "counts", "sentence"),
    [
        (["a", "b", "a"], [1, 1, 1], "The word 'a' appears twice"),
        (["a", "b"], [1], r"2 words and counts of shape \(1,\)"),
        (["a"], [1.5], "must be integers. Got float64 instead"),
        (["a"], [-2], "whole numbers from 0 to .* Got -2 to -2 instead"),
        (["a"], [2**63], "whole numbers from 0 to "),
        ("ab", [2, 1], "must be a list of words. Got 'ab' instead"),
        (None, [1], "must be a list of words. Got None instead"),
        ([1], [1], "A word of Vocabulary must be a str. Got 1 instead"),
    ],
)
def test_words_and_counts_that_do_not_fit_are_refused(words, counts, sentence):
    with pytest.raises(OptionError, match=sentence):
        Vocabulary(words, counts)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("King", "king"),
        ("queeen", "queen"),
        ("wueen", "queen"),
        ("kingg", "king"),
        ("ＫＩＮＧ", "king"),
        ("tokyo", "Tokyo"),
    ],
)
def test_the_closest_spelling_comes_first(word, expected):
    assert close_spellings(word, ["the", "king", "queen", "kin", "Tokyo", ""])[0] == expected


def test_a_word_with_a_newline_is_not_taken_apart():
    assert close_spellings("kitchem", ["a\nkitchen", "kitchen cat"]) == ()


def test_a_word_like_no_other_has_no_close_spelling():
    assert close_spellings("zzzzzz", ["the", "king"]) == ()
    assert close_spellings("", ["the"]) == ()


def test_close_spellings_of_a_million_words_come_fast():
    letters = random.Random(5)
    words = ["".join(letters.choices("etaoinshr", k=letters.randint(3, 11))) for _ in range(200_000)] * 5
    words[900_000] = "hyperbolic"
    began = time.process_time()
    assert close_spellings("hyperbolci", words)[0] == "hyperbolic"
    # A third of a second on an idle machine; the bound leaves room for a slow one.
    assert time.process_time() - began < 1.0
