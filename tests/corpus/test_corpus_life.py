"""Options, warnings, and how long the temporary files live."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kotovec import temporary
from kotovec.corpus import TOKENIZERS, Corpus
from kotovec.errors import CorpusError, OptionError, TextWarning

ENGLISH = (
    "The old house, which stood by the river, was empty. Nobody went there; not even the children. "
    "At night you could hear the wind, and sometimes the water.\n"
)
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n"
CHINESE = "北京是中华人民共和国的首都也是全国的政治文化中心\n"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"min_count": 0},
            "The 'min_count' parameter of Corpus.open must be an int in the range [1, inf). Got 0 instead.",
        ),
        ({"min_count": True}, "Got True instead."),
        ({"min_count": 2.0}, "Got 2.0 instead."),
        ({"max_vocab": -1}, "must be an int in the range [1, inf) or None. Got -1 instead."),
        ({"workers": "2"}, "The 'workers' parameter of Corpus.open must be an int"),
        ({"progress": 3}, "The 'progress' parameter of Corpus.open must be a function"),
        ({"tokenizer": "word"}, "must be one of {'whitespace', 'words', 'ja'}. Got 'word' instead."),
        ({"tokenizer": ["words"]}, "Got ['words'] instead."),
    ],
)
def test_an_option_out_of_range_is_named_with_what_it_may_be(options, sentence):
    with pytest.raises(OptionError) as caught:
        Corpus.open([["a"]], **options)
    assert sentence in str(caught.value)


def opened(path: Path, text: str, **options) -> Corpus:
    path.write_text(text, "utf-8")
    return Corpus.open(path, min_count=1, **options)


def test_raw_english_names_the_words_tokenizer(tmp_path):
    with pytest.warns(TextWarning, match="--tokenizer words"), opened(tmp_path / "text", ENGLISH) as corpus:
        [warning] = corpus.report.warnings
    assert "--tokenizer words" in warning
    assert 'tokenizer="words"' in warning


@pytest.mark.parametrize("tokenizer", ["whitespace", "words"])
def test_unsegmented_japanese_names_the_ja_tokenizer(tmp_path, tokenizer):
    with (
        pytest.warns(TextWarning, match="--tokenizer ja"),
        opened(tmp_path / "text", JAPANESE * 3, tokenizer=tokenizer) as corpus,
    ):
        [warning] = corpus.report.warnings
    assert "--tokenizer ja" in warning
    assert "pip install fugashi unidic-lite" in warning


def test_unsegmented_japanese_with_no_word_that_repeats_names_the_ja_tokenizer(tmp_path):
    path = tmp_path / "ja.txt"
    path.write_text("".join(f"吾輩は猫である。名前はまだ{number}つ無い。\n" for number in range(9)), "utf-8")
    with pytest.raises(CorpusError, match=r"No word occurs at least 5 times.*--tokenizer ja"):
        Corpus.open(path)


def test_unsegmented_chinese_names_a_segmenter(tmp_path):
    with pytest.warns(TextWarning, match="Chinese"), opened(tmp_path / "text", CHINESE) as corpus:
        [warning] = corpus.report.warnings
    assert "Chinese word segmenter" in warning


@pytest.mark.parametrize(
    ("text", "tokenizer"),
    [
        (ENGLISH, "words"),
        ("the old house , which stood by the u.s. border , was mr. smith 's .\n" * 9, "whitespace"),
        ("吾輩 は 猫 で ある 。 名前 は まだ 無い 。\n" * 9, "whitespace"),
        ("id41 id7 id99 Id3 a.b.c http://x.y/z\n" * 9, "whitespace"),
    ],
)
def test_text_that_suits_its_tokenizer_gives_no_warning(tmp_path, text, tokenizer):
    with opened(tmp_path / "text", text, tokenizer=tokenizer) as corpus:
        assert corpus.report.warnings == ()


@pytest.fixture
def scratch(tmp_path, monkeypatch) -> Path:
    """A temporary folder of the test's own, to see what is left in it."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def open_files() -> str:
    """Return where all open files of this program lie; the listing itself is gone when it is looked at."""
    links = (Path("/proc/self/fd") / entry.name for entry in Path("/proc/self/fd").iterdir())
    return "\n".join(str(link.readlink()) for link in links if link.is_symlink())


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@linux_only
@pytest.mark.parametrize("ending", ["close", "collect", "error", "interrupt"])
def test_temporary_files_go_however_the_corpus_ends(scratch, ending):
    def sentences():
        yield ["a", "b"]
        if ending == "error":
            yield 7
        if ending == "interrupt":
            raise KeyboardInterrupt

    try:
        corpus = Corpus.open(sentences(), min_count=1)
        assert str(scratch) in open_files()
        if ending == "close":
            corpus.close()
            corpus.close()
        del corpus
        gc.collect()
    except (CorpusError, KeyboardInterrupt):
        assert ending in ("error", "interrupt")
    assert list(scratch.iterdir()) == []
    assert str(scratch) not in open_files()


def test_an_interrupt_while_files_are_read_stops_the_threads_and_leaves_nothing(scratch, tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"some words here\n" * 2_000_000)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Corpus.open(path, min_count=1, workers=2, progress=interrupt)
    assert list(scratch.iterdir()) == []


def test_a_program_that_is_killed_leaves_no_temporary_file(scratch):
    program = (
        "import os, signal, tempfile\n"
        "from kotovec.corpus import Corpus\n"
        "corpus = Corpus.open([['a', 'b']] * 1000, min_count=1)\n"
        "assert corpus.token_ids[1] == 1\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "TMPDIR": str(scratch)}, check=False)
    assert list(scratch.iterdir()) == []


def test_a_closed_corpus_says_that_it_is_closed():
    corpus = Corpus.open([["a"]], min_count=1)
    ids = corpus.token_ids
    corpus.close()
    with pytest.raises(CorpusError, match="This corpus is closed; open it again"):
        corpus.token_ids  # noqa: B018
    assert ids.tolist() == [0]
    assert "closed" in repr(corpus)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_names_the_temporary_folder_and_the_remedy(monkeypatch, tmp_path):
    def full(**how):
        return Path("/dev/full").open("r+b", buffering=0)

    monkeypatch.setattr(temporary.tempfile, "TemporaryFile", full)
    (tmp_path / "text").write_text("a b c")
    for source in ([["a", "b"]], tmp_path / "text"):
        with pytest.raises(
            CorpusError, match=r"temporary folder '.*' \(No space left on device\); make room .*TMPDIR"
        ):
            Corpus.open(source, min_count=1)


def test_the_names_of_the_tokenizers_are_public():
    assert TOKENIZERS == ("whitespace", "words", "ja")
