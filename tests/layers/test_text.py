import numpy as np
import pytest

from kotovec.layers import Embedding, convert_one_hot, create_co_matrix, create_contexts_target, preprocess


@pytest.mark.parametrize(
    "text",
    [
        "You say goodbye and I say hello.",
        "you say goodbye and i say hello .",
        "you say  goodbye\nand i say hello .\n",
    ],
)
def test_the_book_s_sentence_has_the_book_s_ids(text):
    corpus, word_to_id, id_to_word = preprocess(text)
    assert corpus.tolist() == [0, 1, 2, 3, 4, 1, 5, 6]
    assert word_to_id == {"you": 0, "say": 1, "goodbye": 2, "and": 3, "i": 4, "hello": 5, ".": 6}
    assert id_to_word == {word_id: word for word, word_id in word_to_id.items()}


def test_ids_lead_back_to_the_words():
    corpus, _, id_to_word = preprocess("To be or not to be. That is it.")
    assert " ".join(id_to_word[word_id] for word_id in corpus.tolist()) == "to be or not to be . that is it ."


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_text_without_words_is_explained(text):
    with pytest.raises(ValueError, match="holds no word"):
        preprocess(text)


def test_contexts_and_targets_of_the_book_s_sentence():
    contexts, target = create_contexts_target(np.array([0, 1, 2, 3, 4, 1, 5, 6]), window_size=1)
    assert contexts.tolist() == [[0, 2], [1, 3], [2, 4], [3, 1], [4, 5], [1, 6]]
    assert target.tolist() == [1, 2, 3, 4, 1, 5]


def test_contexts_of_a_wider_window_run_from_left_to_right():
    contexts, target = create_contexts_target([10, 11, 12, 13, 14, 15], window_size=2)
    assert contexts.tolist() == [[10, 11, 13, 14], [11, 12, 14, 15]]
    assert target.tolist() == [12, 13]


def test_contexts_and_targets_are_copies():
    corpus = np.arange(5)
    contexts, target = create_contexts_target(corpus)
    contexts[...] = 0
    target[...] = 0
    assert corpus.tolist() == [0, 1, 2, 3, 4]


def test_a_corpus_shorter_than_a_window_is_explained():
    assert len(create_contexts_target([0, 1, 2, 3, 4], window_size=2)[1]) == 1
    with pytest.raises(ValueError, match=r"at least 5 word ids, got shape \(4,\)"):
        create_contexts_target([0, 1, 2, 3], window_size=2)


def test_a_window_of_nothing_is_explained():
    with pytest.raises(ValueError, match="window_size of create_contexts_target must be at least 1, got 0"):
        create_contexts_target([0, 1, 2], window_size=0)


def test_words_in_the_place_of_ids_are_explained():
    with pytest.raises(TypeError, match="takes word ids, integers"):
        create_contexts_target(["you", "say", "hello"])


def test_one_hot_vectors_of_ids_and_of_contexts():
    contexts, target = create_contexts_target([0, 1, 2, 3, 4, 1, 5, 6])
    one_hot = convert_one_hot(target, 7)
    assert one_hot.dtype == np.int32
    assert np.array_equal(one_hot, np.eye(7)[target])
    assert np.array_equal(convert_one_hot(contexts, 7), np.eye(7)[contexts])


def test_ids_without_a_place_in_a_one_hot_vector_are_explained():
    with pytest.raises(IndexError, match="word id 7, but vocab_size is 7: ids run from 0 to 6"):
        convert_one_hot([7], 7)
    with pytest.raises(TypeError, match=r"convert_one_hot takes word ids, integers .*got float64"):
        convert_one_hot([1.0], 7)
    with pytest.raises(ValueError, match=r"\(N,\) or \(N, C\), got shape \(1, 1, 1\)"):
        convert_one_hot([[[1]]], 7)


def test_a_list_of_words_is_no_text():
    with pytest.raises(TypeError, match=r'got list: words of a list become one by " "\.join\(words\)'):
        preprocess(["you", "say"])


@pytest.mark.parametrize("count", [create_contexts_target, lambda ids, w: create_co_matrix(ids, 4, w)])
@pytest.mark.parametrize("window", [1.0, 1.5, True, "1"])
def test_a_window_is_a_whole_number_of_words(count, window):
    with pytest.raises(TypeError, match=r"must be a whole number, got "):
        count([0, 1, 2, 3], window)


def test_one_hot_vectors_in_the_place_of_ids_are_recognised():
    vectors = convert_one_hot([1, 2], 7).astype(float)
    with pytest.raises(TypeError, match=r"these are one-hot vectors, whose ids are x\.argmax\(axis=-1\)"):
        Embedding(np.ones((7, 3))).forward(vectors)
