from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest

from kotovec.errors import KotovecError, OptionError, UnknownWord
from kotovec.vectors import WordVectors, load
from kotovec.vectors.words import WordTable


@pytest.fixture
def vectors():
    matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
    return WordVectors(
        ["koto", "言葉", "a\u00a0b", "nul\x00"], matrix, counts=[4, 3, 2, 0], metadata={"model": "{}"}
    )


def test_each_word_gives_its_row(vectors):
    assert [vectors[word].tolist() for word in vectors] == vectors.matrix.tolist()
    assert vectors["言葉"].dtype == np.float32
    assert [vectors.word_of(vectors.id_of(word)) for word in vectors] == list(vectors.words)


def test_a_batch_has_one_row_for_each_word_asked(vectors):
    assert vectors.vectors_for(["nul\x00", "koto", "nul\x00"]).tolist() == [
        [9, 10, 11],
        [0, 1, 2],
        [9, 10, 11],
    ]
    assert vectors.vectors_for([]).shape == (0, 3)


def test_membership_is_of_whole_words(vectors):
    assert "koto" in vectors
    for absent in ("kot", "oto", "o言", "", "葉a", "nul", "\ud800", 0, None):
        assert absent not in vectors


def test_its_size_shows_in_len_and_repr():
    many = WordVectors([f"w{i}" for i in range(1290)], np.ones((1290, 10)))
    assert len(many) == 1290
    assert repr(many) == "WordVectors(1,290 words x 10)"


def test_nothing_in_it_can_be_written_to(vectors):
    for array in (vectors.matrix, vectors["koto"], vectors.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    vectors.metadata["model"] = "other"
    assert vectors.metadata == {"model": "{}"}


def unpickled(thing):
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, unpickled])
def test_nothing_in_a_copy_can_be_written_to(vectors, copied):
    first = vectors.words[0]
    found = vectors.most_similar(first)
    other = copied(vectors)
    assert other.most_similar(first) == found
    for array in (other.matrix, other[first], other.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, unpickled])
def test_a_copy_of_an_unknown_word_says_the_same(copied):
    problem = UnknownWord("kotto", ("koto",))
    assert str(copied(problem)) == str(problem)
    assert copied(problem).args == problem.args


def test_the_callers_array_stays_writable():
    mine = np.ones((2, 3), np.float32)
    WordVectors(["a", "b"], mine)
    mine[0, 0] = 5.0


@pytest.mark.parametrize(
    "matrix",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(12, dtype=np.float32).reshape(2, 6)[:, ::2] / 2,
        np.arange(6, dtype=">f4").reshape(2, 3),
        [[0, 1, 2], [3, 4, 5]],
    ],
    ids=["float64", "columns", "strided", "big-endian", "lists"],
)
def test_any_array_of_numbers_becomes_float32_in_rows(matrix):
    vectors = WordVectors(["a", "b"], matrix)
    assert vectors.matrix.dtype == np.float32
    assert vectors.matrix.flags.c_contiguous
    assert vectors.matrix.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"words": ["a", "a"]}, "must all differ. Got 'a' twice"),
        ({"words": ["a", ""]}, "not empty. Got '' at 1"),
        ({"words": ["a", 3]}, "Got 3 at 1"),
        ({"words": "ab"}, "Got the text 'ab' instead"),
        ({"words": ["a"]}, "Got 1 words and 2 vectors"),
        ({"words": ["a", "\ud800"]}, "half a surrogate pair"),
        ({"vectors": np.ones(2)}, "Got (2,) instead"),
        ({"vectors": np.ones((2, 0))}, "Got (2, 0) instead"),
        ({"vectors": np.ones((0, 2)), "words": []}, "Got (0, 2) instead"),
        ({"vectors": [["x"], ["y"]]}, "must be an array of numbers"),
        ({"vectors": [[1], [1, 2]]}, "must be an array of numbers"),
        ({"vectors": [[1.0], [np.nan]]}, "Got otherwise in row 1"),
        ({"vectors": [[np.inf], [1.0]]}, "Got otherwise in row 0"),
        ({"vectors": [[1.0], [1e39]]}, "finite float32 numbers. Got otherwise in row 1"),
        ({"counts": [1]}, "must be 2 whole numbers"),
        ({"counts": [1, -1]}, "whole numbers from 0 up"),
        ({"counts": [1.5, 1.0]}, "Got an array of float64"),
        ({"output_vectors": np.ones((2, 3))}, "Got (2, 3) instead"),
        ({"output_vectors": [[1.0], [np.nan]]}, "'output_vectors' of WordVectors must be finite"),
        ({"metadata": {"a": 1}}, "Got 'a': 1"),
        ({"metadata": {"kotovec_format": "1"}}, "other than 'kotovec_format'"),
    ],
)
def test_parts_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(OptionError, match=re.escape(message)):
        WordVectors(**{"words": ["a", "b"], "vectors": [[1.0], [2.0]], **arguments})


