import math

import numpy as np
import pytest

from kotovec.layers import (
    EmbeddingDot,
    NegativeSamplingLoss,
    SigmoidWithLoss,
    remove_duplicate,
    sigmoid,
)

CORPUS = [0, 1, 2, 3, 4, 1, 5, 6]


def test_sigmoid_is_exact_to_the_last_bits_on_both_sides():
    x = np.array([-700.0, -40.0, -1.0, 0.0, 1.0, 30.0])
    expected = [math.exp(v) / (1 + math.exp(v)) if v < 0 else 1 / (1 + math.exp(-v)) for v in x]
    assert sigmoid(x) == pytest.approx(expected, rel=1e-15, abs=0)


def test_sigmoid_of_scores_beyond_all_bounds_is_zero_or_one():
    x = np.array([-np.inf, -1e30, 1e30, np.inf], dtype=np.float32)
    assert sigmoid(x).tolist() == [0, 0, 1, 1]
    assert sigmoid(x).dtype == np.float32


def test_loss_of_a_hand_computed_batch():
    x, t = np.array([math.log(3), -math.log(4)]), np.array([1, 0])  # y = 3/4 and 1/5
    layer = SigmoidWithLoss()
    assert layer.forward(x, t) == pytest.approx((-math.log(3 / 4) - math.log(4 / 5)) / 2, rel=1e-15)
    assert layer.backward() == pytest.approx([(3 / 4 - 1) / 2, (1 / 5 - 0) / 2], rel=1e-14)


def test_loss_stays_exact_where_the_probability_rounds_to_one():
    # log1p keeps the digits that log(sigmoid(40)), a plain 0.0, has lost.
    assert SigmoidWithLoss().forward(np.array([40.0]), [1]) == pytest.approx(
        math.log1p(math.exp(-40)), rel=1e-14
    )
    assert SigmoidWithLoss().forward(np.array([800.0]), [0]) == 800.0
    assert SigmoidWithLoss().forward(np.array([np.inf]), [1]) == 0.0


@pytest.mark.parametrize("dout", [1, 2.5, np.array([0.5, 0.0, -1.0, 3.0, 1.0])])
def test_sigmoid_loss_gradient_agrees_with_differences(rng, assert_gradient, dout):
    x, t = 2 * rng.standard_normal(5), np.array([1, 0, 0, 1, 1])
    layer = SigmoidWithLoss()

    def weighted_loss() -> float:
        weights = np.broadcast_to(dout, 5)
        return sum(w * SigmoidWithLoss().forward(x[[n]], t[[n]]) for n, w in enumerate(weights)) / 5

    layer.forward(x, t)
    assert_gradient(layer.backward(dout), weighted_loss, x)


@pytest.mark.parametrize("dout", [1, np.float64(2), np.ones(2)])
def test_sigmoid_loss_keeps_float32(dout):
    layer = SigmoidWithLoss()
    layer.forward(np.array([1.0, -1.0], dtype=np.float32), np.array([0, 1]))
    assert layer.backward(dout).dtype == np.float32


def test_scores_and_answers_of_different_shape_are_not_broadcast():
    with pytest.raises(ValueError, match=r"both of shape \(N,\).*got \(3,\) and \(3, 1\)"):
        SigmoidWithLoss().forward(np.zeros(3), np.ones((3, 1)))


def test_word_ids_in_the_place_of_answers_are_explained():
    with pytest.raises(ValueError, match="got 5; word ids go into EmbeddingDot's idx"):
        SigmoidWithLoss().forward(np.zeros(3), np.array([1, 5, 0]))


def test_weights_that_are_not_one_per_sample_are_explained():
    layer = SigmoidWithLoss()
    layer.forward(np.zeros(3), np.array([1, 0, 0]))
    with pytest.raises(ValueError, match=r"one weight per sample of shape \(3,\), got shape \(2,\)"):
        layer.backward([1.0, 2.0])


@pytest.mark.parametrize(
    "layer",
    [SigmoidWithLoss(), NegativeSamplingLoss(np.zeros((7, 2)), CORPUS)],
    ids=lambda layer: type(layer).__name__,
)
def test_backward_of_a_loss_before_forward_is_explained(layer):
    with pytest.raises(RuntimeError, match=f"{type(layer).__name__}.backward was called before"):
        layer.backward()


def negative_sampling_case(rng):
    """Duplicate targets, duplicate negatives, and a negative that is the target."""
    W, h = rng.standard_normal((7, 4)), rng.standard_normal((3, 4))
    target = np.array([5, 2, 5])
    negative_sample = np.array([[0, 0, 5], [2, 6, 1], [3, 0, 2]])
    return W, h, target, negative_sample


