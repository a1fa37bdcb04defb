import numpy as np
import pytest

from kotovec.layers import Embedding, EmbeddingDot


def test_embedding_picks_the_rows_of_the_ids():
    W = np.arange(21.0).reshape(7, 3)
    assert Embedding(W).forward(np.array([1, 0, 3, 0])).tolist() == [
        [3, 4, 5],
        [0, 1, 2],
        [9, 10, 11],
        [0, 1, 2],
    ]


def test_embedding_equals_a_one_hot_matrix_product(rng):
    W = rng.standard_normal((7, 3))
    idx = np.array([6, 2, 2, 0])
    assert np.array_equal(Embedding(W).forward(idx), np.eye(7)[idx] @ W)


def test_embedding_adds_the_gradients_of_equal_ids():
    layer = Embedding(np.zeros((4, 2)))
    layer.forward(np.array([0, 2, 0, 1]))
    layer.backward(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]))
    assert layer.grads[0].tolist() == [[6, 8], [7, 8], [3, 4], [0, 0]]


def test_embedding_backward_equals_the_book_s_line(rng):
    W = rng.standard_normal((50, 8))
    idx, dout = rng.integers(0, 50, (30, 4)), rng.standard_normal((30, 4, 8))
    layer = Embedding(W)
    layer.forward(idx)
    layer.backward(dout)
    expected = np.zeros_like(W)
    np.add.at(expected, idx, dout)
    assert np.array_equal(layer.grads[0], expected)


def test_embedding_backward_forgets_the_batch_before():
    layer = Embedding(np.zeros((3, 2)))
    for idx in ([0, 0], [2, 1]):
        layer.forward(idx)
        layer.backward(np.ones((2, 2)))
    assert layer.grads[0].tolist() == [[0, 0], [1, 1], [1, 1]]


def test_embedding_keeps_weight_and_gradient_arrays():
    W = np.zeros((3, 2), dtype=np.float32)
    layer = Embedding(W)
    dW = layer.grads[0]
    layer.forward([1])
    layer.backward(np.ones((1, 2)))
    assert layer.params[0] is W
    assert layer.grads[0] is dW
    assert dW[1].tolist() == [1, 1]


def test_embedding_of_weights_in_column_order_fills_its_gradient():
    layer = Embedding(np.asfortranarray(np.zeros((3, 2))))
    layer.forward([1, 1])
    layer.backward([[1.0, 2.0], [3.0, 4.0]])
    assert layer.grads[0].tolist() == [[0, 0], [4, 6], [0, 0]]


def test_a_change_of_the_weights_is_seen_by_forward_at_once():
    W = np.zeros((3, 2))
    layer = Embedding(W)
    W[1] = 7
    assert layer.forward([1]).tolist() == [[7, 7]]


def test_embedding_forward_returns_a_copy():
    W = np.zeros((3, 2))
    Embedding(W).forward([1])[...] = 9
    assert not W.any()


def test_embedding_gradient_agrees_with_differences(rng, assert_gradient):
    W, idx, direction = rng.standard_normal((5, 3)), np.array([4, 1, 4, 4, 0]), rng.standard_normal((5, 3))
    layer = Embedding(W)
    layer.forward(idx)
    layer.backward(direction)
    assert_gradient(layer.grads[0], lambda: float(np.sum(layer.forward(idx) * direction)), W)


def test_embedding_dot_scores_the_book_s_example():
    W = np.arange(21).reshape(7, 3)
    h, idx = np.arange(9).reshape(3, 3), np.array([0, 3, 1])
    assert EmbeddingDot(W).forward(h, idx).tolist() == [0 + 1 + 4, 27 + 40 + 55, 18 + 28 + 40]


def test_embedding_dot_scores_are_entries_of_the_whole_product(rng):
    W, h = rng.standard_normal((7, 4)), rng.standard_normal((3, 4))
    idx = np.array([6, 0, 6])
    whole = h @ W.T
    assert EmbeddingDot(W).forward(h, idx) == pytest.approx(whole[[0, 1, 2], idx], rel=1e-14)


def test_embedding_dot_backward_hands_each_factor_the_other():
    W = np.array([[1.0, 2.0], [3.0, 4.0]])
    layer = EmbeddingDot(W)
    layer.forward(np.array([[5.0, 6.0], [7.0, 8.0]]), np.array([1, 1]))
    dh = layer.backward(np.array([10.0, 100.0]))
    assert dh.tolist() == [[30, 40], [300, 400]]
    assert layer.grads[0].tolist() == [[0, 0], [50 + 700, 60 + 800]]


def test_embedding_dot_gradients_agree_with_differences(rng, assert_gradient):
    W, h, idx = rng.standard_normal((5, 3)), rng.standard_normal((4, 3)), np.array([2, 0, 2, 2])
    direction = rng.standard_normal(4)
    layer = EmbeddingDot(W)

    def loss() -> float:
        return float(layer.forward(h, idx) @ direction)

    loss()
    dh = layer.backward(direction)
    dW = layer.grads[0].copy()
    assert_gradient(dh, loss, h)
    assert_gradient(dW, loss, W)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_embedding_dot_keeps_the_dtype_of_its_weights(rng, dtype):
    W, h = rng.standard_normal((5, 3)).astype(dtype), rng.standard_normal((2, 3)).astype(dtype)
    layer = EmbeddingDot(W)
    scores = layer.forward(h, [1, 2])
    dh = layer.backward(scores)
    assert scores.dtype == dh.dtype == layer.grads[0].dtype == dtype


