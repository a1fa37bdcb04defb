"""A text for the larger scripts: the documentation on your machine, in the place of Penn Treebank.

That corpus may not be passed on; this one everybody has already. It is read once and then kept.
"""

from __future__ import annotations

import argparse

import numpy as np
import numpy.typing as npt

from kotovec.corpus.builtin import open_builtin


def at_least_one(text: str) -> int:
    """Return the number that an option gives, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def load_data(
    vocab_size: int, tokens: int | None = None
) -> tuple[npt.NDArray[np.int64], dict[str, int], dict[int, str]]:
    """Return corpus (T,), word_to_id and id_to_word: the text without any but its most frequent words.

    `tokens` keeps that many words spread over the whole text, in pieces of a thousand.
    """
    with open_builtin(max_vocab=vocab_size) as opened:
        corpus = np.array(opened.token_ids, dtype=np.int64)
        words = opened.vocabulary.words
    if tokens is not None and tokens < len(corpus):
        length = min(1000, tokens)
        starts = np.linspace(0, len(corpus) - length, tokens // length).astype(np.int64)
        corpus = corpus[starts[:, np.newaxis] + np.arange(length)].reshape(-1)
    return corpus, {word: i for i, word in enumerate(words)}, dict(enumerate(words))
