"""A chunk of skip-gram on the layers, pair by pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kotovec.engines.reference.update import Array, Update, ask, contexts_of, controls
from kotovec.layers import Embedding


def skipgram_deltas(
    w_in: Array,
    w_out: Array,
    kept: Sequence[int],
    windows: Sequence[tuple[int, int]],
    centres: range,
    negatives: Sequence[int],
    *,
    learning_rate: float,
    negative_weight: float,
    mean_negative: Array | None = None,
) -> Update:
    """Return one step of gradient descent on a chunk, for given windows and negatives.

    `kept` holds word ids; `centres` are positions in it, and windows[position] says how many words before
    and after that position are its context. Every pair (centre, context) is one question with answer
    yes, and one question with answer no for each negative that is not the context word itself, weighted
    by `negative_weight`.

    In the gradient of a centre's row, the mean push against the negatives acts on `mean_negative`, (H,),
    instead of on the mean of their rows, which chance has drawn. Without it the gradient is the plain one.
    """
    centre_ids, word_ids, answers, weights, pairs = [], [], [], [], 0
    for position, context in contexts_of(kept, windows, centres):
        for right in context:
            pairs += 1
            asked = [right, *(word for word in negatives if word != right)]
            centre_ids += [kept[position]] * len(asked)
            word_ids += asked
            answers += [1] + [0] * (len(asked) - 1)
            weights += [1.0] + [negative_weight] * (len(asked) - 1)
    if not pairs:
        return Update(w_in=np.zeros_like(w_in), w_out=np.zeros_like(w_out), loss=0.0, pairs=0)
    embedding = Embedding(w_in)
    h = embedding.forward(np.array(centre_ids))
    questions = w_out, h, np.array(word_ids), np.array(answers), np.array(weights)
    loss, dh, d_out = ask(*questions)
    embedding.backward(dh + controls(*questions, negatives, mean_negative))
    return Update(
        w_in=-learning_rate * embedding.grads[0], w_out=-learning_rate * d_out, loss=loss, pairs=pairs
    )
