import logging
import math

import numpy as np
import pytest

from kotovec.layers import create_co_matrix, ppmi, preprocess

TOY = "You say goodbye and I say hello."


def counted_one_by_one(corpus, vocab_size, window_size):
    counts = np.zeros((vocab_size, vocab_size), dtype=np.int64)
    for centre, word in enumerate(corpus):
        for place in range(max(0, centre - window_size), min(len(corpus), centre + window_size + 1)):
            if place != centre:
                counts[word, corpus[place]] += 1
    return counts


def ppmi_entry_by_entry(C, eps=1e-8):
    N, S = int(C.sum()), C.sum(axis=0).tolist()
    result = np.zeros(C.shape)
    for i in range(len(C)):
        for j in range(len(C)):
            pmi = math.log2(int(C[i, j]) * N / (S[j] * S[i]) + eps) if C[i, j] else -math.inf
            result[i, j] = max(0.0, pmi)
    return result


def test_the_counts_of_the_book_s_sentence():
    corpus, word_to_id, _ = preprocess(TOY)
    C = create_co_matrix(corpus, vocab_size=len(word_to_id), window_size=1)
    assert C.dtype == np.int32
    assert C.tolist() == [
        [0, 1, 0, 0, 0, 0, 0],
        [1, 0, 1, 0, 1, 1, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 0, 1, 0, 1, 0, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0],
    ]


@pytest.mark.parametrize("window_size", [1, 2, 5, 60, 200])
def test_counts_equal_a_walk_over_the_text(rng, window_size):
    corpus = rng.integers(0, 12, 60).astype(np.int32)  # words beside themselves among them
    expected = counted_one_by_one(corpus, 12, window_size)
    assert np.diagonal(expected).any()
    assert np.array_equal(create_co_matrix(corpus, 12, window_size), expected)


def test_a_word_beside_itself_is_seen_from_both_sides():
    assert create_co_matrix([0, 0], 1).tolist() == [[2]]
    assert create_co_matrix([0], 1).tolist() == [[0]]


def test_cells_beyond_the_range_of_the_ids_own_type_are_found():
    corpus = np.array([199, 198, 199], dtype=np.uint8)  # 199 * 200 + 198 does not fit into 8 bits
    C = create_co_matrix(corpus, 200)
    assert C[199, 198] == C[198, 199] == 2
    assert C.sum() == 4


def test_the_ppmi_of_the_book_s_sentence():
    corpus, word_to_id, _ = preprocess(TOY)
    M = ppmi(create_co_matrix(corpus, len(word_to_id)))
    a, b, c = 0.807, 1.807, 2.807
    assert M.round(3) == pytest.approx(
        np.array(
            [
                [0, b, 0, 0, 0, 0, 0],
                [b, 0, a, 0, a, a, 0],
                [0, a, 0, b, 0, 0, 0],
                [0, 0, b, 0, b, 0, 0],
                [0, a, 0, b, 0, 0, 0],
                [0, a, 0, 0, 0, 0, c],
                [0, 0, 0, 0, 0, c, 0],
            ]
        ),
        abs=1e-6,
    )


@pytest.mark.parametrize("eps", [1e-8, 0.5])
def test_ppmi_equals_a_double_loop_to_the_last_bit_of_float32(rng, monkeypatch, eps):
    monkeypatch.setattr("kotovec.layers.counting.AT_ONCE", 7 * 40)  # 40 rows are not a multiple of 7
    C = create_co_matrix(rng.zipf(1.5, 600) % 40, 40, window_size=2)
    expected = ppmi_entry_by_entry(C, eps)
    assert (C == 0).any()
    assert (expected > 0).any()
    M = ppmi(C, eps=eps)
    assert M.dtype == np.float32
    assert np.allclose(M, expected, rtol=2**-23, atol=0)


def test_ppmi_of_counts_that_are_not_symmetric_uses_rows_and_columns_by_themselves():
    C = np.array([[1.0, 3.0], [0.0, 4.0]])
    assert ppmi(C).tolist() == [[1.0, 0.0], [0.0, pytest.approx(math.log2(4 * 8 / (4 * 7)), rel=1e-6)]]


def test_words_that_were_never_counted_have_no_ppmi():
    C = create_co_matrix([0, 1, 0], vocab_size=4)
    M = ppmi(C)
    assert M[0, 1] > 0
    assert not M[2:].any()
    assert not M[:, 2:].any()
    assert not ppmi(np.zeros((3, 3), np.int32)).any()


def test_verbose_reports_to_a_function_or_the_log_and_prints_nothing(capsys, caplog, monkeypatch):
    monkeypatch.setattr("kotovec.layers.counting.AT_ONCE", 4)
    C, lines = np.ones((4, 4)), []
    ppmi(C, verbose=lines.append)
    assert lines == ["25.0% done", "50.0% done", "75.0% done", "100.0% done"]
    with caplog.at_level(logging.INFO, logger="kotovec.layers.counting"):
        ppmi(C)
        assert caplog.messages == []
        ppmi(C, verbose=True)
    assert caplog.messages == lines
    assert capsys.readouterr().out == ""


def test_words_that_cannot_be_counted_are_explained():
    with pytest.raises(IndexError, match=r"word id 7, but vocab_size is 5: ids run from 0 to 4"):
        create_co_matrix([0, 7], 5)
    with pytest.raises(TypeError, match="create_co_matrix takes word ids, integers"):
        create_co_matrix([0.5, 1], 2)
    with pytest.raises(ValueError, match=r"corpus of shape \(T,\), got shape \(1, 2\)"):
        create_co_matrix([[0, 1]], 2)
    with pytest.raises(ValueError, match="window_size of create_co_matrix must be at least 1, got 0"):
        create_co_matrix([0, 1], 2, window_size=0)


@pytest.mark.parametrize("C", [np.ones((2, 3)), np.ones(4), np.ones((0, 0))])
def test_a_matrix_that_is_not_square_has_no_ppmi(C):
    with pytest.raises(ValueError, match=r"square matrix of counts \(V, V\), got shape"):
        ppmi(C)


def test_counts_below_zero_and_an_eps_of_zero_are_explained():
    with pytest.raises(ValueError, match="counts, which are 0 or more, got -1"):
        ppmi([[0, -1], [-1, 0]])
    with pytest.raises(ValueError, match=r"eps of ppmi must be above 0.*got 0"):
        ppmi([[0, 1], [1, 0]], eps=0)


def test_counts_that_are_no_numbers_are_explained():
    with pytest.raises(ValueError, match="takes counts, which are 0 or more, got nan"):
        ppmi([[0.0, np.nan], [1.0, 0.0]])
