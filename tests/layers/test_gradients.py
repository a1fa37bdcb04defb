import math

import numpy as np
import pytest

from kotovec.layers import Embedding, clip_grads, remove_duplicate


def test_gradients_of_a_shared_array_are_summed_under_one_entry():
    W, b = np.zeros((2, 2)), np.zeros(2)
    params, grads = remove_duplicate(
        [W, b, W, W], [np.full((2, 2), 1.0), np.full(2, 5.0), np.full((2, 2), 10.0), np.full((2, 2), 100.0)]
    )
    assert [param is kept for param, kept in zip(params, [W, b], strict=True)] == [True, True]
    assert grads[0].tolist() == [[111, 111], [111, 111]]
    assert grads[1].tolist() == [5, 5]


def test_summing_leaves_the_layers_own_gradients_alone():
    W = np.zeros((3, 2))
    layers = [Embedding(W), Embedding(W)]
    for layer in layers:
        layer.forward([1])
        layer.backward(np.ones((1, 2)))
    for _ in range(2):
        _, (total,) = remove_duplicate(
            [layer.params[0] for layer in layers], [layer.grads[0] for layer in layers]
        )
        assert total[1].tolist() == [2, 2]
    assert [layer.grads[0][1].tolist() for layer in layers] == [[1, 1], [1, 1]]


def test_a_gradient_of_the_transpose_is_turned_before_it_is_added():
    W = np.zeros((2, 3))
    _, (total,) = remove_duplicate([W, W.T], [np.zeros((2, 3)), np.arange(6.0).reshape(3, 2)])
    assert total.tolist() == [[0, 2, 4], [1, 3, 5]]


def test_arrays_that_only_look_alike_stay_apart():
    params, grads = remove_duplicate([np.zeros((2, 2)), np.zeros((2, 2))], [np.ones((2, 2)), np.ones((2, 2))])
    assert len(params) == len(grads) == 2


def test_a_part_of_an_array_is_not_taken_for_the_whole():
    W = np.zeros((4, 2))
    assert len(remove_duplicate([W, W[:2]], [np.ones((4, 2)), np.ones((2, 2))])[0]) == 2


def test_gradients_without_a_parameter_are_refused():
    with pytest.raises(ValueError, match="got 1 parameters and 0 gradients"):
        remove_duplicate([np.zeros(2)], [])


def test_clipping_shortens_all_gradients_together_to_the_limit():
    grads = [np.array([[3.0, 0.0]]), np.array([4.0])]
    assert clip_grads(grads, 2.0) == 5.0
    assert grads[0] == pytest.approx(np.array([[1.2, 0.0]]), rel=1e-15)
    assert math.hypot(*grads[0].ravel(), *grads[1]) == pytest.approx(2.0, rel=1e-15)


def test_gradients_within_the_limit_are_untouched():
    grads = [np.array([3.0]), np.array([4.0])]
    assert clip_grads(grads, 5.0) == 5.0
    assert [grad.tolist() for grad in grads] == [[3.0], [4.0]]


def test_clipping_keeps_the_dtype_and_the_array():
    grad = np.full(4, 1e30, dtype=np.float32)  # its square does not fit into float32
    clip_grads([grad], 1.0)
    assert grad.dtype == np.float32
    assert grad == pytest.approx(np.full(4, 0.5), rel=1e-6)


@pytest.mark.parametrize("max_norm", [0, -1.0, math.nan])
def test_a_limit_that_is_not_positive_is_explained(max_norm):
    with pytest.raises(ValueError, match="max_norm of clip_grads must be above 0"):
        clip_grads([np.ones(2)], max_norm)
