import math

import numpy as np
import pytest

from kotovec.layers import analogy, cos_similarity, create_co_matrix, most_similar, preprocess

CORPUS, WORD_TO_ID, ID_TO_WORD = preprocess("You say goodbye and I say hello.")
WORDS = ["king", "man", "queen", "woman", "the"]
IDS, NAMES = {word: i for i, word in enumerate(WORDS)}, dict(enumerate(WORDS))
ROWS = np.array([[2.0, 1.0], [0.0, 1.0], [2.0, -1.0], [0.0, -1.0], [-4.0, -5.0]])


@pytest.fixture
def counts():
    return create_co_matrix(CORPUS, len(WORD_TO_ID))


def test_the_book_s_cosine_of_you_and_i(counts):
    cosine = cos_similarity(counts[WORD_TO_ID["you"]], counts[WORD_TO_ID["i"]])
    assert isinstance(cosine, float)
    assert cosine == pytest.approx(0.7071067691154799, rel=1e-15)


def test_cosine_follows_its_formula_with_eps():
    x, y = [3.0, 4.0], [-4.0, 3.5]
    expected = (3 * -4 + 4 * 3.5) / ((5 + 0.5) * (math.hypot(4, 3.5) + 0.5))
    assert cos_similarity(x, y, eps=0.5) == pytest.approx(expected, rel=1e-15)
    assert cos_similarity([0.0, 0.0], [1.0, 1.0]) == 0.0


def test_counts_whose_squares_overflow_int32_have_the_right_cosine():
    big = np.array([60_000, 80_000], dtype=np.int32)
    assert cos_similarity(big, big) == pytest.approx(1, abs=1e-9)
    pairs = most_similar("a", {"a": 0, "b": 1}, {0: "a", 1: "b"}, np.stack([big, 2 * big[::-1]]))
    assert pairs == [("b", pytest.approx(0.96, abs=1e-9))]


def test_vectors_of_different_length_are_explained():
    with pytest.raises(ValueError, match=r"two vectors of one length \(H,\), got shapes \(2,\) and \(3,\)"):
        cos_similarity([1, 2], [1, 2, 3])


def test_the_words_nearest_to_you_are_the_book_s(counts):
    pairs = most_similar("you", WORD_TO_ID, ID_TO_WORD, counts, top=5)
    assert [word for word, _ in pairs] == ["goodbye", "i", "hello", "say", "and"]
    assert [round(cosine, 4) for _, cosine in pairs] == [0.7071, 0.7071, 0.7071, 0, 0]


def test_most_similar_is_the_order_of_all_cosines(rng):
    matrix = rng.standard_normal((40, 6)).astype(np.float32)
    ids = {f"w{i}": i for i in range(40)}
    pairs = most_similar("w7", ids, {i: word for word, i in ids.items()}, matrix, top=100)
    expected = sorted(
        ((word, cos_similarity(matrix[7], matrix[i])) for word, i in ids.items()), key=lambda p: -p[1]
    )
    assert expected[0][0] == "w7"
    assert [word for word, _ in pairs] == [word for word, _ in expected[1:]]
    assert [score for _, score in pairs] == pytest.approx([score for _, score in expected[1:]], rel=1e-6)


def test_nothing_is_printed_unless_a_report_is_asked_for(counts, capsys):
    lines = []
    most_similar("you", WORD_TO_ID, ID_TO_WORD, counts, top=1, report=lines.append)
    analogy("king", "man", "queen", IDS, NAMES, ROWS, top=1, answer="woman", report=lines.append)
    assert lines == [
        "\n[query] you",
        " goodbye: 0.7071067691154799",
        "\n[analogy] king:man = queen:?",
        "==>woman: 1.0",
        " the: 5.0",
    ]
    assert capsys.readouterr().out == ""


