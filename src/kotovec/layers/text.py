"""From text to word ids, and from word ids to contexts, targets and one-hot vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, checked_ids, checked_whole


def preprocess(text: str) -> tuple[Array, dict[str, int], dict[int, str]]:
    """Turn a text into word ids, numbered in the order in which the words first appear.

    The text is lower-cased and each full stop becomes a word of its own.

    Args:
        text: words with white space between them.

    Returns:
        corpus (T,) int64, and the two dictionaries word_to_id and id_to_word.

    Raises:
        TypeError: `text` is not a str.
        ValueError: the text holds no word.

    The book's section 2.3.1.

    >>> corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
    >>> corpus
    array([0, 1, 2, 3, 4, 1, 5, 6])
    >>> word_to_id["hello"], id_to_word[5]
    (5, 'hello')
    """
    if not isinstance(text, str):
        raise TypeError(
            f"preprocess takes a text as one str, got {type(text).__name__}: words of a list become one by "
            '" ".join(words).'
        )
    words = text.lower().replace(".", " . ").split()
    if not words:
        raise ValueError(f"The text {text!r} holds no word: give it at least one.")
    word_to_id = {word: word_id for word_id, word in enumerate(dict.fromkeys(words))}
    id_to_word = {word_id: word for word, word_id in word_to_id.items()}
    corpus = np.array([word_to_id[word] for word in words], dtype=np.int64)
    return corpus, word_to_id, id_to_word


def create_contexts_target(corpus: npt.ArrayLike, window_size: int = 1) -> tuple[Array, Array]:
    """Pair every word with the words around it; words too near an end for a full window are no targets.

    Args:
        corpus: (T,) word ids.
        window_size: w, the number of words to look at on each side.

    Returns:
        contexts (T-2w, 2w), from left to right, and target (T-2w,).

    Raises:
        TypeError: the ids are not integers.
        ValueError: the window is smaller than 1, or the corpus is shorter than one full window.

    The book's section 3.3.1.

    >>> contexts, target = create_contexts_target([0, 1, 2, 3, 4, 1, 5, 6], window_size=1)
    >>> contexts[:2]
    array([[0, 2],
           [1, 3]])
    >>> target
    array([1, 2, 3, 4, 1, 5])
    """
    word_ids = checked_ids(corpus, None, "create_contexts_target")
    window_size = checked_whole(window_size, "window_size", "create_contexts_target")
    width = 2 * window_size + 1
    if word_ids.ndim != 1 or len(word_ids) < width:
        raise ValueError(
            f"A window of {window_size} words on each side needs a corpus (T,) of at least {width} "
            f"word ids, got shape {word_ids.shape}."
        )
    windows = np.lib.stride_tricks.sliding_window_view(word_ids, width)  # (T-2w, 2w+1)
    return np.delete(windows, window_size, axis=1), windows[:, window_size].copy()


def convert_one_hot(corpus: npt.ArrayLike, vocab_size: int) -> Array:
    """Turn every word id into a vector of V numbers that is 1 at the id's place and 0 elsewhere.

    Args:
        corpus: (N,) or (N, C) word ids.
        vocab_size: V, the number of different words.

    Returns:
        (N, V) or (N, C, V) int32.

    Raises:
        TypeError: the ids are not integers.
        IndexError: an id is negative, or not below V.
        ValueError: `corpus` is not of shape (N,) or (N, C).

    The book's section 3.3.2.

    >>> convert_one_hot([1, 0, 2], vocab_size=3)
    array([[0, 1, 0],
           [1, 0, 0],
           [0, 0, 1]], dtype=int32)
    """
    vocab_size = checked_whole(vocab_size, "vocab_size", "convert_one_hot")
    word_ids = checked_ids(corpus, vocab_size, "convert_one_hot", "vocab_size is {}")
    if word_ids.ndim not in (1, 2):
        raise ValueError(
            f"convert_one_hot takes word ids of shape (N,) or (N, C), got shape {word_ids.shape}."
        )
    one_hot = np.zeros((*word_ids.shape, vocab_size), dtype=np.int32)
    np.put_along_axis(one_hot, word_ids[..., np.newaxis], 1, axis=-1)
    return one_hot
