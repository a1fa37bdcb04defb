from __future__ import annotations

import gzip
import re
import struct

import numpy as np
import pytest

from kotovec.errors import FormatError
from kotovec.vectors import WordVectors, describe, load

ROWS = {"koto": [0.5, -2.0], "言": [1e-7, 3.0]}


def binary(rows=ROWS, newline=b"\n", header=None):
    """Return a file as word2vec.c writes it (with newlines) or as gensim does (without)."""
    data = header or b"%d 2\n" % len(rows)
    for word, vector in rows.items():
        data += (
            (word if isinstance(word, bytes) else word.encode())
            + b" "
            + struct.pack("<2f", *vector)
            + newline
        )
    return data


def opened(tmp_path, content, name="v.txt"):
    (tmp_path / name).write_bytes(content)
    return load(tmp_path / name)


def refuses(tmp_path, content, message):
    with pytest.raises(FormatError, match=re.escape(message)) as caught:
        opened(tmp_path, content)
    assert "v.txt" in str(caught.value)


READABLE = {
    "plain": "2 2\nkoto 0.5 -2\n言 1e-07 3\n".encode(),
    "trailing spaces, as fastText and word2vec.c": "2 2\nkoto 0.5 -2 \n言 1e-7 3.0 \n".encode(),
    "CRLF": "2 2\r\nkoto 0.5 -2\r\n言 1E-7 +3\r\n".encode(),
    "no newline at the end": "2 2\nkoto 0.5 -2\n言 1e-7 3".encode(),
    "blank lines": "2 2\nkoto 0.5 -2\n\n言 1e-7 3\n\n\n".encode(),
    "double spaces": "2 2\nkoto  0.5 -2\n言 1e-7   3\n".encode(),
    "no header, as GloVe": "koto 0.5 -2\n言 1e-7 3\n".encode(),
    "byte order mark": "\ufeff2 2\nkoto 0.5 -2\n言 1e-7 3\n".encode(),
    "tab in header": "2\t2\nkoto 0.5 -2\n言 1e-7 3\n".encode(),
    "binary of word2vec.c": binary(),
    "binary of gensim": binary(newline=b""),
    "binary with a newline at the end only": binary(newline=b"") + b"\n",
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("content", READABLE.values(), ids=READABLE)
@pytest.mark.parametrize("name", ["v.txt", "v.bin", "v.safetensors", "v.gz"])
def test_the_content_tells_the_format_and_not_the_suffix(tmp_path, content, packed, name):
    vectors = opened(tmp_path, gzip.compress(content) if packed else content, name)
    assert vectors.words == tuple(ROWS)
    assert vectors.matrix.tolist() == np.array(list(ROWS.values()), np.float32).tolist()
    assert vectors.counts is None


def test_text_is_written_as_others_read_it(tmp_path):
    WordVectors(["koto", "言"], [[0.5, -2], [0.1, 16777216]]).save(tmp_path / "v.txt")
    lines = (tmp_path / "v.txt").read_bytes().split(b"\n")
    assert lines[0] == b"2 2"
    assert lines[3:] == [b""]
    assert [line.split(b" ")[0].decode() for line in lines[1:3]] == ["koto", "言"]
    assert [float(field) for field in lines[2].split(b" ")[1:]] == [0.1, 16777216.0]


def test_binary_is_written_as_word2vec_does(tmp_path):
    WordVectors(["koto", "言"], [[0.5, -2], [1e-7, 3]]).save(tmp_path / "v.bin")
    assert (tmp_path / "v.bin").read_bytes() == binary()


def test_compressed_files_are_the_same_each_time_and_hold_the_plain_file(tmp_path):
    vectors = WordVectors(["koto", "言"], [[0.5, -2], [1e-7, 3]])
    for name in ("v.bin", "v.txt", "v.vec"):
        vectors.save(tmp_path / name)
        vectors.save(tmp_path / f"{name}.gz")
        vectors.save(tmp_path / f"again.{name}.gz")
        assert gzip.decompress((tmp_path / f"{name}.gz").read_bytes()) == (tmp_path / name).read_bytes()
        assert (tmp_path / f"{name}.gz").read_bytes() == (tmp_path / f"again.{name}.gz").read_bytes()


@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_a_word_with_a_space_or_newline_is_named_and_nothing_is_written(tmp_path, suffix):
    for word in ("new york", "a\n", " "):
        vectors = WordVectors(["koto", word], np.eye(2))
        with pytest.raises(FormatError, match=re.escape(repr(word))):
            vectors.save(tmp_path / f"v{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_words_with_spaces_are_read_from_the_right(tmp_path):
    content = b"3 2\n. . . 0.5 1\nkoto 2 3\nat name@domain 4 5\n"
    vectors = opened(tmp_path, content)
    assert vectors.words == (". . .", "koto", "at name@domain")
    assert vectors.matrix.tolist() == [[0.5, 1], [2, 3], [4, 5]]


@pytest.mark.parametrize(
    "word", ["a\u00a0b", "\u3000", "\x85", "\u2028", "\t", "\r", "x\ry", '"', '"a', "'", "\x0b", "nan", "7"]
)
@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_only_the_ascii_space_parts_words_from_numbers(tmp_path, word, suffix):
    vectors = WordVectors(["first", word], [[0.5, 1], [2, 3]])
    vectors.save(tmp_path / f"v{suffix}")
    assert load(tmp_path / f"v{suffix}").words == ("first", word)


@pytest.mark.parametrize(
    "build", [binary, lambda rows: b"2 2\n" + b"".join(w + b" 1 2\n" for w in rows)], ids=["bin", "txt"]
)
def test_words_that_are_not_utf8_are_replaced_with_a_warning(tmp_path, build):
    content = build({b"caf\xe9": [1, 2], b"b": [1, 2]})
    with pytest.warns(UserWarning, match="not valid UTF-8, 1 in all, such as 'caf\ufffd'"):
        assert opened(tmp_path, content).words == ("caf\ufffd", "b")


@pytest.mark.parametrize("suffix", ["txt", "bin"])
def test_the_first_vector_of_a_repeated_word_is_kept_with_a_warning(tmp_path, suffix):
    if suffix == "txt":
        content = b"4 2\na 1 2\nb 3 4\na 5 6\nc 7 8\n"
    else:
        content = b"4 2\n" + b"".join(
            w + b" " + struct.pack("<2f", i, i + 1)
            for w, i in zip([b"a", b"b", b"a", b"c"], [1, 3, 5, 7], strict=True)
        )
    with pytest.warns(UserWarning, match="repeats words, 1 in all, such as 'a'"):
        vectors = opened(tmp_path, content)
    assert vectors.words == ("a", "b", "c")
    assert vectors.matrix.tolist() == [[1, 2], [3, 4], [7, 8]]


BROKEN = [
    (b"3 2\na 1 2\nb 3 4\n", "announces 3 words in its first line and holds 2"),
    (b"1 2\na 1 2\nb 3 4\n", "announces 1 words in its first line and holds 2"),
    (b"999999999 2\na 1 2\n", "announces 999,999,999 words in its first line and holds 1"),
    (b"0 2\n", "holds no vectors"),
    (b"2 0\na\nb\n", "holds no vectors"),
    (b"2 2\na 1 2\nb 3\n", "Line 3 of"),
    (b"2 2\na 1 2\nb\n", "Line 3 of"),
    (b"2 2\na 1 2\nb 3 x\n", "should end with 2 numbers. Got 'x' among them"),
    (b"2 2\na 1 2\n 3 4\n", "begins with a blank, as no word of this format can; remove it"),
    (b"2 2\na 1 2\nb nan 4\n", "not finite in row 2, the vector of 'b'"),
    (b"2 2\na 1 2\nb 1e39 4\n", "not finite in row 2, the vector of 'b'"),
    (b"2 2\na 1 2\nb  1e39  4\n", "not finite in row 2, the vector of 'b'"),
    (b"a 1 2\nb 3\n", "Line 2 of"),
    (b"1 999999999\na 1 2\n", "is not a word and 999,999,999 numbers"),
    (binary()[:-3], "announces 2 words in its first line and holds 1"),
    (binary()[:20], "announces 2 words in its first line and holds 1"),
    (binary(header=b"5 2\n"), "announces 5 words in its first line and holds 2"),
    (binary(header=b"1 2\n"), "announces 1 words in its first line and holds 2"),
    (binary({"a": [1, np.nan]}), "not finite in row 1, the vector of 'a'"),
    (binary({"a": [1, 2], "": [3, 4]}), "no word in row 2"),
    (gzip.compress(binary())[:-9], "damaged or cut gzip"),
    (gzip.compress(READABLE["plain"])[:-1], "damaged or cut gzip"),
    (gzip.compress(READABLE["plain"])[:-8] + b"12345678", "damaged or cut gzip"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN)
def test_a_broken_file_is_explained(tmp_path, content, message):
    refuses(tmp_path, content, message)


def test_a_line_number_counts_from_the_top_of_a_long_file(tmp_path):
    good = b"".join(b"w%d 1 2\n" % i for i in range(5000))
    refuses(tmp_path, b"5001 2\n" + good + b"bad 1 two\n", "Line 5,002 of")


def test_a_file_longer_than_one_block_is_read_whole(tmp_path, monkeypatch):
    from kotovec.vectors import word2vec_binary, word2vec_text

    monkeypatch.setattr(word2vec_text, "_READ_BYTES", 37)
    monkeypatch.setattr(word2vec_binary, "_READ_BYTES", 37)
    matrix = np.random.default_rng(0).standard_normal((300, 5)).astype(np.float32)
    vectors = WordVectors([f"言{i}" for i in range(300)], matrix)
    for name in ("v.txt", "v.bin"):
        vectors.save(tmp_path / name)
        loaded = load(tmp_path / name)
        assert loaded.words == vectors.words
        assert np.array_equal(loaded.matrix, matrix)


def test_a_binary_file_whose_first_word_looks_like_a_number_is_binary(tmp_path):
    rng = np.random.default_rng(0)
    for turn in range(400):
        size = int(rng.integers(3, 120))
        matrix = (rng.standard_normal((2, size)) / 10).astype("<f4")
        # Somewhere in the numbers stands what ends a line or a field of a text.
        matrix.view(np.uint8)[0, rng.integers(0, 4 * size, 3)] = rng.choice([10, 32], 3)
        rows = b"".join(
            word + b" " + row.tobytes() + b"\n" for word, row in zip((b"1984", b"7"), matrix, strict=True)
        )
        (tmp_path / "v.bin").write_bytes(b"2 %d\n" % size + rows)
        read = load(tmp_path / "v.bin")
        assert read.words == ("1984", "7"), turn
        assert read.matrix.tobytes() == matrix.tobytes()


@pytest.mark.parametrize(
    "row", ["koto 1 2", "koto\t1\t2\t3", "koto 1,5 2 3", "koto 1 x 3"],
    ids=["number missing", "tabs", "comma", "letter"],
)  # fmt: skip
def test_a_slip_in_the_first_row_of_a_text_is_told_as_one_of_a_text(tmp_path, row):
    (tmp_path / "v.txt").write_text(f"2 3\n{row}\nvec 4 5 6\n")
    with pytest.raises(FormatError, match=r"^Line 2 of"):
        load(tmp_path / "v.txt")


@pytest.mark.parametrize("header", ["2 3\n", " 2 3"], ids=["blank line after it", "blank before it"])
def test_a_header_with_blanks_about_it_is_a_header(tmp_path, header):
    (tmp_path / "v.txt").write_text(f"{header}\nkoto 1 2 3\nvec 4 5 6\n")
    assert load(tmp_path / "v.txt").words == ("koto", "vec")


@pytest.mark.parametrize("header", ["1 2", "2 2", "2 3 0"])
def test_a_first_line_that_says_less_than_the_lines_hold_is_no_silent_garbage(tmp_path, header):
    (tmp_path / "v.txt").write_text(f"{header}\nkoto 1 2 3\nvec 4 5 6\n")
    with pytest.raises(FormatError, match=r"more than the 2 numbers that its first line says, .*'koto 1'"):
        load(tmp_path / "v.txt")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2 2\n a 1 2\n b 3 4\n", 2),
        ("2 2\na 1 2\n b 3 4\n", 3),
        ("2 2\na 1 2\n b c 3 4\n", 3),
        (" a 1 2\nb 3 4\n", 1),
    ],
)
def test_a_blank_before_a_word_does_not_become_part_of_it(tmp_path, text, line):
    (tmp_path / "v.txt").write_text(text)
    with pytest.raises(FormatError, match=rf"^Line {line} of .* begins with a blank"):
        load(tmp_path / "v.txt")


@pytest.mark.parametrize("suffix", [".txt", ".bin"])
def test_a_word_that_begins_with_a_blank_is_refused_when_it_is_saved(tmp_path, suffix):
    with pytest.raises(FormatError, match=r"' a' contains a space .* save as \.safetensors"):
        WordVectors([" a"], [[1.0]]).save(tmp_path / f"v{suffix}")


@pytest.mark.parametrize("header", ["9999999999 2", "-1 2", "\ufeff-1 2", "+1 2", "1 -2", "1 99999999999"])
def test_a_header_that_cannot_be_right_is_no_word(tmp_path, header):
    path = tmp_path / "v.txt"
    path.write_text(f"{header}\na 1 2\n", encoding="utf-8")
    for reader in (load, describe):
        with pytest.raises(FormatError, match=r"The first line of .* is no header that can be right"):
            reader(path)


def test_a_whole_number_is_a_word_where_all_vectors_have_one_number(tmp_path):
    (tmp_path / "v.txt").write_text("9999999999 2\n5 3\n-7 4\n")
    assert load(tmp_path / "v.txt").words == ("9999999999", "5", "-7")


@pytest.mark.parametrize("word", ["\t", "\r", "\x0b"])
def test_whitespace_as_the_first_word_of_a_file_without_header_is_a_word(tmp_path, word):
    (tmp_path / "v.txt").write_bytes(f"{word} 1 2 3\nvec 4 5 6\n".encode())
    read = load(tmp_path / "v.txt")
    assert read.words == (word, "vec")
    assert read.matrix.tolist() == [[1, 2, 3], [4, 5, 6]]
