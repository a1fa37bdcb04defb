import math

import numpy as np
import pytest

from kotovec.layers import (
    CBOW,
    Adam,
    Embedding,
    NegativeSamplingLoss,
    SkipGram,
    Trainer,
    create_contexts_target,
    preprocess,
    remove_duplicate,
)

TOY = "you say goodbye and i say hello ."


@pytest.fixture
def toy():
    corpus, word_to_id, _ = preprocess(TOY)
    return corpus, len(word_to_id), *create_contexts_target(corpus, window_size=1)


def big_weights(model, rng):
    """Weights of size 1 instead of 0.01: with those, every sigmoid is nearly straight and hides mistakes."""
    for param in model.params:
        param[...] = rng.standard_normal(param.shape)
    return model


CONTEXTS = np.array([[4, 1, 1, 6], [0, 4, 5, 4], [4, 1, 1, 6]])  # words twice in a window and in the batch
TARGET = np.array([2, 1, 2])
CORPUS = np.array([0, 1, 2, 3, 4, 1, 5, 6])
NEGATIVES = {
    CBOW: np.array([[0, 0, 2], [5, 3, 1], [6, 0, 3]]),
    SkipGram: np.arange(36).reshape(3, 4, 3) ** 2 % 7,
}


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_network_gradients_agree_with_differences(network, rng, assert_gradient):
    model = big_weights(network(7, 3, 2, CORPUS, dtype=np.float64), rng)

    def loss() -> float:
        return model.forward(CONTEXTS, TARGET, NEGATIVES[network])

    loss()
    model.backward()
    for param, grad in zip(model.params, [grad.copy() for grad in model.grads], strict=True):
        assert_gradient(grad, loss, param)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_network_weights_per_sample_add_up_the_samples(network, rng):
    model = big_weights(network(7, 3, 2, CORPUS, dtype=np.float64), rng)
    weights = np.array([0.5, 0.0, 3.0])
    negatives = NEGATIVES[network]
    model.forward(CONTEXTS, TARGET, negatives)
    model.backward(weights)
    together = [grad.copy() for grad in model.grads]
    alone = [np.zeros_like(grad) for grad in model.grads]
    for n, weight in enumerate(weights):
        model.forward(CONTEXTS[[n]], TARGET[[n]], negatives[[n]])
        model.backward()
        for total, grad in zip(alone, model.grads, strict=True):
            total += weight * grad / 3
    for left, right in zip(together, alone, strict=True):
        assert np.allclose(left, right, rtol=0, atol=1e-14)


def test_cbow_equals_one_embedding_layer_per_context_place(rng):
    model = big_weights(CBOW(7, 3, 2, CORPUS, dtype=np.float64), rng)
    loss = model.forward(CONTEXTS, TARGET, NEGATIVES[CBOW])
    model.backward()

    layers = [Embedding(model.word_vecs) for _ in range(4)]
    h = sum(layer.forward(CONTEXTS[:, place]) for place, layer in enumerate(layers)) * (1 / 4)
    ns_loss = NegativeSamplingLoss(model.output_vecs, CORPUS)
    assert loss == pytest.approx(ns_loss.forward(h, TARGET, NEGATIVES[CBOW]), rel=1e-14)
    dh = ns_loss.backward() * (1 / 4)
    for layer in layers:
        layer.backward(dh)
    _, (dW_in,) = remove_duplicate(
        [layer.params[0] for layer in layers], [layer.grads[0] for layer in layers]
    )
    assert np.allclose(model.grads[0], dW_in, rtol=0, atol=1e-15)
    assert np.allclose(model.grads[1], ns_loss.grads[0], rtol=0, atol=1e-15)


