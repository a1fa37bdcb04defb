"""Sparse matrices in temporary files, written row after row."""

from __future__ import annotations

from contextlib import ExitStack
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from kotovec.errors import TrainingError
from kotovec.temporary import disk_errors, temporary_file, write_numbers


class RowFiles:
    """Matrices of V rows, one behind the other: where rows begin, columns and values, a file for each.

    Parameters
    ----------
    files
        The files are closed with it. What `mapped` returned before stays readable.

    """

    def __init__(self, files: ExitStack) -> None:
        with _disk():
            self._offsets, self._columns, self._values = (temporary_file(files) for _ in range(3))
        self._entries = self._starts = 0

    def begin(self) -> None:
        """Begin another matrix."""
        with _disk():
            write_numbers(self._offsets, np.array([self._entries]))
        self._starts += 1

    def append(
        self,
        lengths: npt.NDArray[np.int64],
        columns: npt.NDArray[np.int32],
        values: npt.NDArray[np.float64],
    ) -> None:
        """Append rows of some lengths, and their entries."""
        with _disk():
            write_numbers(self._offsets, self._entries + np.cumsum(lengths))
            write_numbers(self._columns, columns)
            write_numbers(self._values, values)
        self._entries += len(columns)
        self._starts += len(lengths)

    def mapped(self, words: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the offsets, (matrices, V + 1) int64, and all columns and values, memory-mapped."""
        offsets = _mapped(self._offsets, np.int64, self._starts)
        return (
            offsets.reshape(-1, words + 1),
            _mapped(self._columns, np.int32, self._entries),
            _mapped(self._values, np.float64, self._entries),
        )


def _disk() -> Any:
    return disk_errors("Counts", TrainingError)


def _mapped(file: IO[bytes], kind: type[np.generic], length: int) -> npt.NDArray[Any]:
    # An empty file cannot be mapped.
    return np.asarray(np.memmap(file, kind, "r", shape=(length,))) if length else np.empty(0, kind)
