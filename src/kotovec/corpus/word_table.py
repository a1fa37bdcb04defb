"""The distinct words of a text and their ids, as a hash table of bytes that grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]

FIRST_WORDS = 1 << 10
LETTERS_OF_A_WORD = 10


class WordTable:
    """The words of one text in order of first appearance; the place of a word is its id.

    Words are what stands between ASCII whitespace, and never hold any.
    """

    def __init__(self) -> None:
        # What these hold is described in `scanning`.
        self._slots = np.zeros(2 * FIRST_WORDS, dtype=np.int32)
        self._keys = np.empty((FIRST_WORDS, 2), dtype=np.uint64)
        self._offsets = np.zeros(FIRST_WORDS + 1, dtype=np.int64)
        self._letters = np.empty(FIRST_WORDS * LETTERS_OF_A_WORD, dtype=np.uint8)
        self._size = 0

    def __len__(self) -> int:
        """Return D, the number of distinct words."""
        return self._size

    def scan(self, text: bytes) -> tuple[Ids, Ids]:
        """Number the words of a text, giving the next ids to new ones.

        Parameters
        ----------
        text : bytes
            Text that ends where a word ends.

        Returns
        -------
        ids : int32 array of shape (N,)
            The words of the text.
        ends : int32 array
            Where lines end, as numbers of words before the end; increasing, as empty lines are left out.
        """
        # Compiled code is loaded by the first text that is read, not by an import.
        from kotovec.corpus.scanning import scan

        source = np.frombuffer(text, dtype=np.uint8)
        most = len(text) // 2 + 1
        ids, ends = np.empty(most, dtype=np.int32), np.empty(most + 1, dtype=np.int32)
        place = tokens = lines = 0
        while True:
            table = self._slots, self._keys, self._offsets, self._letters
            place, tokens, lines, self._size = scan(
                source, *table, ids, ends, place, tokens, lines, self._size
            )
            if place == len(text):
                return ids[:tokens], ends[:lines]
            self._grow()

    def joined(self) -> bytes:
        """Return all words with a newline after each."""
        return self._letters[: self._offsets[self._size]].tobytes()

    def offsets(self) -> npt.NDArray[np.int64]:
        """Return where in `joined()` each word begins and the last one ends: int64 of shape (D + 1,)."""
        return self._offsets[: self._size + 1]

    def words_of(self, ids: npt.NDArray[np.int64]) -> list[str]:
        """Return the words that have some ids."""
        letters = self.joined()
        begins, ends = self._offsets[ids].tolist(), (self._offsets[ids + 1] - 1).tolist()
        return [letters[begin:end].decode() for begin, end in zip(begins, ends, strict=True)]

    def _grow(self) -> None:
        """Double what is full: the places for words, or those for their letters."""
        from kotovec.corpus.scanning import fill_slots

        if self._size < len(self._keys):
            self._letters = _lengthened(self._letters, 2 * len(self._letters))
            return
        words = 2 * self._size
        self._offsets = _lengthened(self._offsets, words + 1)
        self._keys = _lengthened(self._keys, words)
        self._slots = np.zeros(2 * words, dtype=np.int32)
        fill_slots(self._slots, self._keys[: self._size])


def _lengthened(array: npt.NDArray[Any], length: int) -> npt.NDArray[Any]:
    larger = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger
