"""`kotovec evaluate` prints what the evaluation room finds."""

from __future__ import annotations

import json

import pytest

from kotovec.evaluation import evaluate_analogies, evaluate_similarity
from kotovec.evaluation.bootstrap import NO_INTERVAL
from kotovec.vectors import WordVectors


@pytest.fixture
def royals(tmp_path):
    """Vectors, a list of pairs and a list of analogies."""
    vectors = WordVectors(["man", "woman", "king", "queen"], [[1, 0], [1, 1], [3, 0], [3, 3]])
    vectors.save(tmp_path / "royals.safetensors")
    (tmp_path / "pairs.csv").write_text("w1,w2,first,second\nman,king,9,1\nman,queen,3,2\nking,Pope,7,3\n")
    (tmp_path / "questions.txt").write_text(
        ": royal\nMan Woman King Queen\nking queen man woman\n: fruit\na b c d\n"
    )
    return tmp_path


def test_the_table_holds_scores_intervals_and_coverage(kotovec, royals):
    status, out, err = kotovec(
        *("evaluate", royals / "royals.safetensors", "--similarity", royals / "pairs.csv"),
        *("--analogies", royals / "questions.txt"),
    )
    assert status == 0
    assert err == f"kotovec: note: {NO_INTERVAL}\n"
    assert [line.split("\t") for line in out.splitlines()] == [
        ["test set", "measure", "score", "low", "high", "known", "of"],
        ["pairs", "similarity", "1.000", "-", "-", "2", "3"],
        ["questions", "analogies", "1.000", "0.342", "1.000", "2", "3"],
        ["royal", "section", "1.000", "", "", "2", "2"],
        ["fruit", "section", "-", "", "", "0", "1"],
    ]


def test_json_holds_what_python_returns(kotovec, royals):
    from kotovec.vectors import load

    vectors = load(royals / "royals.safetensors")
    out = kotovec(
        *("evaluate", royals / "royals.safetensors", "--similarity", royals / "pairs.csv"),
        *("--analogies", royals / "questions.txt", "--json"),
    ).out
    assert json.loads(out) == {
        "vectors": str(royals / "royals.safetensors"),
        "limit": 30_000,
        "lowercase": True,
        "similarity": {"pairs": evaluate_similarity(vectors, royals / "pairs.csv").report()},
        "analogies": {"questions": evaluate_analogies(vectors, royals / "questions.txt").report()},
    }


def known(kotovec, *arguments) -> dict[str, int]:
    found = json.loads(kotovec("evaluate", *arguments, "--json").out)
    counts = {name: value["pairs_known"] for name, value in found["similarity"].items()}
    return counts | {name: value["asked"] for name, value in found["analogies"].items()}


def test_options_reach_their_place(kotovec, royals):
    file, questions = royals / "royals.safetensors", royals / "questions.txt"
    assert known(kotovec, file, "--analogies", questions, "--limit", 3) == {"questions": 0}
    assert known(kotovec, file, "--analogies", questions, "--as-written") == {"questions": 1}


@pytest.mark.parametrize(("score", "rho"), [("first", 1.0), ("second", -1.0), ("4", -1.0)])
def test_the_column_of_scores_is_chosen_by_name_or_number(kotovec, royals, score, rho):
    out = kotovec(
        *("evaluate", royals / "royals.safetensors", "--similarity", royals / "pairs.csv"),
        *("--score", score, "--json"),
    ).out
    assert json.loads(out)["similarity"]["pairs"]["spearman"] == rho


def test_two_files_of_one_name_are_told_apart(kotovec, royals):
    (royals / "other").mkdir()
    other = royals / "other" / "pairs.csv"
    other.write_text("man,woman,1\n")
    counts = known(
        kotovec,
        *(royals / "royals.safetensors", "--similarity", royals / "pairs.csv", "--similarity", other),
    )
    assert counts == {str(royals / "pairs.csv"): 2, str(other): 1}


def test_without_a_test_set_the_built_in_questions_are_asked_and_that_is_said(kotovec, royals):
    status, out, err = kotovec("evaluate", royals / "royals.safetensors")
    assert status == 0
    assert out.splitlines()[1].startswith("built-in\tsimilarity\t-\t-\t-\t0\t")
    assert "built-in questions" in err


def test_a_terminal_sees_columns(kotovec, royals, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    lines = kotovec("evaluate", royals / "royals.safetensors", "--similarity", royals / "pairs.csv").out
    head, row = lines.splitlines()
    assert "\t" not in lines
    assert len(head) == len(row)
    assert head.index("score") == row.index("1.000")


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["none.safetensors"], 1, "There is no file"),
        (["royals.safetensors", "--similarity", "none.csv"], 1, "There is no file"),
        (["royals.safetensors", "--similarity", "questions.txt"], 1, "line 1: two words and a score"),
        (["royals.safetensors", "--analogies", "pairs.csv"], 1, "line 1: an analogy is four words"),
        (["royals.safetensors", "--similarity", "pairs.csv", "--score", "third"], 2, "no column 'third'"),
        (["royals.safetensors", "--score", "first"], 2, "--score names a column"),
        (
            ["royals.safetensors", "--similarity", "pairs.csv", "--score", "9" * 5000],
            2,
            "--score is a number of 5,000 digits; give a column's name, or its number",
        ),
        (["royals.safetensors", "--similarity", "huge.csv"], 1, "line 1: a column holds more than 131,072"),
        (["royals.safetensors", "--similarity", "digits.csv"], 1, "line 1: the score of 'man' and 'king'"),
        (["royals.safetensors", "--limit", "0"], 2, "'0' is less than 1"),
    ],
)
def test_what_is_wrong_is_one_sentence(kotovec, royals, monkeypatch, arguments, status, sentence):
    monkeypatch.chdir(royals)
    (royals / "huge.csv").write_text(f"{'x' * 200_000},king,3\n")
    (royals / "digits.csv").write_text(f"man,king,{'9' * 5000}\n")
    outcome = kotovec("evaluate", *arguments)
    assert (outcome.status, outcome.out) == (status, "")
    assert sentence in outcome.err
    assert outcome.err.splitlines()[-1].startswith("kotovec: error: ")
    assert "a fault of kotovec" not in outcome.err
    assert len(outcome.err) < 400
