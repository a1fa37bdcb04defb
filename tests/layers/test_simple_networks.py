import math

import numpy as np
import pytest

from kotovec.layers import (
    SGD,
    AdaGrad,
    Adam,
    Embedding,
    MatMul,
    Momentum,
    Nesterov,
    RMSprop,
    SimpleCBOW,
    SimpleSkipGram,
    SoftmaxWithLoss,
    Trainer,
    convert_one_hot,
    create_contexts_target,
    preprocess,
    remove_duplicate,
)

NETWORKS = [SimpleCBOW, SimpleSkipGram]


@pytest.fixture
def toy():
    corpus, _, _ = preprocess("you say goodbye and i say hello .")
    contexts, target = create_contexts_target(corpus, window_size=1)
    return convert_one_hot(contexts, 7), convert_one_hot(target, 7)


def with_big_weights(network, rng):
    model = network(7, 3, dtype=np.float64)
    model.word_vecs[...] = rng.standard_normal((7, 3))
    model.output_vecs[...] = rng.standard_normal((3, 7))
    return model


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_of_the_shared_and_the_single_weights_agree_with_differences(
    network, toy, rng, assert_gradient
):
    model = with_big_weights(network, rng)
    model.forward(*toy)
    model.backward()
    params, grads = remove_duplicate(model.params, model.grads)
    assert [param.shape for param in params] == [(7, 3), (3, 7)]
    for param, grad in zip(params, grads, strict=True):
        assert_gradient(grad, lambda: model.forward(*toy), param)


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_per_sample_add_up_the_samples(network, toy, rng):
    model, weights = with_big_weights(network, rng), np.array([0.5, 0, 3, 1, 1, 2])
    contexts, target = toy
    model.forward(contexts, target)
    model.backward(weights)
    together = [grad.copy() for grad in model.grads]
    alone = [np.zeros_like(grad) for grad in model.grads]
    for n, weight in enumerate(weights):
        model.forward(contexts[[n]], target[[n]])
        model.backward()
        for total, grad in zip(alone, model.grads, strict=True):
            total += weight * grad / len(weights)
    assert all(
        np.allclose(one, other, rtol=0, atol=1e-14) for one, other in zip(together, alone, strict=True)
    )


def test_simple_cbow_of_one_sample_by_hand():
    model = SimpleCBOW(3, 1, dtype=np.float64)
    model.word_vecs[...] = [[1.0], [3.0], [5.0]]
    model.output_vecs[...] = [[0.0, math.log(2) / 3, math.log(5) / 3]]
    # h = (1 + 5) / 2 = 3, and so the probabilities are 1/8, 2/8, 5/8
    assert model.forward([[[1, 0, 0], [0, 0, 1]]], [[0, 1, 0]]) == pytest.approx(math.log(4), rel=1e-14)
    model.backward()
    ds = np.array([1 / 8, 2 / 8 - 1, 5 / 8])
    dh = ds @ model.output_vecs[0]
    assert model.in_layer0.grads[0].ravel() == pytest.approx([dh / 2, 0, 0], rel=1e-13)
    assert model.in_layer1.grads[0].ravel() == pytest.approx([0, 0, dh / 2], rel=1e-13)
    assert model.out_layer.grads[0].ravel() == pytest.approx(3 * ds, rel=1e-13)


def test_the_layers_have_the_book_s_names_and_share_their_weights():
    cbow, skip_gram = SimpleCBOW(7, 3), SimpleSkipGram(7, 3)
    assert cbow.in_layer0.params[0] is cbow.in_layer1.params[0] is cbow.word_vecs is cbow.params[0]
    assert cbow.out_layer.params[0].shape == skip_gram.out_layer.params[0].shape == (3, 7)
    assert skip_gram.in_layer.params[0] is skip_gram.word_vecs
    assert isinstance(cbow.loss_layer, SoftmaxWithLoss)
    assert skip_gram.loss_layer1 is not skip_gram.loss_layer2


def test_losses_start_at_the_logarithm_of_the_number_of_words(toy):
    assert SimpleCBOW(7, 5, seed=1).forward(*toy) == pytest.approx(math.log(7), abs=1e-3)
    assert f"{SimpleCBOW(7, 5, seed=1).forward(*toy):.3f}" == "1.946"
    assert SimpleSkipGram(7, 5, seed=1).forward(*toy) == pytest.approx(2 * math.log(7), abs=2e-3)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "optimiser", [SGD(1.0), Momentum(0.2), Nesterov(0.2), AdaGrad(0.3), RMSprop(0.02), Adam(0.02)],
    ids=lambda optimiser: type(optimiser).__name__,
)  # fmt: skip
def test_every_optimiser_learns_the_toy_sentence(network, optimiser, toy):
    model = network(7, 5, seed=1)
    trainer = Trainer(model, type(optimiser)(optimiser.lr), seed=1)
    trainer.fit(*toy, max_epoch=200, batch_size=3)
    # "say" alone stands between two pairs; CBOW can tell all but those, skip-gram not which side is which.
    best = 0.35 if network is SimpleCBOW else 2.4
    assert trainer.loss_list[0] == pytest.approx(math.log(7) * (1 if network is SimpleCBOW else 2), abs=0.01)
    assert np.mean(trainer.loss_list[-20:]) < best


