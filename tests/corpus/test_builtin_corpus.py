"""The built-in corpus: what is in it, where it is kept, and what happens when something is missing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from kotovec.corpus import builtin
from kotovec.corpus.builtin import builtin_text, open_builtin, user_cache
from kotovec.corpus.prose import sentences_of_source, sentences_of_text
from kotovec.errors import CorpusError

SOURCE = '''
"""Read a file. Sunday comes first.

Parameters
----------
name : str
    The name of the file::

        open("this is code that nobody reads aloud")

.. note:: Notes are read aloud too.
.. math::

    this is a formula not a sentence

    >>> print("an example of a call")
    and what it prints out here
"""
x = "a string of words that is data"  # the reason why this is here
# A comment that
# goes on below.
# if x == [1, 2]: y(x, **k) or {z: w} <= (a)
def broken(:
'''


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A library of two files in place of this Python's."""
    library = tmp_path / "library"
    (library / "test").mkdir(parents=True)
    (library / "pydoc_data").mkdir()
    (library / "a.py").write_text(SOURCE)
    (library / "test" / "b.py").write_text('"""Tests are not in the corpus at all."""')
    (library / "pydoc_data" / "topics.py").write_text(
        "topics = {'if': 'The if statement\\n' 'chooses a branch.'}"
    )
    monkeypatch.setattr(builtin, "_roots", lambda: [library])
    return library


def test_sentences_are_the_prose_of_docstrings_and_comments():
    assert list(sentences_of_source(SOURCE)) == [
        "read a file",
        "sunday comes first",
        "the name of the file",
        "notes are read aloud too",
        "the reason why this is here",
        "a comment that goes on below",
    ]


def test_markup_is_read_as_a_reader_would_say_it():
    text = "See :func:`~numpy.linalg.norm` or https://example.org/x and :math:`a+b` by me@example.org"
    assert list(sentences_of_text(text)) == ["see numpy linalg norm or and by"]


def test_documentation_attached_to_compiled_functions_is_found():
    source = 'add_newdoc(\'numpy\', \'where\', """\n    Choose elements by a condition.\n    """)'
    assert list(sentences_of_source(source)) == ["choose elements by a condition"]


def test_the_text_is_made_once_and_kept_under_a_name_with_the_versions(small, tmp_path):
    path = builtin_text(tmp_path / "cache")
    assert path.parent == tmp_path / "cache"
    assert ".".join(map(str, sys.version_info[:3])) in path.name
    assert "numpy" in path.name
    assert path.read_text("utf-8").splitlines()[-1] == "the if statement chooses a branch"
    assert "tests" not in path.read_text("utf-8")
    path.write_text("kept as it is\n")
    assert builtin_text(tmp_path / "cache").read_text() == "kept as it is\n"
    assert list(path.parent.iterdir()) == [path]


def test_making_the_text_is_told_in_bytes_of_the_sources(small, tmp_path, monkeypatch):
    monkeypatch.setattr("kotovec.corpus.reading.SECONDS_BETWEEN_REPORTS", -1.0)
    told = []
    builtin_text(tmp_path / "cache", progress=lambda done, total: told.append((done, total)))
    done, total = told[-1]
    assert done == total > len(SOURCE)
    assert told == sorted(told)


def test_no_sentence_comes_twice(small, tmp_path):
    (small / "c.py").write_text(SOURCE)
    lines = builtin_text(tmp_path / "cache").read_text("utf-8").splitlines()
    assert len(lines) == len(set(lines)) > 5


def test_without_a_cache_that_can_be_written_a_temporary_folder_serves(small, tmp_path):
    (tmp_path / "file").touch()
    path = builtin_text(tmp_path / "file" / "cache")
    assert path.is_file()
    assert Path(tempfile.gettempdir()) in path.parents


def test_a_user_without_a_home_gets_a_temporary_folder(small, monkeypatch):
    def fail():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(builtin, "user_cache", fail)
    assert Path(tempfile.gettempdir()) in builtin_text().parents


def test_an_empty_file_in_the_cache_is_made_again(small, tmp_path):
    path = builtin_text(tmp_path / "cache")
    path.write_text("")
    assert builtin_text(tmp_path / "cache").stat().st_size > 0


def test_a_failed_write_leaves_nothing_in_the_cache(small, tmp_path, monkeypatch):
    def fail(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(builtin.Path, "replace", fail)
    with pytest.raises(CorpusError, match="No space left"):
        builtin_text(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_python_without_sources_says_so(small, tmp_path, monkeypatch):
    monkeypatch.setattr(builtin, "_roots", list)
    with pytest.raises(CorpusError, match="without the sources of its standard library"):
        builtin_text(tmp_path / "cache")


def test_a_package_that_is_missing_is_left_out(monkeypatch):
    monkeypatch.setattr(builtin, "PACKAGES", ("no_such_package_at_all",))
    assert len(builtin._roots()) == 1
    assert "no_such" not in builtin._file_name()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the rules of other platforms")
def test_the_cache_folder_follows_the_variables_of_the_user(monkeypatch, tmp_path):
    monkeypatch.setenv("KOTOVEC_CACHE", str(tmp_path / "mine"))
    assert user_cache() == tmp_path / "mine"
    monkeypatch.delenv("KOTOVEC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache() == tmp_path / "kotovec"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert user_cache() == Path.home() / ".cache" / "kotovec"


def test_the_documentation_of_this_python_gives_a_corpus(tmp_path):
    with open_builtin(cache_dir=tmp_path) as corpus:
        assert corpus.report.tokens_read > 300_000
        words = {"encode", "decode", "sunday", "monday", "first", "second", "true", "false"}
        assert words | {"read", "reader", "write", "writer"} <= set(corpus.vocabulary)
        assert corpus.report.warnings == ()
