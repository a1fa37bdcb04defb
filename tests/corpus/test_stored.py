"""A stored corpus is the same corpus."""

from __future__ import annotations

import numpy as np
import pytest

from kotovec.corpus import Corpus
from kotovec.corpus.stored import open_stored, store_corpus
from kotovec.errors import CorpusError

LISTS = [["言葉", "a b", "a b"], ["x"], ["言葉", "line\nbreak", "line\nbreak"]]


def test_everything_comes_back(tmp_path):
    with Corpus.open(LISTS, min_count=2) as corpus:
        store_corpus(corpus, tmp_path)
        again = open_stored(tmp_path)
        assert again.vocabulary == corpus.vocabulary
        assert again.report == corpus.report
        assert np.array_equal(again.token_ids, corpus.token_ids)
        assert np.array_equal(again.sentence_offsets, corpus.sentence_offsets)
    assert list(again.sentences()) == [["言葉", "a b", "a b"], ["言葉", "line\nbreak", "line\nbreak"]]
    again.close()


def test_a_closed_corpus_cannot_be_stored(tmp_path):
    corpus = Corpus.open(LISTS, min_count=2)
    corpus.close()
    with pytest.raises(CorpusError, match="closed"):
        store_corpus(corpus, tmp_path)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    with Corpus.open(LISTS, min_count=2) as corpus, pytest.raises(CorpusError, match="make room"):
        store_corpus(corpus, tmp_path / "missing")
