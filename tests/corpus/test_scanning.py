"""The compiled scan finds the same words, ids and line ends as a few lines of Python, whatever the bytes."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_corpus_counts import assert_same_as_naive

from kotovec.corpus import word_table
from kotovec.corpus.word_table import WordTable

CUT = re.compile(rb"[\x09-\x0d\x1c-\x20]+")
SPACES = [bytes([code]) for code in (*range(9, 14), *range(28, 33))]
WIDE_SPACES = [character.encode() for character in "\x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"]
INVALID = [b"\xff", b"\x80", b"\xe3", b"\xe3\x80", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc2"]
# Words are told apart eight bytes at a time, so the lengths around 8 and 16 and equal beginnings matter.
LONG_WORDS = [b"abcdefgh"[:k] for k in range(1, 9)] + [
    b"abcdefgh" * 2,
    b"abcdefgh" * 2 + b"i",
    b"abcdefgh" * 5,
    b"abcdefgh" * 5 + b"\0",
]
NEARLY_SPACES = [bytes([code]) for code in (0, 1, 8, 14, 27, 33, 127, 0x89, 0x8D, 0x9C, 0xA0)]
PIECES = [*SPACES, b"\n", b"\n", b" ", b"\r\n", *WIDE_SPACES, *INVALID, *LONG_WORDS, *NEARLY_SPACES]
TEXTS = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=60).map(b"".join)
relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)


def naive_scan(index: dict[bytes, int], text: bytes) -> tuple[list[int], list[int]]:
    """Number the words of a text and say after how many words its lines end."""
    ids, ends = [], []
    lines = text.split(b"\n")
    for number, line in enumerate(lines):
        ids += [index.setdefault(word, len(index)) for word in CUT.split(line) if word]
        if number + 1 < len(lines) and ends[-1:] != [len(ids)]:
            ends.append(len(ids))
    return ids, ends


def assert_same_as_naive_scan(texts: list[bytes]) -> None:
    table, index = WordTable(), {}
    for text in texts:
        ids, ends = table.scan(text)
        assert (ids.tolist(), ends.tolist()) == naive_scan(index, text)
    assert len(table) == len(index)
    assert table.joined() == b"".join(word + b"\n" for word in index)


@pytest.fixture
def small_tables(monkeypatch):
    monkeypatch.setattr(word_table, "FIRST_WORDS", 2)
    monkeypatch.setattr(word_table, "LETTERS_OF_A_WORD", 1)


@relaxed
@given(texts=st.lists(TEXTS, max_size=4))
def test_the_scan_equals_plain_python_on_any_bytes_while_the_table_grows(small_tables, texts):
    assert_same_as_naive_scan(texts)


def test_the_scan_equals_plain_python_on_a_large_vocabulary():
    draw = random.Random(3)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789é漢"
    words = ["".join(draw.choices(letters, k=draw.randint(1, 24))) for _ in range(60_000)]
    lines = [" ".join(draw.choices(words, k=40)) for _ in range(4_000)]
    assert_same_as_naive_scan(["\n".join(half).encode() for half in (lines[:2000], lines[2000:])])


@relaxed
@given(
    text=TEXTS,
    tokenizer=st.sampled_from(["whitespace", "words"]),
    block_bytes=st.sampled_from([1, 2, 7, 16, 100, 1 << 20]),
    workers=st.sampled_from([1, 2]),
)
def test_a_corpus_equals_str_split_on_any_bytes_at_every_block_size(
    tmp_path, text, tokenizer, block_bytes, workers
):
    path = tmp_path / "text"
    path.write_bytes(b"plain text that shows what this is\n" * 9 + text)
    assert_same_as_naive(path, tokenizer, block_bytes=block_bytes, workers=workers)


def test_one_kind_of_text_compiles_one_kernel():
    from kotovec.corpus.scanning import scan

    WordTable().scan(b"a b\n")
    WordTable().scan(bytes(bytearray(b"c d\n")))
    assert len(scan.signatures) == 1
