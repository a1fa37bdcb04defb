"""Columns for people, tabs and JSON for programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata

import numpy as np
import pytest

from kotovec.cli.typed import word
from kotovec.vectors import WordVectors


def test_in_a_pipe_each_line_holds_word_neighbour_and_score(kotovec, animals):
    status, out, err = kotovec("similar", animals, "cat", "--top", "2")
    assert (status, err) == (0, "")
    assert out == "cat\tdog\t0.8000\ncat\thorse\t0.6000\n"


def test_several_words_get_a_list_each(kotovec, animals):
    out = kotovec("similar", animals, "cat", "king", "--top", "1").out
    assert out.splitlines() == ["cat\tdog\t0.8000", "king\thorse\t0.8000"]


def test_on_a_terminal_columns_are_straight_even_in_japanese(kotovec, animals, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = kotovec("similar", animals, "cat", "--top", "4").out
    assert out.splitlines() == [
        "cat",
        "  dog     0.8000",
        "  horse   0.6000",
        "  king    0.0000",
        "  言葉   -1.0000",
    ]


@pytest.fixture
def controls(tmp_path):
    """Words whose control characters would colour a terminal, ring its bell or clear it."""
    path = tmp_path / "controls.safetensors"
    WordVectors(["a\x1b[31m", "b\x07\0", "c\x9b2J"], np.array([[1, 0], [0.8, 0.6], [0.6, 0.8]])).save(path)
    return path


def test_a_terminal_sees_control_characters_and_does_not_obey_them(kotovec, controls, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert kotovec("similar", controls, "a\x1b[31m").out.splitlines() == [
        r"a\x1b[31m",
        r"  b\x07\x00   0.8000",
        r"  c\x9b2J     0.6000",
    ]


def test_in_a_pipe_words_are_what_they_are(kotovec, controls):
    out = kotovec("similar", controls, "a\x1b[31m", "--top", "1").out
    assert out == "a\x1b[31m\tb\x07\0\t0.8000\n"


def test_json_escapes_every_control_character(kotovec, controls):
    out = kotovec("similar", controls, "a\x1b[31m", "--json").out
    assert [c for c in out if c != "\n" and unicodedata.category(c) == "Cc"] == []
    (found,) = json.loads(out)
    assert [found["word"], *(n["word"] for n in found["neighbours"])] == ["a\x1b[31m", "b\x07\0", "c\x9b2J"]


def test_json_keeps_the_order_of_the_words_and_the_characters(kotovec, animals):
    answer = json.loads(kotovec("similar", animals, "king", "cat", "--top", "4", "--json").out)
    assert [entry["word"] for entry in answer] == ["king", "cat"]
    assert answer[1]["neighbours"][0] == {"word": "dog", "score": 0.8}
    assert answer[1]["neighbours"][-1]["word"] == "言葉"


def test_one_unknown_word_does_not_cost_the_others_their_answers(kotovec, animals):
    status, out, err = kotovec("similar", animals, "cat", "dogg", "--top", "1")
    assert (status, out) == (1, "cat\tdog\t0.8000\n")
    assert err.startswith("kotovec: error: The word 'dogg' is not in the vocabulary.")
    assert "'dog'" in err


def test_a_missing_file_is_one_sentence(kotovec, tmp_path):
    status, out, err = kotovec("similar", tmp_path / "none.safetensors", "cat")
    assert (status, out) == (1, "")
    assert "none.safetensors" in err
    assert err.count("\n") == 1


def test_an_analogy_leaves_its_own_words_out(kotovec, animals):
    status, out, err = kotovec("analogy", animals, "cat", "dog", "horse", "--top", "2")
    assert (status, err) == (0, "")
    heading, first, score = out.splitlines()[0].split("\t")
    assert heading == "cat : dog = horse : ?"
    assert first == "king"
    assert 0 < float(score) <= 1


def test_an_analogy_in_json_names_its_parts(kotovec, animals):
    answer = json.loads(kotovec("analogy", animals, "cat", "dog", "horse", "--top", "1", "--json").out)
    assert [answer[part] for part in "abc"] == ["cat", "dog", "horse"]
    assert [found["word"] for found in answer["answers"]] == ["king"]


def test_json_is_json_in_every_encoding(animals):
    from kotovec.vectors import WordVectors

    WordVectors(["😀", "言葉"], np.eye(2, dtype=np.float32)).save(animals)
    command = [sys.executable, "-c", "from kotovec.cli import main; raise SystemExit(main())"]
    for encoding in ("ascii", "latin-1", "utf-8"):
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}
        printed = subprocess.run(
            [*command, "similar", str(animals), "言葉", "--json"],
            capture_output=True,
            check=True,
            env=environment,
        ).stdout
        (found,) = json.loads(printed.decode(encoding))
        assert (found["word"], found["neighbours"][0]["word"]) == ("言葉", "😀")


@pytest.mark.skipif(os.name != "posix", reason="other systems hand over text, not bytes")
def test_a_word_is_found_where_the_locale_knows_only_ascii():
    assert word("言葉".encode().decode("ascii", "surrogateescape")) == "言葉"


def test_answers_may_be_frequent_words_only(kotovec, animals):
    found = kotovec("similar", animals, "king", "--limit", "2").out
    assert found == "king\tdog\t0.6000\nking\tcat\t0.0000\n"
    assert kotovec("analogy", animals, "cat", "dog", "horse", "--limit", "3").out == ""
    status, _, err = kotovec("similar", animals, "king", "--limit", "0")
    assert status == 2
    assert "'0' is less than 1" in err
