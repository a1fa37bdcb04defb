"""Checks that turn a misuse into a sentence; without them NumPy would answer with a wrong number or a riddle.

Word id -1 would quietly pick the last row of a matrix, and labels of shape (N, 1) against scores of
shape (N,) would broadcast to (N, N). Both run, and both teach a network nonsense.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Seed: TypeAlias = int | np.random.Generator | None


def real_numbers(x: npt.ArrayLike) -> Array:
    """Return `x` as an array of real numbers: an unsigned integer has no negative, and would wrap around."""
    numbers = np.asarray(x)
    if numbers.dtype.kind not in "biuf":
        raise TypeError(f"Scores are real numbers, got {x!r:.40}.")
    return numbers if np.issubdtype(numbers.dtype, np.inexact) else numbers.astype(np.float64)


def checked_weights(W: Array, owner: str, form: str = "(V, H), one row per word") -> Array:
    """Return `W` itself if it is a matrix of the given form; of a list, training would change a copy only."""
    if not isinstance(W, np.ndarray):
        raise TypeError(
            f"{owner} needs W as a NumPy array of shape {form.partition('),')[0]}), got {type(W).__name__}: "
            "make one with np.array(W), and keep it, because training changes it in place."
        )
    if W.ndim != 2:
        raise ValueError(f"{owner} needs W of shape {form}, got shape {W.shape}.")
    return W


def checked_bias(b: Array, W: Array, owner: str) -> Array:
    """Return `b` itself if it is an array with a number for each column of `W`."""
    if not isinstance(b, np.ndarray) or b.shape != W.shape[1:]:
        shape = f"shape {b.shape}" if isinstance(b, np.ndarray) else type(b).__name__
        raise ValueError(
            f"{owner} needs b as a NumPy array of shape {W.shape[1:]}, one number per column of W, "
            f"got {shape}."
        )
    return b


def checked_input(x: npt.ArrayLike, W: Array, owner: str) -> Array:
    """Return `x` (N, D) as an array that fits `W` (D, M); integers, such as one-hot vectors, in its dtype."""
    rows = np.asarray(x)
    if rows.ndim != 2:
        if rows.ndim > 2:
            hint = "samples of several rows become one matrix by x.reshape(-1, x.shape[-1])"
        else:
            hint = (
                "a single sample becomes a row by x.reshape(1, -1), and word ids one-hot vectors by "
                "convert_one_hot"
            )
        raise ValueError(
            f"{owner} takes x of shape (N, D), a row per sample, got shape {rows.shape}: {hint}."
        )
    D, M = W.shape
    if rows.shape[1] != D:
        turned = f": W.T, of shape {(M, D)}, would fit" if rows.shape[1] == M else ""
        raise ValueError(
            f"{owner} takes x (N, D) and W (D, M), x as wide as W is high, got x {rows.shape} and "
            f"W {W.shape}{turned}."
        )
    return rows if np.issubdtype(rows.dtype, np.inexact) else rows.astype(W.dtype)


def checked_ids(
    ids: npt.ArrayLike, vocab_size: int | None, owner: str, limit: str = "W has {} rows"
) -> Array:
    """Return `ids` as an int64 array of any shape; with `vocab_size` V given, all must lie in 0 ... V-1.

    int64 because ids are calculated with: a uint16, wide enough for every id, times H would wrap around.
    """
    word_ids = np.asarray(ids)
    if word_ids.size == 0:
        raise ValueError(f"{owner} got no word ids at all (shape {word_ids.shape}): give it at least one.")
    if not np.issubdtype(word_ids.dtype, np.integer):
        convert = "preprocess(text) makes ids of words, as [word_to_id[word] for word in words] does"
        if word_ids.dtype.kind in "fb":
            rows = word_ids.reshape(-1, word_ids.shape[-1] if word_ids.ndim > 1 else 1)
            one_hot = rows.shape[1] > 1 and first_not_one_hot(rows) is None
            convert = (
                "these are one-hot vectors, whose ids are x.argmax(axis=-1)"
                if one_hot
                else "convert them with ids.astype(np.int64)"
            )
        raise TypeError(
            f"{owner} takes word ids, integers that name words, got {word_ids.dtype} "
            f"({word_ids.flat[0]!s:.40} comes first): {convert}."
        )
    if _are_one_hot(word_ids, vocab_size):
        raise TypeError(
            f"{owner} takes word ids, got one-hot vectors of shape {word_ids.shape}: their ids are "
            "x.argmax(axis=-1)."
        )
    lowest, highest = int(word_ids.min()), int(word_ids.max())
    if lowest < 0:
        raise IndexError(f"{owner} got the word id {lowest}: ids start at 0 (-1 would be the last word).")
    if vocab_size is not None and highest >= vocab_size:
        raise IndexError(
            f"{owner} got the word id {highest}, but {limit.format(vocab_size)}: "
            f"ids run from 0 to {vocab_size - 1}."
        )
    return word_ids.astype(np.int64, copy=False)


def _are_one_hot(word_ids: Array, vocab_size: int | None) -> bool:
    """Tell whether integers cannot be ids: several rows, each one-hot and as long as there are words."""
    if word_ids.ndim < 2 or vocab_size is None or word_ids.shape[-1] != vocab_size or vocab_size < 3:
        return False
    rows = word_ids.reshape(-1, vocab_size)
    return len(rows) > 1 and first_not_one_hot(rows) is None


def checked_whole(number: object, name: str, owner: str, least: int = 1, otherwise: str = "") -> int:
    """Return `number`, which `owner` takes under this name, if it is a whole number of at least `least`.

    `otherwise` says what else might have been meant by a smaller one.
    """
    if not isinstance(number, Integral) or isinstance(number, bool):
        raise TypeError(f"The {name} of {owner} must be a whole number, got {number!r}.")
    if number < least:
        raise ValueError(f"The {name} of {owner} must be at least {least}{otherwise}, got {number}.")
    return int(number)


def checked_dtype(dtype: npt.DTypeLike, owner: str) -> np.dtype[Any]:
    """Return `dtype` as NumPy's, if weights of it can be trained."""
    number = np.dtype(dtype)
    if not np.issubdtype(number, np.floating):
        raise TypeError(
            f"The dtype of {owner} must be one of floating-point numbers, such as np.float32, got {number}: "
            "integers cannot take the small steps of training."
        )
    return number


