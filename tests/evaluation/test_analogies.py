"""Analogies: the right word first, by section, over the known questions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kotovec.errors import OptionError
from kotovec.evaluation import analogies, evaluate_analogies
from kotovec.evaluation.bootstrap import wilson_interval
from kotovec.vectors import WordVectors

# A grid on which going right makes a woman of a man, and going up makes a king of a man.
ROYALS = WordVectors(["man", "woman", "king", "queen", "apple"], [[1, 0], [1, 1], [3, 0], [3, 3], [-1, 0.5]])


def noisy(words: int = 120, seed: int = 3) -> tuple[WordVectors, list[tuple[str, str, str, str, str]]]:
    """Pairs of words a fixed step apart, with so much noise that some questions go wrong."""
    generator = np.random.default_rng(seed)
    first = generator.normal(size=(words // 2, 12))
    second = first + generator.normal(size=12) + 0.75 * generator.normal(size=first.shape)
    matrix = np.stack([first, second], axis=1).reshape(words, 12)
    vectors = WordVectors([f"w{i}" for i in range(words)], matrix)
    pairs = [(f"w{2 * i}", f"w{2 * i + 1}") for i in range(words // 2)]
    questions = [
        (f"section {i % 3}", *pairs[i], *pairs[j])
        for i in range(len(pairs))
        for j in range(len(pairs))
        if i % 3 == j % 3 and i != j
    ]
    return vectors, questions


def test_the_fourth_word_must_come_first():
    right = ("royal", "man", "woman", "king", "queen")
    wrong = ("royal", "man", "woman", "king", "apple")
    found = evaluate_analogies(ROYALS, [right, wrong])
    assert (found.correct, found.asked, found.accuracy) == (1, 2, 0.5)


@pytest.mark.parametrize("block", [1, 7, 512])
def test_the_answers_are_those_of_the_search(monkeypatch, block):
    monkeypatch.setattr(analogies, "_BLOCK_QUESTIONS", block)
    vectors, questions = noisy()
    expected = sum(vectors.analogy(a, b, c, top=1)[0].word == d for _, a, b, c, d in questions)
    assert 0 < expected < len(questions)
    assert evaluate_analogies(vectors, questions, limit=None).correct == expected


def test_multiplying_cosines_finds_what_its_formula_finds():
    vectors, questions = noisy(40)
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    expected = 0
    for _, *quad in questions:
        a, b, c, d = map(vectors.id_of, quad)
        cos = lambda word_id: (unit @ unit[word_id] + 1) / 2  # noqa: E731
        scores = cos(b) * cos(c) / (cos(a) + 0.001)
        scores[[a, b, c]] = -1
        expected += int(scores.argmax() == d)
    found = evaluate_analogies(vectors, questions, method="3cosmul")
    assert 0 < found.correct == expected < len(questions)


def test_sections_keep_their_order_and_their_counts():
    found = evaluate_analogies(
        ROYALS,
        [
            ("royal", "man", "woman", "king", "queen"),
            ("fruit", "man", "woman", "king", "pear"),
            ("royal", "king", "queen", "man", "woman"),
        ],
    )
    assert [(s.name, s.correct, s.asked, s.total) for s in found.sections] == [
        ("royal", 2, 2, 2),
        ("fruit", 0, 0, 1),
    ]
    assert (found.asked, found.total, found.coverage) == (2, 3, 2 / 3)


def test_questions_and_answers_keep_to_the_frequent_words():
    vectors = WordVectors(
        ["man", "woman", "king", "rare", "queen"], [[1, 0], [1, 1], [3, 0], [3, 3.1], [3, 3]]
    )
    question = [("royal", "man", "woman", "king", "queen")]
    assert evaluate_analogies(vectors, question, limit=4).asked == 0
    assert evaluate_analogies(vectors, question, limit=5).asked == 1


@pytest.mark.parametrize("method", ["3cosadd", "3cosmul"])
@pytest.mark.parametrize("limit", [2, None])
def test_a_question_that_leaves_no_word_to_answer_with_is_not_asked(method, limit):
    # Neither has a word beside its own; "man" is the first of all, and not therefore the answer.
    vectors = WordVectors(["man", "woman", "king"][: limit or 3], [[1, 0], [1, 1], [3, 0]][: limit or 3])
    given = ("man", "woman", "man") if limit else ("king", "woman", "man")
    found = evaluate_analogies(vectors, [("royal", *given, "man")], limit=limit, method=method)
    assert (found.correct, found.asked, found.total) == (0, 0, 1)
    assert np.isnan(found.accuracy)


def test_a_limit_that_leaves_no_word_to_answer_with_asks_nothing():
    question = [("royal", "king", "woman", "man", "man")]
    assert evaluate_analogies(ROYALS, question, limit=3).asked == 0
    found = evaluate_analogies(ROYALS, question, limit=4)
    assert (found.correct, found.asked) == (0, 1)


def test_case_gives_way_where_the_word_is_unknown():
    question = [("royal", "Man", "Woman", "King", "Queen")]
    assert evaluate_analogies(ROYALS, question).accuracy == 1.0
    assert evaluate_analogies(ROYALS, question, lowercase=False).asked == 0


def test_case_gives_way_where_the_word_is_beyond_the_limit():
    words = [*ROYALS.words, "Man"]
    vectors = WordVectors(words, np.vstack([ROYALS.matrix, np.ones(ROYALS.vector_size)]))
    question = [("royal", "Man", "woman", "king", "queen")]
    assert evaluate_analogies(vectors, question, limit=len(ROYALS)).accuracy == 1.0
    assert evaluate_analogies(vectors, question, lowercase=False, limit=len(ROYALS)).asked == 0


def test_where_nothing_is_asked_there_is_no_figure():
    found = evaluate_analogies(ROYALS, [("", "a", "b", "c", "d")])
    report = json.loads(json.dumps(found.report(), allow_nan=False))
    assert (report["accuracy"], report["interval"], report["coverage"]) == (None, [None, None], 0.0)


def test_the_interval_holds_the_estimate_and_shrinks_with_more_pairs():
    widths = []
    for words in (60, 240):
        found = evaluate_analogies(*noisy(words))
        assert found.interval.low < found.accuracy < found.interval.high
        widths.append(found.interval.high - found.interval.low)
    assert widths[1] < widths[0]


def test_the_interval_covers_what_another_choice_of_pairs_would_give():
    # The truth is the accuracy over many pairs; samples of twenty are to find it 95 times of 100.
    vectors, _ = noisy(1200, seed=8)
    everyone = [(f"w{2 * i}", f"w{2 * i + 1}") for i in range(600)]

    def combined(pairs):
        return [("s", *p, *q) for p in pairs for q in pairs if p != q]

    truth = evaluate_analogies(vectors, combined(everyone[:150]), resamples=1).accuracy
    covered = pairs_alone = 0
    for start in range(0, 600, 20):
        found = evaluate_analogies(vectors, combined(everyone[start : start + 20]), resamples=300)
        covered += found.interval.low <= truth <= found.interval.high
        # What would be claimed if every question were a fact of its own.
        half = 1.96 * np.sqrt(found.accuracy * (1 - found.accuracy) / found.asked)
        pairs_alone += abs(found.accuracy - truth) <= half
    assert covered >= 25
    assert pairs_alone < covered


def test_the_seed_decides_the_interval_and_nothing_else():
    vectors, questions = noisy(60)
    first, again, other = (evaluate_analogies(vectors, questions, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.sections == other.sections
    assert first.interval != other.interval


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ({"limit": 0}, "'limit' parameter of evaluate_analogies must be an int"),
        ({"method": "cosine"}, "must be '3cosadd' or '3cosmul'"),
        ({"questions": []}, "no analogies"),
    ],
)
def test_options_that_cannot_work_are_refused(option, sentence):
    given = {"questions": [("royal", "man", "woman", "king", "queen")], **option}
    with pytest.raises(OptionError, match=sentence):
        evaluate_analogies(ROYALS, **given)


@pytest.mark.parametrize(
    "question",
    [
        ("man", "woman", "king"),
        ("royal", "man", "woman", "king", "queen", "apple"),
        ("royal", "man", "woman", "king", 4),
        (1, "man", "woman", "king", "queen"),
        "manwo",
        3,
        None,
    ],
)
def test_what_is_no_question_is_refused_with_its_place(question):
    with pytest.raises(OptionError) as problem:
        evaluate_analogies(ROYALS, [("royal", "man", "woman", "king", "queen"), question])
    assert str(problem.value).startswith(f"questions[1] is {question!r}, not (section, a, b, c, d); pass ")


@pytest.mark.parametrize("questions", [3, b"questions.txt"])
def test_what_is_no_list_of_questions_is_refused(questions):
    with pytest.raises(OptionError, match="questions must be the path of a file or a list of"):
        evaluate_analogies(ROYALS, questions)


def test_no_answer_or_all_of_them_is_no_certainty():
    """Resamples of questions that are all answered alike are all alike."""
    question = [("royal", "man", "woman", "king", "queen")]
    found = evaluate_analogies(ROYALS, question)
    assert found.accuracy == found.interval.high == 1.0
    assert found.interval.low == pytest.approx(2 / (2 + 1.959964**2), abs=1e-6), "Wilson's, of two pairs"
    vectors, questions = noisy(60)
    wrong = [(section, a, b, c, a) for section, a, b, c, _ in questions]
    found = evaluate_analogies(vectors, wrong)
    assert found.accuracy == found.interval.low == 0.0
    assert 0.005 < found.interval.high < 0.2
    # Nor is a handful of right ones, which resamples would call a share of next to nothing.
    asked = [*wrong[9:], *questions[:9]]
    few = evaluate_analogies(vectors, asked)
    assert 0 < few.correct < 10
    pairs = {(section, *pair) for section, a, b, c, d in asked for pair in ((a, b), (c, d))}
    assert few.interval == wilson_interval(few.accuracy, len(pairs))
