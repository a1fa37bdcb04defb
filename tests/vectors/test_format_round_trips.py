"""Whatever the words and numbers, what is read is what was written."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kotovec.errors import FormatError
from kotovec.vectors import WordVectors, convert, load

AWKWARD = [
    "言葉",
    "が",
    "か\u3099",
    "e\u0301",
    "\x00",
    "a\x00",
    "\ufeff",
    "\u00a0",
    "\U0001f600",
    "0.5",
    "2 3",
    "\n",
    "\r",
]
words_of_any_kind = st.one_of(st.sampled_from(AWKWARD), st.text(st.characters(codec="utf-8"), min_size=1))
words_without_space = words_of_any_kind.filter(lambda word: not set(word) & {" ", "\n"})
bits = st.integers(0, 2**32 - 1).filter(lambda number: (number >> 23) & 0xFF != 0xFF)  # every finite float32


@st.composite
def vectors(draw, words):
    chosen = draw(st.lists(words, min_size=1, max_size=6, unique=True))
    width = draw(st.integers(1, 5))
    numbers = draw(st.lists(bits, min_size=len(chosen) * width, max_size=len(chosen) * width))
    return WordVectors(chosen, np.array(numbers, np.uint32).view(np.float32).reshape(len(chosen), width))


def assert_same(found, expected):
    assert found.words == expected.words
    assert np.array_equal(found.matrix.view(np.uint32), expected.matrix.view(np.uint32))


@settings(max_examples=60, deadline=None)
@given(vectors(words_of_any_kind))
def test_safetensors_gives_back_every_word_and_every_bit(expected):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.safetensors"
        expected.save(path)
        assert_same(load(path), expected)


# Rounding this number to float64 first and to float32 then gives its neighbour.
TWICE_ROUNDED = np.array([[0x15AE43FD, 0x80000000, 1]], np.uint32).view(np.float32)


@pytest.mark.parametrize("suffix", [".txt", ".txt.gz", ".bin", ".bin.gz"])
@settings(max_examples=25, deadline=None)
@example(expected=WordVectors(["w"], TWICE_ROUNDED))
@given(expected=vectors(words_without_space))
def test_word2vec_formats_give_back_every_word_and_every_bit(suffix, expected):
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / f"v{suffix}", Path(folder) / "v.safetensors"
        expected.save(first)
        convert(first, second, from_format="word2vec-binary" if "bin" in suffix else "word2vec-text")
        assert_same(load(second), expected)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"2 3\n", b"1 1\n", b"koto 1 2\n", b"\x10" + b"\0" * 7 + b"{"]),
)
def test_random_bytes_are_refused_in_a_sentence_or_read(content, start):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        path = Path(folder) / "v"
        path.write_bytes(start + content)
        sentence = ""
        try:
            load(path)
        except FormatError as error:
            sentence = str(error)
        assert "\n" not in sentence
