"""What a reader's slips are answered with: a sentence that says what was wrong and what to do."""

import numpy as np
import pytest

from kotovec.layers import (
    CBOW,
    SGD,
    Adam,
    Embedding,
    EmbeddingDot,
    MatMul,
    Sigmoid,
    SigmoidWithLoss,
    SimpleCBOW,
    SkipGram,
    SoftmaxWithLoss,
    Trainer,
    UnigramSampler,
    analogy,
    convert_one_hot,
    cos_similarity,
    create_co_matrix,
    create_contexts_target,
    most_similar,
    preprocess,
)

CORPUS, WORD_TO_ID, ID_TO_WORD = preprocess("You say goodbye and I say hello.")
C = create_co_matrix(CORPUS, 7)
CONTEXTS, TARGET = create_contexts_target(CORPUS)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_one_hot_vectors_of_chapter_three_are_no_ids_for_chapter_four(network):
    with pytest.raises(TypeError, match=r"one-hot vectors of shape \(6, 2, 7\).*x\.argmax\(axis=-1\)"):
        network(7, 5, 1, CORPUS).forward(convert_one_hot(CONTEXTS, 7), convert_one_hot(TARGET, 7))


def test_one_hot_vectors_are_no_ids_for_an_embedding():
    with pytest.raises(TypeError, match=r"Embedding takes word ids, got one-hot vectors of shape \(6, 7\)"):
        Embedding(np.zeros((7, 3))).forward(convert_one_hot(TARGET, 7))


@pytest.mark.parametrize("ids", [[[0, 1], [1, 0]], [[0, 1, 0]], [[0, 1, 2], [2, 0, 0]]])
def test_ids_that_only_look_a_little_like_one_hot_vectors_are_ids(ids):
    V = len(ids[0])
    assert Embedding(np.eye(V)).forward(ids).shape == (len(ids), V, V)


def test_one_hot_vectors_are_no_hidden_vectors():
    with pytest.raises(ValueError, match=r"got \(2, 7\); these are one-hot vectors, and h are the hidden"):
        EmbeddingDot(np.zeros((7, 3))).forward(np.eye(7)[:2], [1, 2])


def test_samples_of_several_rows_are_told_to_become_one_matrix():
    with pytest.raises(ValueError, match=r"shape \(2, 3, 2\): .*x\.reshape\(-1, x\.shape\[-1\]\)"):
        MatMul(np.zeros((2, 2))).forward(np.zeros((2, 3, 2)))


def test_single_samples_and_columns_of_scores_are_told_to_become_rows():
    with pytest.raises(ValueError, match=r"a single sample becomes a row by x\.reshape\(1, -1\)"):
        SoftmaxWithLoss().forward(np.zeros(3), 1)
    with pytest.raises(ValueError, match=r"x\.reshape\(-1\) and t\.reshape\(-1\) are such rows"):
        SigmoidWithLoss().forward(np.zeros((3, 1)), np.zeros((3, 1)))


@pytest.mark.parametrize("scores", [None, "five", [None], [1j]])
def test_what_is_no_number_has_no_sigmoid(scores):
    with pytest.raises(TypeError, match="Scores are real numbers, got"):
        Sigmoid().forward(scores)


@pytest.mark.parametrize("network", [CBOW, SimpleCBOW])
def test_weights_of_integers_are_refused_before_they_are_made(network):
    rest = (1, CORPUS) if network is CBOW else ()
    with pytest.raises(TypeError, match=f"dtype of {network.__name__} .*np.float32, got int64"):
        network(7, 5, *rest, dtype=np.int64)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: CBOW(7.0, 5, 1, CORPUS), "vocab_size of CBOW"),
        (lambda: SimpleCBOW(7, 5.0), "hidden_size of SimpleCBOW"),
        (lambda: convert_one_hot(CORPUS, 7.0), "vocab_size of convert_one_hot"),
        (lambda: create_co_matrix(CORPUS, 7.0), "vocab_size of create_co_matrix"),
        (lambda: UnigramSampler(CORPUS, 0.75, 2.5), "sample_size of UnigramSampler"),
        (lambda: most_similar("you", WORD_TO_ID, ID_TO_WORD, C, top=2.5), "top of most_similar"),
        (lambda: _fit(batch_size=2.5), "batch_size of Trainer.fit"),
        (lambda: _fit(max_epoch=2.5), "max_epoch of Trainer.fit"),
        (lambda: _fit(eval_interval=2.5), "eval_interval of Trainer.fit"),
    ],
)
def test_numbers_of_things_are_whole(make, name):
    with pytest.raises(TypeError, match=rf"The {name} must be a whole number, got \d\.\d\."):
        make()


def _fit(**options):
    Trainer(CBOW(7, 5, 1, CORPUS), SGD()).fit(CONTEXTS, TARGET, **{"batch_size": 3, **options})


def test_a_trainer_says_what_it_takes():
    model = CBOW(7, 5, 1, CORPUS)
    with pytest.raises(TypeError, match=r"optimizer of Trainer is an object, got the class: write Adam\("):
        Trainer(model, Adam)
    with pytest.raises(TypeError, match=r"method forward, got .* Adam: .*the model first"):
        Trainer(Adam(), model)


@pytest.mark.parametrize(
    "use",
    [
        lambda report: Trainer(CBOW(7, 5, 1, CORPUS), SGD(), report=report),
        lambda report: most_similar("you", WORD_TO_ID, ID_TO_WORD, C, report=report),
        lambda report: analogy("you", "i", "say", WORD_TO_ID, ID_TO_WORD, C, report=report),
    ],
)
def test_a_report_that_is_no_function_is_told_to_be_print(use):
    with pytest.raises(TypeError, match="such as report=print, got True"):
        use(True)


@pytest.mark.parametrize("power", ["a", None, np.inf])
def test_a_power_that_is_no_number_is_explained(power):
    with pytest.raises(ValueError, match="power of UnigramSampler must be a finite number"):
        UnigramSampler(CORPUS, power, 2)


@pytest.mark.parametrize("power", [2000, -2000])
def test_a_power_beyond_all_numbers_is_explained(power):
    with pytest.raises(ValueError, match=f"to the power of {power} are beyond the numbers"):
        UnigramSampler([0, 0, 1, 1], power, 2)


@pytest.mark.parametrize("target", [3, [[1, 2], [3, 4]]])
def test_targets_are_one_row_of_ids(target):
    with pytest.raises(ValueError, match=r"UnigramSampler takes target of shape \(N,\), got shape"):
        UnigramSampler(CORPUS, 0.75, 2).get_negative_sample(target)


def test_words_are_no_vectors():
    with pytest.raises(
        TypeError, match=r"got the word 'you': its vector is word_matrix\[word_to_id\[word\]\]"
    ):
        cos_similarity("you", "i")


def test_dictionaries_in_the_wrong_order_are_explained():
    with pytest.raises(TypeError, match="id_to_word, which names the word of each id, behind word_to_id"):
        most_similar("you", WORD_TO_ID, WORD_TO_ID, C)
    assert most_similar("you", WORD_TO_ID, list(ID_TO_WORD.values()), C)[0][0] == "goodbye"


@pytest.mark.parametrize("gradient", [np.ones(3), np.ones((3, 7))])
def test_gradients_have_the_shapes_of_their_parameters(gradient):
    with pytest.raises(ValueError, match=r"params\[0\] is of shape \(7, 3\) and grads\[0\] of shape"):
        Adam().update([np.zeros((7, 3))], [gradient])
