"""A chunk of skip-gram or CBOW with hierarchical softmax on the layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kotovec.engines.reference.update import Array, Update, contexts_of
from kotovec.layers import Embedding, HierarchicalSoftmaxLoss


def hierarchical_skipgram_deltas(
    w_in: Array,
    nodes: Array,
    corpus: npt.ArrayLike,
    kept: Sequence[int],
    windows: Sequence[tuple[int, int]],
    centres: range,
    *,
    learning_rate: float,
) -> Update:
    """Return one step of gradient descent on a chunk, for given windows.

    `nodes` is (V-1, H), one vector per inner node of the Huffman tree of `corpus`; `kept`, `windows` and
    `centres` are as for `skipgram_deltas`. Each context word predicts the centre, as in word2vec.c: in a
    whole text these are the pairs of skip-gram, read the other way round.
    """
    pairs = [
        (word, kept[position])
        for position, context in contexts_of(kept, windows, centres)
        for word in context
    ]
    d_in, d_out = np.zeros_like(w_in), np.zeros_like(nodes)
    if not pairs:
        return Update(w_in=d_in, w_out=d_out, loss=0.0, pairs=0)
    contexts, targets = np.array(pairs).T
    embedding, layer = Embedding(w_in), HierarchicalSoftmaxLoss(nodes, corpus)
    loss = layer.forward(embedding.forward(contexts), targets)
    # The layer averages over the batch; a chunk's gradient is a sum.
    embedding.backward(layer.backward(len(pairs)))
    return Update(
        w_in=-learning_rate * embedding.grads[0],
        w_out=-learning_rate * layer.grads[0],
        loss=loss * len(pairs),
        pairs=len(pairs),
    )


def hierarchical_cbow_deltas(
    w_in: Array,
    nodes: Array,
    corpus: npt.ArrayLike,
    kept: Sequence[int],
    windows: Sequence[tuple[int, int]],
    centres: range,
    *,
    learning_rate: float,
    divide: bool = True,
) -> Update:
    """Return one step of gradient descent on a chunk, for given windows.

    The arguments are those of `hierarchical_skipgram_deltas`, and `divide` is that of `cbow_deltas`.
    """
    d_in, d_out = np.zeros_like(w_in), np.zeros_like(nodes)
    loss, pairs = 0.0, 0
    for position, context in contexts_of(kept, windows, centres):
        embedding, layer = Embedding(w_in), HierarchicalSoftmaxLoss(nodes, corpus)
        h = embedding.forward(np.array(context)).mean(axis=0, keepdims=True)
        loss += layer.forward(h, [kept[position]])
        share = len(context) if divide else 1
        embedding.backward(np.tile(layer.backward() / share, (len(context), 1)))
        d_in -= learning_rate * embedding.grads[0]
        d_out -= learning_rate * layer.grads[0]
        pairs += 1
    return Update(w_in=d_in, w_out=d_out, loss=loss, pairs=pairs)
