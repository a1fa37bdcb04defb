"""The networks of chapter 3: CBOW and skip-gram that score all V words, from one-hot vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, Seed, checked_dtype, checked_whole, first_not_one_hot, no_forward
from .matmul import MatMul
from .softmax_loss import SoftmaxWithLoss


def _initial_weights(
    vocab_size: int, hidden_size: int, seed: Seed, dtype: npt.DTypeLike, owner: str
) -> tuple[Array, Array]:
    """Return W_in (V, H) and W_out (H, V) of small random numbers."""
    V, H = checked_whole(vocab_size, "vocab_size", owner), checked_whole(hidden_size, "hidden_size", owner)
    number, rng = checked_dtype(dtype, owner), np.random.default_rng(seed)
    W_in = (0.01 * rng.standard_normal((V, H))).astype(number)
    W_out = (0.01 * rng.standard_normal((H, V))).astype(number)
    return W_in, W_out


def _checked_one_hot(
    contexts: npt.ArrayLike, target: npt.ArrayLike, vocab_size: int, owner: str
) -> tuple[Array, Array]:
    """Return contexts (N, 2, V) and target (N, V) as arrays."""
    around, centre = np.asarray(contexts), np.asarray(target)
    if around.ndim != 3 or centre.ndim != 2:
        raise ValueError(
            f"{owner} takes one-hot contexts (N, 2, V) and target (N, V), got {around.shape} and "
            f"{centre.shape}: word ids become one-hot by convert_one_hot(ids, {vocab_size})."
        )
    if centre.shape != (len(around), vocab_size) or around.shape != (len(centre), 2, vocab_size):
        if len(around) != len(centre):
            hint = "there is one target for each sample"
        elif around.shape[2] != vocab_size or centre.shape[1] != vocab_size:
            hint = f"V is the vocab_size that {owner} was built with"
        else:
            hint = "two contexts are those of window_size=1"
        raise ValueError(
            f"{owner} takes one-hot contexts (N, 2, V) and target (N, V) with V = {vocab_size}, got "
            f"{around.shape} and {centre.shape}; {hint}."
        )
    for name, vectors in (("contexts", around.reshape(-1, vocab_size)), ("target", centre)):
        wrong = first_not_one_hot(vectors)
        if wrong is not None:
            raise ValueError(
                f"{owner} takes one-hot vectors, a single 1 among zeros, but one of {name} is "
                f"{vectors[wrong]}: word ids become one-hot by convert_one_hot(ids, {vocab_size})."
            )
    return around, centre


class SimpleCBOW:
    """Guess a word from the one before it and the one behind it, scoring all V words.

    Both contexts go through the same W_in, h is the mean of the two, and h @ W_out holds a score for every
    word, which the softmax turns into probabilities. Moving one context's vector by d moves h by d / 2, and
    so each gets half of the gradient.

    Args:
        vocab_size: V, the number of different words.
        hidden_size: H, the length of a word vector.
        seed: makes the initial weights repeatable; an int or a NumPy Generator.
        dtype: of the weights; float64 for checking gradients.

    `params` is `[W_in, W_in, W_out]`, W_in (V, H) once for each layer that uses it and W_out (H, V), and
    `grads` are theirs; `Trainer` sums what belongs to one array (`remove_duplicate`). `word_vecs` is W_in.

    The book's section 3.4.

    >>> from .text import convert_one_hot, create_contexts_target, preprocess
    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> contexts, target = create_contexts_target(corpus, window_size=1)
    >>> contexts, target = convert_one_hot(contexts, 7), convert_one_hot(target, 7)
    >>> model = SimpleCBOW(vocab_size=7, hidden_size=5, seed=1)
    >>> round(model.forward(contexts, target), 3)   # ln 7
    1.946
    >>> model.backward()
    >>> model.word_vecs.shape
    (7, 5)
    """

    def __init__(
        self, vocab_size: int, hidden_size: int, *, seed: Seed = None, dtype: npt.DTypeLike = np.float32
    ) -> None:
        W_in, W_out = _initial_weights(vocab_size, hidden_size, seed, dtype, "SimpleCBOW")
        self.in_layer0 = MatMul(W_in)
        self.in_layer1 = MatMul(W_in)
        self.out_layer = MatMul(W_out)
        self.loss_layer = SoftmaxWithLoss()
        layers = [self.in_layer0, self.in_layer1, self.out_layer]
        self.params = [param for layer in layers for param in layer.params]
        self.grads = [grad for layer in layers for grad in layer.grads]
        self.word_vecs = W_in
        self.output_vecs = W_out

    def forward(self, contexts: npt.ArrayLike, target: npt.ArrayLike) -> float:
        """Return the mean loss of guessing each target.

        Args:
            contexts: (N, 2, V) one-hot.
            target: (N, V) one-hot.

        Raises:
            ValueError: they are not one-hot vectors of those shapes.
        """
        around, centre = _checked_one_hot(contexts, target, len(self.word_vecs), "SimpleCBOW")
        h0 = self.in_layer0.forward(around[:, 0])
        h1 = self.in_layer1.forward(around[:, 1])
        return self.loss_layer.forward(self.out_layer.forward((h0 + h1) * 0.5), centre)

    def backward(self, dout: npt.ArrayLike = 1) -> None:
        """Fill `grads`.

        Args:
            dout: a number, or one weight per sample (N,).

        Raises:
            RuntimeError: forward was not called before.
        """
        if self.loss_layer.y is None:
            no_forward("SimpleCBOW")
        dh = self.out_layer.backward(self.loss_layer.backward(dout)) * 0.5
        self.in_layer0.backward(dh)
        self.in_layer1.backward(dh)


class SimpleSkipGram:
    """Guess the word before and the word behind from the one in the centre, scoring all V words.

    The scores are the same for both places, and each place has a loss of its own; the network's loss is
    their sum.

    Args:
        vocab_size: V, the number of different words.
        hidden_size: H, the length of a word vector.
        seed: makes the initial weights repeatable; an int or a NumPy Generator.
        dtype: of the weights; float64 for checking gradients.

    `params` is `[W_in, W_out]`, W_in (V, H) and W_out (H, V), and `grads` are theirs. `word_vecs` is W_in.

    The book's section 3.5.2.

    >>> from .text import convert_one_hot, create_contexts_target, preprocess
    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> contexts, target = create_contexts_target(corpus, window_size=1)
    >>> contexts, target = convert_one_hot(contexts, 7), convert_one_hot(target, 7)
    >>> model = SimpleSkipGram(vocab_size=7, hidden_size=5, seed=1)
    >>> round(model.forward(contexts, target), 2)   # 2 ln 7
    3.89
    >>> model.backward()
    >>> model.word_vecs.shape
    (7, 5)
    """

    def __init__(
        self, vocab_size: int, hidden_size: int, *, seed: Seed = None, dtype: npt.DTypeLike = np.float32
    ) -> None:
        W_in, W_out = _initial_weights(vocab_size, hidden_size, seed, dtype, "SimpleSkipGram")
        self.in_layer = MatMul(W_in)
        self.out_layer = MatMul(W_out)
        self.loss_layer1 = SoftmaxWithLoss()
        self.loss_layer2 = SoftmaxWithLoss()
        self.params = self.in_layer.params + self.out_layer.params
        self.grads = self.in_layer.grads + self.out_layer.grads
        self.word_vecs = W_in
        self.output_vecs = W_out

    def forward(self, contexts: npt.ArrayLike, target: npt.ArrayLike) -> float:
        """Return the sum of the two mean losses of guessing each context word.

        Args:
            contexts: (N, 2, V) one-hot, to be guessed.
            target: (N, V) one-hot, the words in the centre, from which they are guessed.

        Raises:
            ValueError: they are not one-hot vectors of those shapes.
        """
        around, centre = _checked_one_hot(contexts, target, len(self.word_vecs), "SimpleSkipGram")
        scores = self.out_layer.forward(self.in_layer.forward(centre))
        return self.loss_layer1.forward(scores, around[:, 0]) + self.loss_layer2.forward(scores, around[:, 1])

    def backward(self, dout: npt.ArrayLike = 1) -> None:
        """Fill `grads`: the scores were used twice, and so their gradient is a sum of two.

        Args:
            dout: a number, or one weight per sample (N,).

        Raises:
            RuntimeError: forward was not called before.
        """
        if self.loss_layer1.y is None:
            no_forward("SimpleSkipGram")
        ds = self.loss_layer1.backward(dout) + self.loss_layer2.backward(dout)
        self.in_layer.backward(self.out_layer.backward(ds))
