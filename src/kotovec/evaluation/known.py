"""Which words of a test set the vectors hold, and their rows scaled to length 1."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from kotovec.errors import FormatError, OptionError
from kotovec.shown import shown
from kotovec.vectors import WordVectors
from kotovec.vectors.search import row_norms

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]


def check_vectors(owner: str, vectors: object) -> None:
    """Raise OptionError where what `owner` was given are no vectors."""
    if not isinstance(vectors, WordVectors):
        raise OptionError(
            f"The 'vectors' of {owner} must be a WordVectors, as load and train return. "
            f"Got {shown(vectors)} instead."
        )


class Lookup:
    """Finds the words of a test set among the most frequent words of some vectors.

    Parameters
    ----------
    vectors
        V words, the most frequent ones first.
    lowercase
        Whether a word that is unknown as it is written is looked up in lower case, and then in any other.
    limit
        How many of the words are looked at; all where it is None. `number` is how many those are.

    Examples
    --------
    >>> lookup = Lookup(WordVectors(["red", "Paris"], [[1], [2]]), lowercase=True)
    >>> lookup.find("Red"), lookup.find("paris"), lookup.find("blue")
    (0, 1, None)

    """

    def __init__(self, vectors: WordVectors, *, lowercase: bool, limit: int | None = None) -> None:
        self._vectors, self._lowercase = vectors, lowercase
        self.number = len(vectors) if limit is None else min(limit, len(vectors))

    def find(self, word: str) -> int | None:
        """Return the id of a word, or None where it is unknown."""
        for form in (word, word.lower()) if self._lowercase else (word,):
            if form in self._vectors and (word_id := self._vectors.id_of(form)) < self.number:
                return word_id
        return self._in_lower_case.get(word.lower()) if self._lowercase else None

    @cached_property
    def _in_lower_case(self) -> dict[str, int]:
        """The id of the most frequent word that each text is in lower case."""
        words = self._vectors.words[: self.number]
        return {words[word_id].lower(): word_id for word_id in range(self.number - 1, -1, -1)}


def unit_rows(rows: Float32) -> Float64:
    """Return rows (n, H) scaled to length 1, in float64; rows of zeros stay as they are.

    Raises
    ------
    FormatError
        If a number is not finite.

    Examples
    --------
    >>> unit_rows(np.array([[3, 4], [0, 0]], dtype=np.float32)).tolist()
    [[0.6, 0.8], [0.0, 0.0]]

    """
    norms = row_norms(rows).norms
    if not np.isfinite(norms).all():
        raise FormatError("The vectors hold a number that is not finite; train or copy them again.")
    scaled: Float64 = rows / np.where(norms == 0, 1, norms)[:, None]
    return scaled
