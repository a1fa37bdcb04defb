"""Learned: what every engine gives back, whatever the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.progress import ProgressCallback

PRECISIONS = ("auto", "float32")
"""What may be asked for: the fastest numbers whose vectors are as good, or float32 in every operation."""


@dataclass(frozen=True, kw_only=True)
class Learned:
    """The result of a training."""

    w_in: npt.NDArray[np.float32]  # (V, H)
    w_out: npt.NDArray[np.float32] | None  # (V, H), or None where the output side has no rows for words
    losses: npt.NDArray[np.float64]  # (epochs, blocks, 2), summed loss and how many losses it sums
    compile_seconds: float
    train_seconds: float
    count_seconds: float = 0.0
    precision: str = "float32"  # or "mixed": products of bfloat16, added up in float32


class Learn(Protocol):
    """A function that learns a model from a corpus."""

    def __call__(
        self,
        model: Any,  # noqa: ANN401  # the models that it knows
        corpus: Corpus,
        *,
        epochs: int,
        workers: int,
        seed: int,
        reproducible: bool,
        precision: str,
        progress: ProgressCallback | None,
    ) -> Learned:
        """Train `model` on `corpus`."""


def all_finite(matrix: npt.NDArray[np.float32]) -> bool:
    """Say whether no number is NaN or infinite, some rows at a time, so that it takes hardly any memory."""
    step = 2**16
    return all(np.isfinite(matrix[first : first + step]).all() for first in range(0, len(matrix), step))
