"""Words and vectors gathered from a file, a block at a time, until it is known how many there are."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from kotovec.errors import FormatError
from kotovec.shown import shown
from kotovec.vectors.contents import Contents
from kotovec.vectors.search import first_not_finite
from kotovec.vectors.words import WordTable


def no_vectors(name: str, announced: int | None, vector_size: int) -> FormatError:
    """Return what is said of a file whose header, or first line, leaves nothing to read."""
    return FormatError(f"{name!r} holds no vectors: its header says {announced} words of size {vector_size}.")


class Rows:
    """A growing matrix (rows so far, H) and its words, checked as they come.

    Words are decoded as UTF-8; broken bytes become U+FFFD. A word that comes again is dropped with its
    vector, as gensim does. Both are told by a UserWarning, once a file.

    Parameters
    ----------
    name
        The file's name, for messages.
    vector_size
        H, how many numbers a vector has.
    announced
        How many rows the file's header promises, None where it has no header.
    """

    def __init__(self, name: str, vector_size: int, announced: int | None) -> None:
        if vector_size < 1 or announced == 0:
            raise no_vectors(name, announced, vector_size)
        self.count = 0
        self._name = name
        self._announced = announced
        self._words: list[bytes] = []
        self._matrix = np.empty((0, vector_size), np.float32)

    def add(self, words: list[bytes], block: npt.NDArray[np.float32]) -> None:
        """Append the rows of a block (len(words), H)."""
        end = self.count + len(words)
        if (row := first_not_finite(block)) is not None:
            raise FormatError(
                f"{self._name!r} holds a number that is not finite in row {self.count + row + 1:,}, "
                f"the vector of {shown(words[row].decode(errors='replace'))}."
            )
        if end > len(self._matrix):
            # Twice as much each time, but not beyond what the header promises: that may be a lie.
            wanted = min(2 * end, max(end, self._announced or 2 * end))
            self._matrix.resize((wanted, self._matrix.shape[1]), refcheck=False)
        self._matrix[self.count : end] = block
        self._words += words
        self.count = end

    def finish(self) -> Contents:
        """Return everything gathered, or say why it cannot be right."""
        if self._announced is not None and self._announced != self.count:
            raise FormatError(
                f"{self._name!r} announces {self._announced:,} words in its first line "
                f"and holds {self.count:,}; the file is cut short or damaged."
            )
        self._matrix.resize((self.count, self._matrix.shape[1]), refcheck=False)
        words = self._decoded()
        keep = self._first_of_each(words)
        if len(keep) < len(words):
            words = [words[row] for row in keep]
            self._matrix = self._matrix[keep]
        self._matrix.flags.writeable = False
        return Contents(words=WordTable.of(words), matrix=self._matrix)

    def _decoded(self) -> list[str]:
        """Decode the words, replacing what is not UTF-8."""
        if b"" in self._words:
            raise FormatError(f"{self._name!r} has no word in row {self._words.index(b'') + 1:,}.")
        try:
            return [word.decode() for word in self._words]
        except UnicodeDecodeError:
            words = [word.decode(errors="replace") for word in self._words]
        broken = [word for word, read in zip(self._words, words, strict=True) if word != read.encode()]
        example = broken[0].decode(errors="replace")
        self._warn(
            f"has words that are not valid UTF-8, {len(broken):,} in all, such as {shown(example)}; "
            "their broken bytes were replaced"
        )
        return words

    def _first_of_each(self, words: list[str]) -> list[int]:
        """Return the rows to keep: the first of every word."""
        first = {word: len(words) - 1 - i for i, word in enumerate(reversed(words))}
        if len(first) < len(words):
            again = next(word for row, word in enumerate(words) if first[word] != row)
            self._warn(
                f"repeats words, {len(words) - len(first):,} in all, such as {shown(again)}; "
                "the first vector of each was kept"
            )
        return sorted(first.values())

    def _warn(self, what: str) -> None:
        warnings.warn(f"{self._name!r} {what}.", UserWarning, stacklevel=2)