def test_skip_gram_equals_one_loss_layer_per_context_place(rng):
    model = big_weights(SkipGram(7, 3, 2, CORPUS, dtype=np.float64), rng)
    negatives = NEGATIVES[SkipGram]
    loss = model.forward(CONTEXTS, TARGET, negatives)
    model.backward()

    embed = Embedding(model.word_vecs)
    h = embed.forward(TARGET)
    layers = [NegativeSamplingLoss(model.output_vecs, CORPUS) for _ in range(4)]
    losses = [layer.forward(h, CONTEXTS[:, c], negatives[:, c]) for c, layer in enumerate(layers)]
    assert loss == pytest.approx(sum(losses), rel=1e-14)
    embed.backward(sum(layer.backward() for layer in layers))
    _, (dW_out,) = remove_duplicate(
        [layer.params[0] for layer in layers], [layer.grads[0] for layer in layers]
    )
    assert np.allclose(model.grads[0], embed.grads[0], rtol=0, atol=1e-14)
    assert np.allclose(model.grads[1], dW_out, rtol=0, atol=1e-14)


def test_cbow_of_one_sample_by_hand():
    model = CBOW(3, 1, 1, [0, 1, 2], dtype=np.float64)
    model.word_vecs[...] = [[1.0], [3.0], [5.0]]
    model.output_vecs[...] = [[0.5], [0.25], [-0.5]]
    # h = (1 + 5) / 2 = 3; scores 0.75 for the target 1, 1.5 for the negative 0
    loss = model.forward([[0, 2]], [1], [[0]])
    yes, no = 1 / (1 + math.exp(-0.75)), 1 / (1 + math.exp(-1.5))
    assert loss == pytest.approx(-math.log(yes) - math.log(1 - no), rel=1e-14)
    model.backward()
    dh = (yes - 1) * 0.25 + no * 0.5
    assert model.grads[0].ravel() == pytest.approx([dh / 2, 0, dh / 2], rel=1e-14)
    assert model.grads[1].ravel() == pytest.approx([no * 3, (yes - 1) * 3, 0], rel=1e-14)


def test_cbow_starts_at_six_ln_two(toy):
    corpus, V, contexts, target = toy
    loss = CBOW(V, 100, 1, corpus).forward(contexts, target)
    assert loss == pytest.approx(6 * math.log(2), abs=2e-3)
    assert f"{loss:.2f}" == "4.16"


def test_skip_gram_starts_at_six_ln_two_for_each_context_word(toy):
    corpus, V, contexts, target = toy
    assert SkipGram(V, 100, 1, corpus).forward(contexts, target) == pytest.approx(
        2 * 6 * math.log(2), abs=4e-3
    )


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_training_on_the_toy_sentence_brings_the_loss_down(network, toy):
    corpus, V, contexts, target = toy
    model = network(V, 5, 1, corpus, seed=1)
    trainer = Trainer(model, Adam(lr=0.01), seed=1)
    trainer.fit(contexts, target, max_epoch=300, batch_size=3)
    start, end = trainer.loss_list[0], np.mean(trainer.loss_list[-30:])
    assert start == pytest.approx(math.log(2) * 6 * (1 if network is CBOW else 2), abs=0.01)
    assert end < 0.65 * start


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_initial_weights_are_float32_of_standard_deviation_one_hundredth(network):
    model = network(500, 40, 5, np.arange(500))
    for W in (model.word_vecs, model.output_vecs):
        assert W.shape == (500, 40)
        assert W.dtype == np.float32
        assert W.std() == pytest.approx(0.01, rel=0.03)
        assert abs(W.mean()) < 3e-4
    assert not np.array_equal(model.word_vecs, model.output_vecs)


def test_gradients_of_a_default_network_are_float32(toy):
    corpus, V, contexts, target = toy
    model = CBOW(V, 4, 1, corpus)
    model.forward(contexts, target)
    model.backward()
    assert {array.dtype for array in (*model.params, *model.grads)} == {np.dtype(np.float32)}


def test_word_vecs_is_the_array_that_training_changes(toy):
    corpus, V, contexts, target = toy
    model = CBOW(V, 4, 1, corpus)
    before = model.word_vecs.copy()
    Trainer(model, Adam()).fit(contexts, target, max_epoch=1, batch_size=6)
    assert model.params[0] is model.word_vecs
    assert not np.array_equal(model.word_vecs, before)


