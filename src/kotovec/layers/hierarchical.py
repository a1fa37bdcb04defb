"""HierarchicalSoftmaxLoss: the exact probability of a word as a product of yes-or-no answers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_hidden, checked_ids, checked_weights, no_forward, per_sample
from .embedding import EmbeddingDot
from .huffman import HuffmanTree
from .losses import SigmoidWithLoss


class HierarchicalSoftmaxLoss:
    """Replace "which of the V words is it?" by the questions on the way to the word in a `HuffmanTree`.

    At every inner node of the tree stands a vector. Its product with `h`, through the sigmoid, is the
    probability of turning 0 there, and 1 minus that the probability of turning 1. The probability of a word
    is the product of those on its path, and the loss is minus its logarithm, averaged over the batch. Unlike
    the questions of negative sampling, these give true probabilities: at every node the two ways share 1
    between them, so that all words together have 1. A step costs about log2 V dot products instead of V.

    The rows of `W` belong to nodes and not to words, so they are of no use as word vectors.

    Args:
        W: (V-1, H) float, one vector per inner node; kept, not copied, and changed in place by training.
        corpus: (T,) word ids, from whose counts the tree is grown.

    `params` is `[W]` and `grads` is `[dW]`, both (V-1, H). `tree` is the `HuffmanTree`.

    Before anything is learned every question costs ln 2, and "say", which occurs twice in the toy sentence,
    is asked two questions where the other six words are asked three:

    >>> import numpy as np
    >>> corpus = np.array([0, 1, 2, 3, 4, 1, 5, 6])   # you say goodbye and i say hello .
    >>> layer = HierarchicalSoftmaxLoss(np.zeros((6, 3)), corpus)
    >>> round(layer.forward(np.ones((1, 3)), np.array([1])), 4)   # 2 ln 2
    1.3863
    >>> round(layer.forward(np.ones((1, 3)), np.array([0])), 4)   # 3 ln 2
    2.0794
    >>> layer.backward().shape
    (1, 3)

    The probabilities of the seven words, whatever `W` and `h` are:

    >>> layer.params[0][...] = np.random.default_rng(1).standard_normal((6, 3))
    >>> p = [np.exp(-layer.forward(np.ones((1, 3)), np.array([word]))) for word in range(7)]
    >>> round(float(sum(p)), 12)
    1.0

    An alternative to negative sampling, the book's section 4.2; Morin and Bengio 2005; Mikolov et al. 2013,
    arXiv 1310.4546, section 2.1.
    """

    def __init__(self, W: Array, corpus: npt.ArrayLike) -> None:
        V = len(checked_weights(W, "HierarchicalSoftmaxLoss")) + 1
        word_ids = checked_ids(corpus, None, "HierarchicalSoftmaxLoss")
        if word_ids.max() >= V or V < 2:
            raise ValueError(
                "HierarchicalSoftmaxLoss needs W of shape (V-1, H), one row per inner node of the tree: "
                f"the corpus has word ids up to {word_ids.max()}, and {len(W)} rows are for {V} words."
            )
        self.tree = HuffmanTree(np.bincount(word_ids.reshape(-1), minlength=V))
        self.embed_dot = EmbeddingDot(W)
        self.loss_layer = SigmoidWithLoss()
        self.params = self.embed_dot.params
        self.grads = self.embed_dot.grads
        self.samples: Array | None = None

    def forward(self, h: npt.ArrayLike, target: npt.ArrayLike) -> float:
        """Return the mean of -log p(target | h) over the batch.

        Args:
            h: (N, H) hidden vectors.
            target: (N,) word ids.

        Raises:
            TypeError, IndexError, ValueError: as `EmbeddingDot.forward`.
        """
        targets = checked_ids(target, self.tree.vocab_size, "HierarchicalSoftmaxLoss")
        hidden = checked_hidden(h, targets, self.params[0], "HierarchicalSoftmaxLoss")
        paths = [self.tree.path(int(word_id)) for word_id in targets]
        nodes, codes = (np.concatenate(parts) for parts in zip(*paths, strict=True))
        self.samples = np.repeat(np.arange(len(targets)), self.tree.lengths[targets])  # (Q,) whose question
        scores = self.embed_dot.forward(hidden[self.samples], nodes)
        # The loss layer averages over the questions, of which a sample has several.
        return float(len(nodes) / len(targets) * self.loss_layer.forward(scores, 1 - codes))

    def backward(self, dout: npt.ArrayLike = 1) -> Array:
        """Return the gradient by `h`, the sum of what the questions on the path ask for.

        Args:
            dout: the gradient of what follows by this loss: a number, or one weight per sample (N,).

        Returns:
            dh (N, H); the gradient of the nodes' vectors goes to `grads`.

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape.
        """
        if self.samples is None:
            no_forward("HierarchicalSoftmaxLoss")
        N, Q = int(self.samples[-1]) + 1, len(self.samples)
        weights = per_sample(dout, N, np.float64, "HierarchicalSoftmaxLoss")[self.samples]
        rows = self.embed_dot.backward(self.loss_layer.backward(weights * (Q / N)))  # (Q, H)
        dh = np.zeros((N, rows.shape[1]), rows.dtype)
        np.add.at(dh, self.samples, rows)
        return dh