def test_an_analogy_by_dot_product_prefers_long_vectors_and_by_cosine_directions():
    # man - king + queen = (0, -1): the dot product with (-4, -5) is 5, its cosine 0.78
    question = ("king", "man", "queen", IDS, NAMES, ROWS)
    assert analogy(*question) == [("the", 5.0), ("woman", 1.0)]
    by_cosine = analogy(*question, cosine=True)
    assert [word for word, _ in by_cosine] == ["woman", "the"]
    assert [score for _, score in by_cosine] == pytest.approx([1, 5 / math.hypot(4, 5)], abs=1e-7)


def test_scores_of_an_analogy_are_those_of_a_query_of_length_one():
    rows = np.array([[1.0, 0.0], [4.0, 4.0], [0.0, 0.0], [1.0, 2.0]])
    ids = {"a": 0, "b": 1, "c": 2, "d": 3}
    (pair,) = analogy("a", "b", "c", ids, {i: word for word, i in ids.items()}, rows)
    assert pair == ("d", pytest.approx(np.array([3.0, 4.0]) / 5 @ [1, 2], rel=1e-15))


def test_the_answer_hoped_for_comes_along_when_it_is_not_among_the_best():
    question = ("king", "man", "queen", IDS, NAMES, ROWS)
    assert analogy(*question, top=1, answer="woman") == [("the", 5.0), ("woman", 1.0)]
    assert analogy(*question, top=1, answer="the") == [("the", 5.0)]
    assert analogy(*question, top=2, answer="woman") == analogy(*question, top=2)


def test_a_question_that_leads_nowhere_has_finite_scores():
    pairs = analogy("king", "man", "queen", IDS, NAMES, np.zeros((5, 2)))
    assert [score for _, score in pairs] == [0, 0]


@pytest.mark.parametrize("ask", [
    lambda word: most_similar(word, IDS, NAMES, ROWS),
    lambda word: analogy("king", word, "queen", IDS, NAMES, ROWS),
    lambda word: analogy("king", "man", "queen", IDS, NAMES, ROWS, answer=word),
])  # fmt: skip
def test_words_that_are_not_known_are_explained(ask):
    with pytest.raises(LookupError, match=r"does not know the word 'womman'.* did you mean 'woman'"):
        ask("womman")
    with pytest.raises(LookupError, match=r"does not know the word 'XYZ'.* preprocess lower-cases all words"):
        ask("XYZ")


def test_a_matrix_with_the_words_in_columns_is_told_to_turn():
    with pytest.raises(ValueError, match=r"each of the 5 words .*\(2, 5\): .* give analogy word_matrix.T"):
        analogy("king", "man", "queen", IDS, NAMES, ROWS.T)
    with pytest.raises(ValueError, match=r"each of the 5 words of word_to_id, got shape \(4, 2\)\."):
        most_similar("king", IDS, NAMES, ROWS[:4])
    with pytest.raises(ValueError, match=r"top of most_similar .*at least 1, got 0"):
        most_similar("king", IDS, NAMES, ROWS, top=0)


def test_ids_and_swapped_dictionaries_are_explained(counts):
    with pytest.raises(TypeError, match="most_similar takes words, got 0 of type int"):
        most_similar(0, WORD_TO_ID, ID_TO_WORD, counts)
    with pytest.raises(TypeError, match=r"word_to_id, whose keys are words, before id_to_word.*\(0 comes"):
        most_similar("you", ID_TO_WORD, WORD_TO_ID, counts)


def test_rows_that_hold_nan_are_no_answers():
    words = ["a", "b", "c", "d", "e"]
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [np.nan, 1.0], [2.0, 1.0]])
    word_to_id, id_to_word = {w: i for i, w in enumerate(words)}, dict(enumerate(words))
    assert [word for word, _ in most_similar("a", word_to_id, id_to_word, rows)] == ["e", "c", "b"]
    assert [word for word, _ in analogy("a", "b", "c", word_to_id, id_to_word, rows)] == ["e"]
