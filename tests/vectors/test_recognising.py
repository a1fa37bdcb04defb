"""word2vec's two formats are told apart whatever their first bytes happen to be."""

from __future__ import annotations

import numpy as np
import pytest

import kotovec as kv

NAMES = [f"w{i}" for i in range(2000)]


def assert_round_trip(vectors, path):
    vectors.save(path)
    again = kv.load(path)
    assert list(again) == list(vectors)
    np.testing.assert_array_equal(again.matrix, vectors.matrix)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_small_files_of_any_numbers_come_back(tmp_path, size):
    rng = np.random.default_rng(size)
    for count in range(150):
        words = [f"w{i}" for i in range(int(rng.integers(1, 8)))]
        scale = float(rng.choice([1e-3, 1, 100]))
        vectors = kv.WordVectors(words, (scale * rng.normal(size=(len(words), size))).astype(np.float32))
        assert_round_trip(vectors, tmp_path / f"{count}.bin")
        assert_round_trip(vectors, tmp_path / f"{count}.txt")


def test_numbers_whose_bytes_are_all_letters(tmp_path):
    letters = np.frombuffer(b")*e>/4?=", "<f4")
    assert_round_trip(kv.WordVectors(["a", "b"], letters.reshape(2, 1)), tmp_path / "one.bin")
    assert_round_trip(kv.WordVectors(["a"], letters.reshape(1, 2)), tmp_path / "two.bin")


@pytest.mark.parametrize("words", [["a", "\x7f", "c"], ["\x00", "b", "c"], ["a", "b\x01", "\x08"]])
@pytest.mark.parametrize("suffix", [".txt", ".bin", ".txt.gz", ".bin.gz"])
def test_words_of_control_characters(tmp_path, words, suffix):
    tenths = np.random.default_rng(0).integers(0, 10, (3, 100)) / 10
    for matrix in (np.eye(3), tenths):
        assert_round_trip(kv.WordVectors(words, matrix.astype(np.float32)), tmp_path / f"x{suffix}")


@pytest.mark.parametrize("length", [131_000, 131_072, 1_000_000])
def test_long_words(tmp_path, length):
    for words in (["a" * length, "b"], ["b", "a" * length]):
        assert_round_trip(kv.WordVectors(words, np.eye(2, dtype=np.float32)), tmp_path / "long.bin")


def test_a_word_that_could_not_be_read_again_is_not_written(tmp_path):
    vectors = kv.WordVectors(["b", "a" * 2_000_000], np.eye(2, dtype=np.float32))
    with pytest.raises(
        kv.FormatError, match="A word of 2,000,000 bytes cannot be written as word2vec-binary"
    ):
        vectors.save(tmp_path / "long.bin")
    assert not list(tmp_path.iterdir())


def test_a_slip_in_a_text_of_other_letters_is_named(tmp_path):
    path = tmp_path / "slip.txt"
    path.write_text("2 3\nkoto 1,5 2 3\n言 4 5 6\n", encoding="utf-8")
    with pytest.raises(kv.FormatError, match=r"Line 2 .*should end with 3 numbers. Got '1,5' among them"):
        kv.load(path)


@pytest.mark.parametrize("line", [1, 2, 3])
def test_a_slip_in_a_long_text_is_named(tmp_path, line):
    path = tmp_path / "slip.txt"
    kv.WordVectors(NAMES, np.random.default_rng(0).normal(size=(2000, 100))).save(path)
    lines = path.read_text().split("\n")
    lines[line] = lines[line].replace(".", ",", 1)
    path.write_text("\n".join(lines))
    with pytest.raises(kv.FormatError, match=rf"Line {line + 1} .*should end with 100 numbers"):
        kv.load(path)


@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_lines_longer_than_what_is_looked_at(tmp_path, suffix):
    matrix = np.random.default_rng(0).normal(size=(3, 20_000)).astype(np.float32)
    assert_round_trip(kv.WordVectors(["a", "b", "c"], matrix), tmp_path / f"long{suffix}")


@pytest.mark.parametrize("length", [131_071, 131_072, 131_073])
def test_long_words_in_a_text(tmp_path, length):
    assert_round_trip(kv.WordVectors(["a" * length, "b"], np.eye(2)), tmp_path / "long.txt")


def test_the_name_decides_where_the_bytes_say_both(tmp_path):
    letters = np.frombuffer(b"1.252.75", "<f4")
    assert_round_trip(kv.WordVectors(["a", "b"], letters.reshape(2, 1)), tmp_path / "one.bin")
    assert_round_trip(kv.WordVectors(["a", "b"], [[1.25], [2.75]]), tmp_path / "one.txt")


@pytest.mark.parametrize(("suffix", "message"), [(".bin", "holds 2; the file is cut"), (".txt", "Line ")])
def test_a_file_that_is_cut_short_is_what_its_name_says(tmp_path, suffix, message):
    path = tmp_path / f"cut{suffix}"
    kv.WordVectors(["a", "b", "c"], [[0.2237936407327652], [0.0933641865849495], [0.5]]).save(path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(kv.FormatError, match=message):
        kv.load(path)
