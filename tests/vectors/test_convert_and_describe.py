from __future__ import annotations

import gzip
import re

import numpy as np
import pytest

from kotovec.errors import FormatError, OptionError
from kotovec.vectors import FORMATS, FileInfo, WordVectors, convert, describe, load

WORDS = [f"言{i}" for i in range(12)]
MATRIX = np.random.default_rng(1).standard_normal((12, 3)).astype(np.float32)
NAMES = {"v.safetensors": 0, "v.txt": 1, "v.vec": 1, "v.bin": 2, "v.txt.gz": 1, "v.vec.gz": 1, "v.bin.gz": 2}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source.safetensors"
    WordVectors(WORDS, MATRIX, counts=range(12), output_vectors=MATRIX, metadata={"model": "cbow"}).save(path)
    return path


@pytest.mark.parametrize("between", NAMES)
def test_every_format_becomes_every_other(source, tmp_path, between):
    convert(source, tmp_path / between)
    convert(tmp_path / between, tmp_path / "back.safetensors")
    back = load(tmp_path / "back.safetensors")
    assert back.words == tuple(WORDS)
    assert np.array_equal(back.matrix, MATRIX)
    assert (back.counts is not None) == (between == "v.safetensors")


@pytest.mark.parametrize(("name", "format_number"), NAMES.items())
def test_a_description_says_what_the_file_holds(source, tmp_path, name, format_number):
    path = tmp_path / name
    convert(source, path)
    full = format_number == 0
    assert describe(path) == FileInfo(
        path=str(path),
        format=FORMATS[format_number],
        words=12,
        vector_size=3,
        has_counts=full,
        has_output_vectors=full,
        bytes=path.stat().st_size,
        metadata={"model": "cbow"} if full else {},
        first_words=tuple(WORDS[:10]),
    )


def test_a_description_counts_the_lines_where_no_header_does(tmp_path):
    (tmp_path / "glove.txt").write_text("".join(f"w{i} 0.5 1\n" for i in range(33)))
    info = describe(tmp_path / "glove.txt")
    assert (info.words, info.vector_size, len(info.first_words)) == (33, 2, 10)


@pytest.mark.parametrize("name", ["v.txt", "v.bin"])
def test_a_description_of_a_file_that_is_cut_short_says_so(source, tmp_path, name):
    path = tmp_path / name
    convert(source, path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(FormatError, match=r"announces 12 words of vector size 3 .* has 50; .* cut short"):
        describe(path)


def test_a_description_of_a_lying_header_takes_no_memory(tmp_path):
    (tmp_path / "v.bin").write_bytes(b"999999999 999999999\nkoto \0\0\0\0")
    with pytest.raises(FormatError, match="announces 999,999,999 words"):
        describe(tmp_path / "v.bin")
    with gzip.open(tmp_path / "v.bin.gz", "wb") as file:  # which may hold more than its own size says
        file.write(b"999999999 999999999\nkoto \0\0\0\0")
    assert describe(tmp_path / "v.bin.gz").words == 999_999_999


@pytest.mark.parametrize("header", ["2 0", "0 5"])
def test_a_description_needs_vectors(tmp_path, header):
    path = tmp_path / "v.bin"
    path.write_text(f"{header}\na b ")
    with pytest.raises(FormatError, match=r"holds no vectors: its header says \d words of size \d"):
        describe(path)


def test_formats_may_be_named_against_the_suffix(source, tmp_path):
    convert(source, tmp_path / "a.out", to_format="word2vec-binary")
    assert describe(tmp_path / "a.out").format == "word2vec-binary"
    convert(tmp_path / "a.out", tmp_path / "b.gz", from_format="word2vec-binary", to_format="word2vec-text")
    assert (tmp_path / "b.gz").read_bytes()[:2] == b"\x1f\x8b"
    assert load(tmp_path / "b.gz").words == tuple(WORDS)


def test_a_wrong_name_for_the_source_format_is_an_error_and_not_garbage(source, tmp_path):
    convert(source, tmp_path / "v.txt")
    convert(source, tmp_path / "v.bin")
    for name in ("source.safetensors", "v.txt", "v.bin"):
        for format_name in FORMATS:
            if describe(tmp_path / name).format != format_name:
                with pytest.raises(FormatError, match=re.escape(name)):
                    convert(tmp_path / name, tmp_path / "out.safetensors", from_format=format_name)
    assert not (tmp_path / "out.safetensors").exists()


def test_unknown_suffixes_and_formats_name_the_known_ones(source, tmp_path):
    with pytest.raises(OptionError, match=r"out\.kv.*\.bin, \.safetensors, \.txt, \.vec"):
        convert(source, tmp_path / "out.kv")
    with pytest.raises(
        OptionError, match="'glove'; the formats are safetensors, word2vec-text, word2vec-binary"
    ):
        convert(source, tmp_path / "out.txt", to_format="glove")
    with pytest.raises(OptionError, match="the formats are safetensors"):
        convert(source, tmp_path / "out.txt", from_format="glove")


def test_an_unknown_suffix_is_refused_before_the_source_is_read(tmp_path):
    with pytest.raises(OptionError, match="suffix"):
        convert(tmp_path / "missing.bin", tmp_path / "out.kv")


def test_a_file_can_be_converted_onto_itself(source):
    before = load(source).matrix.copy()
    convert(source, source)
    assert np.array_equal(load(source).matrix, before)
