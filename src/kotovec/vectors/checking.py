"""What callers hand to WordVectors, checked and brought into the one form that the rest relies on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kotovec.errors import OptionError
from kotovec.shown import shown
from kotovec.vectors.contents import Contents
from kotovec.vectors.queries import as_array
from kotovec.vectors.safetensors_file import VERSION_KEY
from kotovec.vectors.search import Float32, first_not_finite
from kotovec.vectors.words import WordTable


def checked_contents(
    words: Sequence[str] | WordTable,
    vectors: npt.ArrayLike,
    counts: npt.ArrayLike | None,
    output_vectors: npt.ArrayLike | None,
    metadata: Mapping[str, str],
) -> Contents:
    """Return the parts of a WordVectors; OptionError where they cannot be right.

    A table of words comes from another WordVectors, and has been checked.
    """
    matrix = _matrix("vectors", vectors)
    table = words if isinstance(words, WordTable) else _words(words)
    if len(table) != len(matrix):
        raise OptionError(
            f"WordVectors needs a vector for each word. Got {len(table):,} words and {len(matrix):,} vectors."
        )
    other = None if output_vectors is None else _matrix("output_vectors", output_vectors)
    if other is not None and other.shape != matrix.shape:
        raise OptionError(
            f"The 'output_vectors' of WordVectors must have the shape of the vectors, {matrix.shape}. "
            f"Got {other.shape} instead."
        )
    return Contents(
        words=table,
        matrix=matrix,
        counts=None if counts is None else _counts(counts, len(matrix)),
        output_vectors=other,
        metadata=_metadata(metadata),
    )


def _matrix(name: str, values: npt.ArrayLike) -> Float32:
    """Return a read-only float32 matrix in rows, the caller's own memory where it is that already."""
    given = as_array(values)
    if given.dtype.kind not in "fiu":
        raise OptionError(
            f"The '{name}' of WordVectors must be an array of numbers. Got type {given.dtype} instead."
        )
    if given.ndim != 2 or given.size == 0:
        raise OptionError(
            f"The '{name}' of WordVectors must have shape (words, vector size), both at least 1. "
            f"Got {given.shape} instead."
        )
    with np.errstate(over="ignore", under="ignore"):
        matrix = np.ascontiguousarray(given, np.float32)[:]
    if (row := first_not_finite(matrix)) is not None:
        raise OptionError(
            f"The '{name}' of WordVectors must be finite float32 numbers. Got otherwise in row {row:,}."
        )
    matrix.flags.writeable = False
    return matrix


def _words(words: Sequence[str]) -> WordTable:
    """Return the words as a table, all different and none empty."""
    if isinstance(words, str):
        raise OptionError(
            f"The 'words' of WordVectors must be a list of words. Got the text {words[:40]!r} instead."
        )
    try:
        words = list(words)
    except TypeError:
        raise OptionError(
            f"The 'words' of WordVectors must be a list of words. Got {shown(words)} instead."
        ) from None
    for word_id, word in enumerate(words):
        if not isinstance(word, str) or not word:
            raise OptionError(
                "The 'words' of WordVectors must be texts that are not empty. "
                f"Got {shown(word)} at {word_id}."
            )
    try:
        table = WordTable.of(words)
    except UnicodeEncodeError as error:
        raise OptionError(
            f"The word {shown(error.object)} is not Unicode text: it holds half a surrogate pair."
        ) from None
    if (twice := table.duplicate()) is not None:
        raise OptionError(f"The 'words' of WordVectors must all differ. Got {shown(twice)} twice.")
    return table


def _counts(values: npt.ArrayLike, length: int) -> npt.NDArray[np.int64]:
    """Return counts as read-only int64 (V,)."""
    given = as_array(values)
    if given.dtype.kind not in "iu" or given.shape != (length,) or given.min() < 0:
        raise OptionError(
            f"The 'counts' of WordVectors must be {length:,} whole numbers from 0 up. "
            f"Got an array of {given.dtype} and shape {given.shape} instead."
        )
    if given.max() > np.iinfo(np.int64).max:
        raise OptionError(f"The 'counts' of WordVectors must be below 2**63. Got {given.max():,} instead.")
    counts = given.astype(np.int64)
    counts.flags.writeable = False
    return counts


def _metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of the metadata, texts only and without the name that the format needs itself."""
    if not isinstance(metadata, Mapping):
        raise OptionError(
            f"The 'metadata' of WordVectors must be a dict of texts. Got {shown(metadata)} instead."
        )
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str) or key == VERSION_KEY:
            raise OptionError(
                f"The 'metadata' of WordVectors must map texts to texts, other than {VERSION_KEY!r}. "
                f"Got {shown(key)}: {shown(value)}."
            )
    return dict(metadata)
