"""A chunk of CBOW on the layers, centre by centre."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kotovec.engines.reference.update import Array, Update, ask, contexts_of
from kotovec.layers import Embedding


def cbow_deltas(
    w_in: Array,
    w_out: Array,
    kept: Sequence[int],
    windows: Sequence[tuple[int, int]],
    centres: range,
    negatives: Sequence[int],
    *,
    learning_rate: float,
    negative_weight: float,
    divide: bool = True,
) -> Update:
    """Return one step of gradient descent on a chunk, for given windows and negatives.

    `kept` holds word ids; `centres` are positions in it, and windows[position] says how many words before
    and after that position are its context, whose mean is h. A centre without context teaches nothing.
    `divide` False leaves the gradient of the mean undivided, as word2vec.c does.
    """
    d_in, d_out = np.zeros_like(w_in), np.zeros_like(w_out)
    loss, pairs = 0.0, 0
    for position, context in contexts_of(kept, windows, centres):
        embedding = Embedding(w_in)
        h = embedding.forward(np.array(context)).mean(axis=0)
        asked = [kept[position], *(word for word in negatives if word != kept[position])]
        rows = np.tile(h, (len(asked), 1))
        answers = np.array([1] + [0] * (len(asked) - 1))
        weights = np.where(answers == 1, 1.0, negative_weight)
        one_loss, dh, one_out = ask(w_out, rows, np.array(asked), answers, weights)
        share = len(context) if divide else 1
        embedding.backward(np.tile(dh.sum(axis=0) / share, (len(context), 1)))
        d_in -= learning_rate * embedding.grads[0]
        d_out -= learning_rate * one_out
        loss += one_loss
        pairs += 1
    return Update(w_in=d_in, w_out=d_out, loss=loss, pairs=pairs)
