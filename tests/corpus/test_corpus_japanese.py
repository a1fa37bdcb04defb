"""Japanese is cut as MeCab cuts each line, at every worker count."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kotovec.corpus import Corpus, japanese, segmenter
from kotovec.corpus.corpus import open_corpus
from kotovec.errors import CorpusError, MissingExtra, TextWarning

fugashi = pytest.importorskip("fugashi")
pytest.importorskip("unidic_lite")

TEXT = (
    "吾輩は猫である。名前はまだ無い。\r\n\n　どこで生れたか　とんと見当がつかぬ。\n"
    "Python 3.11で書かれたプログラム、ＡＢＣ！\n半角 カナ ﾃｽﾄ\u2028改行\n最後の行"
)


def naive_sentences(text: str) -> list[list[str]]:
    tagger = fugashi.Tagger()
    lines = [[word for node in tagger(line) for word in node.surface.split()] for line in text.split("\n")]
    return [line for line in lines if line]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("processes", [False, True])
def test_words_are_those_of_the_tagger_line_by_line(tmp_path, monkeypatch, workers, processes):
    monkeypatch.setattr(japanese, "SMALL_TEXT_BYTES", 0 if processes else 1 << 30)
    path = tmp_path / "text"
    path.write_text(TEXT * 20, "utf-8", newline="")
    with open_corpus(path, "ja", 1, None, workers=workers, block_bytes=500) as corpus:
        assert list(corpus.sentences()) == naive_sentences(TEXT * 20)
        assert not any(word.isspace() for word in corpus.vocabulary)
        assert corpus.report.warnings == ()


def test_a_nul_byte_does_not_end_the_line(tmp_path):
    path = tmp_path / "text"
    path.write_text("猫が\0好きだ。犬も好きだ。", "utf-8")
    with Corpus.open(path, tokenizer="ja", min_count=1) as corpus:
        assert [len(sentence) for sentence in corpus.sentences()] == [10]


def test_invalid_utf8_is_counted(tmp_path):
    path = tmp_path / "text"
    path.write_bytes("猫が好き".encode() + b"\xe3\x81 \xff\n" + "だ\ufffd".encode())
    with pytest.warns(TextWarning, match=r"U\+FFFD"):
        opened = Corpus.open(path, tokenizer="ja", min_count=1)
    with opened as corpus:
        assert corpus.report.invalid_utf8_bytes == 2
        assert "猫" in corpus.vocabulary


def test_a_very_long_line_is_one_sentence_cut_at_the_ends_of_its_sentences(tmp_path):
    sentence = "吾輩は猫である。"
    path = tmp_path / "text"
    path.write_text(sentence * 20_000, "utf-8")
    words = naive_sentences(sentence)[0]
    with open_corpus(path, "ja", 1, None, block_bytes=100_000) as corpus:
        assert len(corpus.sentence_offsets) == 2
        assert corpus.vocabulary.counts.sum() == 20_000 * len(words)
        assert set(corpus.vocabulary) == set(words)


def test_a_piece_for_the_tagger_ends_with_a_sentence_where_one_ends():
    line = ("あ" * 3000 + "。") * 4 + "い" * 25_000
    pieces = segmenter._PIECE.findall(line)
    assert "".join(pieces) == line
    assert [len(piece) for piece in pieces] == [9003, 3001, 10_000, 10_000, 5_000] or max(
        map(len, pieces)
    ) <= 10_000
    assert pieces[0].endswith("。")


@pytest.mark.parametrize("package", ["fugashi", "unidic_lite"])
def test_a_missing_extra_names_the_command_that_installs_it(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "text").write_text("猫")
    with pytest.raises(MissingExtra, match=r"pip install fugashi unidic-lite"):
        Corpus.open(tmp_path / "text", tokenizer="ja")


def test_a_tokenizer_process_that_dies_is_an_error_and_not_a_hang(tmp_path, monkeypatch):
    monkeypatch.setattr(japanese, "SMALL_TEXT_BYTES", 0)
    dying = tmp_path / "dying.py"
    dying.write_text("raise SystemExit(3)\n")
    monkeypatch.setattr(segmenter, "__file__", str(dying))
    (tmp_path / "text").write_text("猫が好き\n" * 100, "utf-8")
    with pytest.raises(CorpusError, match="process ended unexpectedly"):
        Corpus.open(tmp_path / "text", tokenizer="ja", workers=2)


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_ctrl_c_does_not_reach_a_tokenizer_process_that_is_just_starting(usual_signals):
    # As in a terminal: SIGINT goes to the whole group of the program, which has one of its own here.
    program = """
import os, signal, time
from kotovec.corpus.japanese import JapaneseSegmenter
with JapaneseSegmenter(2, None) as segment:
    process = segment._start()
    try:
        os.killpg(os.getpgrp(), signal.SIGINT)
        time.sleep(5)
    except KeyboardInterrupt:
        print(segment._ask(process, "吾輩は猫".encode()).decode())
"""
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program], capture_output=True, start_new_session=True, timeout=60
    )
    assert (done.stdout.decode().split(), done.stderr) == (["吾輩", "は", "猫"], b"")
