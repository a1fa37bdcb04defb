"""Files go from format to format, and say what they hold."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from kotovec.cli.convert import FormatName
from kotovec.vectors import FORMATS, WordVectors, load


def test_the_formats_are_those_of_the_library():
    assert tuple(name.value for name in FormatName) == FORMATS


@pytest.mark.parametrize(
    "name", ["animals.txt", "animals.vec", "animals.bin", "animals.txt.gz", "animals.bin.gz"]
)
def test_there_and_back_keeps_every_number(kotovec, animals, tmp_path, name):
    there, back = tmp_path / name, tmp_path / "back.safetensors"
    assert kotovec("convert", animals, there).status == 0
    assert kotovec("convert", there, back).status == 0
    np.testing.assert_array_equal(load(back).matrix, load(animals).matrix)
    assert list(load(back)) == ["cat", "dog", "horse", "king", "言葉"]


def test_what_a_format_cannot_hold_is_said(kotovec, animals, tmp_path):
    status, out, err = kotovec("convert", animals, tmp_path / "animals.bin")
    assert (status, out) == (0, "")
    assert "5 words of 2 numbers each" in err
    assert "kotovec: note: word2vec-binary holds words and vectors alone" in err


def test_the_format_can_be_named_where_the_suffix_says_nothing(kotovec, animals, tmp_path):
    path = tmp_path / "animals.data"
    assert kotovec("convert", animals, path).status == 2
    assert kotovec("convert", animals, path, "--to", "word2vec-text").status == 0
    assert path.read_text("utf-8").splitlines()[0] == "5 2"
    assert kotovec("convert", path, tmp_path / "b.bin", "--from", "word2vec-text").status == 0


def test_a_file_is_not_converted_onto_itself(kotovec, animals):
    before = animals.read_bytes()
    status, _, err = kotovec("convert", animals, animals, "--to", "word2vec-text")
    assert status == 2
    assert "overwrite" in err
    assert animals.read_bytes() == before


def test_a_file_that_holds_no_vectors_is_one_sentence(kotovec, tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04\x95 nothing that should ever be run")
    status, out, err = kotovec("convert", path, tmp_path / "v.safetensors")
    assert (status, out) == (1, "")
    assert "pickle" in err
    assert not (tmp_path / "v.safetensors").exists()


def test_info_tells_size_and_first_words(kotovec, animals):
    status, out, err = kotovec("info", animals)
    facts = dict(line.split("  ", 1) for line in out.splitlines())
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    assert (status, err) == (0, "")
    assert facts["words"] == "5"
    assert facts["vector size"] == "2"
    assert facts["has counts"] == "yes"
    assert facts["first words"] == "cat dog horse king 言葉"


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ([2.5, 1.25], ", loss 2.5 1.25"),
        ([0.5, 0.4, 0.3, 0.2, 0.1, 0.05], ", loss 0.5 ... 0.05"),
        ([], ""),
    ],
    ids=["few epochs", "many epochs", "nothing trained by steps"],
)
def test_info_tells_how_vectors_were_made(kotovec, tmp_path, loss, told):
    path = tmp_path / "v.safetensors"
    metadata = {
        "model": json.dumps({"name": "cbow", "sample": 0.001, "tied": True}),
        "run": json.dumps({"epochs": len(loss), "tokens": 90, "loss": loss}),
    }
    WordVectors(["a"], [[1.0]], metadata=metadata).save(path)
    out = kotovec("info", path).out
    assert "model               name cbow, sample 0.001, tied yes\n" in out
    assert f"run                 epochs {len(loss)}, tokens 90{told}\n" in out


def test_info_in_json_keeps_numbers_as_numbers(kotovec, animals):
    facts = json.loads(kotovec("info", animals, "--json").out)
    assert facts["bytes"] == animals.stat().st_size
    assert (facts["words"], facts["vector_size"]) == (5, 2)
    assert facts["format"] == "safetensors"


def test_odd_words_in_a_file_are_one_note_without_a_line_of_code(kotovec, tmp_path):
    path = tmp_path / "twice.txt"
    path.write_text("3 2\na 1 2\na 2 3\nb 3 4\n")
    status, out, err = kotovec("similar", path, "a")
    assert (status, out) == (0, "a\tb\t0.9839\n")
    assert err == (
        f"kotovec: note: {str(path)!r} repeats words, 1 in all, such as 'a'; "
        "the first vector of each was kept.\n"
    )


def test_what_a_file_tells_about_itself_is_shown_and_not_obeyed(kotovec, tmp_path):
    path = tmp_path / "v.safetensors"
    WordVectors(["a"], np.ones((1, 2)), metadata={"who": "me\x1b[2J\nand you"}).save(path)
    assert r"me\x1b[2J\nand you" in kotovec("info", path).out


def test_a_missing_suffix_names_the_option_that_replaces_it(kotovec, animals, tmp_path):
    status, _, err = kotovec("convert", animals, tmp_path / "animals.data")
    assert status == 2
    assert "--to" in err


def test_ctrl_c_while_converting_says_that_nothing_was_written(kotovec, animals, tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("kotovec.vectors.convert", interrupted)
    target = tmp_path / "animals.txt"
    status, _, err = kotovec("convert", animals, target)
    assert (status, err) == (130, f"kotovec: stopped by Ctrl-C; {target} was not written.\n")


def as_text(source, target):
    """Return the command, for a process of its own, that writes vectors as text."""
    return [
        *(sys.executable, "-m", "kotovec", "convert", str(source), str(target)),
        *("--to", "word2vec-text"),
    ]


@pytest.mark.parametrize("target", ["/dev/stdout", "/dev/null"])
def test_vectors_can_go_down_a_pipe(animals, tmp_path, target):
    whole = tmp_path / "animals.txt"
    subprocess.run(as_text(animals, whole), check=True, capture_output=True)
    done = subprocess.run(as_text(animals, target), check=True, capture_output=True)
    assert done.stdout == (whole.read_bytes() if target == "/dev/stdout" else b"")
    assert done.stderr == b""


def test_vectors_can_go_to_standard_output_that_is_a_file(animals, tmp_path):
    command = as_text(animals, "/dev/stdout")
    with (tmp_path / "out.txt").open("wb") as file:
        done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=True)
    assert done.stderr == b""
    assert list(load(tmp_path / "out.txt")) == list(load(animals))


def test_what_others_wrote_to_standard_output_stays(animals, tmp_path):
    command = as_text(animals, "/dev/stdout")
    for mode in ("w", "a"):
        path = tmp_path / f"{mode}.txt"
        path.write_text("before\n" if mode == "a" else "")
        with path.open(mode) as file:
            if mode == "w":
                print("before", file=file, flush=True)
            subprocess.run(command, stdout=file, check=True)
            print("after", file=file)
        before, header, *rows, after = path.read_text(encoding="utf-8").splitlines()
        assert (before, header, len(rows), after) == ("before", "5 2", 5, "after")


def test_a_name_is_shown_to_a_terminal_and_not_obeyed(kotovec, animals, tmp_path):
    done = kotovec("convert", animals, tmp_path / "red\x1b[31m.txt")
    assert (done.status, "\x1b" in done.err, r"red\x1b[31m.txt" in done.err) == (0, False, True)


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    vectors = WordVectors([f"w{i}" for i in range(20_000)], np.ones((20_000, 20), np.float32))
    vectors.save(tmp_path / "many.safetensors")
    command = as_text(tmp_path / "many.safetensors", "/dev/stdout")
    with subprocess.Popen(command, stdout=-1, stderr=-1) as running:
        assert running.stdout.readline() == b"20000 20\n"
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0
