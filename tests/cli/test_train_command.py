"""`kotovec train` passes on what was typed, and never loses hours of work to a typing mistake."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from kotovec.cli import train_options
from kotovec.errors import KotovecError
from kotovec.models import Model, SkipGram
from kotovec.progress import Progress


def look(stage, done, total, **known):
    values = {"words_per_second": 0.0, "loss": math.nan, "learning_rate": math.nan, "epoch": 0}
    return Progress(stage=stage, done=done, total=total, **(values | known))


def test_what_was_not_typed_is_left_to_the_library(kotovec, training, tmp_path):
    kotovec("train", "text", "-o", tmp_path / "v.safetensors")
    assert training.calls == [(SkipGram(), ["text"], {})]


def typed(value):
    """Return an option's value as a person types it after its name; a switch has none."""
    return [] if value is True else [value]


# For every field of every model a value that is not its default.
OPTIONS = {
    "skipgram": {
        "vector_size": 20,
        "window": 3,
        "negative": 7,
        "shared_negatives": 64,
        "sample": 1e-4,
        "learning_rate": 0.2,
        "last_learning_rate": 0.01,
        "negative_exponent": 0.5,
        "representation": "concatenate",
    },
    "cbow": {"cbow_gradient": "word2vec", "tied": True},
    "cbow with another loss": {"loss": "hierarchical_softmax"},
    "glove": {"x_max": 10.0, "alpha": 0.5, "learning_rate": 0.1, "representation": "input"},
    "ppmi-svd": {
        "distance_weighting": "flat",
        "sample": 0.0,
        "context_smoothing": 1.0,
        "shift": 5.0,
        "eigenvalue_weight": 0.0,
        "representation": "sum",
    },
}


@pytest.mark.parametrize("case", OPTIONS)
def test_every_option_of_a_model_arrives_there(kotovec, training, tmp_path, case):
    name, _, _ = case.partition(" ")
    words = [
        word
        for option, value in OPTIONS[case].items()
        for word in (f"--{option.replace('_', '-')}", *typed(value))
    ]
    assert kotovec("train", "t", "-o", tmp_path / "v.safetensors", "--model", name, *words).status == 0
    ((model, _, options),) = training.calls
    assert model == train_options.MODELS[name](**OPTIONS[case])
    assert options == {}


def test_every_field_of_every_model_is_an_option_and_is_tried_above():
    from inspect import signature

    from kotovec.cli.train import command

    fields = {field.name for model in get_args(Model) for field in dataclasses.fields(model)}
    assert fields <= set(signature(command).parameters)
    assert fields == {option for options in OPTIONS.values() for option in options}
    assert [model.name for model in get_args(Model)] == list(train_options.MODELS)


def test_the_options_of_a_run_arrive_there(kotovec, training, tmp_path):
    how = {"min_count": 2, "max_vocab": 1000, "epochs": 3, "workers": 4, "seed": 9, "tokenizer": "words"}
    words = [word for name, value in how.items() for word in (f"--{name.replace('_', '-')}", value)]
    outcome = kotovec(
        "train", "a.txt", "b.txt", "-o", tmp_path / "v.safetensors", *words, "--no-reproducible"
    )
    assert outcome.status == 0
    assert training.calls == [(SkipGram(), ["a.txt", "b.txt"], {**how, "reproducible": False})]


def test_the_help_shows_the_defaults_of_the_library():
    from inspect import signature

    from kotovec.corpus import Corpus
    from kotovec.training import train

    of_train, of_corpus = signature(train).parameters, signature(Corpus.open).parameters
    # What train leaves at None it leaves to Corpus.open.
    defaults = {
        name: of_corpus[name].default if of_train[name].default is None else of_train[name].default
        for name in (*train_options.TRAINING_DEFAULTS, "max_vocab", "reproducible")
    }
    assert defaults == {**train_options.TRAINING_DEFAULTS, "max_vocab": None, "reproducible": True}
    assert of_train["workers"].default is None


