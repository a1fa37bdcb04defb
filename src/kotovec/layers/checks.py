"""Checks that turn a misuse into a sentence; without them NumPy would answer with a wrong number or a riddle.

Word id -1 would quietly pick the last row of a matrix, and labels of shape (N, 1) against scores of
shape (N,) would broadcast to (N, N). Both run, and both teach a network nonsense.
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Seed: TypeAlias = int | np.random.Generator | None


def checked_weights(W: Array, owner: str) -> Array:
    """Return `W` itself if it is a (V, H) array; of a list, training would change a copy only."""
    if not isinstance(W, np.ndarray):
        raise TypeError(
            f"{owner} needs W as a NumPy array of shape (V, H), got {type(W).__name__}: "
            "make one with np.array(W), and keep it, because training changes it in place."
        )
    if W.ndim != 2:
        raise ValueError(f"{owner} needs W of shape (V, H), one row per word, got shape {W.shape}.")
    return W


def checked_ids(
    ids: npt.ArrayLike, vocab_size: int | None, owner: str, limit: str = "W has {} rows"
) -> Array:
    """Return `ids` as an integer array of any shape; with `vocab_size` V given, all must lie in 0 ... V-1."""
    word_ids = np.asarray(ids)
    if word_ids.size == 0:
        raise ValueError(f"{owner} got no word ids at all (shape {word_ids.shape}): give it at least one.")
    if not np.issubdtype(word_ids.dtype, np.integer):
        raise TypeError(
            f"{owner} takes word ids, integers that name rows of W, got {word_ids.dtype} "
            f"({word_ids.flat[0]} comes first): convert them with ids.astype(np.int64)."
        )
    lowest, highest = int(word_ids.min()), int(word_ids.max())
    if lowest < 0:
        raise IndexError(f"{owner} got the word id {lowest}: ids start at 0 (-1 would be the last word).")
    if vocab_size is not None and highest >= vocab_size:
        raise IndexError(
            f"{owner} got the word id {highest}, but {limit.format(vocab_size)}: "
            f"ids run from 0 to {vocab_size - 1}."
        )
    return word_ids


def checked_hidden(h: npt.ArrayLike, idx: Array, W: Array, owner: str) -> Array:
    """Return `h` (N, H) as an array that fits the ids `idx` (N,) and the rows of `W` (V, H)."""
    hidden = np.asarray(h)
    if idx.ndim != 1:
        raise ValueError(f"{owner} takes one word id per sample, idx of shape (N,), got shape {idx.shape}.")
    if hidden.shape != (len(idx), W.shape[1]):
        raise ValueError(
            f"{owner} takes h of shape (N, H), one row per word id and as wide as W, here "
            f"{(len(idx), W.shape[1])}, got {hidden.shape}."
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


def per_sample(dout: npt.ArrayLike, samples: int, dtype: npt.DTypeLike, owner: str) -> Array:
    """Return (N,) weights of `dtype`: a number spread over N = `samples`, or the (N,) weights given."""
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
