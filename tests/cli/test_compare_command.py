"""`kotovec compare`: a table, JSON and a page of the same figures, and nothing half-written."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import unicodedata

import pytest
import typer

from kotovec.cli.app import app
from kotovec.comparison import METHODS, comparing
from kotovec.comparison.methods import USUAL
from kotovec.errors import KotovecError, TrainingError
from kotovec.evaluation.bootstrap import NO_INTERVAL

OPTIONS = {option.name: option for option in typer.main.get_command(app).commands["compare"].params}


@pytest.fixture
def text(tmp_path):
    """A text with a handful of words, and a list of pairs about it."""
    path = tmp_path / "royal.txt"
    path.write_text("the king and the queen rule the land\na man and a woman walk to the town\n" * 30)
    (tmp_path / "pairs.tsv").write_text("king\tqueen\t9\nking\ttown\t1\nking\tpope\t5\nman\twoman\t8\n")
    return path


def test_a_method_is_trained_beside_random_vectors(kotovec, text):
    page, figures = text.with_name("page.html"), text.with_name("figures.json")
    status, out, err = kotovec(
        *("compare", text, "--models", "cbow,untrained", "--vector-size", 8, "--epochs", 2, "--seed", 4),
        *("--similarity", text.with_name("pairs.tsv"), "--words", "king,town"),
        *("--json", figures, "--html", page),
    )
    assert status == 0, err
    table, neighbours = (
        [line.split("\t") for line in part.splitlines()] for part in out.strip("\n").split("\n\n")
    )
    assert table[0] == ["method", "epochs", "count s", "train s", "peak MB", "pairs similarity"]
    assert [row[:2] for row in table[1:]] == [["cbow", "2"], ["untrained", "-"], ["(known)", ""]]
    assert table[3][-1] == "3 of 4"
    assert [row[:2] for row in neighbours[1:]] == [
        ["king", "cbow"],
        ["king", "untrained"],
        ["town", "cbow"],
        ["town", "untrained"],
    ]
    cbow, untrained = json.loads(figures.read_text())["methods"]
    assert cbow["model"]["vector_size"] == 8
    assert f"{cbow['similarity']['pairs']['spearman']:.3f}" in table[1][-1]
    assert " ".join(n["word"] for n in cbow["neighbours"]["king"]) == neighbours[1][2]
    assert untrained["model"] is None
    assert "<h1>" in page.read_text("utf-8")
    assert f"{page} written." in err
    assert f"{figures} written." in err


def test_a_few_pairs_have_a_dash_and_a_note_and_null(kotovec, text):
    figures, page = text.with_name("figures.json"), text.with_name("page.html")
    _, out, err = kotovec(
        *("compare", text, "--models", "untrained", "--similarity", text.with_name("pairs.tsv")),
        *("--json", figures, "--html", page),
    )
    (untrained,) = json.loads(figures.read_text())["methods"]
    score = untrained["similarity"]["pairs"]
    assert score["interval"] == [None, None]
    assert out.splitlines()[1].endswith(f"\t{score['spearman']:.3f} [-]")
    assert f"kotovec: note: {NO_INTERVAL}\n" in err
    assert NO_INTERVAL in page.read_text("utf-8")


def test_what_is_special_about_glove_is_told_by_help_and_with_the_table(kotovec, text):
    special = f"glove has x_max {METHODS['glove'][1]['x_max']:g}"
    assert special in " ".join(kotovec("compare", "--help").out.split())
    assert f"note: {special}, not" in kotovec("compare", text, "--models", "glove", "--epochs", 1).err
    assert "x_max" not in kotovec("compare", text, "--models", "untrained").err


def test_json_on_stdout_is_all_there_is_on_stdout(kotovec, text):
    status, out, _ = kotovec("compare", text, "--models", "untrained", "--json", "-")
    assert status == 0
    assert [method["name"] for method in json.loads(out)["methods"]] == ["untrained"]


def test_a_terminal_does_not_obey_the_words_of_a_text(kotovec, tmp_path, monkeypatch):
    path = tmp_path / "odd.txt"
    path.write_text("the \x1b[31mred king and the \x07queen rule\n" * 30)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    out = kotovec("compare", path, "--models", "untrained", "--words", "king").out
    assert [c for c in out if c != "\n" and unicodedata.category(c) == "Cc"] == []
    assert r"\x1b[31mred" in out


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_text_whose_name_is_not_utf_8_has_its_page_and_its_figures(kotovec, text, tmp_path):
    odd = text.rename(tmp_path / os.fsdecode(b"caf\xe9.txt"))
    page, figures = tmp_path / "page.html", tmp_path / "figures.json"
    outcome = kotovec("compare", odd, "--models", "untrained", "--html", page, "--json", figures)
    assert outcome.status == 0, outcome.err
    assert "caf�.txt" in page.read_text("utf-8")
    assert json.loads(figures.read_text("utf-8"))["corpus"]["sources"] == [str(odd)]


def test_a_page_that_cannot_be_written_takes_no_results_with_it(kotovec, text, monkeypatch):
    def full(path, content):
        raise KotovecError(f"Cannot write {str(path)!r}: the disk is full.")

    monkeypatch.setattr("kotovec.cli.compare.write_whole", full)
    status, out, err = kotovec("compare", text, "--models", "untrained", "--html", text.with_name("p.html"))
    assert status == 1
    assert "untrained" in out
    assert "the disk is full" in err


@pytest.fixture
def failing(monkeypatch):
    """Let every method fail but random vectors."""

    def run_child(orders, show=None):
        if "rehearse" in orders:
            return {}
        if orders["model"]:
            raise TrainingError("There is too little text; lower min_count=5.")
        return original(orders, show)

    original = comparing.run_child
    monkeypatch.setattr(comparing, "run_child", run_child)


def test_a_method_that_fails_has_a_row_and_a_note(kotovec, text, failing):
    status, out, err = kotovec("compare", text, "--models", "cbow,untrained")
    assert status == 0
    assert [line.split("\t")[:2] for line in out.splitlines()[1:3]] == [
        ["cbow", "failed"],
        ["untrained", "-"],
    ]
    assert "kotovec: note: cbow failed: There is too little text; lower --min-count 5." in err


def test_where_all_fail_the_command_fails(kotovec, text, failing):
    page = text.with_name("page.html")
    status, _, err = kotovec("compare", text, "--models", "cbow", "--html", page)
    assert status == 1
    assert err.splitlines()[-1] == "kotovec: error: No method could be trained; the notes above say why."
    assert "too little text" in page.read_text("utf-8")


def test_options_about_the_text_are_those_of_train(kotovec, text):
    arguments = ["--models", "untrained", "--json", "-", "--tokenizer", "words", "--min-count", 40]
    found = json.loads(kotovec("compare", text, *arguments).out)
    assert found["corpus"] == {
        "tokens": 240,
        "vocabulary_size": 3,
        "sources": [str(text)],
        "tokenizer": "words",
        "min_count": 40,
        "max_vocab": None,
    }


def test_ctrl_c_writes_nothing_and_says_so(kotovec, text, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "run_child", interrupted)
    page = text.with_name("page.html")
    page.write_text("old")
    figures = text.with_name("figures.json")
    outcome = kotovec("compare", text, "--models", "cbow", "--html", page, "--json", figures)
    assert outcome.status == 130
    assert f"{figures} was not written, {page} is as it was before" in outcome.err
    assert page.read_text() == "old"
    assert not figures.exists()


def test_ctrl_c_where_no_file_was_to_be_written_is_a_whole_sentence(kotovec, text, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparing, "run_child", interrupted)
    outcome = kotovec("compare", text, "--models", "cbow")
    assert (outcome.status, outcome.out) == (130, "")
    assert outcome.err.splitlines()[-1] == "kotovec: stopped by Ctrl-C."


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_to_stop_leaves_no_file_and_no_process(text, tmp_path, usual_signals, name, status):
    folder, page = tmp_path / "temporary", tmp_path / "page.html"
    folder.mkdir()
    command = [sys.executable, "-c", "from kotovec.cli import main; raise SystemExit(main())", "compare"]
    options = ["--models", "skipgram", "--epochs", "100000", "--html", str(page)]
    with subprocess.Popen(
        [*command, str(text), *options], stderr=subprocess.PIPE, env=os.environ | {"TMPDIR": str(folder)}
    ) as process:
        assert process.stderr is not None
        deadline = time.monotonic() + 60
        while not list(folder.glob("kotovec-*/*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert list(folder.iterdir())
        process.send_signal(signal.Signals[name])
        told = process.stderr.read().decode()  # to its end: the process that trained is gone too
    assert process.returncode == status
    assert told.splitlines()[-1] == f"kotovec: stopped by {name}; {page} was not written."
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "Nothing was kept; use a smaller learning_rate than 0.5.",
            "--learning-rate than 0.5. `kotovec compare` has no --learning-rate; `kotovec train` has.",
        ),
        (
            "Use more text, more epochs, or sample=0 instead of 0.001.",
            "or --sample 0 instead of 0.001. `kotovec compare` has no --sample; `kotovec train` has.",
        ),
        (
            "(shift=1). Use a smaller shift, or more text.",
            "or more text. `kotovec compare` has no --shift; `kotovec train` has.",
        ),
        ("Use vector_size=8 or less, or more text.", "Use --vector-size 8 or less, or more text."),
    ],
)
def test_what_only_train_takes_is_not_advised_as_if_it_could_be_given_here(
    kotovec, text, monkeypatch, sentence, told
):
    def fail(orders, show=None):
        raise TrainingError(sentence)

    monkeypatch.setattr(comparing, "run_child", fail)
    _, _, err = kotovec("compare", text, "--models", "cbow")
    assert [line for line in err.splitlines() if "cbow failed: " in line and line.endswith(told)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--models", "word2vec"], "There is no method 'word2vec'; the methods are skipgram, "),
        (["--models", ","], "There is no method to compare"),
        (["--tokenizer", "words"], "--tokenizer is for a TEXT of yours"),
        (["royal.txt", "--words", "king,unicorn"], "The word 'unicorn' is not in the vocabulary"),
        (["royal.txt", "--html", "royal.txt"], "would overwrite the file it is made from"),
        (["royal.txt", "--html", "a", "--json", "a"], "--json and --html name the same file"),
        (["royal.txt", "--html", "a", "--json", "sub/../a"], "--json and --html name the same file"),
        (["royal.txt", "--html", "-"], "'-' does not stand for standard output for --html"),
        (["royal.txt", "--epochs", "0"], "--epochs must be a whole number"),
        (["royal.txt", "--window", "0"], "'0' is less than 1"),
        (["royal.txt", "--json", "none/figures.json"], "The folder"),
        (["none.txt"], "does not exist"),
        (["royal.txt", "--similarity", "none.tsv"], "There is no file 'none.tsv'"),
    ],
)
def test_misuse_is_told_before_anything_is_trained(kotovec, text, monkeypatch, arguments, sentence):
    monkeypatch.chdir(text.parent)
    (text.parent / "sub").mkdir()
    monkeypatch.setattr(comparing, "run_child", None)
    status, out, err = kotovec("compare", *arguments)
    assert status in (1, 2)
    assert out == ""
    assert sentence in err
    assert err.startswith("kotovec: error: ")


def test_the_usual_methods_are_those_of_the_library():
    assert OPTIONS["models"].default == ",".join(USUAL)


def test_the_help_names_every_method(kotovec):
    unbroken = re.sub(r"-\n +", "-", kotovec("compare", "--help").out)
    named = set(re.findall(r"[\w-]+", unbroken))
    assert [name for name in METHODS if name not in named] == []
