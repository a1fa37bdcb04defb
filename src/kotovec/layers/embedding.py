"""Embedding picks the rows of a matrix that belong to words; EmbeddingDot scores them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import (
    Array,
    checked_gradient,
    checked_hidden,
    checked_ids,
    checked_trainable,
    checked_weights,
    no_forward,
)


class Embedding:
    """Pick the rows of `W` that belong to word ids: a one-hot vector times `W`, without the multiplication.

    Args:
        W: (V, H) float, one row per word; kept, not copied, and changed in place by training.

    `params` is `[W]` and `grads` is `[dW]`, both (V, H); `backward` overwrites `dW` in place.

    The book's section 4.1.

    >>> import numpy as np
    >>> W = np.arange(21.0).reshape(7, 3)
    >>> layer = Embedding(W)
    >>> layer.forward(np.array([1, 0, 3, 0]))
    array([[ 3.,  4.,  5.],
           [ 0.,  1.,  2.],
           [ 9., 10., 11.],
           [ 0.,  1.,  2.]])

    Word 0 was picked twice, so its row receives both gradients:

    >>> layer.backward(np.ones((4, 3)))
    >>> layer.grads[0][[0, 1, 2, 3]]
    array([[2., 2., 2.],
           [1., 1., 1.],
           [0., 0., 0.],
           [1., 1., 1.]])
    """

    def __init__(self, W: Array) -> None:
        self.params = [checked_weights(W, "Embedding")]
        self.grads: list[Array] = [np.zeros(W.shape, W.dtype)]
        self.idx: Array | None = None

    def forward(self, idx: npt.ArrayLike) -> Array:
        """Return the rows of the given words.

        Args:
            idx: (N,) word ids, or ids of any other shape such as (N, C).

        Returns:
            (N, H), a copy; for ids of another shape that shape and H.

        Raises:
            TypeError: the ids are not integers.
            IndexError: an id is negative, or has no row in `W`.
        """
        (W,) = self.params
        self.idx = checked_ids(idx, len(W), "Embedding")
        return np.asarray(W[self.idx])

    def backward(self, dout: npt.ArrayLike) -> None:
        """Add each row of `dout` to the row of `dW` that forward picked; ids themselves have no gradient.

        Adds, because a word that stands twice in the batch has influenced the loss twice. The tempting
        `dW[idx] = dout` keeps only the last of its gradients.

        Args:
            dout: (N, H), the gradient of the loss by what forward returned.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape than forward's answer.
            TypeError: `W` holds integers, which cannot take the small steps of training.
        """
        if self.idx is None:
            no_forward("Embedding")
        dW = checked_trainable(self.grads[0])
        H = dW.shape[1]
        rows = checked_gradient(dout, (*self.idx.shape, H), "Embedding")
        dW[...] = 0
        # np.add.at(dW, idx, dout) means the same; NumPy adds single numbers four times as fast as rows.
        positions = self.idx.reshape(-1, 1) * H + np.arange(H)
        flat = dW.reshape(-1)
        np.add.at(flat, positions.reshape(-1), rows.reshape(-1).astype(dW.dtype, copy=False))
        if not dW.flags.c_contiguous:  # then `flat` is a copy
            dW[...] = flat.reshape(dW.shape)


class EmbeddingDot:
    """Score one word per sample: the dot product of the word's row of `W` and the sample's hidden vector.

    Args:
        W: (V, H) float, one output vector per word; kept, not copied, and changed in place by training.

    `params` is `[W]` and `grads` is `[dW]`, both (V, H).

    **Why does `np.sum(target_W * h, axis=1)` go into the sigmoid, and why is it summed along axis 1?**

    The network asks one yes-or-no question per sample: "is this word the one?". Three samples, each with a
    hidden vector of three elements (a row of `h`) and the id of the word it is asked about (`idx`):

    >>> import numpy as np
    >>> W = np.arange(21.0).reshape(7, 3)
    >>> h = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]])
    >>> idx = np.array([0, 3, 1])
    >>> target_W = W[idx]
    >>> target_W
    array([[ 0.,  1.,  2.],
           [ 9., 10., 11.],
           [ 3.,  4.,  5.]])

    Multiplying element by element keeps the samples apart. The first row is 0*0, 1*1, 2*2:

    >>> target_W * h
    array([[ 0.,  1.,  4.],
           [27., 40., 55.],
           [18., 28., 40.]])

    A dot product is the sum of such products. Axis 0 runs down the samples, axis 1 along the elements of one
    vector. So summing along axis 1 finishes each sample's dot product, 0 + 1 + 4 = 5, and leaves one score
    per sample. Summing along axis 0 would mix different samples, and answer nobody's question.

    >>> np.sum(target_W * h, axis=1)
    array([  5., 122.,  86.])

    Why is that the score? A network with one output per word multiplies `h` by all of `W` and gets (N, V)
    scores: the larger a score, the better that word's vector fits. Ours are three of those numbers, the ones
    that the questions are about. The other 18 are never computed; with 7 words that is nothing, with a
    million words it is everything.

    >>> scores = h @ W.T
    >>> scores.shape, scores[[0, 1, 2], idx]
    ((3, 7), array([  5., 122.,  86.]))

    Two vectors that point the same way have a large positive product: "yes". Opposite ways, a large negative
    one: "no". The sigmoid makes a probability of it, 0.9933 for the score 5, and the loss compares that with
    the true answer, 1 for the target and 0 for a negative sample (`SigmoidWithLoss`).

    The layer does just this:

    >>> EmbeddingDot(W).forward(h, idx)
    array([  5., 122.,  86.])

    The book's sections 4.2.3 and 4.2.4.
    """

    def __init__(self, W: Array) -> None:
        self.embed = Embedding(checked_weights(W, "EmbeddingDot"))
        self.params = self.embed.params
        self.grads = self.embed.grads
        self.cache: tuple[Array, Array] | None = None

    def forward(self, h: npt.ArrayLike, idx: npt.ArrayLike) -> Array:
        """Return the score of word `idx[n]` for hidden vector `h[n]`.

        Args:
            h: (N, H) hidden vectors, one row per sample.
            idx: (N,) word ids, one per sample.

        Returns:
            (N,) scores, to go into the sigmoid.

        Raises:
            TypeError: the ids are not integers.
            IndexError: an id is negative, or has no row in `W`.
            ValueError: `h` does not have one row per id, or is not as wide as `W`.
        """
        (W,) = self.params
        word_ids = checked_ids(idx, len(W), "EmbeddingDot")
        hidden = checked_hidden(h, word_ids, W, "EmbeddingDot")
        target_W = self.embed.forward(word_ids)  # (N, H)
        self.cache = (hidden, target_W)
        return np.asarray(np.sum(target_W * hidden, axis=1))

    def backward(self, dout: npt.ArrayLike) -> Array:
        """Share the gradient out: in a product each factor's gradient is the other factor.

        Args:
            dout: (N,), the gradient of the loss by each score.

        Returns:
            dh (N, H); the gradient of the word vectors goes to `grads`.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` is not of shape (N,).
        """
        if self.cache is None:
            no_forward("EmbeddingDot")
        h, target_W = self.cache
        column = checked_gradient(dout, (len(h),), "EmbeddingDot").reshape(-1, 1)  # (N, 1), one number a row
        self.embed.backward(column * h)
        return np.asarray(column * target_W)
