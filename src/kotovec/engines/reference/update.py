"""What the references share: contexts, questions of negative sampling, and what a chunk teaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kotovec.layers import EmbeddingDot, SigmoidWithLoss, sigmoid

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Update:
    """What one chunk teaches: changes of both matrices, each (V, H), and the loss before them."""

    w_in: Array
    w_out: Array
    loss: float  # summed over the positive pairs, not averaged
    pairs: int


def contexts_of(
    kept: Sequence[int], windows: Sequence[tuple[int, int]], centres: range
) -> list[tuple[int, list[int]]]:
    """Return (position, context words) of every centre that has a context."""
    found = []
    for position in centres:
        before, after = windows[position]
        context = [kept[at] for at in range(position - before, position + after + 1) if at != position]
        if context:
            found.append((position, context))
    return found


def ask(
    w_out: Array, h: Array, word_ids: npt.NDArray[np.int64], answers: npt.NDArray[np.int64], weights: Array
) -> tuple[float, Array, Array]:
    """Ask "is it this word?" of every row of h, and weigh the questions.

    `h` is (Q, H) and `word_ids`, `answers` (1 for yes) and `weights` are (Q,). Returns the weighted loss,
    the gradient by h (Q, H) and the gradient by w_out (V, H).
    """
    dot, loss_layer = EmbeddingDot(w_out), SigmoidWithLoss()
    scores = dot.forward(h, word_ids)
    loss_layer.forward(scores, answers)
    # The layer averages over the batch; a chunk's gradient is a weighted sum.
    dh = dot.backward(loss_layer.backward(weights * len(weights)))
    signed = np.where(answers == 1, -scores, scores)
    return float(weights @ np.logaddexp(0.0, signed)), np.asarray(dh), np.asarray(dot.grads[0])


def controls(
    w_out: Array,
    h: Array,
    word_ids: npt.NDArray[np.int64],
    answers: npt.NDArray[np.int64],
    weights: Array,
    negatives: Sequence[int],
    mean_negative: Array | None,
) -> Array:
    """Return what is added to the gradient by h of each question, (Q, H), so that it has less noise.

    The questions are those of `ask`. One with answer no pushes its row of h away from a negative. What all of
    them have in common, their mean push, is turned from the mean of the M rows that chance has drawn to
    `mean_negative`, and what is left of each push grows by M / (M - 1), so that nothing changes on average.
    """
    M = len(negatives)
    if M == 1 or mean_negative is None:
        return np.zeros_like(h)
    dot = EmbeddingDot(w_out)
    pushes = np.where(answers == 1, 0.0, weights * sigmoid(dot.forward(h, word_ids)))
    spread, mean_drawn = M / (M - 1), w_out[list(negatives)].mean(axis=0)
    turned = (spread - 1) * w_out[word_ids] - spread * mean_drawn + mean_negative
    return np.asarray(pushes[:, None] * turned)
