from __future__ import annotations

import gzip
import json
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from kotovec.errors import FormatError, KotovecError
from kotovec.vectors import WordVectors, load

WORDS = ["koto", "言", "vec", "é"]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "v.safetensors"
    matrix = np.arange(12, dtype=np.float32).reshape(4, 3)
    WordVectors(
        WORDS, matrix, counts=[4, 3, 2, 1], output_vectors=-matrix, metadata={"b": "1", "a": "2"}
    ).save(path)
    return path


def parts():
    """Return the tensors of a right file."""
    blob = "".join(WORDS).encode()
    return {
        "vectors": np.arange(12, dtype=np.float32).reshape(4, 3),
        "words": np.frombuffer(blob, np.uint8),
        "word_offsets": np.array([0, 4, 7, 10, 12], np.int64),
        "counts": np.array([4, 3, 2, 1], np.int64),
    }


def refuses(path, message):
    with pytest.raises(FormatError, match=re.escape(message)) as caught:
        load(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_the_safetensors_library_reads_what_is_saved(path):
    with safe_open(path, framework="np") as file:
        assert set(file.keys()) == {"vectors", "words", "word_offsets", "counts", "output_vectors"}
        assert file.metadata() == {"kotovec_format": "1", "a": "2", "b": "1"}
        for name, tensor in parts().items():
            found = file.get_tensor(name)
            assert found.dtype == tensor.dtype
            assert np.array_equal(found, tensor)


def test_what_the_safetensors_library_writes_is_read(tmp_path):
    save_file(parts(), tmp_path / "v", metadata={"kotovec_format": "1", "x": "y"})
    vectors = load(tmp_path / "v")
    assert vectors.words == tuple(WORDS)
    assert np.array_equal(vectors.matrix, parts()["vectors"])
    assert vectors.counts.tolist() == [4, 3, 2, 1]
    assert vectors.metadata == {"x": "y"}


def test_counts_are_optional(tmp_path):
    WordVectors(WORDS, parts()["vectors"]).save(tmp_path / "v")
    assert load(tmp_path / "v").counts is None
    assert load(tmp_path / "v").output_vectors is None


def test_equal_vectors_give_equal_bytes_in_another_process(path, tmp_path):
    other = tmp_path / "other.safetensors"
    program = f"from kotovec.vectors import load; load({str(path)!r}).save({str(other)!r})"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert other.read_bytes() == path.read_bytes()


def test_the_vectors_stand_at_a_cache_line_and_are_not_copied(path):
    vectors = load(path)
    place = path.read_bytes().index(vectors.matrix.tobytes())
    assert place % 64 == 0
    assert vectors.matrix.ctypes.data % 64 == 0
    assert not vectors.matrix.flags.owndata


def test_a_file_cut_at_any_byte_is_refused(path):
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(FormatError):
            load(path)


def test_a_file_that_goes_on_is_refused(path):
    path.write_bytes(path.read_bytes() + b"x")
    refuses(path, "its last tensor should end at byte")


def test_any_flipped_byte_of_the_header_is_refused_or_harmless(path):
    whole = path.read_bytes()
    header_end = 8 + int.from_bytes(whole[:8], "little")
    for place in range(header_end):
        flipped = whole[place] ^ (0x80, 0x01, 0x10)[place % 3]
        path.write_bytes(whole[:place] + bytes([flipped]) + whole[place + 1 :])
        try:
            loaded = load(path)
        except FormatError:
            continue
        assert np.array_equal(loaded.matrix, parts()["vectors"])
        assert loaded.words == tuple(WORDS)


DAMAGE = [
    ({"vectors": None}, "it has no tensor 'vectors'"),
    ({"words": None}, "it has no tensor 'words'"),
    ({"word_offsets": None}, "it has no tensor 'word_offsets'"),
    ({"vectors": np.ones((4, 3))}, "tensor 'vectors' has type F64 where F32 is needed"),
    ({"vectors": np.ones((4, 3), np.float16)}, "type F16"),
    ({"words": np.ones(12, np.int8)}, "tensor 'words' has type I8"),
    ({"word_offsets": np.array([0, 4, 7, 10, 12], np.int32)}, "type I32"),
    ({"counts": np.ones(4, np.float32)}, "tensor 'counts' has type F32"),
    ({"vectors": np.ones((3, 3), np.float32)}, "'word_offsets' has shape (5,) where 3 vectors need (4,)"),
    ({"vectors": np.ones(12, np.float32)}, "'vectors' has shape (12,)"),
    ({"vectors": np.ones((4, 0), np.float32)}, "'vectors' has shape (4, 0)"),
    ({"vectors": np.ones((2, 2, 3), np.float32)}, "cannot stand in"),
    ({"counts": np.ones(5, np.int64)}, "'counts' has shape (5,) where 4 vectors need (4,)"),
    ({"output_vectors": np.ones((4, 2), np.float32)}, "'output_vectors' has shape (4, 2)"),
    ({"words": np.ones((3, 4), np.uint8)}, "'words' has shape (3, 4)"),
    ({"word_offsets": np.array([0, 4, 4, 10, 12])}, "'word_offsets' does not rise"),
    ({"word_offsets": np.array([0, 7, 4, 10, 12])}, "'word_offsets' does not rise"),
    ({"word_offsets": np.array([0, 4, 7, 10, 13])}, "'word_offsets' does not rise from 0 to the 12 bytes"),
    ({"word_offsets": np.array([0, 4, 7, 10, 11])}, "'word_offsets' does not rise"),
    ({"word_offsets": np.array([1, 4, 7, 10, 12])}, "'word_offsets' does not rise"),
    ({"word_offsets": np.array([-1, 4, 7, 10, 12])}, "'word_offsets' does not rise"),
    ({"word_offsets": np.array([0, 4, 6, 10, 12])}, "word 2 is not valid UTF-8"),
    ({"words": np.frombuffer(b"koto\xff\xff\xffvec\xc3\xa9", np.uint8)}, "word 1 is not valid UTF-8"),
    ({"words": np.frombuffer("koto言vec".encode() + b"a\xc3", np.uint8)}, "word 3 is not valid UTF-8"),
]


@pytest.mark.parametrize(("change", "message"), DAMAGE)
def test_a_tensor_that_cannot_be_right_is_named(tmp_path, change, message):
    tensors = {name: tensor for name, tensor in {**parts(), **change}.items() if tensor is not None}
    save_file(tensors, tmp_path / "v", metadata={"kotovec_format": "1"})
    refuses(tmp_path / "v", message)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (None, "that kotovec did not write"),
        ({"format": "pt"}, "that kotovec did not write"),
        ({"kotovec_format": "2"}, "format version 2, and this kotovec reads up to version 1"),
        ({"kotovec_format": "one"}, "is 'one' and not a number"),
        ({"kotovec_format": "1" * 5000}, "and not a number"),
    ],
)
def test_another_format_version_is_named(tmp_path, metadata, message):
    save_file(parts(), tmp_path / "v", metadata=metadata)
    refuses(tmp_path / "v", message)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"{not json", "not readable JSON"),
        (b'{"a": "\xff"}', "not readable JSON"),
        (b'{"a":' * 100_000, "not readable JSON"),
        (b'{"__metadata__": 3}', "its metadata is not a table"),
        (b'{"__metadata__": {"a": 3}}', "its metadata is not a table"),
        (b'{"__metadata__": {"kotovec_format": "1"}, "vectors": 3}', "of tensor 'vectors'"),
        (b'{"__metadata__": {"kotovec_format": "1"}, "x": {"dtype": "F32", "shape": [1]}}', "of tensor 'x'"),
        (
            b'{"__metadata__": {"kotovec_format": "1"}, '
            b'"vectors": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}',
            "of tensor 'vectors'",
        ),
        (
            b'{"__metadata__": {"kotovec_format": "1"}, '
            b'"vectors": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}',
            "of tensor 'vectors'",
        ),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path, header, message):
    (tmp_path / "v").write_bytes(len(header).to_bytes(8, "little") + header)
    refuses(tmp_path / "v", message)