def test_the_tokenizers_are_those_of_the_corpus():
    from kotovec.corpus import TOKENIZERS

    assert {name.value for name in train_options.TokenizerName} == set(TOKENIZERS)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--cbow-gradient", "exact"], "--cbow-gradient belongs to --model cbow, not to --model skipgram."),
        (["--x-max", 9, "--model", "cbow"], "--x-max belongs to --model glove, not to --model cbow."),
        (["--loss", "softmax", "--negative", 5], "--negative must be left out with --loss softmax"),
        (
            ["--model", "glove", "--tied"],
            "--tied belongs to --model skipgram or cbow, not to --model glove.",
        ),
        (
            ["--model", "ppmi-svd", "--learning-rate", 1],
            "--learning-rate belongs to --model skipgram, cbow or glove, not to --model ppmi-svd.",
        ),
        (
            ["--tied", "--representation", "output"],
            "With --tied SkipGram has one matrix, which is its input and its output; "
            "leave --representation output out.",
        ),
        (["--x-max", 0, "--model", "glove"], "--x-max must be a number in the range (0, inf). Got 0.0"),
        (
            ["--representation", "both"],
            "'both' is not one of 'input', 'output', 'sum', 'mean', 'blend', 'concatenate'.",
        ),
    ],
)
def test_an_option_that_cannot_work_is_refused_in_one_sentence(kotovec, training, tmp_path, words, sentence):
    status, _, err = kotovec("train", "t", "-o", tmp_path / "v.safetensors", *words)
    assert status == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert training.calls == []


def test_the_help_puts_the_options_of_few_models_under_their_names(kotovec):
    out = kotovec("train", "--help").out
    sections = dict(re.findall(r"^(Options[^\n]*):\n(.*?)(?=\n\S|\n\n)", out, re.M | re.S))
    places = {
        option: section
        for section, text in sections.items()
        for option in re.findall(r"^  (?:-o, )?(--[\w-]+)", text, re.M)
    }
    assert places["--window"] == places["--output"] == places["--sample"] == "Options"
    assert places["--negative"] == places["--tied"] == "Options of skipgram and cbow"
    assert places["--cbow-gradient"] == "Options of cbow"
    assert places["--x-max"] == "Options of glove"
    assert places["--shift"] == "Options of ppmi-svd"
    assert "[default: 5 for skipgram and cbow, 25 for glove, 1 for ppmi-svd]" in " ".join(
        out.replace("ppmi-\n", "ppmi-").split()
    ).replace("ppmi- ", "ppmi-")


def test_results_go_to_stderr_in_two_lines(kotovec, training, tmp_path):
    path = tmp_path / "v.safetensors"
    status, out, err = kotovec("train", "text", "-o", path)
    assert (status, out) == (0, "")
    assert err.splitlines() == [
        f"1,500,000 words, vocabulary 5, 2.0 s of training (1.50 M words/s), loss 1.250: {path} written.",
        f"Next: kotovec similar {path} boat",
    ]


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ((0.1, 0.05), "0.5 s of counting (3.00 M words/s), 2.0 s of training, loss 0.05000"),
        ((), "0.5 s of counting (3.00 M words/s), 2.0 s of decomposition"),
    ],
    ids=["glove", "ppmi-svd"],
)
def test_the_summary_of_a_model_that_counts_tells_both_times(kotovec, training, tmp_path, loss, told):
    training.loss, training.count_seconds = loss, 0.5
    path = tmp_path / "v.safetensors"
    first = kotovec("train", "text", "-o", path).err.splitlines()[0]
    assert first == f"1,500,000 words, vocabulary 5, {told}: {path} written."


def test_warnings_about_the_text_are_passed_on(kotovec, training, tmp_path):
    training.warnings = ("3 invalid bytes were replaced.", "The text looks raw.")
    err = kotovec("train", "text", "-o", tmp_path / "v.safetensors").err
    assert err.startswith(
        "kotovec: note: 3 invalid bytes were replaced.\nkotovec: note: The text looks raw.\n"
    )


