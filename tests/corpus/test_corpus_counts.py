"""Counts and ids are exactly those of a naive reader, on awkward text and at every block size."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kotovec.corpus import Corpus
from kotovec.corpus.corpus import open_corpus
from kotovec.corpus.tokenizers import words_of_piece
from kotovec.errors import CorpusError

SPACES = "\t\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2007\u200a\u2028\u2029\u202f\u205f\u3000"
AWKWARD = st.text(
    alphabet=st.sampled_from("abAB1'.\0\ufffdé\u0301\u0345あ漢İΣσßſ\U0001f600\u200d²Ⅷ\n\n" + SPACES),
    max_size=60,
)
INVALID_PIECES = [
    *(b"a", b"bc", b" ", b"\n", b"\0", b"\r\n", b"\x1c", b"\xef\xbf\xbd", b"\xc2\x85", b"\xe3\x80\x80"),
    *(b"\xff", b"\xe3", b"\xe3\x80", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf0\x9f\x98\x80", b"\xc2", b"\x85"),
]
INVALID = st.lists(st.sampled_from(INVALID_PIECES), max_size=30).map(b"".join)
relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100
)


def naive_words(line: str) -> list[str]:
    """The definition in the guide, a character at a time."""
    runs, run = [], ""
    for character in line + " ":
        kind = unicodedata.category(character)[0]
        if kind in "LN" or (kind == "M" and run):
            run += character
        elif run:
            runs.append(run.lower())
            run = ""
    return runs


NAIVE = {"whitespace": str.split, "words": naive_words}


def naive_corpus(data: bytes, tokenizer: str, min_count: int, max_vocab: int | None):
    lines = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split("\n")
    sentences = [NAIVE[tokenizer](line) for line in lines]
    counts = Counter(word for sentence in sentences for word in sentence)
    vocabulary = [(word, count) for word, count in counts.most_common() if count >= min_count][:max_vocab]
    known = dict(vocabulary)
    kept = [[word for word in sentence if word in known] for sentence in sentences]
    return vocabulary, [sentence for sentence in kept if sentence], sum(counts.values())


def assert_same_as_naive(path: Path, tokenizer="whitespace", min_count=1, max_vocab=None, **how):
    vocabulary, sentences, tokens = naive_corpus(path.read_bytes(), tokenizer, min_count, max_vocab)
    try:
        corpus = open_corpus(str(path), tokenizer, min_count, max_vocab, **how)
    except CorpusError:
        assert not vocabulary
        return None
    with corpus:
        found = corpus.vocabulary
        assert list(zip(found.words, found.counts.tolist(), strict=True)) == vocabulary
        assert list(corpus.sentences()) == sentences
        assert (corpus.report.tokens_read, corpus.report.sentences) == (tokens, len(sentences))
        assert corpus.report.tokens_kept == len(corpus) == sum(map(len, sentences))
        return corpus.report


@relaxed
@given(
    text=AWKWARD,
    tokenizer=st.sampled_from(["whitespace", "words"]),
    block_bytes=st.sampled_from([1, 2, 3, 5, 17, 1 << 20]),
    workers=st.sampled_from([1, 2]),
    min_count=st.integers(1, 3),
    max_vocab=st.sampled_from([None, 1, 2]),
)
def test_counts_equal_a_naive_reader_on_awkward_text(
    tmp_path, text, tokenizer, block_bytes, workers, min_count, max_vocab
):
    path = tmp_path / "text"
    path.write_bytes(b"ok\n" + text.encode())
    assert_same_as_naive(path, tokenizer, min_count, max_vocab, block_bytes=block_bytes, workers=workers)


@relaxed
@given(
    data=INVALID,
    tokenizer=st.sampled_from(["whitespace", "words"]),
    block_bytes=st.sampled_from([1, 2, 3, 4, 64]),
)
def test_invalid_utf8_is_replaced_and_counted_as_decode_does_at_every_block_size(
    tmp_path, data, tokenizer, block_bytes
):
    data = b"plain text that shows what this is\n" * 4 + data
    path = tmp_path / "text"
    path.write_bytes(data)
    report = assert_same_as_naive(path, tokenizer, block_bytes=block_bytes)
    replaced = data.decode("utf-8", "replace").count("\ufffd") - data.count(b"\xef\xbf\xbd")
    assert report.invalid_utf8_bytes == replaced
    assert any("U+FFFD" in sentence for sentence in report.warnings) == (replaced > 0)


def test_a_sequence_cut_by_the_end_of_a_read_is_one_character(tmp_path):
    text = "漢字 かな\n" * 40
    for block_bytes in range(1, 14):
        path = tmp_path / "text"
        path.write_bytes(text.encode())
        assert assert_same_as_naive(path, block_bytes=block_bytes).invalid_utf8_bytes == 0


def test_whitespace_is_what_str_split_cuts_at_for_every_character(tmp_path):
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    path = tmp_path / "text"
    path.write_text(
        "x\n" + "\n".join(f"a{character}b" for character in characters if character != "\n"), "utf-8"
    )
    with Corpus.open(path, min_count=1) as corpus:
        cut = [len(sentence) == 2 for sentence in corpus.sentences()][1:]
    expected = [character.isspace() for character in characters if character != "\n"]
    assert cut == expected


def test_words_lowers_every_character_as_python_does(tmp_path):
    letters = [chr(code) for code in range(0x110000) if chr(code).isalnum()]
    path = tmp_path / "text"
    path.write_text("\n".join(f"a{letter}Σ" for letter in letters), "utf-8")
    with Corpus.open(path, tokenizer="words", min_count=1) as corpus:
        assert list(corpus.sentences()) == [[f"a{letter}Σ".lower()] for letter in letters]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't stop", ["don", "t", "stop"]),
        ("e\u0301te\u0301 NAI\u0308VE", ["e\u0301te\u0301", "nai\u0308ve"]),
        ("\u0301lone mark", ["lone", "mark"]),
        ("x\u2014y_z", ["x", "y", "z"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ΟΔΥΣΣΕΥΣ.Α İstanbul", ["οδυσσευς", "α", "i\u0307stanbul"]),
        ("３ Ⅷ ½ 42nd", ["３", "ⅷ", "½", "42nd"]),
    ],
)
def test_words_are_lower_cased_runs_of_letters_and_digits(tmp_path, text, words):
    path = tmp_path / "text"
    path.write_text(text, "utf-8")
    with Corpus.open(path, tokenizer="words", min_count=1) as corpus:
        assert list(corpus.sentences()) == [words]
    assert [word for piece in text.split() for word in words_of_piece(piece)] == words


def test_the_result_is_the_same_at_every_worker_count_and_block_size(tmp_path):
    random = np.random.default_rng(7)
    lines = [
        " ".join(f"w{number}" for number in random.zipf(1.3, size=random.integers(0, 40)) % 5000)
        for _ in range(3000)
    ]
    path = tmp_path / "text"
    path.write_text("\n".join(lines), "utf-8")
    results = set()
    for workers, block_bytes in [(1, None), (2, 1000), (3, 7777), (8, 64)]:
        with open_corpus(path, "whitespace", 2, 900, workers=workers, block_bytes=block_bytes) as corpus:
            arrays = (
                corpus.token_ids.tobytes()
                + corpus.sentence_offsets.tobytes()
                + corpus.vocabulary.counts.tobytes()
            )
            results.add((arrays, corpus.vocabulary.words))
    assert len(results) == 1


def test_words_of_equal_count_come_in_order_of_first_appearance(tmp_path):
    path = tmp_path / "text"
    path.write_text("zebra yak\nxenon zebra yak xenon apple apple apple\n", "utf-8")
    with Corpus.open(path, min_count=1) as corpus:
        assert corpus.vocabulary.words == ("apple", "zebra", "yak", "xenon")


def test_max_vocab_keeps_the_most_frequent_words_with_exact_counts(tmp_path):
    path = tmp_path / "text"
    path.write_text("a b a c\na d b\n" * 50, "utf-8")
    with Corpus.open(path, min_count=1, max_vocab=2) as corpus:
        assert corpus.vocabulary.words == ("a", "b")
        assert corpus.vocabulary.counts.tolist() == [150, 100]
        assert corpus.report.distinct_words == 4
        assert (corpus.report.tokens_read, corpus.report.tokens_kept) == (350, 250)


def test_sentences_without_a_kept_word_are_not_sentences(tmp_path):
    path = tmp_path / "text"
    path.write_text("a a\nrare\n\na\n   \n", "utf-8")
    with Corpus.open(path, min_count=2) as corpus:
        assert corpus.sentence_offsets.tolist() == [0, 2, 3]


def test_a_line_of_50_megabytes_is_one_sentence_with_all_its_tokens(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"before\n" + b"one two three " * (50_000_000 // 14) + b"\nafter")
    with Corpus.open(path, min_count=1) as corpus:
        tokens = 3 * (50_000_000 // 14)
        assert corpus.sentence_offsets.tolist() == [0, 1, 1 + tokens, 2 + tokens]
        assert corpus.vocabulary.counts.tolist() == [tokens // 3] * 3 + [1, 1]


@pytest.mark.parametrize("blank", ["\u3000", "\u2028", "\xa0"])
def test_a_long_line_with_wide_blanks_only_is_cut_at_them(tmp_path, blank):
    path = tmp_path / "text"
    path.write_text(blank.join(["猫", "犬", "象"] * 500), "utf-8")
    assert_same_as_naive(path, block_bytes=100)


def test_a_word_longer_than_a_block_stays_whole(tmp_path):
    path = tmp_path / "text"
    path.write_text("a " + "x" * 5000 + " b\n" + "y" * 3000, "utf-8")
    assert_same_as_naive(path, block_bytes=64)


def test_carriage_returns_nul_bytes_and_a_missing_last_newline_cost_no_token(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"the cat\r\nsat\0on the\r\n\r\nmat")
    with Corpus.open(path, min_count=1) as corpus:
        assert list(corpus.sentences()) == [["the", "cat"], ["sat\0on", "the"], ["mat"]]


def test_arrays_are_memory_mapped_and_read_only(tmp_path):
    path = tmp_path / "text"
    path.write_text("a b a", "utf-8")
    with Corpus.open(path, min_count=1) as corpus:
        assert isinstance(corpus.token_ids, np.memmap)
        assert (corpus.token_ids.dtype, corpus.sentence_offsets.dtype) == (np.int32, np.int64)
        with pytest.raises(ValueError, match="read-only"):
            corpus.token_ids[0] = 1


def test_no_word_frequent_enough_names_the_most_frequent_and_what_to_pass(tmp_path):
    path = tmp_path / "text"
    path.write_text("a b a", "utf-8")
    with pytest.raises(
        CorpusError, match=re.escape("the most frequent, 'a', occurs 2 times. Pass more text, or min_count=2")
    ):
        Corpus.open(path)
