"""At a terminal, options have the names that are typed there."""

from __future__ import annotations

import pytest

from kotovec.cli.spoken import as_typed
from kotovec.corpus import Corpus
from kotovec.errors import KotovecError
from kotovec.models import SkipGram


def told(work) -> str:
    with pytest.raises(KotovecError) as problem:
        work()
    return as_typed(str(problem.value))


@pytest.mark.parametrize(
    ("work", "sentence"),
    [
        (
            lambda: SkipGram(vector_size=0),
            "--vector-size must be a whole number in the range [1, 16384]. Got 0 instead.",
        ),
        (lambda: SkipGram(sample=2.0), "--sample must be a number in the range [0, 1]. Got 2.0 instead."),
        (
            lambda: Corpus.open([["a"]], max_vocab=0),
            "--max-vocab must be a whole number in the range [1, inf). Got 0 instead.",
        ),
        (
            lambda: Corpus.open(["no.txt", "no"]),
            "The file 'no.txt' does not exist; check the folder and the ",
        ),
        (lambda: Corpus.open([["a", "b"]]), "(--min-count 5): the most frequent, 'a', occurs once. "),
        (lambda: Corpus.open([["a", "b"]]), "Pass more text, or --min-count 1."),
    ],
)
def test_a_sentence_of_the_library_names_the_option(work, sentence):
    assert sentence in told(work)


def test_nobody_at_a_terminal_is_told_to_pass_lists():
    assert "[" not in told(lambda: Corpus.open(["no.txt", "no"]))


def test_a_tokenizer_is_named_once():
    sentence = "tokenizer=\"ja\" (--tokenizer ja) cuts Japanese, tokenizer='words' does not."
    assert as_typed(sentence) == "--tokenizer ja cuts Japanese, --tokenizer words does not."


@pytest.mark.parametrize(
    "sentence",
    [
        "The word 'min_count' is not in the vocabulary.",
        "The file 'runs/min_count=3/learning_rate.txt' does not exist.",
        "Cannot write '/data/min_count': it is a folder; add a file name.",
        "A window into a model of workers, with a seed and a sample.",
    ],
)
def test_words_and_paths_are_left_as_they_are(sentence):
    assert as_typed(sentence) == sentence