@pytest.mark.parametrize("network", NETWORKS)
def test_the_seed_repeats_a_network_and_weights_are_small_float32(network):
    one, two, other = network(300, 40, seed=5), network(300, 40, seed=5), network(300, 40, seed=6)
    assert np.array_equal(one.word_vecs, two.word_vecs)
    assert not np.array_equal(one.word_vecs, other.word_vecs)
    for W in (one.word_vecs, one.output_vecs):
        assert W.dtype == np.float32
        assert W.std() == pytest.approx(0.01, rel=0.03)


@pytest.mark.parametrize("network", NETWORKS)
def test_misuse_of_a_simple_network_is_explained(network, toy):
    contexts, target = toy
    model = network(7, 3)
    with pytest.raises(RuntimeError, match=rf"{network.__name__}\.backward was called before"):
        model.backward()
    with pytest.raises(ValueError, match=r"got \(6, 2\) and \(6,\): word ids become one-hot by .*\(ids, 7\)"):
        model.forward(contexts.argmax(axis=2), target.argmax(axis=1))
    with pytest.raises(
        ValueError, match=r"with V = 7, got \(6, 2, 7\) and \(5, 7\); there is one target for each"
    ):
        model.forward(contexts, target[:5])
    with pytest.raises(ValueError, match=r"single 1 among zeros, but one of contexts is \[0 0 0 0 0 0 0\]"):
        model.forward(contexts * 0, target)
    with pytest.raises(ValueError, match=r"but one of target is \[.*0\.5.*\]: word ids become one-hot"):
        model.forward(contexts, target * 0.5)
    with pytest.raises(
        ValueError, match=r"got \(6, 4, 7\) and \(6, 7\); two contexts are those of window_size"
    ):
        model.forward(np.concatenate([contexts, contexts], axis=1), target)
    with pytest.raises(ValueError, match=r"got \(6, 2, 8\) and \(6, 7\); V is the vocab_size that Simple"):
        model.forward(np.concatenate([contexts, contexts[:, :, :1]], axis=2), target)
    with pytest.raises(ValueError, match=r"hidden_size of Simple.* must be at least 1, got 0"):
        network(7, 0)


class TiedCBOW:
    """CBOW with one matrix in two roles: the output weights are W_in turned."""

    def __init__(self, W):
        self.embed, self.out_layer, self.loss_layer = Embedding(W), MatMul(W.T), SoftmaxWithLoss()
        self.params = self.embed.params + self.out_layer.params
        self.grads = self.embed.grads + self.out_layer.grads

    def forward(self, contexts, target):
        h = self.embed.forward(contexts).mean(axis=1)
        return self.loss_layer.forward(self.out_layer.forward(h), target)

    def backward(self, dout=1):
        dh = self.out_layer.backward(self.loss_layer.backward(dout)) / 2
        self.embed.backward(np.stack([dh, dh], axis=1))


def test_a_matrix_tied_to_its_own_transpose_has_one_gradient(rng, assert_gradient):
    W = rng.standard_normal((7, 3))
    model = TiedCBOW(W)
    contexts, target = create_contexts_target([0, 1, 2, 3, 4, 1, 5, 6])
    model.forward(contexts, target)
    model.backward()
    (param,), (grad,) = remove_duplicate(model.params, model.grads)
    assert param is W
    assert_gradient(grad, lambda: model.forward(contexts, target), W)


def test_a_tied_matrix_is_trained_in_one_step_of_both_roles():
    W = np.random.default_rng(1).standard_normal((7, 5))
    contexts, target = create_contexts_target([0, 1, 2, 3, 4, 1, 5, 6])
    model = TiedCBOW(W)
    trainer = Trainer(model, Adam(0.02), seed=1)
    trainer.fit(contexts, target, max_epoch=150, batch_size=6)
    assert model.params[0] is W
    assert np.array_equal(model.out_layer.params[0], W.T)
    assert trainer.loss_list[-1] < 0.5 * trainer.loss_list[0]
    assert len(trainer.optimizer.m) == 1
