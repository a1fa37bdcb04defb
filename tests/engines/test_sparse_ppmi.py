"""PPMI of counts, entry by entry."""

from __future__ import annotations

import numpy as np
import pytest
from counted_texts import dense, dense_of_bands, entries_of, opened, zipf_sentences

from kotovec.engines.counting.cooccurrence import Cooccurrence, count
from kotovec.engines.counting.ppmi import ppmi
from kotovec.layers import ppmi as ppmi_of_the_layers


@pytest.fixture(scope="module")
def counted():
    with opened(zipf_sentences(sentences=3000, words=2000)) as corpus:
        return count(corpus, window=3, distance_weighting="flat", workers=2)


def test_without_smoothing_it_is_that_of_the_layers_but_for_the_logarithm(counted):
    M, transposed = ppmi(counted, context_smoothing=1.0, shift=1.0, workers=2)
    book = ppmi_of_the_layers(dense(counted).astype(np.int32)) * np.log(2)
    np.testing.assert_allclose(dense_of_bands(M), book, rtol=1e-5, atol=1e-6)
    assert transposed is M


@pytest.mark.parametrize("smoothing", [0.0, 0.75])
@pytest.mark.parametrize("shift", [0.5, 1.0, 3.0])
def test_smoothing_and_shift_follow_the_paper(counted, smoothing, shift):
    C = dense(counted)
    words = C.sum(axis=1) / C.sum()
    contexts = np.where(words > 0, words**smoothing, 0)  # alone in their sentences, some are no contexts
    chance = np.outer(words, contexts / contexts.sum())
    paper = np.log(np.divide(C / C.sum(), chance * shift, out=np.ones_like(C), where=C > 0)).clip(min=0)
    M, transposed = ppmi(counted, context_smoothing=smoothing, shift=shift, workers=2)
    np.testing.assert_allclose(dense_of_bands(M), paper, rtol=1e-6, atol=1e-7)
    assert (dense_of_bands(transposed) == dense_of_bands(M).T).all()
    assert (M.values > 0).all()


def test_entries_stand_in_bands_of_a_large_vocabulary_and_in_several_parts():
    generator, words = np.random.default_rng(0), 140_000
    places = generator.integers(0, words * words, 750_000)
    places = np.unique([places, places % words * words + places // words])  # symmetric, as counts are
    rows, columns = places // words, (places % words).astype(np.int32)
    counts = 1.0 + (rows + columns) % 8
    C = Cooccurrence(offsets=np.searchsorted(rows, np.arange(words + 1)), columns=columns, values=counts)
    M, _ = ppmi(C, context_smoothing=0.75, shift=1.0, workers=2)
    sums = np.bincount(rows, counts, words)
    paper = np.log(counts / (sums[rows] * (sums**0.75)[columns]) * (sums**0.75).sum())
    assert len(M.parts) > 2
    found_rows, found_columns, values = entries_of(M)
    np.testing.assert_array_equal(found_rows, rows[paper > 0])
    np.testing.assert_array_equal(found_columns, columns[paper > 0])
    np.testing.assert_allclose(values, paper[paper > 0], rtol=1e-5)


def test_the_bits_do_not_depend_on_workers(counted):
    one, eight = (ppmi(counted, context_smoothing=0.75, shift=1.0, workers=n)[0] for n in (1, 8))
    assert all(getattr(one, name).tobytes() == getattr(eight, name).tobytes() for name in vars(one))
