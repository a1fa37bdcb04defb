"""A chunk of skip-gram or CBOW with full softmax on the layers, sample by sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kotovec.engines.reference.update import Array, Update, contexts_of
from kotovec.layers import Embedding, MatMul, SoftmaxWithLoss


def softmax_skipgram_deltas(
    w_in: Array,
    w_out: Array,
    kept: Sequence[int],
    windows: Sequence[tuple[int, int]],
    centres: range,
    *,
    learning_rate: float,
) -> Update:
    """Return one step of gradient descent on a chunk, for given windows: the centre predicts its context.

    `kept`, `windows` and `centres` are as for `skipgram_deltas`.
    """
    samples = [([kept[at]], context) for at, context in contexts_of(kept, windows, centres)]
    return softmax_deltas(w_in, w_out, samples, learning_rate=learning_rate)


def softmax_cbow_deltas(
    w_in: Array,
    w_out: Array,
    kept: Sequence[int],
    windows: Sequence[tuple[int, int]],
    centres: range,
    *,
    learning_rate: float,
    divide: bool = True,
) -> Update:
    """Return one step of gradient descent on a chunk, for given windows: the context predicts the centre.

    `kept`, `windows`, `centres` and `divide` are as for `cbow_deltas`.
    """
    samples = [(context, [kept[at]]) for at, context in contexts_of(kept, windows, centres)]
    return softmax_deltas(w_in, w_out, samples, learning_rate=learning_rate, divide=divide)


def softmax_deltas(
    w_in: Array,
    w_out: Array,
    samples: Sequence[tuple[list[int], list[int]]],
    *,
    learning_rate: float,
    divide: bool = True,
) -> Update:
    """Return one step on samples of (input words, right words); h is the mean of the inputs' rows."""
    d_in, d_out = np.zeros_like(w_in), np.zeros_like(w_out)
    loss, pairs = 0.0, 0
    for inputs, right in samples:
        embedding, matmul, loss_layer = Embedding(w_in), MatMul(w_out.T), SoftmaxWithLoss()
        h = embedding.forward(np.array(inputs)).mean(axis=0)
        scores = matmul.forward(np.tile(h, (len(right), 1)))  # (Q, V), the same row for each right word
        # The layer averages over the batch; a chunk's gradient is a sum.
        loss += loss_layer.forward(scores, np.array(right)) * len(right)
        dh = matmul.backward(loss_layer.backward(len(right))).sum(axis=0)
        share = len(inputs) if divide else 1
        embedding.backward(np.tile(dh / share, (len(inputs), 1)))
        d_in -= learning_rate * embedding.grads[0]
        d_out -= learning_rate * matmul.grads[0].T
        pairs += len(right)
    return Update(w_in=d_in, w_out=d_out, loss=loss, pairs=pairs)
