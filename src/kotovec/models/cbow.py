"""CBOW with negative sampling: the mean of the context predicts the centre word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from kotovec.models.negative_sampling import check_negative_sampling
from kotovec.models.options import check_choice


@dataclass(frozen=True, kw_only=True)
class CBOW:
    """The options of CBOW."""

    name: ClassVar[str] = "cbow"

    vector_size: int = 100
    window: int = 5
    negative: int = 5
    shared_negatives: int = 32
    sample: float = 1e-3
    learning_rate: float = 0.1
    last_learning_rate: float = 1e-4
    negative_exponent: float = 0.75
    cbow_gradient: Literal["exact", "word2vec"] = "exact"

    def __post_init__(self) -> None:
        """Check every option once, here, so that no engine has to."""
        check_negative_sampling(self)
        check_choice("CBOW", "cbow_gradient", self.cbow_gradient, ("exact", "word2vec"))
