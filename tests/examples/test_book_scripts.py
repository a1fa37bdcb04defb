"""The scripts of examples/book do what a reader of the book expects of them."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BOOK = Path(__file__).parents[2] / "examples" / "book"
HELPERS = {"dataset.py", "saving.py"}
SMALL = ("--vocab-size", "300", "--tokens", "20000")


def run(script, *arguments, folder):
    command = [sys.executable, "-W", "error", str(BOOK / script), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def printed_by(script, *arguments, folder):
    done = run(script, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_cbow_predict_shows_that_matmul_picks_rows(tmp_path):
    text = printed_by("cbow_predict.py", folder=tmp_path)
    for row in (0, 2):
        found = re.search(rf"is row {row} of W_in: \[(\[.*?\])\] (\[.*?\])\n", text)
        assert found[1] == found[2]
    assert len(re.search(r"scores of the seven words: \[\[(.*?)\]\]", text, re.DOTALL)[1].split()) == 7


def test_embedding_dot_shows_the_row_sums_step_by_step(tmp_path):
    text = printed_by("embedding_dot.py", folder=tmp_path)
    for line in ("[0. 1. 4.]", "0 + 1 + 4 = 5", "27 + 40 + 55 = 122", "18 + 28 + 40 = 86", "word 3: 122"):
        assert line in text
    assert text.count("= [  5. 122.  86.]") == 2
    assert "0.9933" in text


@pytest.mark.parametrize(
    ("script", "start"), [("train_simple_cbow.py", 1.946), ("train_simple_skip_gram.py", 3.892)]
)
def test_the_simple_networks_begin_at_the_book_s_loss_and_learn(script, start, tmp_path):
    text = printed_by(script, folder=tmp_path)
    first, last = map(float, re.search(r"loss: (\S+) \(.*\) -> (\S+)", text).groups())
    assert first == pytest.approx(start, abs=2e-3)
    assert last < 0.75 * first
    assert re.findall(r"^(\S+) \[", text, re.MULTILINE) == ["you", "say", "goodbye", "and", "i", "hello", "."]


def test_tied_cbow_trains_one_matrix_in_two_roles(tmp_path):
    text = printed_by("tied_cbow.py", folder=tmp_path)
    assert "arrays in params: 2 - and different ones: 1" in text
    assert "still one matrix: True" in text
    first, last = map(float, re.search(r"loss: (\S+) -> (\S+)", text).groups())
    assert first == pytest.approx(1.946, abs=2e-3)
    assert last < 0.75 * first


def test_count_method_small_prints_the_book_s_figures(tmp_path):
    text = printed_by("count_method_small.py", folder=tmp_path)
    assert "cosine of the rows of you and i: 0.7071" in text
    assert re.findall(r"^ (\S+): ", text, re.MULTILINE) == ["goodbye", "i", "hello", "say", "and"]
    assert "1.807" in text
    assert "2.807" in text
    assert "[3.168 3.168 2.703 2.703 1.514 1.514 0.   ]" in text
    assert ("drawn into" in text) == (tmp_path / "count_method_small.png").is_file()


def test_count_method_big_counts_a_real_text(tmp_path):
    text = printed_by("count_method_big.py", *SMALL, folder=tmp_path)
    assert "20,000 words of text, 300 different ones" in text
    found = re.search(r"\[query\] first\n((?: \S+: \S+\n){5})", text)
    assert found


@pytest.mark.parametrize(("script", "questions"), [("train_cbow.py", 6), ("train_skipgram.py", 24)])
def test_what_a_training_saves_can_be_asked(script, questions, tmp_path):
    text = printed_by(script, *SMALL, "--epochs", "1", "--output", "small.npz", folder=tmp_path)
    first = float(re.search(r"loss (\S+)$", text, re.MULTILINE)[1])
    assert first == pytest.approx(questions * np.log(2), abs=0.01)
    with np.load(tmp_path / "small.npz", allow_pickle=False) as file:
        assert file["word_vecs"].shape == (300, 50)
        assert np.abs(file["word_vecs"]).max() > 0.1  # it began at 0.01 times normal numbers
        assert len(set(file["words"].tolist())) == 300
    answers = printed_by("eval.py", "small.npz", folder=tmp_path)
    assert "[query] first" in answers
    assert answers.index("by dot product") < answers.index("by cosine")


def test_a_vocabulary_that_lacks_the_questions_words_is_told(tmp_path):
    small = ("--vocab-size", "20", "--tokens", "2000", "--epochs", "1", "--output", "few")
    assert "saved: few\n" in printed_by("train_cbow.py", *small, folder=tmp_path)
    answers = printed_by("eval.py", "few", folder=tmp_path)  # the file has the very name that was given
    assert "5 of 5 words are not among the 20 known ones" in answers
    assert "No analogy can be asked" in answers
    assert "SVD" in printed_by("count_method_big.py", *small[:4], folder=tmp_path)


def test_misuse_of_a_script_gets_one_sentence(tmp_path):
    none = run("eval.py", folder=tmp_path)
    assert none.returncode == 1
    assert none.stderr == "There is no file cbow.npz: run train_cbow.py or train_skipgram.py first.\n"
    for script in ("train_cbow.py", "train_skipgram.py", "count_method_big.py"):
        done = run(script, "--tokens", "0", folder=tmp_path)
        assert done.stderr.endswith("argument --tokens: must be at least 1, got 0\n")


def test_the_page_lists_every_script_in_both_languages():
    page = (BOOK / "README.md").read_text("utf-8")
    scripts = {path.name for path in BOOK.glob("*.py")} - HELPERS
    assert set(re.findall(r"^\| `(\w+\.py)` \|", page, re.MULTILINE)) == scripts
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert all(re.search("[ぁ-ん]", row) and re.search("[a-z] [a-z]", row) for row in rows)