def test_the_report_holds_the_seconds_of_saving(kotovec, training, tmp_path):
    report = tmp_path / "report.json"
    assert kotovec("train", "text", "-o", tmp_path / "v.safetensors", "--report", report).status == 0
    figures = json.loads(report.read_text())
    assert figures["tokens"] == 1_500_000
    assert list(figures["seconds"]) == ["read", "compile", "train", "save"]
    assert figures["seconds"]["save"] >= 0


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_a_missing_folder_is_found_before_training(kotovec, training, tmp_path, option):
    target = tmp_path / "nowhere" / "v.safetensors"
    other = [] if option == "-o" else ["-o", tmp_path / "v.safetensors"]
    status, _, err = kotovec("train", "text", *other, option, target)
    assert status == 1
    assert "nowhere" in err
    assert "does not exist" in err
    assert training.calls == []


def test_a_folder_as_output_is_found_before_training(kotovec, training, tmp_path):
    status, _, err = kotovec("train", "text", "-o", tmp_path)
    assert status == 2
    assert "is a folder" in err
    assert training.calls == []


def test_an_unknown_suffix_is_found_before_training(kotovec, training, tmp_path):
    for name in ("v.parquet", "v.safetensors.gz"):
        status, _, err = kotovec("train", "text", "-o", tmp_path / name)
        assert status == 2
        assert repr(str(tmp_path / name)) in err
        assert training.calls == []


