import numpy as np
import pytest

from kotovec.layers import Affine, Embedding, MatMul, convert_one_hot


def layer_of(kind, rng, rows=4, columns=3):
    W = rng.standard_normal((rows, columns))
    return MatMul(W) if kind is MatMul else Affine(W, rng.standard_normal(columns))


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_gradients_agree_with_differences(kind, rng, assert_gradient):
    layer, x, direction = layer_of(kind, rng), rng.standard_normal((5, 4)), rng.standard_normal((5, 3))

    def loss() -> float:
        return float(np.sum(layer.forward(x) * direction))

    loss()
    dx = layer.backward(direction)
    assert_gradient(dx, loss, x)
    for param, grad in zip(layer.params, [grad.copy() for grad in layer.grads], strict=True):
        assert_gradient(grad, loss, param)


def test_a_one_hot_vector_times_a_matrix_is_what_embedding_picks(rng):
    W, idx, dout = rng.standard_normal((7, 3)), np.array([6, 2, 2, 0]), rng.standard_normal((4, 3))
    matmul, embedding = MatMul(W), Embedding(W)
    assert np.array_equal(matmul.forward(convert_one_hot(idx, 7)), embedding.forward(idx))
    matmul.backward(dout)
    embedding.backward(dout)
    assert np.allclose(matmul.grads[0], embedding.grads[0], rtol=0, atol=1e-15)


def test_the_book_s_prediction_of_cbow(rng):
    c0, c1 = np.array([[1, 0, 0, 0, 0, 0, 0]]), np.array([[0, 0, 1, 0, 0, 0, 0]])
    W_in, W_out = rng.standard_normal((7, 3)), rng.standard_normal((3, 7))
    h = 0.5 * (MatMul(W_in).forward(c0) + MatMul(W_in).forward(c1))
    scores = MatMul(W_out).forward(h)
    assert scores.shape == (1, 7)
    assert scores[0] == pytest.approx((W_in[0] + W_in[2]) / 2 @ W_out, rel=1e-13)


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_arrays_stay_the_same_objects_and_their_dtype(kind, rng):
    W, b = np.zeros((4, 3), np.float32), np.zeros(3, np.float32)
    layer = MatMul(W) if kind is MatMul else Affine(W, b)
    grads = list(layer.grads)
    out = layer.forward(np.eye(4, dtype=np.int32)[:2])  # one-hot vectors are whole numbers
    dx = layer.backward(np.ones_like(out))
    assert layer.params[0] is W
    assert all(grad is kept for grad, kept in zip(layer.grads, grads, strict=True))
    assert {array.dtype for array in (out, dx, *grads)} == {np.dtype(np.float32)}
    assert grads[0].tolist() == [[1] * 3, [1] * 3, [0] * 3, [0] * 3]
    if kind is Affine:
        assert layer.params[1] is b
        assert grads[1].tolist() == [2] * 3


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_backward_forgets_the_batch_before(kind, rng):
    layer, x = layer_of(kind, rng), rng.standard_normal((5, 4))
    seen = []
    for _ in range(2):
        layer.forward(x)
        layer.backward(np.ones((5, 3)))
        seen.append([grad.copy() for grad in layer.grads])
    assert all(np.array_equal(one, two) for one, two in zip(*seen, strict=True))


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_a_matrix_that_lies_the_wrong_way_is_told_to_turn(kind, rng):
    # W_out (V, H) of chapter 4 in the place of W_out (H, V) of chapter 3
    with pytest.raises(
        ValueError, match=rf"{kind.__name__} takes x .*x \(1, 3\) and W \(7, 3\): W.T, of shape \(3, 7\)"
    ):
        layer_of(kind, rng, 7, 3).forward(np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"got x \(1, 5\) and W \(7, 3\)\."):
        layer_of(kind, rng, 7, 3).forward(np.zeros((1, 5)))


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_ids_in_the_place_of_one_hot_vectors_are_explained(kind, rng):
    with pytest.raises(ValueError, match=r"x of shape \(N, D\).*got shape \(2,\).*convert_one_hot"):
        layer_of(kind, rng).forward(np.array([0, 2]))


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_backward_without_its_forward_is_explained(kind, rng):
    layer = layer_of(kind, rng)
    with pytest.raises(RuntimeError, match=rf"{kind.__name__}\.backward was called before"):
        layer.backward(np.ones((5, 3)))
    layer.forward(np.ones((5, 4)))
    with pytest.raises(ValueError, match=r"that forward returned, \(5, 3\), got \(5, 4\)"):
        layer.backward(np.ones((5, 4)))


def test_whole_numbers_as_weights_are_multiplied_but_refuse_a_gradient():
    layer = MatMul(np.arange(21).reshape(7, 3))
    out = layer.forward(np.eye(7, dtype=int)[[2]])
    assert out.tolist() == [[6, 7, 8]]
    with pytest.raises(TypeError, match=r"int64.*cannot take the small steps"):
        layer.backward(out)


def test_weights_and_biases_that_cannot_be_trained_are_explained():
    with pytest.raises(TypeError, match=r"MatMul needs W as a NumPy array of shape \(D, M\), got list"):
        MatMul([[1.0]])
    with pytest.raises(ValueError, match=r"Affine needs W of shape \(D, M\), .*got shape \(3,\)"):
        Affine(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"b as a NumPy array of shape \(3,\).*got shape \(4,\)"):
        Affine(np.zeros((4, 3)), np.zeros(4))
    with pytest.raises(ValueError, match=r"b as a NumPy array of shape \(3,\).*got list"):
        Affine(np.zeros((4, 3)), [0.0, 0.0, 0.0])


def test_a_bias_of_whole_numbers_adds_but_refuses_a_gradient():
    layer = Affine(np.ones((2, 3)), np.array([0, 1, 2]))
    assert layer.forward(np.ones((1, 2))).tolist() == [[2, 3, 4]]
    with pytest.raises(TypeError, match=r"b holds integers \(int64\)"):
        layer.backward(np.full((1, 3), 0.2))


@pytest.mark.parametrize("kind", [MatMul, Affine])
def test_weights_and_gradients_that_are_replaced_are_the_ones_that_are_used(kind, rng):
    layer, other = layer_of(kind, rng), layer_of(kind, rng)
    x, dout = rng.standard_normal((5, 4)), rng.standard_normal((5, 3))
    expected = other.forward(x), other.backward(dout)
    for place, param in enumerate(other.params):
        layer.params[place], layer.grads[place] = param, np.full_like(param, np.nan)
    assert np.array_equal(layer.forward(x), expected[0])
    assert np.array_equal(layer.backward(dout), expected[1])
    for grad, wanted in zip(layer.grads, other.grads, strict=True):
        assert np.array_equal(grad, wanted)
