"""The two networks of word2vec: CBOW guesses a word from its context, skip-gram the context from a word."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, Seed, checked_dtype, checked_ids, checked_whole, no_forward, per_sample
from .embedding import Embedding
from .losses import NegativeSamplingLoss


class _WordVectorNetwork:
    """What CBOW and skip-gram share: an input and an output vector for every word, and the same loss."""

    def __init__(
        self,
        vocab_size: int,
        hidden_size: int,
        window_size: int,
        corpus: npt.ArrayLike,
        *,
        sample_size: int = 5,
        seed: Seed = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        name, rng = type(self).__name__, np.random.default_rng(seed)
        V, H = checked_whole(vocab_size, "vocab_size", name), checked_whole(hidden_size, "hidden_size", name)
        number, word_ids = checked_dtype(dtype, name), checked_ids(corpus, None, name)
        if word_ids.size and word_ids.max() >= V:
            raise IndexError(
                f"The corpus has word ids up to {word_ids.max()}, but the vocab_size of {name} is {V}: "
                "give it len(word_to_id)."
            )
        W_in = (0.01 * rng.standard_normal((V, H))).astype(number)
        W_out = (0.01 * rng.standard_normal((V, H))).astype(number)
        self.window_size = checked_whole(window_size, "window_size", name)
        self.contexts_shape: tuple[int, int] | None = None
        self.embed = Embedding(W_in)
        self.ns_loss = NegativeSamplingLoss(W_out, corpus, sample_size=sample_size, seed=rng)
        self.params = self.embed.params + self.ns_loss.params
        self.grads = self.embed.grads + self.ns_loss.grads
        self.word_vecs = W_in
        self.output_vecs = W_out

    def _checked_contexts(self, contexts: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Array, Array]:
        name = type(self).__name__
        V = len(self.word_vecs)
        context_ids, target_ids = checked_ids(contexts, V, name), checked_ids(target, V, name)
        if context_ids.ndim != 2 or target_ids.shape != context_ids.shape[:1]:
            raise ValueError(
                f"{name} takes contexts of shape (N, 2w) and target of shape (N,), got "
                f"{context_ids.shape} and {target_ids.shape}."
            )
        if context_ids.shape[1] > 2 * self.window_size:
            raise ValueError(
                f"contexts has {context_ids.shape[1]} columns, but {name} was built with "
                f"window_size={self.window_size}, so at most {2 * self.window_size} fit: give "
                "create_contexts_target the same window_size."
            )
        self.contexts_shape = (len(context_ids), context_ids.shape[1])
        return context_ids, target_ids


class CBOW(_WordVectorNetwork):
    """Guess a word from the mean of its context's vectors, by negative sampling.

    The mean h = (c1 + ... + cC) / C keeps h at one size however wide the window is. Moving one context vector
    by d moves h by d / C only, and so the gradient that goes back to each of them is divided by C too.

    Args:
        vocab_size: V, the number of different words.
        hidden_size: H, the length of a word vector.
        window_size: w, the number of context words on each side.
        corpus: (T,) word ids, from whose counts the negative samples are drawn.
        sample_size: S, the number of negative samples per target.
        seed: makes initial weights and draws repeatable; an int or a NumPy Generator.
        dtype: of the weights; float64 for checking gradients.

    `params` is `[W_in, W_out]`, both (V, H), and `grads` are theirs. `word_vecs` is W_in, what one keeps as
    the word vectors; `output_vecs` is W_out.

    The book's section 4.3.1; Mikolov et al. 2013, arXiv 1301.3781, section 3.1.

    >>> from .text import create_contexts_target, preprocess
    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> contexts, target = create_contexts_target(corpus, window_size=1)
    >>> model = CBOW(vocab_size=7, hidden_size=5, window_size=1, corpus=corpus, seed=1)
    >>> round(model.forward(contexts, target), 2)   # 6 questions at ln 2 each
    4.16
    >>> model.backward()
    >>> model.word_vecs.shape, model.grads[0].shape
    ((7, 5), (7, 5))
    """

    def forward(
        self, contexts: npt.ArrayLike, target: npt.ArrayLike, negative_sample: npt.ArrayLike | None = None
    ) -> float:
        """Return the negative sampling loss of guessing each target from the mean of its context.

        Args:
            contexts: (N, 2w) word ids; fewer columns where windows are cut at a text's end.
            target: (N,) word ids.
            negative_sample: (N, S) word ids to use instead of fresh draws.

        Raises:
            TypeError: ids are not integers.
            IndexError: an id is negative, or not below V.
            ValueError: shapes do not fit each other, or `contexts` has more than 2w columns.
        """
        context_ids, target_ids = self._checked_contexts(contexts, target)
        h = self.embed.forward(context_ids).mean(axis=1)  # (N, C, H) -> (N, H)
        return self.ns_loss.forward(h, target_ids, negative_sample)

    def backward(self, dout: npt.ArrayLike = 1) -> None:
        """Fill `grads`: each of the C context words gets 1/C of its sample's gradient.

        Args:
            dout: a number, one weight per sample (N,), or one per question (N, S+1) with the target first.

        Raises:
            RuntimeError: forward was not called before.
        """
        if self.contexts_shape is None:
            no_forward("CBOW")
        N, C = self.contexts_shape
        dh = self.ns_loss.backward(dout)  # (N, H)
        H = dh.shape[1]
        self.embed.backward(np.broadcast_to((dh / C).reshape(N, 1, H), (N, C, H)))


class SkipGram(_WordVectorNetwork):
    """Guess each context word from the word in the centre, by negative sampling.

    Every pair of a centre and one of its context words is a sample of its own: the centre's input vector h
    against the context word's output vector. The loss is the sum over the 2w places in the window of the
    negative sampling loss there, as if each place had a loss layer of its own and all shared one W_out.

    Args:
        vocab_size: V, the number of different words.
        hidden_size: H, the length of a word vector.
        window_size: w, the number of context words on each side.
        corpus: (T,) word ids, from whose counts the negative samples are drawn.
        sample_size: S, the number of negative samples per pair.
        seed: makes initial weights and draws repeatable; an int or a NumPy Generator.
        dtype: of the weights; float64 for checking gradients.

    `params` is `[W_in, W_out]`, both (V, H), and `grads` are theirs. `word_vecs` is W_in, what one keeps as
    the word vectors; `output_vecs` is W_out.

    The book's section 3.5.2, with the loss of 4.2.7; Mikolov et al. 2013, arXiv 1310.4546.

    >>> from .text import create_contexts_target, preprocess
    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> contexts, target = create_contexts_target(corpus, window_size=1)
    >>> model = SkipGram(vocab_size=7, hidden_size=5, window_size=1, corpus=corpus, seed=1)
    >>> round(model.forward(contexts, target), 2)   # two context words, 6 questions each, at ln 2
    8.32
    >>> model.backward()
    >>> model.word_vecs.shape, model.grads[0].shape
    ((7, 5), (7, 5))
    """

    def forward(
        self, contexts: npt.ArrayLike, target: npt.ArrayLike, negative_sample: npt.ArrayLike | None = None
    ) -> float:
        """Return the sum of the negative sampling losses of guessing each context word from its centre.

        Args:
            contexts: (N, 2w) word ids to be guessed; fewer columns where windows are cut at a text's end.
            target: (N,) word ids in the centre, from which they are guessed.
            negative_sample: (N, 2w, S) word ids to use instead of fresh draws.

        Raises:
            TypeError: ids are not integers.
            IndexError: an id is negative, or not below V.
            ValueError: shapes do not fit each other, or `contexts` has more than 2w columns.
        """
        context_ids, centre_ids = self._checked_contexts(contexts, target)
        N, C = context_ids.shape
        if negative_sample is not None:
            negatives = np.asarray(negative_sample)
            if negatives.ndim != 3 or negatives.shape[:2] != (N, C):
                raise ValueError(
                    "SkipGram takes negative_sample of shape (N, 2w, S), S words for each "
                    f"context word, here {(N, C)} and S, got {negatives.shape}."
                )
            negative_sample = negatives.reshape(N * C, -1)
        h = np.repeat(self.embed.forward(centre_ids), C, axis=0)  # (N * C, H)
        loss: float = C * self.ns_loss.forward(h, context_ids.reshape(-1), negative_sample)
        return loss

    def backward(self, dout: npt.ArrayLike = 1) -> None:
        """Fill `grads`: a centre's gradient is the sum of what its C context words ask for.

        Args:
            dout: a number, or one weight per sample (N,).

        Raises:
            RuntimeError: forward was not called before.
            ValueError: `dout` has another shape.
        """
        if self.contexts_shape is None:
            no_forward("SkipGram")
        N, C = self.contexts_shape
        # As in NegativeSamplingLoss: one mean over N * C pairs stands for the sum of C means over N samples.
        weights = np.repeat(per_sample(dout, N, np.float64, "SkipGram"), C)
        dh = self.ns_loss.backward(C * weights)  # (N * C, H)
        self.embed.backward(dh.reshape(N, C, -1).sum(axis=1))
