"""Small texts, and sparse matrices made dense, for the tests of counting."""

from __future__ import annotations

import numpy as np

import kotovec as kv
from kotovec.engines.counting.ppmi import Sparse


def zipf_sentences(seed=0, sentences=200, words=30, longest=12):
    """Return sentences of words as uneven as those of a language, the least frequent ones made one."""
    generator = np.random.default_rng(seed)
    lengths = generator.integers(1, longest, sentences)
    return [[str(min(n, words)) for n in generator.zipf(1.5, length)] for length in lengths]


def opened(sentences):
    return kv.Corpus.open(sentences, min_count=1)


def dense(sparse):
    """Return a matrix with `offsets`, `columns` and `values` as an array, (V, V)."""
    words = len(sparse.offsets) - 1
    matrix = np.zeros((words, words))
    rows = np.repeat(np.arange(words), np.diff(sparse.offsets))
    matrix[rows, sparse.columns] = sparse.values
    return matrix


def sparse(matrix):
    rows, columns = np.nonzero(matrix)
    offsets = np.searchsorted(rows, np.arange(len(matrix) + 1))
    return Sparse(
        offsets=offsets, columns=columns.astype(np.int32), values=matrix[rows, columns].astype(np.float32)
    )
