"""From what a user asks, words and vectors with signs and weights, to one direction in the space."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.errors import OptionError
from kotovec.shown import shown
from kotovec.vectors.search import Float64, unit

Item = str | npt.NDArray[np.floating]
"""A word, or a vector (H,)."""

Items = Item | Iterable[Item | tuple[Item, float]]
"""One item or several, each with a weight if you like: ("king", 0.5)."""


Find = Callable[[str], tuple[int, npt.NDArray[np.float32]]]
"""Returns a word's id and vector, or raises UnknownWord."""


def direction(
    query: Item | None, positive: Items, negative: Items, vector_size: int, find: Find
) -> tuple[Float64, list[int]]:
    """Return the unit vector (H,) of a query and the ids of the words in it.

    Each word and each vector is scaled to length 1, multiplied by its weight, and added or subtracted.

    Parameters
    ----------
    query
        One more item to add; None where there is none.
    positive
        What to add.
    negative
        What to subtract.
    vector_size
        H, how many numbers a vector has.
    find
        Looks a word up.

    Raises
    ------
    OptionError
        Nothing is asked, or a vector or a weight cannot be used.
    """
    if isinstance(query, list | tuple) and any(isinstance(item, str) for item in query):
        raise OptionError(f"A query is one word; several go into positive=[...]. Got {shown(query)} instead.")
    added = _entries(positive) if query is None else [(query, 1.0), *_entries(positive)]
    signed = [(1.0, entry) for entry in added] + [(-1.0, entry) for entry in _entries(negative)]
    if not signed:
        raise OptionError("most_similar needs a query: a word, a vector, or lists 'positive' and 'negative'.")
    total = np.zeros(vector_size, np.float64)
    word_ids = []
    for sign, (item, weight) in signed:
        if isinstance(item, str):
            word_id, vector = find(item)
            word_ids.append(word_id)
            total += sign * weight * unit(vector)
        else:
            total += sign * weight * unit(as_vector(item, vector_size))
    return unit(total), word_ids


def as_array(values: object) -> npt.NDArray[Any]:
    """Return what a caller gave as an array; an empty one of objects where its rows differ in length."""
    try:
        return np.asarray(values)
    except ValueError:
        return np.empty(0, object)


def as_vector(item: object, vector_size: int) -> Float64:
    """Check a vector that a caller gave in a query; float64 (H,)."""
    vector = as_array(item)
    if vector.dtype.kind not in "fiu":
        raise OptionError(
            f"A query is made of words and of vectors of {vector_size} numbers. Got {shown(item)} instead."
        )
    if vector.shape != (vector_size,):
        raise OptionError(
            f"A query vector must have shape ({vector_size},). Got shape {vector.shape} instead."
        )
    vector = vector.astype(np.float64)
    if not np.isfinite(vector).all():
        raise OptionError("A query vector must hold finite numbers only. Got nan or infinity instead.")
    return vector


def as_word(word: object) -> str:
    """Check that what should be a word is text."""
    if not isinstance(word, str):
        several = "; for several words there is vectors_for" if isinstance(word, list | tuple) else ""
        raise OptionError(f"A word must be a str. Got {shown(word)} instead{several}.")
    return word


def as_list(words: Iterable[str]) -> list[str]:
    """Return the words that a caller of vectors_for wants; a str would be gone through letter by letter."""
    if isinstance(words, str):
        raise OptionError(f"vectors_for takes a list of words; write vectors_for([{shown(words)}]).")
    try:
        return list(words)
    except TypeError:
        raise OptionError(f"vectors_for takes a list of words. Got {shown(words)} instead.") from None


def check_number(name: str, number: object) -> int:
    """Check how many neighbours are asked for, or among how many words."""
    if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
        raise OptionError(
            f"The {name!r} parameter of most_similar must be an int in the range [1, inf). "
            f"Got {shown(number)} instead."
        )
    return int(number)


def _entries(items: Items) -> list[tuple[Item, float]]:
    """Return items as pairs of an item and its weight."""
    if isinstance(items, str) or (isinstance(items, np.ndarray) and items.ndim < 2):
        return [(items, 1.0)]
    if isinstance(items, Mapping):
        raise OptionError(
            "'positive' and 'negative' take weights as pairs of a word or vector and its weight, such as "
            f"[('war', 2.0)]. Got {shown(items)} instead; pass list(items.items())."
        )
    try:
        several = list(items)
    except TypeError:
        raise OptionError(
            f"'positive' and 'negative' must be words, vectors or lists. Got {shown(items)} instead."
        ) from None
    return [_weighted(entry) if isinstance(entry, tuple) else (entry, 1.0) for entry in several]


def _weighted(pair: tuple[Item, float]) -> tuple[Item, float]:
    """Check an item with its weight."""
    if (
        len(pair) != 2
        or isinstance(pair[1], bool)
        or not isinstance(pair[1], Real)
        or not math.isfinite(pair[1])
    ):
        raise OptionError(
            f"A weighted part of a query must be (word or vector, finite number). Got {shown(pair)} instead."
        )
    return pair[0], float(pair[1])
