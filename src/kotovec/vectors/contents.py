"""What a vectors file holds, whatever its format: the plain parts that readers return and writers take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.vectors.words import WordTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Contents:
    """The parts of a vectors file; formats other than safetensors hold only words and vectors.

    Parameters
    ----------
    words
        V words.
    matrix
        Float32 (V, H), row i belongs to word i.
    counts
        Int64 (V,), how often each word occurred in the training text; None where unknown.
    output_vectors
        Float32 (V, H), the other matrix of the network; None where not kept.
    metadata
        What else is known, as text.
    """

    words: WordTable
    matrix: npt.NDArray[np.float32]
    counts: npt.NDArray[np.int64] | None = None
    output_vectors: npt.NDArray[np.float32] | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Become a copy, whose arrays are as read-only as the first one's."""
        self.__dict__.update(state)
        for array in (self.matrix, self.counts, self.output_vectors):
            if array is not None:
                array.flags.writeable = False