def test_negative_sampling_equals_one_layer_per_question(rng):
    W, h, target, negative_sample = negative_sampling_case(rng)
    together = NegativeSamplingLoss(W, CORPUS)
    loss = together.forward(h, target, negative_sample)
    dh = together.backward()

    dots, losses = [EmbeddingDot(W) for _ in range(4)], [SigmoidWithLoss() for _ in range(4)]
    words = [target, *negative_sample.T]
    expected = sum(
        layer.forward(dot.forward(h, idx), np.full(3, question == 0))
        for question, (dot, layer, idx) in enumerate(zip(dots, losses, words, strict=True))
    )
    expected_dh = sum(dot.backward(layer.backward()) for dot, layer in zip(dots, losses, strict=True))
    _, (expected_dW,) = remove_duplicate([dot.params[0] for dot in dots], [dot.grads[0] for dot in dots])

    assert loss == pytest.approx(expected, rel=1e-14)
    assert np.allclose(dh, expected_dh, rtol=0, atol=1e-15)
    assert np.allclose(together.grads[0], expected_dW, rtol=0, atol=1e-15)


def test_negative_sampling_gradients_agree_with_differences(rng, assert_gradient):
    W, h, target, negative_sample = negative_sampling_case(rng)
    layer = NegativeSamplingLoss(W, CORPUS)

    def loss() -> float:
        return layer.forward(h, target, negative_sample)

    loss()
    dh, dW = layer.backward(), layer.grads[0].copy()
    assert_gradient(dh, loss, h)
    assert_gradient(dW, loss, W)


@pytest.mark.parametrize(
    "weights", [np.array([2.0, 0.0, 0.5]), np.array([[1, 0.3, 0.3, 0.3], [0] * 4, [2, 0, 1, 5]])]
)
def test_negative_sampling_weights_scale_samples_or_single_questions(rng, assert_gradient, weights):
    W, h, target, negative_sample = negative_sampling_case(rng)
    layer = NegativeSamplingLoss(W, CORPUS)

    def weighted_loss() -> float:
        per_question = np.broadcast_to(weights.reshape(3, -1), (3, 4))
        words = np.column_stack([target, negative_sample])
        scores = (W[words] @ h[:, :, None])[..., 0] * [1, -1, -1, -1]
        return float(np.sum(per_question * np.log1p(np.exp(-scores))) / 3)

    layer.forward(h, target, negative_sample)
    dh, dW = layer.backward(weights), layer.grads[0].copy()
    assert_gradient(dh, weighted_loss, h)
    assert_gradient(dW, weighted_loss, W)


def test_negative_sampling_of_untrained_weights_costs_ln_2_a_question(rng):
    layer = NegativeSamplingLoss(np.zeros((7, 3)), CORPUS, power=0.75, sample_size=5)
    assert layer.forward(rng.standard_normal((4, 3)), [1, 1, 2, 6]) == pytest.approx(
        6 * math.log(2), rel=1e-15
    )


def test_negative_sampling_draws_anew_each_time_and_the_same_for_the_same_seed(rng):
    W, h, target = rng.standard_normal((7, 3)), rng.standard_normal((4, 3)), [1, 1, 2, 6]
    first, second = (NegativeSamplingLoss(W, CORPUS, seed=3) for _ in range(2))
    losses = [first.forward(h, target) for _ in range(3)]
    assert len(set(losses)) == 3
    assert losses == [second.forward(h, target) for _ in range(3)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dout", [1, np.ones(2), np.ones((2, 6))])
def test_negative_sampling_keeps_the_dtype_of_its_weights(dtype, dout):
    layer = NegativeSamplingLoss(np.ones((7, 3), dtype), CORPUS)
    layer.forward(np.ones((2, 3), dtype), [0, 1])
    assert layer.backward(dout).dtype == layer.grads[0].dtype == dtype


def test_a_corpus_with_more_words_than_weights_is_explained():
    with pytest.raises(IndexError, match="word id 6, but W has 5 rows"):
        NegativeSamplingLoss(np.zeros((5, 3)), CORPUS)


@pytest.mark.parametrize("negative_sample", [[1, 2], [[1, 2]], [[1], [2], [3]]])
def test_given_negatives_that_do_not_fit_the_targets_are_explained(negative_sample):
    layer = NegativeSamplingLoss(np.zeros((7, 3)), CORPUS)
    with pytest.raises(ValueError, match=r"negative_sample of shape \(N, S\), got \(2,\) and"):
        layer.forward(np.zeros((2, 3)), [0, 1], negative_sample)


def test_hidden_vectors_that_do_not_fit_the_targets_are_explained_in_the_caller_s_numbers():
    layer = NegativeSamplingLoss(np.zeros((7, 3)), CORPUS)
    with pytest.raises(ValueError, match=r"NegativeSamplingLoss takes h .* here \(2, 3\), got \(4, 3\)"):
        layer.forward(np.zeros((4, 3)), [0, 1])


def test_the_sigmoid_of_a_number_is_a_number():
    assert round(sigmoid(5.0), 4) == 0.9933