def test_an_unknown_word_comes_with_close_spellings():
    vectors = WordVectors(["monday", "sunday", "cat"], np.eye(3))
    for ask in (
        vectors.id_of,
        vectors.__getitem__,
        vectors.most_similar,
        lambda word: vectors.vectors_for([word]),
    ):
        with pytest.raises(UnknownWord, match=r"'munday' is not in the vocabulary.*'monday'"):
            ask("munday")


def test_things_that_are_no_words_are_refused(vectors):
    for ask, thing in [
        (vectors.__getitem__, 0),
        (vectors.__getitem__, ["koto"]),
        (vectors.vectors_for, "koto"),
        (vectors.vectors_for, [1]),
        (vectors.word_of, 4),
        (vectors.word_of, -1),
        (vectors.word_of, "koto"),
    ]:
        with pytest.raises(OptionError):
            ask(thing)


def test_the_first_look_ups_build_no_dictionary_and_the_later_ones_agree():
    words = [f"{i:x}" * (1 + i % 3) for i in range(500)]
    table = WordTable.of(dict.fromkeys(words))
    expected = {word: word_id for word_id, word in enumerate(dict.fromkeys(words))}
    asked = [*list(expected)[::50], "zz", "0123456789"]
    early = [table.find(word) for word in asked]
    assert "_ids" not in vars(table), "a few look-ups must not pay for a dictionary of all words"
    assert early == [expected.get(word) for word in asked]
    assert table.find_all(list(expected)) == list(expected.values())
    assert "_ids" in vars(table)
    assert [table.find(word) for word in asked] == early


def test_loaded_vectors_hold_what_was_saved(vectors, tmp_path):
    both = WordVectors(vectors.words, vectors.matrix, counts=vectors.counts, output_vectors=-vectors.matrix,
                       metadata={"tokenizer": "ja", "run": '{"言": 1}'})  # fmt: skip
    both.save(tmp_path / "v.safetensors")
    for loaded in (load(tmp_path / "v.safetensors"), WordVectors.load(str(tmp_path / "v.safetensors"))):
        assert loaded.words == vectors.words
        assert loaded.metadata == both.metadata
        for part in ("matrix", "counts", "output_vectors"):
            assert np.array_equal(getattr(loaded, part), getattr(both, part))
            assert not getattr(loaded, part).flags.writeable


def test_saving_over_the_file_that_is_mapped_works(vectors, tmp_path):
    path = tmp_path / "v.safetensors"
    vectors.save(path)
    loaded = load(path)
    loaded.save(path)
    WordVectors(["other"], [[1.0]]).save(path)
    assert loaded["言葉"].tolist() == [3, 4, 5]
    assert load(path).words == ("other",)


def test_an_unknown_suffix_is_refused_before_anything_is_written(vectors, tmp_path):
    for name in ("v.kv", "v.pkl", "v.txt.zip", "v.gz", "v.safetensors.gz"):
        with pytest.raises(KotovecError, match=re.escape(name)):
            vectors.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_without_suffix_is_saved_as_safetensors(vectors, tmp_path):
    vectors.save(tmp_path / "model")
    assert load(tmp_path / "model").counts.tolist() == [4, 3, 2, 0]


def test_other_vectors_for_the_same_words(vectors):
    other = vectors.with_vectors(vectors.matrix[:, :2] * 2, metadata={"made": "by hand"})
    assert other.words == vectors.words
    assert other["言葉"].tolist() == [6, 8]
    assert other.counts.tolist() == [4, 3, 2, 0]
    assert other.metadata == {"made": "by hand"}
    with pytest.raises(OptionError, match="4 words and 3 vectors"):
        vectors.with_vectors(np.ones((3, 2)))


def test_what_looks_like_a_row_or_a_list_and_is_none_is_refused(vectors):
    with pytest.raises(OptionError, match=r"must be an int in the range .* Got True instead"):
        vectors.word_of(True)
    with pytest.raises(OptionError, match=r"takes a list of words\. Got 5 instead"):
        vectors.vectors_for(5)
    with pytest.raises(OptionError, match=r"take weights as pairs .* pass list\(items.items\(\)\)"):
        vectors.most_similar(positive={"koto": 2.0})


def test_vectors_for_takes_any_words_that_can_be_gone_through(vectors):
    words = ["koto", "nul\x00"]
    assert np.array_equal(vectors.vectors_for(word for word in words), vectors.vectors_for(words))
