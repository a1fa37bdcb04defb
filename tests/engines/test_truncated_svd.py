"""The truncated SVD equals NumPy's, where that can be computed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
from counted_texts import dense_of_bands, in_bands, opened, sparse, zipf_sentences

from kotovec.engines.counting import svd
from kotovec.engines.counting.cooccurrence import count
from kotovec.engines.counting.ppmi import ppmi
from kotovec.engines.counting.products import WIDTH, add_product, gram, multiply, panel_rows
from kotovec.engines.counting.svd import truncated_svd


def decomposed(matrix, size, workers=2):
    return truncated_svd(sparse(matrix), sparse(matrix.T), size, seed=1, workers=workers)


def ppmi_of_text():
    with opened(zipf_sentences(sentences=4000, words=3000)) as corpus:
        counted = count(corpus, window=3, distance_weighting="flat", workers=2)
    return ppmi(counted, context_smoothing=0.75, shift=1.0, workers=2)


def test_a_large_matrix_has_numpys_singular_values_and_vectors():
    M, transposed = ppmi_of_text()
    matrix = dense_of_bands(M)
    assert len(matrix) > 700
    U, S, V = truncated_svd(M, transposed, 20, seed=1, workers=2)
    true_U, true_S, true_V = np.linalg.svd(matrix)
    np.testing.assert_allclose(S, true_S[:20], rtol=1e-3)
    # How far vectors turn depends on how near the next value is; the sum of all parts does not.
    lost = np.linalg.norm(matrix - (U * S) @ V.T) / np.linalg.norm(
        matrix - (true_U[:, :20] * true_S[:20]) @ true_V[:20]
    )
    assert lost < 1.0005
    assert np.abs(np.abs(np.sum(U[:, :3] * true_U[:, :3], axis=0)) - 1).max() < 1e-3
    np.testing.assert_allclose(U.T @ U, np.eye(20), atol=1e-3)
    np.testing.assert_allclose(V.T @ V, np.eye(20), atol=1e-5)
    np.testing.assert_allclose(matrix @ V, U * S, atol=1e-3)


def test_a_small_matrix_is_decomposed_exactly():
    matrix = np.random.default_rng(0).normal(size=(50, 50))
    U, S, V = decomposed(matrix, 50)
    np.testing.assert_allclose((U * S) @ V.T, matrix, atol=1e-5)


def test_the_first_word_with_a_part_in_a_vector_has_a_positive_one():
    for matrix in (np.random.default_rng(0).normal(size=(50, 50)), dense_of_bands(ppmi_of_text()[0])):
        U, _, _ = decomposed(matrix, 10)
        for column in U.T:
            assert column[np.abs(column) >= 0.1 * np.abs(column).max()][0] > 0


def test_equal_singular_values_are_all_found():
    # Powers of this matrix times a block span no more than the block: it needs new directions.
    matrix = np.kron(np.eye(700), [[0.0, 2.0], [2.0, 0.0]])
    U, S, V = decomposed(matrix, 90)
    np.testing.assert_allclose(S, 2, rtol=1e-5)
    np.testing.assert_allclose(V.T @ V, np.eye(90), atol=1e-5)
    np.testing.assert_allclose(matrix @ V, U * S, atol=1e-5)


def test_a_matrix_of_several_bands_and_parts_is_decomposed_whole_for_many_numbers(monkeypatch):
    words, generator = 4200, np.random.default_rng(0)
    rows, columns = np.divmod(np.unique(generator.integers(0, words * words, 700_000)), words)
    matrix = in_bands(rows, columns, generator.random(len(rows)).astype(np.float32), words)
    assert len(matrix.lengths) > 1
    assert len(matrix.parts) > 2
    handed = []

    def none_found(whole, size, look):
        handed.append(whole)
        return np.ones((words, size), np.float32), np.ones(size), np.ones((words, size), np.float32)

    monkeypatch.setattr(svd, "whole_svd", none_found)
    truncated_svd(matrix, matrix, 1700, seed=1, workers=2)
    np.testing.assert_array_equal(handed[0], dense_of_bands(matrix))


@pytest.mark.parametrize("words", [60, 1500])
def test_singular_values_of_zero_have_zero_vectors(words):
    matrix = np.zeros((words, words))
    matrix[:10, :10] = np.random.default_rng(0).normal(size=(10, 10))
    U, S, V = decomposed(matrix, 20)
    np.testing.assert_allclose(S[:10], np.linalg.svd(matrix[:10, :10])[1], rtol=1e-4)
    assert not S[10:].any()
    assert not U[:, 10:].any()
    assert not V[:, 10:].any()


def test_products_with_panels_are_those_of_numpy():
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(700, 700)) * (generator.random((700, 700)) < 0.05)
    one, other = (generator.normal(size=(768, WIDTH)).astype(np.float32) for _ in range(2))
    one[700:] = other[700:] = 0
    product = multiply(sparse(matrix), one, 2)
    np.testing.assert_allclose(product[:700], matrix @ one[:700], atol=1e-4)
    assert not product[700:].any()
    np.testing.assert_allclose(gram(one, other, 2), one.T.astype(float) @ other, atol=1e-4)
    square = generator.normal(size=(WIDTH, WIDTH))
    expected = other + one @ square
    add_product(other, one, square, 2)
    np.testing.assert_allclose(other, expected, atol=1e-4)


@pytest.mark.parametrize("panels", [0, 1, 4, 6, 11])
def test_products_with_panels_side_by_side_are_those_of_numpy(panels):
    generator = np.random.default_rng(0)
    wide = generator.normal(size=(4800, 12 * WIDTH)).astype(np.float32)
    left, right = wide[:, : panels * WIDTH], wide[:, -WIDTH:].copy()
    np.testing.assert_allclose(gram(left, right, 2), left.T.astype(float) @ right, atol=1e-3)
    squares = generator.normal(size=(panels * WIDTH, WIDTH))
    expected = right + left @ squares
    add_product(right, left, squares, 2)
    np.testing.assert_allclose(right, expected, atol=1e-3)


def test_products_are_right_with_more_columns_than_sixteen_bands_have_and_with_several_parts():
    generator, words, entries = np.random.default_rng(0), 140_000, 1_200_000
    places = np.unique(generator.integers(0, words * words, entries))
    matrix = scipy.sparse.csr_matrix(
        (generator.normal(size=len(places)), (places // words, places % words)), shape=(words, words)
    )
    cut = in_bands(places // words, places % words, matrix.data, words)
    assert len(cut.parts) > 2
    panel = np.zeros((panel_rows(words), WIDTH), np.float32)
    panel[:words] = generator.normal(size=(words, WIDTH))
    np.testing.assert_allclose(multiply(cut, panel, 2)[:words], matrix @ panel[:words], atol=1e-4)


def digest(workers):
    M, transposed = ppmi_of_text()
    made = truncated_svd(M, transposed, 20, seed=1, workers=workers)
    return hashlib.sha256(b"".join(part.tobytes() for part in made)).hexdigest()


def test_the_bits_do_not_depend_on_workers():
    assert len({digest(workers) for workers in (1, 2, 8)}) == 1


def digest_of_products():
    generator = np.random.default_rng(0)
    wide, target = (generator.normal(size=(9000 // 64 * 64, n)).astype(np.float32) for n in (352, WIDTH))
    made = gram(wide, target, 2)
    add_product(target, wide, made / 9000, 2)
    return hashlib.sha256(made.tobytes() + target.tobytes()).hexdigest()


# Products are so small that no library takes threads for them, even where it was not told to take one.
@pytest.mark.parametrize("what", ["digest(2)", "digest_of_products()"])
def test_the_bits_do_not_depend_on_the_threads_of_the_linear_algebra_library(what):
    program = f"import test_truncated_svd; print(test_truncated_svd.{what})"
    digests = set()
    for threads in ("1", "4"):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        environment = {**os.environ, **dict.fromkeys(names, threads)}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout)
    assert len(digests) == 1