def test_the_seed_repeats_a_training_and_its_absence_does_not(toy):
    corpus, V, contexts, target = toy

    def trained(seed):
        model = SkipGram(V, 4, 1, corpus, seed=seed)
        Trainer(model, Adam(), seed=seed).fit(contexts, target, max_epoch=3, batch_size=3)
        return model.word_vecs

    assert np.array_equal(trained(5), trained(5))
    assert not np.array_equal(trained(5), trained(6))
    assert not np.array_equal(trained(None), trained(None))


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_a_window_cut_at_the_end_of_the_text_may_have_fewer_contexts(network, rng, assert_gradient):
    model = big_weights(network(7, 3, 2, CORPUS, dtype=np.float64), rng)
    contexts, target = np.array([[4, 1, 4]]), np.array([0])
    negatives = np.array([[5, 5]]) if network is CBOW else np.array([[[5, 5], [0, 2], [3, 3]]])

    def loss() -> float:
        return model.forward(contexts, target, negatives)

    loss()
    model.backward()
    for param, grad in zip(model.params, [grad.copy() for grad in model.grads], strict=True):
        assert_gradient(grad, loss, param)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_contexts_of_a_wider_window_are_explained(network):
    with pytest.raises(ValueError, match=rf"4 columns, but {network.__name__} was built with window_size=1"):
        network(7, 3, 1, CORPUS).forward(CONTEXTS, TARGET)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
@pytest.mark.parametrize("target", [[2, 1], [[2], [1], [2]]])
def test_contexts_and_targets_that_do_not_fit_are_explained(network, target):
    with pytest.raises(
        ValueError, match=r"contexts of shape \(N, 2w\) and target of shape \(N,\), got \(3, 4\)"
    ):
        network(7, 3, 2, CORPUS).forward(CONTEXTS, target)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_backward_of_a_network_before_forward_is_explained(network):
    with pytest.raises(RuntimeError, match=rf"{network.__name__}\.backward was called before"):
        network(7, 3, 2, CORPUS).backward()


def test_skip_gram_negatives_without_a_place_axis_are_explained():
    with pytest.raises(ValueError, match=r"shape \(N, 2w, S\).*here \(3, 4\) and S, got \(3, 3\)"):
        SkipGram(7, 3, 2, CORPUS).forward(CONTEXTS, TARGET, NEGATIVES[CBOW])


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_a_corpus_with_more_words_than_the_vocabulary_is_explained(network):
    sentence = rf"word ids up to 6, but the vocab_size of {network.__name__} is 5: give it len\(word_to_id\)"
    with pytest.raises(IndexError, match=sentence):
        network(5, 5, 1, np.arange(7))


def test_sizes_below_one_are_explained():
    with pytest.raises(ValueError, match="hidden_size of CBOW must be at least 1, got 0"):
        CBOW(7, 0, 2, CORPUS)


def test_a_window_that_is_no_whole_number_is_explained():
    with pytest.raises(TypeError, match=r"window_size of CBOW must be a whole number, got 1\.5"):
        CBOW(7, 5, 1.5, CORPUS)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64])
def test_ids_of_every_integer_type_teach_the_same(network, dtype):
    grads = []
    for kind in (np.int64, dtype):
        model = network(200, 200, 2, np.arange(200, dtype=kind), seed=1)  # 199 * 200 wraps around in int16
        contexts = np.array([[199, 3, 8, 120], [150, 199, 7, 0]], kind)
        model.forward(contexts, np.array([100, 198], kind))
        model.backward()
        grads.append(model.grads)
    for expected, got in zip(*grads, strict=True):
        assert np.array_equal(expected, got)


@pytest.mark.parametrize("network", [CBOW, SkipGram])
def test_backward_of_none_is_explained(network):
    model = network(7, 3, 2, CORPUS)
    model.forward(CONTEXTS, TARGET)
    with pytest.raises(TypeError, match="got None: leave it out for 1"):
        model.backward(None)
