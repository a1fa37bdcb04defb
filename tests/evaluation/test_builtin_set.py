"""The built-in questions are well formed, known to the built-in corpus, and tell good vectors from bad."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kotovec.corpus.builtin import open_builtin
from kotovec.evaluation import builtin_pairs, builtin_questions, evaluate_analogies, evaluate_similarity
from kotovec.models import SkipGram
from kotovec.training import train
from kotovec.vectors import WordVectors


def test_no_pair_occurs_twice_and_none_is_of_one_word():
    pairs = [frozenset(pair[:2]) for pair in builtin_pairs()]
    assert [pair for pair, times in Counter(pairs).items() if times > 1 or len(pair) < 2] == []
    assert len(pairs) >= 200


def test_scores_use_the_whole_scale():
    scores = [pair.score for pair in builtin_pairs()]
    assert 0 <= min(scores) < 1
    assert 9 < max(scores) <= 10
    assert {int(score) for score in scores} == set(range(10))


def test_no_question_occurs_twice_and_each_has_four_different_words():
    questions = builtin_questions()
    assert len(set(questions)) == len(questions) >= 150
    assert [question for question in questions if len(set(question[1:])) < 4] == []


def test_the_page_gives_the_numbers_of_questions():
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")
    assert f"{len(builtin_pairs())} pairs of words and {len(builtin_questions())} analogies" in page


def test_there_are_questions_about_python_and_about_english():
    sections = Counter(question.section for question in builtin_questions())
    wanted = {"opposite-adjectives", "plurals", "agent-nouns", "comparatives", "types-and-errors", "numbers"}
    assert wanted <= set(sections)
    assert min(sections.values()) >= 12


def test_words_are_written_in_lower_case_as_the_corpus_has_them():
    words = [word for pair in builtin_pairs() for word in pair[:2]]
    words += [word for question in builtin_questions() for word in question[1:]]
    assert [word for word in words if not (word.isalpha() and word == word.lower())] == []


@pytest.fixture(scope="module")
def corpus():
    with open_builtin() as corpus:
        yield corpus


def test_the_built_in_corpus_knows_nearly_all_words(corpus):
    words = {word for pair in builtin_pairs() for word in pair[:2]}
    words |= {word for question in builtin_questions() for word in question[1:]}
    unknown = [word for word in words if word not in corpus.vocabulary]
    assert len(unknown) <= 0.1 * len(words), unknown


def test_more_training_scores_higher(corpus):
    model = SkipGram(vector_size=48)
    much, little = (train(model, corpus, epochs=epochs, seed=1).vectors for epochs in (4, 1))
    alike, less_alike = evaluate_similarity(much), evaluate_similarity(little)
    assert alike.spearman > less_alike.spearman + 0.05
    assert less_alike.interval.low > 0.15
    assert evaluate_analogies(much).accuracy > evaluate_analogies(little).accuracy + 0.05


def test_vectors_that_learned_nothing_score_nothing(corpus):
    matrix = np.random.default_rng(2).normal(size=(len(corpus.vocabulary), 48))
    vectors = WordVectors(corpus.vocabulary.words, matrix)
    found = evaluate_similarity(vectors)
    assert found.interval.low < 0 < found.interval.high
    assert evaluate_analogies(vectors).accuracy < 0.01
