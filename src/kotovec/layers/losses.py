"""The loss of yes-or-no questions, and the negative sampling loss made of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import (
    Array,
    Seed,
    checked_gradient,
    checked_hidden,
    checked_ids,
    checked_weights,
    no_forward,
    per_sample,
    real_numbers,
)
from .embedding import EmbeddingDot
from .functions import sigmoid
from .sampler import UnigramSampler


class SigmoidWithLoss:
    """Compare scores with yes-or-no answers: the mean cross entropy of sigmoid(x) and t.

    A question with answer 1 costs -log y, one with answer 0 costs -log(1 - y), where y = sigmoid(x). Both are
    computed as log(1 + exp(-x)) and log(1 + exp(x)), which stay exact and finite where y rounds to 0 or 1.

    `params` and `grads` are empty: nothing is learned here.

    The book's section 4.2.3.

    >>> import numpy as np
    >>> layer = SigmoidWithLoss()
    >>> round(layer.forward(np.array([0.0, 0.0]), np.array([1, 0])), 4)   # ln 2
    0.6931
    >>> layer.backward()
    array([-0.25,  0.25])
    >>> layer.forward(np.array([1000.0]), np.array([0]))
    1000.0
    """

    def __init__(self) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.loss: float | None = None
        self.y: Array | None = None
        self.t: Array | None = None

    def forward(self, x: npt.ArrayLike, t: npt.ArrayLike) -> float:
        """Return the mean loss of the batch, computed in the dtype of `x` and averaged in float64.

        Args:
            x: (N,) scores before the sigmoid.
            t: (N,) answers, 1 for the target and 0 for a negative sample.

        Raises:
            ValueError: `x` and `t` are not both of shape (N,), or `t` holds anything but 0 and 1.
        """
        scores, answers = real_numbers(x), np.asarray(t)
        if scores.ndim != 1 or scores.shape != answers.shape or scores.size == 0:
            raise ValueError(
                "SigmoidWithLoss takes one score and one answer per sample, x and t both of "
                f"shape (N,) with N at least 1, got {scores.shape} and {answers.shape}: x.reshape(-1) and "
                "t.reshape(-1) are such rows."
            )
        yes = answers == 1
        if not np.all(yes | (answers == 0)):
            raise ValueError(
                "SigmoidWithLoss takes t as answers, 1 (the target) or 0 (a negative sample), "
                f"got {answers[~(yes | (answers == 0))][0]}; word ids go into EmbeddingDot's idx."
            )
        self.y = sigmoid(scores)
        self.t = yes.astype(self.y.dtype)
        losses = np.logaddexp(0.0, np.where(yes, -scores, scores))
        self.loss = float(np.mean(losses, dtype=np.float64))
        return self.loss

    def backward(self, dout: npt.ArrayLike = 1) -> Array:
        """Return the gradient by each score, (y - t) / N.

        Args:
            dout: the gradient of what follows by this loss: a number, or one weight per sample (N,).

        Returns:
            dx (N,), in the dtype of the scores.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape.
        """
        if self.y is None or self.t is None:
            no_forward("SigmoidWithLoss")
        N = len(self.y)
        return np.asarray((self.y - self.t) * per_sample(dout, N, self.y.dtype, "SigmoidWithLoss") / N)


class NegativeSamplingLoss:
    """Replace "which of the V words is it?" by S+1 questions "is it this one?", each answered yes or no.

    The exact loss compares a sample with all V words. Here the target should be answered yes, and S words
    drawn by a `UnigramSampler` no, so that a step costs S+1 dot products instead of V. The loss is the sum of
    S+1 batch means, one per question; before anything is learned every question costs ln 2.

    Args:
        W: (V, H) float, one output vector per word; kept, not copied, and changed in place by training.
        corpus: (T,) word ids, from whose counts the negative samples are drawn.
        power: exponent of the counts, see `UnigramSampler`.
        sample_size: S, the number of negative samples per target.
        seed: makes the draws repeatable; an int or a NumPy Generator.

    `params` is `[W]` and `grads` is `[dW]`, both (V, H).

    The book's section 4.2.7; Mikolov et al. 2013, arXiv 1310.4546, equation 4.

    >>> import numpy as np
    >>> layer = NegativeSamplingLoss(np.zeros((7, 3)), corpus=[0, 1, 2, 3, 4, 1, 5, 6], sample_size=5)
    >>> h, target = np.ones((2, 3)), np.array([1, 4])
    >>> round(layer.forward(h, target), 3)   # 6 ln 2
    4.159
    >>> layer.backward().shape
    (2, 3)

    The same draws again, for comparing two programs:

    >>> round(layer.forward(h, target, negative_sample=[[0, 2, 3, 3, 6], [1, 1, 1, 0, 5]]), 3)
    4.159
    """

    def __init__(
        self,
        W: Array,
        corpus: npt.ArrayLike,
        power: float = 0.75,
        sample_size: int = 5,
        *,
        seed: Seed = None,
    ) -> None:
        self.sample_size = sample_size
        V = len(checked_weights(W, "NegativeSamplingLoss"))
        self.sampler = UnigramSampler(
            checked_ids(corpus, V, "NegativeSamplingLoss"), power, sample_size, seed=seed
        )
        # The S+1 questions of a sample differ only in their word, so one layer asks them all: N * (S+1) rows.
        self.embed_dot = EmbeddingDot(W)
        self.loss_layer = SigmoidWithLoss()
        self.params = self.embed_dot.params
        self.grads = self.embed_dot.grads
        self.questions: tuple[int, int] | None = None

    def forward(
        self, h: npt.ArrayLike, target: npt.ArrayLike, negative_sample: npt.ArrayLike | None = None
    ) -> float:
        """Return the sum over the S+1 questions of the batch's mean loss.

        Args:
            h: (N, H) hidden vectors.
            target: (N,) word ids whose answer is yes.
            negative_sample: (N, S) word ids whose answer is no; drawn afresh when left out. Given ones are
                taken as they are, in any number S, even where one equals the target.

        Raises:
            TypeError, IndexError, ValueError: as `EmbeddingDot.forward`; ValueError also for a
                `negative_sample` that has not one row per target.
        """
        V = len(self.params[0])
        targets = checked_ids(target, V, "NegativeSamplingLoss")
        if negative_sample is None:
            negative_sample = self.sampler.get_negative_sample(targets)
        negatives = np.asarray(negative_sample)
        if targets.ndim != 1 or negatives.ndim != 2 or len(negatives) != len(targets):
            raise ValueError(
                "NegativeSamplingLoss takes target of shape (N,) and negative_sample of shape "
                f"(N, S), got {targets.shape} and {negatives.shape}."
            )
        hidden = checked_hidden(h, targets, self.params[0], "NegativeSamplingLoss")
        words = np.column_stack([targets, negatives])  # (N, S+1)
        N, Q = len(targets), 1 + negatives.shape[1]
        self.questions = (N, Q)
        answers = np.zeros((N, Q), dtype=np.int64)
        answers[:, 0] = 1
        scores = self.embed_dot.forward(np.repeat(hidden, Q, axis=0), words.reshape(-1))
        loss: float = Q * self.loss_layer.forward(scores, answers.reshape(-1))
        return loss

    def backward(self, dout: npt.ArrayLike = 1) -> Array:
        """Return the gradient by `h`, the sum of what its S+1 questions ask for.

        Args:
            dout: a number, one weight per sample (N,), or one per question (N, S+1) with the target first.

        Returns:
            dh (N, H); the gradient of the word vectors goes to `grads`.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape.
        """
        if self.questions is None:
            no_forward("NegativeSamplingLoss")
        N, Q = self.questions
        weights = np.asarray(dout)
        if weights.ndim == 2:
            weights = checked_gradient(weights, (N, Q), "NegativeSamplingLoss").reshape(-1)
        else:
            weights = np.repeat(per_sample(dout, N, np.float64, "NegativeSamplingLoss"), Q)
        # The loss layer averaged over N * Q questions, the book's loss over N samples: hence the factor Q.
        dh = self.embed_dot.backward(self.loss_layer.backward(Q * weights))
        return np.asarray(dh.reshape(N, Q, -1).sum(axis=1))