def checked_report(report: object, owner: str) -> None:
    """Refuse a `report` that cannot be called."""
    if report is not None and not callable(report):
        raise TypeError(
            f"The report of {owner} is a function that is called with each line, such as report=print, "
            f"got {report!r}."
        )


def first_not_one_hot(vectors: Array) -> int | None:
    """Return the first of the rows (N, V) that is not a single 1 among zeros; None if there is none."""
    ones = vectors == 1
    wrong = (ones.sum(axis=1) != 1) | ((vectors != 0) & ~ones).any(axis=1)
    return int(np.argmax(wrong)) if wrong.any() else None


def checked_labels(t: npt.ArrayLike, scores: Array, owner: str, name: str) -> Array:
    """Return the right word's id for each row of `scores` (N, V), from ids (N,) or one-hot vectors (N, V)."""
    labels = np.asarray(t)
    if scores.ndim != 2 or scores.size == 0 or labels.shape not in (scores.shape, scores.shape[:1]):
        hint = f": a single sample becomes a row by {name}.reshape(1, -1)" if scores.ndim == 1 else ""
        raise ValueError(
            f"{owner} takes {name} of shape (N, V) and t as word ids (N,) or one-hot (N, V), "
            f"got {scores.shape} and {labels.shape}{hint}."
        )
    if labels.ndim == 1:
        return checked_ids(labels, scores.shape[1], owner, name + " has {} columns")
    wrong = first_not_one_hot(labels)
    if wrong is not None:
        raise ValueError(
            f"{owner} got t of shape (N, V), which should be one-hot, a single 1 among zeros in every row, "
            f"but row {wrong} is {labels[wrong]}."
        )
    return np.asarray(labels.argmax(axis=1))


def checked_hidden(h: npt.ArrayLike, idx: Array, W: Array, owner: str) -> Array:
    """Return `h` (N, H) as an array that fits the ids `idx` (N,) and the rows of `W` (V, H)."""
    hidden = np.asarray(h)
    if idx.ndim != 1:
        raise ValueError(f"{owner} takes one word id per sample, idx of shape (N,), got shape {idx.shape}.")
    if hidden.shape != (len(idx), W.shape[1]):
        hint = ""
        if hidden.shape == (len(idx), len(W)):
            hint = (
                "; these are one-hot vectors, and h are the hidden vectors that an input layer makes of them"
                if first_not_one_hot(hidden) is None
                else f"; if W {W.shape} holds words in columns, give W.T, which holds them in rows"
            )
        raise ValueError(
            f"{owner} takes h of shape (N, H), one row per word id and as wide as W, here "
            f"{(len(idx), W.shape[1])}, got {hidden.shape}{hint}."
        )
    return hidden


