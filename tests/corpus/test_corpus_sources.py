"""What may be passed as a source, and what is said about a source that cannot be read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from kotovec.corpus import Corpus, streams
from kotovec.corpus.corpus import open_corpus
from kotovec.errors import CorpusError, OptionError

TEXT = b"the cat sat on the mat\nthe dog ran\n" * 200


def arrow_codec(codec):
    def compress(data: bytes) -> bytes:
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, codec) as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()

    return compress


COMPRESS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": arrow_codec("zstd"),
    "lz4": arrow_codec("lz4"),
}


def the_count(source, **options) -> int:
    with Corpus.open(source, min_count=1, **options) as corpus:
        return int(corpus.vocabulary.counts[corpus.vocabulary.id_of("the")])


@pytest.fixture
def text(tmp_path) -> Path:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT)
    return path


@pytest.mark.parametrize("codec", COMPRESS)
def test_compression_is_told_by_content_whatever_the_name(tmp_path, codec):
    path = tmp_path / "plain.txt"
    path.write_bytes(COMPRESS[codec](TEXT))
    assert the_count(path) == 600


@pytest.mark.parametrize("codec", COMPRESS)
def test_members_that_follow_each_other_are_all_read(tmp_path, codec):
    path = tmp_path / "twice"
    path.write_bytes(COMPRESS[codec](TEXT) + COMPRESS[codec](b"the end\n"))
    assert the_count(path) == 601


@pytest.mark.parametrize("codec", COMPRESS)
@pytest.mark.parametrize("cut", [1, 9, 40])
def test_a_truncated_file_is_named_in_the_error(tmp_path, codec, cut):
    path = tmp_path / "cut.txt"
    path.write_bytes(COMPRESS[codec](os.urandom(50).hex().encode() + TEXT)[:-cut])
    with pytest.raises(
        CorpusError, match=rf"cut\.txt' is damaged or truncated: its {codec} data .* get the file again"
    ):
        Corpus.open(path)


@pytest.mark.parametrize("codec", ["bzip2", "xz"])
def test_a_file_may_be_many_streams_and_every_one_is_read(tmp_path, codec):
    pack, path = COMPRESS[codec], tmp_path / "many"
    streams = [pack(f"{word} {word}\n".encode() * 3000) for word in ("one", "two", "three")]
    path.write_bytes((b"\0" * 8).join(streams) + b"\0" * 4)
    with Corpus.open(path) as corpus:
        assert corpus.vocabulary.counts.tolist() == [6000] * 3
    damaged = streams[1][:1] + bytes([streams[1][1] ^ 255]) + streams[1][2:]
    for rest in (damaged, b"junk", streams[1][:-9]):
        path.write_bytes(streams[0] + rest)
        with pytest.raises(CorpusError, match=rf"many' is damaged or truncated: its {codec} data"):
            Corpus.open(path)


def test_a_damaged_file_is_named_in_the_error(tmp_path):
    data = bytearray(gzip.compress(TEXT))
    data[len(data) // 2] ^= 255
    (tmp_path / "bad.gz").write_bytes(data)
    with pytest.raises(CorpusError, match=r"bad\.gz' is damaged"):
        Corpus.open(tmp_path / "bad.gz")


def test_a_file_compressed_twice_says_so(tmp_path):
    (tmp_path / "twice.gz").write_bytes(gzip.compress(gzip.compress(TEXT)))
    with pytest.raises(CorpusError, match="compressed twice"):
        Corpus.open(tmp_path / "twice.gz")


def test_a_plain_text_that_begins_like_bzip2_is_text(tmp_path):
    (tmp_path / "text").write_bytes(b"BZh is the magic of bzip2\n")
    assert the_count(tmp_path / "text") == 1


def test_several_files_are_read_in_order_and_each_ends_its_line(tmp_path):
    (tmp_path / "b").write_bytes(b"one two")
    (tmp_path / "a").write_bytes(gzip.compress(b"three one"))
    with Corpus.open([tmp_path / "b", str(tmp_path / "a")], min_count=1) as corpus:
        assert list(corpus.sentences()) == [["one", "two"], ["three", "one"]]
        assert corpus.report.sources == (str(tmp_path / "b"), str(tmp_path / "a"))


def test_a_glob_is_read_in_sorted_order_without_folders(tmp_path):
    for name in ("c.txt", "a.txt", "b.log"):
        (tmp_path / name).write_text(f"in {name[0]}\n")
    (tmp_path / "d.txt").mkdir()
    with Corpus.open(str(tmp_path / "*.txt"), min_count=1) as corpus:
        assert list(corpus.sentences()) == [["in", "a"], ["in", "c"]]
    with Corpus.open(tmp_path.glob("*.log"), min_count=1) as corpus:
        assert list(corpus.sentences()) == [["in", "b"]]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    (tmp_path / "a[1].txt").write_text("here")
    with Corpus.open(tmp_path / "a[1].txt", min_count=1) as corpus:
        assert corpus.vocabulary.words == ("here",)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_dash_is_standard_input(monkeypatch, compress):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(compress(TEXT))))
    seen = []
    assert the_count("-", progress=lambda done, total: seen.append(total)) == 600
    assert seen[-1] is None
    assert not sys.stdin.closed


def test_a_file_that_several_patterns_match_is_read_once_and_one_named_twice_twice(tmp_path):
    (tmp_path / "a.txt").write_text("a a a a a\n")
    (tmp_path / "b.txt").write_text("b b b b b\n")
    every, named = tmp_path / "*.txt", tmp_path / "a.txt"
    assert len(Corpus.open([every, tmp_path / "a*"])) == 10
    assert len(Corpus.open([named, every])) == 10
    assert len(Corpus.open([named, named])) == 10


def test_standard_input_cannot_be_given_twice():
    with pytest.raises(CorpusError, match="given twice"):
        Corpus.open(["-", "-"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_named_pipe_is_read_to_its_end(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(TEXT,))
    writer.start()
    assert the_count(pipe) == 600
    writer.join()


def test_a_utf8_byte_order_mark_is_dropped_in_every_file(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"\xef\xbb\xbfthe word")
    assert the_count([tmp_path / "a", tmp_path / "b"]) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_wide_encodings_are_named_with_the_command_that_converts_them(tmp_path, encoding):
    (tmp_path / "wide").write_bytes("the text".encode(encoding))
    with pytest.raises(
        CorpusError, match=rf"wide' is in {encoding.upper()}, .*iconv -f {encoding.upper()} -t UTF-8"
    ):
        Corpus.open(tmp_path / "wide")


def test_utf16_without_a_mark_is_recognized(tmp_path):
    (tmp_path / "wide").write_bytes("the text goes on".encode("utf-16-le"))
    with pytest.raises(CorpusError, match="UTF-16"):
        Corpus.open(tmp_path / "wide")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a PNG image"),
        (b"\x7fELF\x02\x01\x01" + bytes(50), "an ELF program"),
        (b"PK\x03\x04\x14\0" + bytes(50), "a zip archive"),
        (b"%PDF-1.7\n%\x80\x01\x02", "a PDF document"),
        (b"PAR1\x15\x04\x15" + bytes(9), "a Parquet file"),
        (bytes(1000), "binary"),
        (bytes(range(256)) * 50, "a binary file"),
    ],
)
def test_a_binary_file_is_refused_by_name_and_kind(tmp_path, data, kind):
    for path, content in [(tmp_path / "data", data), (tmp_path / "data.gz", gzip.compress(data))]:
        path.write_bytes(content)
        with pytest.raises(CorpusError, match=rf"{path.name}' is {kind}.*pass a text file in UTF-8"):
            Corpus.open(path)


@pytest.mark.parametrize(
    "data", [b"PAR1 is a word", b"%PDF-1 is a word", b"\x1b[31mred\x1b[0m words", b"a\0b c\n" * 9]
)
def test_text_that_looks_a_little_binary_is_text(tmp_path, data):
    (tmp_path / "text").write_bytes(data)
    with Corpus.open(tmp_path / "text", min_count=1) as corpus:
        assert corpus.report.tokens_read == len(data.split())


@pytest.mark.parametrize("data", [b"", b"\n\n  \r\n\t", gzip.compress(b""), b"\xef\xbb\xbf"])
def test_a_file_without_words_is_named(tmp_path, data):
    (tmp_path / "nothing").write_bytes(data)
    with pytest.raises(CorpusError, match=r"nothing' holds no words: it is empty or all blank; pass"):
        Corpus.open(tmp_path / "nothing")


def test_an_empty_file_among_others_does_no_harm(tmp_path, text):
    (tmp_path / "nothing").touch()
    assert the_count([tmp_path / "nothing", text]) == 600
    with pytest.raises(CorpusError, match=r"None of the 2 files"):
        Corpus.open([tmp_path / "nothing", tmp_path / "nothing"])


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{}/missing.txt", r"The file '.*missing\.txt' does not exist; check"),
        ("{}", r"' is a directory; pass the files in it, for example '.*\*\.txt'"),
        ("{}/*.none", r"No file matches the pattern '.*\*\.none'; check"),
        ("", "A path is empty; pass"),
        ("the cat sat\non the mat", r"does not exist; .*pass lists of tokens"),
        ("word " * 2000, r"'word word.*\.\.\.' is not the name of a file\. .*pass lists of tokens"),
        (["the cat", "the dog"], r"'the cat' does not exist; .*pass lists of tokens"),
        (["a\0b", "c"], r"is not the name of a file\. .*pass lists of tokens"),
        ([], "no sentences; pass a path"),
    ],
)
def test_a_source_that_cannot_be_read_says_what_to_do(tmp_path, source, sentence):
    with pytest.raises(CorpusError, match=sentence):
        Corpus.open(source.format(tmp_path) if isinstance(source, str) else source)


def test_a_file_that_may_not_be_read_is_named(monkeypatch, text):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CorpusError, match=r"Permission to read '.*text\.txt' is denied; change"):
        Corpus.open(text)


def test_a_file_that_vanishes_or_is_denied_when_opened_is_named(monkeypatch, text):
    for error, sentence in [
        (PermissionError(13, "denied"), "Permission to read"),
        (OSError(5, "broken"), "broken"),
    ]:

        def fail(self, mode, error=error):
            raise error

        monkeypatch.setattr(streams.Path, "open", fail)
        with pytest.raises(CorpusError, match=rf"{sentence}"):
            open_corpus(str(text), "whitespace", 1, None)


def test_progress_counts_the_bytes_on_disk_up_to_their_total(tmp_path):
    path = tmp_path / "text.gz"
    path.write_bytes(gzip.compress(TEXT))
    seen = []
    the_count(path, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("source", [3, None, b"text", 1.5])
def test_a_source_of_another_kind_names_what_it_may_be(source):
    with pytest.raises(
        OptionError, match=r"The 'source' parameter of Corpus.open must be a path, .* Got \w+ instead\."
    ):
        Corpus.open(source)


def test_token_lists_are_gone_through_once():
    sentences = ([word, "the"] for word in ["a", "b", "a"])
    with Corpus.open(sentences, min_count=2) as corpus:
        assert list(corpus.sentences()) == [["a", "the"], ["the"], ["a", "the"]]
        assert (corpus.report.tokenizer, corpus.report.sources) == ("lists", ())


def test_tokens_of_lists_are_taken_as_they_are():
    sentences = [["New York", "a\nb", " "], [], ("New York",)]
    with Corpus.open(sentences, min_count=1) as corpus:
        assert list(corpus.sentences()) == [["New York", "a\nb", " "], ["New York"]]


def test_an_empty_token_is_told_while_reading_and_not_after_training():
    # Vectors have no word that is nothing.
    with pytest.raises(CorpusError, match="holds '', the empty string, which is not a word; leave it out"):
        Corpus.open([["New York", "", "a"]], min_count=1)


def test_none_where_a_sentence_is_due_is_named():
    with pytest.raises(CorpusError, match=r"Sentence 0 is None \(NoneType\), not a list of tokens"):
        Corpus.open([None, ["a"]], min_count=1)


def test_many_token_lists_are_exact_across_batches(monkeypatch):
    monkeypatch.setattr("kotovec.corpus.encoding.LIST_BATCH_TOKENS", 7)
    sentences = [[f"w{n % 5}"] * (n % 4) for n in range(100)]
    with Corpus.open(sentences, min_count=1) as corpus:
        assert list(corpus.sentences()) == [sentence for sentence in sentences if sentence]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            iter(["the cat", "the dog"]),
            r"Sentence 0 is 'the cat' \(str\), not a list of tokens\. .*pass lists of tokens",
        ),
        ([["a"], "the dog"], r"Sentence 1 is 'the dog' \(str\)"),
        ([["a"], 7], r"Sentence 1 is 7 \(int\)"),
        ([["a", 7]], r"A sentence holds 7 \(int\), which is not a word; pass lists of str"),
        ([["a", ["b"]]], r"A sentence holds what is not a word .* pass lists of str"),
        ([["a", "\ud800"]], "lone surrogate"),
        ([[], []], "The sentences hold no tokens"),
        (iter(()), "no sentences"),
    ],
)
def test_sentences_that_are_not_lists_of_words_are_refused(source, sentence):
    with pytest.raises(CorpusError, match=sentence):
        Corpus.open(source)