def test_the_text_itself_is_never_overwritten(kotovec, training, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("a b c\n")
    status, _, err = kotovec("train", text, "-o", text)
    assert status == 2
    assert "overwrite" in err
    assert text.read_text() == "a b c\n"


@pytest.mark.skipif(os.name != "posix", reason="needs links")
@pytest.mark.parametrize("link", ["symbolic", "hard", "detour"])
def test_the_report_cannot_be_the_vectors_by_another_name(kotovec, training, tmp_path, link):
    path, report = tmp_path / "v.safetensors", tmp_path / "r.json"
    if link == "detour":
        report = tmp_path / ".." / tmp_path.name / path.name
    else:
        path.write_bytes(b"old")
        report.symlink_to(path.name) if link == "symbolic" else report.hardlink_to(path)
    status, _, err = kotovec("train", "text", "-o", path, "--report", report)
    assert status == 2
    assert "-o and --report name the same file" in err


@pytest.mark.skipif(os.name != "posix", reason="needs links")
def test_what_cannot_be_the_name_of_a_file_is_told_before_training(kotovec, training, tmp_path):
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    told = {"one": "it is a link that leads back to itself", "x" * 300: "its name is too long"}
    for name, reason in told.items():
        status, out, err = kotovec("train", "text", "-o", tmp_path / name)
        assert (status, out) == (1, "")
        assert err.startswith("kotovec: error: Cannot write ")
        assert reason in err


def test_the_report_cannot_be_the_vectors(kotovec, training, tmp_path):
    path = tmp_path / "v.safetensors"
    status, _, err = kotovec("train", "text", "-o", path, "--report", path)
    assert status == 2
    assert "--report" in err
    assert training.calls == []


def interrupted(progress):
    raise KeyboardInterrupt


def test_ctrl_c_says_that_nothing_was_written(kotovec, training, tmp_path):
    training.before = interrupted
    path = tmp_path / "v.safetensors"
    status, out, err = kotovec("train", "text", "-o", path)
    assert (status, out) == (130, "")
    assert err == f"kotovec: stopped by Ctrl-C; {path} was not written.\n"


def test_ctrl_c_says_that_the_old_file_is_whole(kotovec, training, tmp_path):
    training.before = interrupted
    path = tmp_path / "v.safetensors"
    path.write_bytes(b"old")
    assert (
        kotovec("train", "text", "-o", path).err
        == f"kotovec: stopped by Ctrl-C; {path} is as it was before.\n"
    )
    assert path.read_bytes() == b"old"


def test_ctrl_c_after_the_save_says_what_is_there(kotovec, training, tmp_path, monkeypatch):
    monkeypatch.setattr("kotovec.cli.train.write_json", interrupted_write)
    path = tmp_path / "v.safetensors"
    report = tmp_path / "r.json"
    status, _, err = kotovec("train", "text", "-o", path, "--report", report)
    assert status == 130
    assert err == f"kotovec: stopped by Ctrl-C; {path} is written and whole, {report} was not written.\n"


def interrupted_write(path, value):
    raise KeyboardInterrupt


def test_without_a_terminal_no_progress_is_asked_for(kotovec, training, tmp_path):
    asked = []
    training.before = asked.append
    kotovec("train", "text", "-o", tmp_path / "v.safetensors")
    assert asked == [None]


def test_on_a_terminal_every_stage_has_its_line(kotovec, training, tmp_path, monkeypatch):
    def stages(progress):
        progress(look("read", 0, 58_000_000))
        progress(look("read", 58_000_000, 58_000_000))
        progress(look("compile", 0, 1))
        progress(look("compile", 1, 1))
        progress(look("train", 10, 100, words_per_second=2_810_000.0, loss=2.314, learning_rate=0.0391))
        progress(look("train", 100, 100, words_per_second=2_810_000.0, loss=1.984, learning_rate=0.0001))

    training.before = stages
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    err = kotovec("train", "text", "-o", tmp_path / "v.safetensors").err
    for words in (
        "reading",
        "58.0 MB",
        "compiling",
        "kernels for this CPU, once",
        "training",
        "2.81 M words/s",
    ):
        assert words in err
    assert "loss 1.984" in err


def test_the_bar_tells_the_time_left_at_the_speed_so_far():
    from kotovec.cli.progress_bar import describe

    text = describe(
        look("train", 4_000_000, 10_000_000, words_per_second=2e6, loss=2.0, learning_rate=0.02), 2.0
    )
    assert text == "2.00 M words/s  loss 2.000  rate 0.0200  0:03 left"


def test_the_bar_draws_at_most_ten_times_a_second():
    from kotovec.cli.progress_bar import _Drawing

    class Bar:
        drawings = 0
        console = SimpleNamespace(width=80)

        def add_task(self, *args, **kwargs):
            return 0

        def update(self, *args, **kwargs):
            pass

        def refresh(self):
            self.drawings += 1

    bar = Bar()
    drawing = _Drawing(bar)
    for done in range(5_000):
        drawing.show(look("train", done, 5_001))
    drawing.show(look("train", 5_001, 5_001))
    assert 2 <= bar.drawings < 10


def test_a_stage_that_never_said_it_was_done_is_full_when_the_next_begins():
    from rich.console import Console
    from rich.progress import Progress as RichProgress

    from kotovec.cli.progress_bar import _Drawing

    bar = RichProgress(console=Console(quiet=True), auto_refresh=False)
    drawing = _Drawing(bar)
    drawing.show(look("compile", 0, 1))
    assert not bar.tasks[0].finished
    drawing.show(look("train", 1, 100))
    assert bar.tasks[0].finished


def test_a_pattern_that_matches_the_output_does_not_lose_the_text(kotovec, training, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("a b c\n")
    status, _, err = kotovec("train", tmp_path / "*.txt", "-o", text)
    assert status == 2
    assert "overwrite" in err
    assert text.read_text() == "a b c\n"


def test_a_dash_as_output_makes_no_file_of_that_name(kotovec, training, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = kotovec("train", "text", "-o", "-")
    assert status == 2
    assert "standard output" in err
    assert list(tmp_path.iterdir()) == []


def test_vectors_that_cannot_be_written_are_kept_elsewhere(kotovec, training, tmp_path):
    target = tmp_path / "v.safetensors"

    def save(path):
        if path == target:
            raise KotovecError("The disk is full.")
        path.write_bytes(b"rescued")

    training.save = save
    status, _, err = kotovec("train", "text", "-o", target)
    assert status == 1
    found = re.fullmatch("kotovec: error: The disk is full. The vectors are in '(.*)'; copy them.*\n", err)
    assert found
    rescued = Path(found[1])
    assert rescued.read_bytes() == b"rescued"
    shutil.rmtree(rescued.parent)


def test_vectors_that_cannot_be_written_anywhere_leave_one_sentence_and_no_litter(
    kotovec, training, tmp_path, monkeypatch
):
    def save(path):
        raise KotovecError("The disk is full.")

    training.save = save
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    status, _, err = kotovec("train", "text", "-o", tmp_path / "v.safetensors")
    assert (status, err) == (1, "kotovec: error: The disk is full.\n")
    assert list(elsewhere.iterdir()) == []


def test_a_report_that_cannot_be_written_does_not_hide_that_the_vectors_are(
    kotovec, training, tmp_path, monkeypatch
):
    def fail(path, value):
        raise KotovecError("The disk is full.")

    monkeypatch.setattr("kotovec.cli.train.write_json", fail)
    path = tmp_path / "v.safetensors"
    status, _, err = kotovec("train", "text", "-o", path, "--report", tmp_path / "r.json")
    assert (status, err) == (1, f"kotovec: error: The disk is full. {path} is written and whole.\n")
    assert path.read_bytes() == b"vectors"


def test_vectors_that_learned_nothing_replace_no_file(kotovec, tmp_path):
    text, path = tmp_path / "text.txt", tmp_path / "v.safetensors"
    text.write_text("a b\n" * 20)
    path.write_bytes(b"old")
    status, _, err = kotovec("train", text, "-o", path, "--sample", "1e-9")
    assert status == 1
    assert "Nothing was learned: of 40 tokens" in err
    assert path.read_bytes() == b"old"


def test_the_summary_tells_the_last_loss_that_is_known(kotovec, training, tmp_path):
    training.loss = (2.5, math.nan)
    assert "loss 2.500" in kotovec("train", "text", "-o", tmp_path / "v.safetensors").err


def test_a_terminal_that_went_away_does_not_cost_the_vectors(kotovec, training, tmp_path, monkeypatch):
    class Gone:
        def write(self, text):
            raise BrokenPipeError

        flush = isatty = lambda self: False

    training.warnings = ("The text looks raw.",)
    monkeypatch.setattr(sys, "stderr", Gone())
    path = tmp_path / "v.safetensors"
    assert kotovec("train", "text", "-o", path).status == 0
    assert path.read_bytes() == b"vectors"


@pytest.mark.parametrize("option", ["-o", "--report"])
def test_a_read_only_file_is_found_before_training(kotovec, training, tmp_path, monkeypatch, option):
    target = tmp_path / "old.safetensors"
    target.write_bytes(b"old")
    monkeypatch.setattr("os.access", lambda path, mode: path != target)
    other = [] if option == "-o" else ["-o", tmp_path / "v.safetensors"]
    status, _, err = kotovec("train", "text", *other, option, target)
    assert (status, err) == (
        1,
        f"kotovec: error: The file {str(target)!r} is read-only; name another file.\n",
    )
    assert training.calls == []


def test_the_next_command_can_be_copied_whatever_the_words_and_the_file(kotovec, tmp_path):
    text = tmp_path / "odd.txt"
    text.write_text("it's it's $(id) $(id) \x1b[31mred \x1b[31mred a;b * * --help --help\n" * 20)
    path = tmp_path / "my vectors.safetensors"
    done = kotovec("train", text, "-o", path, "--min-count", 1, "--sample", 0, "--epochs", 1)
    assert done.status == 0
    assert "\x1b" not in done.out + done.err
    (following,) = [line for line in done.err.splitlines() if line.startswith("Next: ")]
    program, *arguments = shlex.split(following.removeprefix("Next: "))
    assert program == "kotovec"
    assert kotovec(*arguments).status == 0


def test_words_that_look_like_options_are_not_in_the_next_command(kotovec, tmp_path):
    text, path = tmp_path / "odd.txt", tmp_path / "v.safetensors"
    text.write_text("--help -x --top\n" * 20)
    done = kotovec("train", text, "-o", path, "--min-count", 1, "--sample", 0, "--epochs", 1)
    assert done.err.endswith(f"Next: kotovec similar {path} WORD\n")


@pytest.mark.parametrize("name", ["red\x1b[31m.safetensors", "/dev/stdout"])
def test_there_is_no_next_command_for_a_file_that_cannot_be_named(kotovec, training, tmp_path, name):
    done = kotovec("train", "text", "-o", tmp_path / name)
    assert (done.status, "Next: " in done.err, "\x1b" in done.err) == (0, False, False)
