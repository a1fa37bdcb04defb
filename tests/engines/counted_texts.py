"""Small texts, and sparse matrices made dense, for the tests of counting."""

from __future__ import annotations

import numpy as np

import kotovec as kv
from kotovec.engines.counting.bands import band_of, empty_banded, number_of_bands, start_of_band


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
    """Return an array, (V, V), as a matrix in bands."""
    rows, columns = np.nonzero(matrix)
    return in_bands(rows, columns, matrix[rows, columns], len(matrix))


def in_bands(rows, columns, values, words):
    """Return a matrix in bands with some entries."""
    bands = np.array([band_of(column) for column in columns.tolist()], int)
    starts = np.array([start_of_band(band) for band in range(number_of_bands(words))])
    lengths = np.zeros((len(starts), words), np.int32)
    np.add.at(lengths, (bands, rows), 1)
    made = empty_banded(lengths)
    order = np.lexsort([columns, rows, bands, np.searchsorted(made.parts, rows, "right")])
    made.columns[:] = (columns - starts[bands])[order]
    made.values[:] = values[order]
    return made


def entries_of(banded):
    """Return the rows, columns and values of the entries of a matrix in bands, in the order of its rows."""
    rows, columns = [], []
    for first, last in zip(banded.parts[:-1], banded.parts[1:], strict=True):
        for band, lengths in enumerate(banded.lengths[:, first:last]):
            rows.append(np.repeat(np.arange(first, last), lengths))
            columns.append(np.full(lengths.sum(), start_of_band(band)))
    rows, columns = np.concatenate(rows), np.concatenate(columns) + banded.columns
    order = np.lexsort([columns, rows])
    return rows[order], columns[order], banded.values[order]


def dense_of_bands(banded):
    """Return a matrix in bands as an array, (V, V)."""
    words = banded.lengths.shape[1]
    matrix = np.zeros((words, words))
    rows, columns, values = entries_of(banded)
    matrix[rows, columns] = values
    return matrix