def test_integer_weights_are_scored_but_refuse_a_gradient():
    layer = EmbeddingDot(np.arange(21).reshape(7, 3))
    scores = layer.forward(np.ones((1, 3)), [2])
    with pytest.raises(TypeError, match=r"int64.*cannot take the small steps.*W\.astype\(np\.float32\)"):
        layer.backward(scores)


@pytest.mark.parametrize("ids", [np.array([1.0, 2.0]), [0.5, 1], np.array([True, False])])
def test_ids_that_are_not_integers_are_explained(ids):
    with pytest.raises(TypeError, match=r"integers that name words, got (float64|bool).*astype\(np\.int64\)"):
        Embedding(np.zeros((7, 3))).forward(ids)


@pytest.mark.parametrize("layer", [Embedding, EmbeddingDot])
@pytest.mark.parametrize(
    ("ids", "message"),
    [([0, 7], r"word id 7, but W has 7 rows: ids run from 0 to 6"), ([-1, 0], r"word id -1: ids start at 0")],
)
def test_ids_without_a_row_are_named(layer, ids, message):
    arguments = (ids,) if layer is Embedding else (np.zeros((2, 3)), ids)
    with pytest.raises(IndexError, match=f"{layer.__name__} got the {message}"):
        layer(np.zeros((7, 3))).forward(*arguments)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (3,)])
def test_hidden_vectors_that_do_not_fit_the_ids_are_explained(shape):
    with pytest.raises(ValueError, match=r"h of shape \(N, H\).*here \(2, 3\), got"):
        EmbeddingDot(np.zeros((7, 3))).forward(np.zeros(shape), [0, 1])


def test_output_weights_that_lie_the_wrong_way_are_told_to_turn():
    with pytest.raises(ValueError, match=r"got \(2, 3\); if W \(3, 7\) holds words in columns, give W\.T"):
        EmbeddingDot(np.zeros((3, 7))).forward(np.zeros((2, 3)), [0, 1])


def test_a_table_of_ids_is_refused_by_embedding_dot():
    with pytest.raises(ValueError, match=r"one word id per sample, idx of shape \(N,\), got shape \(2, 2\)"):
        EmbeddingDot(np.zeros((7, 3))).forward(np.zeros((2, 3)), [[0, 1], [2, 3]])


@pytest.mark.parametrize("layer", [Embedding, EmbeddingDot])
def test_backward_before_forward_is_explained(layer):
    with pytest.raises(
        RuntimeError, match=f"{layer.__name__}.backward was called before {layer.__name__}.forward"
    ):
        layer(np.zeros((7, 3))).backward(np.zeros(2))


def test_a_gradient_of_another_shape_is_explained():
    layer = EmbeddingDot(np.zeros((7, 3)))
    layer.forward(np.zeros((2, 3)), [0, 1])
    with pytest.raises(ValueError, match=r"shape that forward returned, \(2,\), got \(2, 1\)"):
        layer.backward(np.zeros((2, 1)))


def test_weights_that_are_a_list_or_a_vector_are_explained():
    with pytest.raises(TypeError, match=r"EmbeddingDot needs W as a NumPy array .* got list"):
        EmbeddingDot([[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"Embedding needs W of shape \(V, H\).*got shape \(3,\)"):
        Embedding(np.zeros(3))


def test_no_ids_at_all_is_explained():
    with pytest.raises(ValueError, match="no word ids at all"):
        Embedding(np.zeros((7, 3))).forward([])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint64])
def test_gradients_of_narrow_ids_find_their_rows(dtype):
    layer = Embedding(np.zeros((100, 700)))  # 99 * 700 does not fit into 16 bits
    layer.forward(np.array([99, 14], dtype))
    layer.backward(np.ones((2, 700)))
    assert np.flatnonzero(layer.grads[0].any(axis=1)).tolist() == [14, 99]


@pytest.mark.parametrize("words", [["you", "say"], "you", None])
def test_words_where_ids_are_due_are_pointed_to_preprocess(words):
    with pytest.raises(TypeError, match=r"takes word ids, .* preprocess\(text\) makes ids of words"):
        Embedding(np.zeros((3, 2))).forward(words)


def test_gradients_that_lie_in_columns_are_filled_as_well():
    layer, other = Embedding(np.zeros((4, 2))), Embedding(np.zeros((4, 2)))
    layer.grads[0] = np.asfortranarray(np.full((4, 2), np.nan))
    for one in (layer, other):
        one.forward(np.array([0, 2, 0, 1]))
        one.backward(np.arange(8.0).reshape(4, 2))
    assert np.array_equal(layer.grads[0], other.grads[0])