def test_sizes_beyond_all_memory_are_refused(path):
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    for shape, end in (([2**40, 3], 48), ([2**62, 2**62], 48), ([4, 3], 2**70), ([2**40, 2**20], 2**62)):
        header["vectors"].update(shape=shape, data_offsets=[header["vectors"]["data_offsets"][0], end])
        encoded = json.dumps(header).encode()
        path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + whole[8 + length :])
        refuses(path, "is damaged")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (pickle.dumps({"a": np.ones(3)}, protocol=4), "is a pickle: opening it would run code"),
        (b"PK\x03\x04....", "is a zip archive"),
        (b"\xba\x16\x4f\x2f\x0c\x00\x00\x00", "is a fastText model: use the .vec file"),
        (b"\x93NUMPY\x01\x00", "is a NumPy array without words"),
        (b"\x28\xb5\x2f\xfdxxxx", "is a zstd archive"),
        (b"the cat sat on the mat\n" * 9, "is not a vectors file"),
        (bytes(range(256)) * 9, "is not a vectors file"),
        (b"\x00" * 5000, "is not a vectors file"),
        (b"\xff" * 5000, "is not a vectors file"),
        (b"\x1f\x8b\x08\x00", "damaged or cut gzip"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path, content, message):
    (tmp_path / "v").write_bytes(content)
    refuses(tmp_path / "v", message)


def test_a_safetensors_file_inside_gzip_is_named(path):
    path.write_bytes(gzip.compress(path.read_bytes()))
    refuses(path, "unpack it with gunzip")


def test_a_folder_and_a_missing_file_are_named(tmp_path):
    refuses(tmp_path, "it is a folder")
    refuses(tmp_path / "none", "There is no file")
    (tmp_path / "file").touch()
    with pytest.raises(KotovecError, match="file/v"):
        load(tmp_path / "file" / "v")
    with pytest.raises(KotovecError, match="empty name"):
        load("")


def test_tensors_at_odd_places_are_read_all_the_same(tmp_path, path):
    whole = path.read_bytes()
    header = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    data, place = b"", 0
    for name, tensor in {"words": parts()["words"][:], **parts()}.items():
        header[name]["data_offsets"] = [place, place + tensor.nbytes]
        data, place = data + tensor.tobytes(), place + tensor.nbytes
    del header["output_vectors"]
    encoded = json.dumps(header).encode()
    encoded += b" " * (1 - len(encoded) % 2)
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + data)
    loaded = load(path)
    assert loaded.matrix.flags.aligned
    assert np.array_equal(loaded.matrix, parts()["vectors"])
    assert loaded.most_similar("言", top=1)[0].word == "vec"
