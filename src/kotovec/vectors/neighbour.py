"""What a search finds."""

from __future__ import annotations

from typing import NamedTuple


class Neighbour(NamedTuple):
    """A word and its cosine similarity, from -1 to 1, with what was asked for: a pair, with names.

    Examples
    --------
    >>> from kotovec.vectors import WordVectors
    >>> vectors = WordVectors(["cat", "dog"], [[1.0, 0.0], [0.8, 0.6]])
    >>> [neighbour] = vectors.most_similar("cat")
    >>> neighbour.word, round(neighbour.score, 3)
    ('dog', 0.8)
    >>> [word for word, score in vectors.most_similar("cat")]
    ['dog']
    """

    word: str
    score: float