def checked_gradient(dout: npt.ArrayLike, shape: tuple[int, ...], owner: str) -> Array:
    """Return `dout` as an array if it has the shape of what forward returned."""
    gradient = np.asarray(dout)
    if gradient.shape != shape:
        raise ValueError(
            f"{owner}.backward takes a gradient of the shape that forward returned, {shape}, "
            f"got {gradient.shape}."
        )
    return gradient


def checked_trainable(dW: Array, name: str = "W") -> Array:
    """Return `dW` itself if its weights can be trained; steps written into integers would be cut off."""
    if not np.issubdtype(dW.dtype, np.inexact):
        raise TypeError(
            f"{name} holds integers ({dW.dtype}), which cannot take the small steps of training: "
            f"give the layer {name}.astype(np.float32)."
        )
    return dW


def checked_pairs(params: Sequence[Array], grads: Sequence[Array], owner: str) -> list[tuple[Array, Array]]:
    """Return each parameter with its gradient, if there are as many of both, and arrays."""
    if len(params) != len(grads):
        raise ValueError(
            f"{owner} takes one gradient per parameter, got {len(params)} parameters and {len(grads)} "
            "gradients: a model adds every layer's grads to its own, as it does every layer's params."
        )
    for place, param in enumerate(params):
        if not isinstance(param, np.ndarray):
            raise TypeError(
                f"{owner} changes parameters in place, which params[{place}], a {type(param).__name__}, "
                "does not allow: make an array of it, such as np.array(3.0)."
            )
        if np.shape(grads[place]) != param.shape:
            raise ValueError(
                f"{owner} takes gradients of their parameters' shapes, but params[{place}] is of shape "
                f"{param.shape} and grads[{place}] of shape {np.shape(grads[place])}."
            )
    return list(zip(params, grads, strict=True))


def checked_word_matrix(word_matrix: npt.ArrayLike, word_to_id: Mapping[str, int], owner: str) -> Array:
    """Return `word_matrix` as an array if it has a row for each word of `word_to_id`."""
    rows, V = np.asarray(word_matrix), len(word_to_id)
    if rows.ndim != 2 or len(rows) != V:
        turned = rows.ndim == 2 and rows.shape[1] == V
        hint = f": if the words are its columns, give {owner} word_matrix.T" if turned else ""
        raise ValueError(
            f"{owner} takes word_matrix of shape (V, H), a row for each of the {V} words of word_to_id, "
            f"got shape {rows.shape}{hint}."
        )
    return rows


def checked_names(id_to_word: Mapping[int, str], owner: str) -> None:
    """Refuse dictionaries in the wrong order: `id_to_word` has word ids as keys."""
    try:
        id_to_word[0]
    except (KeyError, IndexError) as error:
        raise TypeError(
            f"{owner} takes id_to_word, which names the word of each id, behind word_to_id, but the one "
            "given has no word for id 0."
        ) from error


def checked_word(word: str, word_to_id: Mapping[str, int], owner: str) -> int:
    """Return the id of `word` if there is such a word."""
    if not isinstance(word, str):
        raise TypeError(
            f"{owner} takes words, got {word!r} of type {type(word).__name__}: id_to_word names the word "
            "of an id."
        )
    if word not in word_to_id:
        if not all(isinstance(known, str) for known in word_to_id):
            raise TypeError(
                f"{owner} takes word_to_id, whose keys are words, before id_to_word: the keys of the one "
                f"given are not words ({next(iter(word_to_id))!r} comes first)."
            )
        close = difflib.get_close_matches(word, word_to_id)
        hint = (
            f"did you mean {' or '.join(map(repr, close))}?" if close else "preprocess lower-cases all words."
        )
        raise LookupError(f"{owner} does not know the word {word!r}, word_to_id has no such key: {hint}")
    return word_to_id[word]


def per_sample(dout: npt.ArrayLike, samples: int, dtype: npt.DTypeLike, owner: str) -> Array:
    """Return (N,) weights of `dtype`: a number spread over N = `samples`, or the (N,) weights given."""
    if dout is None:  # NumPy would make NaN of it
        raise TypeError(f"{owner}.backward takes dout as a number or an array, got None: leave it out for 1.")
    weights = np.asarray(dout, dtype=dtype)
    if weights.shape not in ((), (samples,)):
        raise ValueError(
            f"{owner}.backward takes dout as a number, or as one weight per sample of shape "
            f"{(samples,)}, got shape {weights.shape}."
        )
    return np.broadcast_to(weights, (samples,))


def no_forward(owner: str) -> NoReturn:
    """Say that `backward` needs what `forward` remembers."""
    raise RuntimeError(
        f"{owner}.backward was called before {owner}.forward: the gradient is taken at the "
        "values that forward has seen, so call forward first."
    )
