"""Which words of a test set the vectors hold, and their rows scaled to length 1."""

from __future__ import annotations

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


def find_id(vectors: WordVectors, word: str, *, lowercase: bool) -> int | None:
    """Return the id of a word as it is written, or else in lower case; None where it is unknown."""
    if word in vectors:
        return vectors.id_of(word)
    if lowercase and word.lower() in vectors:
        return vectors.id_of(word.lower())
    return None


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
