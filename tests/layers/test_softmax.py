import math

import numpy as np
import pytest

from kotovec.layers import Sigmoid, Softmax, SoftmaxWithLoss, cross_entropy_error, sigmoid, softmax


def test_softmax_by_hand():
    assert softmax([0.0, math.log(2), math.log(5)]) == pytest.approx([1 / 8, 2 / 8, 5 / 8], rel=1e-15)


def test_softmax_works_on_each_row_and_does_not_overflow():
    y = softmax(np.array([[1000.0, 1000.0], [-1000.0, 0.0]], dtype=np.float32))
    assert y.tolist() == [[0.5, 0.5], [0.0, 1.0]]
    assert y.dtype == np.float32


def test_softmax_of_a_number_is_explained():
    with pytest.raises(ValueError, match=r"softmax takes rows of scores.*got the number 3\.0"):
        softmax(3.0)


@pytest.mark.parametrize("kind", [Sigmoid, Softmax])
def test_activation_gradients_agree_with_differences(kind, rng, assert_gradient):
    x, direction, layer = rng.standard_normal((4, 5)), rng.standard_normal((4, 5)), kind()

    def loss() -> float:
        return float(np.sum(layer.forward(x) * direction))

    loss()
    assert_gradient(layer.backward(direction), loss, x)
    assert layer.params == layer.grads == []


@pytest.mark.parametrize("kind", [Sigmoid, Softmax])
def test_activations_return_their_functions_and_explain_their_misuse(kind, rng):
    x, layer = rng.standard_normal((2, 3)), kind()
    with pytest.raises(RuntimeError, match=rf"{kind.__name__}\.backward was called before"):
        layer.backward(x)
    function = sigmoid if kind is Sigmoid else softmax
    assert np.array_equal(layer.forward(x), function(x))
    with pytest.raises(
        ValueError, match=rf"{kind.__name__}\.backward takes a gradient .*\(2, 3\), got \(2,\)"
    ):
        layer.backward(np.ones(2))


def test_cross_entropy_of_ids_and_of_one_hot_vectors_by_hand():
    y = np.array([[0.1, 0.9], [0.75, 0.25]])
    expected = -(math.log(0.9 + 1e-7) + math.log(0.75 + 1e-7)) / 2
    assert cross_entropy_error(y, [1, 0]) == pytest.approx(expected, rel=1e-15)
    assert cross_entropy_error(y, [[0, 1], [1, 0]]) == pytest.approx(expected, rel=1e-15)
    assert cross_entropy_error(y[0], [0, 1]) == cross_entropy_error(y[0], 1) == -math.log(0.9 + 1e-7)
    assert cross_entropy_error([[1.0, 0.0]], [1]) == pytest.approx(-math.log(1e-7), rel=1e-15)


def test_softmax_loss_is_the_cross_entropy_of_softmax(rng):
    x, t = rng.standard_normal((6, 9)), rng.integers(0, 9, 6)
    expected = -np.mean(np.log(softmax(x)[np.arange(6), t]))
    assert SoftmaxWithLoss().forward(x, t) == pytest.approx(expected, rel=1e-14)
    assert cross_entropy_error(softmax(x), t) == pytest.approx(expected, abs=1e-5)


def test_softmax_loss_takes_ids_or_one_hot_vectors(rng):
    x, t = rng.standard_normal((6, 9)), rng.integers(0, 9, 6)
    ids, one_hot = SoftmaxWithLoss(), SoftmaxWithLoss()
    assert ids.forward(x, t) == one_hot.forward(x, np.eye(9)[t])
    assert np.array_equal(ids.backward(), one_hot.backward())
    assert np.array_equal(ids.backward(), one_hot.backward()), "backward changes nothing that it reads"
    assert ids.backward().sum(axis=1) == pytest.approx(np.zeros(6), abs=1e-15)


def test_softmax_loss_of_equal_scores_is_the_logarithm_of_their_number():
    assert SoftmaxWithLoss().forward(np.zeros((3, 7)), [0, 4, 6]) == pytest.approx(math.log(7), rel=1e-15)


def test_softmax_loss_stays_exact_where_the_probability_rounds_to_zero_or_one():
    layer = SoftmaxWithLoss()
    assert layer.forward(np.array([[0.0, 1e4]], np.float32), [0]) == 1e4
    assert layer.backward().tolist() == [[-1.0, 1.0]]
    assert layer.backward().dtype == np.float32


@pytest.mark.parametrize("dout", [1, 2.5, np.array([0.5, 0.0, -1.0])])
def test_softmax_loss_gradient_agrees_with_differences(rng, assert_gradient, dout):
    x, t, layer = 2 * rng.standard_normal((3, 4)), np.array([3, 0, 3]), SoftmaxWithLoss()

    def weighted_loss() -> float:
        weights = np.broadcast_to(dout, 3)
        return sum(w * SoftmaxWithLoss().forward(x[[n]], t[[n]]) for n, w in enumerate(weights)) / 3

    layer.forward(x, t)
    assert_gradient(layer.backward(dout), weighted_loss, x)


LOSSES = [
    (SoftmaxWithLoss().forward, "SoftmaxWithLoss", "x"),
    (cross_entropy_error, "cross_entropy_error", "y"),
]


@pytest.mark.parametrize(("loss", "owner", "name"), LOSSES)
def test_labels_that_cannot_be_right_answers_are_explained(loss, owner, name):
    scores = np.full((2, 3), 1 / 3)
    for labels in ([1], [[1], [0]], [[0, 1, 0]], [0, 1, 2]):
        with pytest.raises(ValueError, match=rf"{owner} takes {name} of shape \(N, V\) and t as word ids"):
            loss(scores, labels)
    with pytest.raises(TypeError, match=rf"{owner} takes word ids, integers .*got float64"):
        loss(scores, [0.0, 1.0])
    with pytest.raises(IndexError, match=rf"{owner} got the word id 3, but {name} has 3 columns"):
        loss(scores, [0, 3])
    for row in ([1, 1, 0], [0, 0, 0], [1, 0, 0.5]):
        with pytest.raises(ValueError, match=r"a single 1 among zeros in every row, but row 1 is"):
            loss(scores, np.array([[1, 0, 0], row]))


def test_softmax_loss_backward_without_its_forward_is_explained():
    layer = SoftmaxWithLoss()
    with pytest.raises(RuntimeError, match=r"SoftmaxWithLoss\.backward was called before"):
        layer.backward()
    layer.forward(np.zeros((2, 3)), [0, 1])
    with pytest.raises(ValueError, match=r"one weight per sample of shape \(2,\), got shape \(3,\)"):
        layer.backward(np.ones(3))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32, np.int16, bool])
def test_whole_numbers_are_scores_as_well(dtype):
    scores = np.array([[1, 0, 1]], dtype)
    assert np.array_equal(sigmoid(scores), sigmoid(scores.astype(np.float64)))
    assert np.array_equal(softmax(scores), softmax(scores.astype(np.float64)))


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_softmax_of_nothing_is_explained(shape):
    with pytest.raises(ValueError, match="rows of at least one score, got shape"):
        softmax(np.zeros(shape))
