"""The words of a vectors file as two arrays: found without building a dictionary of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import final

import numpy as np
import numpy.typing as npt

# A dictionary of 100,000 words costs as much as a few dozen searches, so it is built after that many.
_SEARCHES_BEFORE_DICTIONARY = 24


@final
class WordTable:
    """Words as one run of UTF-8 bytes; word i is `blob[offsets[i] : offsets[i + 1]]`.

    Parameters
    ----------
    blob
        Uint8 (B,), the words' UTF-8 bytes one after another.
    offsets
        Int64 (V + 1,), rising from 0 to B.

    Examples
    --------
    >>> table = WordTable.of(["koto", "言", "vec"])
    >>> table.find("言"), table.find("word"), table[2]
    (1, None, 'vec')
    """

    def __init__(self, blob: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
        self.blob = blob
        self.offsets = offsets
        self._searches = 0

    @classmethod
    def of(cls, words: Iterable[str]) -> WordTable:
        """Encode words; UnicodeEncodeError for half a surrogate pair, which UTF-8 cannot hold."""
        encoded = [word.encode() for word in words]
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        offsets = np.concatenate(([0], np.cumsum(lengths)))
        return cls(np.frombuffer(b"".join(encoded), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, word_id: int) -> str:
        start, end = self.offsets[word_id], self.offsets[word_id + 1]
        return self.blob[start:end].tobytes().decode()

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def encoded(self, start: int, stop: int) -> list[bytes]:
        """Return the UTF-8 bytes of the words with ids in `range(start, stop)`."""
        bounds = self.offsets[start : stop + 1].tolist()
        origin = bounds[0]
        data = self.blob[origin : bounds[-1]].tobytes()
        return [data[a - origin : b - origin] for a, b in pairwise(bounds)]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """All words, decoded when first asked for."""
        return tuple(word.decode() for word in self.encoded(0, len(self)))

    def find(self, word: str) -> int | None:
        """Return the word's id, None where it is not in the table; the lowest id where it is twice."""
        self._searches += 1
        if self._searches > _SEARCHES_BEFORE_DICTIONARY:
            return self._ids.get(word)
        return self._search(word.encode("utf-8", "surrogatepass"))

    def find_all(self, words: Sequence[str]) -> list[int | None]:
        """Return the id of each word as `find` does."""
        if len(words) > _SEARCHES_BEFORE_DICTIONARY:
            self._searches = len(words)
        return [self.find(word) for word in words]

    def duplicate(self) -> str | None:
        """Return a word that occurs twice, None where all differ."""
        if len(self._ids) == len(self):
            return None
        return next(word for word_id, word in enumerate(self.words) if self._ids[word] != word_id)

    @cached_property
    def _ids(self) -> dict[str, int]:
        """Each word's id; the lowest where a word occurs twice."""
        return {word: len(self) - 1 - i for i, word in enumerate(reversed(self.words))}

    def _search(self, wanted: bytes) -> int | None:
        """Compare byte by byte with all words of the right length at once, dropping those that differ."""
        if not wanted:
            return None
        starts = self.offsets[:-1]
        candidates = np.flatnonzero(np.diff(self.offsets) == len(wanted))
        for position, byte in enumerate(wanted):
            if not len(candidates):
                return None
            candidates = candidates[self.blob[starts[candidates] + position] == byte]
        return int(candidates[0]) if len(candidates) else None
