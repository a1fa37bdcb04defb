"""The first thing a newcomer sees: legible on eighty columns, and every file where it says."""

from __future__ import annotations

import os
from types import SimpleNamespace

import numpy as np
import pytest

from kotovec.cli import demo, output
from kotovec.errors import MissingExtra
from kotovec.vectors import WordVectors, load


@pytest.fixture
def few_words(monkeypatch) -> WordVectors:
    """The demo, as if it had learned from a text that holds only some of its words."""
    words = ["the", "encode", "decode", "first", "second", "min", "max", "river", "mountain", "wikipedia"]
    directions = np.random.default_rng(0).normal(size=(len(words), 8)).astype(np.float32)
    vectors = WordVectors(words, directions, counts=range(100, 90, -1))
    run = SimpleNamespace(
        vectors=vectors, seconds=4.5, words_per_second=2.3e6, report=lambda: {"tokens": 840_000}
    )
    monkeypatch.setattr(demo, "train_demo", lambda progress: run)
    return vectors


def test_the_demo_leaves_vectors_and_a_map(kotovec, few_words, tmp_path):
    status, _, err = kotovec("demo", "--output-dir", tmp_path)
    assert status == 0
    assert list(load(tmp_path / "demo.safetensors")) == list(few_words)
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert f"kotovec similar {tmp_path / 'demo.safetensors'}" in err


def test_findings_are_results_and_leave_out_what_the_text_does_not_hold(kotovec, few_words, tmp_path):
    out = kotovec("demo", "--output-dir", tmp_path).out
    rows = [line.split() for line in out.splitlines() if line.startswith("  ")]
    assert [row[0] for row in rows if ":" not in row] == ["encode", "first"]
    assert [row[:7] for row in rows if ":" in row] == [["min", ":", "max", "=", "first", ":", "?"]]


def test_every_line_fits_eighty_columns(kotovec, few_words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, out, err = kotovec("demo")
    assert status == 0
    assert [line for line in (out + err).splitlines() if len(line) > 80] == []


def test_without_matplotlib_the_demo_still_shows_what_it_learned(kotovec, few_words, tmp_path, monkeypatch):
    def no_matplotlib(*arguments):
        raise MissingExtra("A map needs matplotlib; install it with: pip install 'kotovec[explore]'")

    monkeypatch.setattr("kotovec.explore.word_map", no_matplotlib)
    status, out, err = kotovec("demo", "--output-dir", tmp_path)
    assert status == 0
    assert "encode" in out
    assert "No map was drawn. A map needs matplotlib" in err


@pytest.mark.skipif(os.name != "posix", reason="a program has another name on other systems")
@pytest.mark.parametrize("on_the_path", [True, False])
def test_what_to_try_next_can_be_typed_as_it_stands(monkeypatch, tmp_path, on_the_path):
    typed = tmp_path / "bin" / "kotovec"
    typed.parent.mkdir()
    typed.touch(mode=0o755)
    monkeypatch.setattr("sys.argv", [str(typed), "demo"])
    monkeypatch.setenv("PATH", str(typed.parent if on_the_path else tmp_path))
    assert output.program() == ("kotovec" if on_the_path else str(typed))


def test_a_folder_that_is_not_there_is_found_before_training(kotovec, few_words, tmp_path):
    status, _, err = kotovec("demo", "--output-dir", tmp_path / "nowhere")
    assert status == 1
    assert "does not exist" in err


@pytest.fixture(scope="module")
def learned() -> WordVectors:
    return demo.train_demo().vectors


def test_the_demo_learns_what_it_promises(learned):
    def nearest(word: str) -> str:
        return learned.most_similar(word, top=1)[0].word

    assert nearest("encode") == "decode"
    assert nearest("first") == "second"
    assert nearest("true") == "false"
    assert nearest("sunday") in {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}


def test_read_is_to_reader_as_write_is_to_writer(learned):
    assert "writer" in [answer.word for answer in learned.analogy("read", "reader", "write", top=3)]
