"""PPMI and SVD: counting who occurs with whom, and keeping what matters of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from kotovec.models.options import check_choice, take_float, take_int
from kotovec.models.representation import REPRESENTATIONS, Representation

DistanceWeighting = Literal["dynamic", "harmonic", "flat"]


@dataclass(frozen=True, kw_only=True)
class PPMISVD:
    """The options of counting: co-occurrences, PPMI, truncated SVD (Levy, Goldberg and Dagan 2015).

    Parameters
    ----------
    vector_size
        Elements of each word's vector, H: the singular values that are kept.
    window
        The most words on each side that count as context.
    distance_weighting
        What a context at distance d counts in a window of w: "dynamic" (w - d + 1) / w, what a window
        drawn evenly from 1 to w gives on average; "harmonic" 1 / d, as in GloVe; "flat" 1.
    sample
        Words whose share of the text is above this are thinned out before counting; 0 keeps all.
    context_smoothing
        Counts of contexts are raised to this power (cds).
    shift
        PMI is lowered by log(shift), as skip-gram with so many negatives does (Levy and Goldberg 2014).
    eigenvalue_weight
        The power p of the singular values in W = U S^p (eig).
    representation
        Which matrix `Run.vectors` is: "input" (W), "output" (C, the contexts' side), the "sum" of both
        (W + C), their "mean", "blend" or "concatenate".

    Raises
    ------
    OptionError
        If a value cannot work.

    Examples
    --------
    >>> PPMISVD(vector_size=300, window=2).context_smoothing
    0.75

    """

    name: ClassVar[str] = "ppmi-svd"
    default_epochs: ClassVar[int] = 1

    vector_size: int = 100
    window: int = 5
    distance_weighting: DistanceWeighting = "dynamic"
    sample: float = 1e-4
    context_smoothing: float = 0.75
    shift: float = 1.0
    eigenvalue_weight: float = 0.5
    representation: Representation = "input"

    def __post_init__(self) -> None:
        """Check every option once, here, so that no engine has to."""
        take_int(self, "vector_size", 1, 16_384)
        take_int(self, "window", 1, 1000)
        check_choice(
            "PPMISVD", "distance_weighting", self.distance_weighting, ("dynamic", "harmonic", "flat")
        )
        take_float(self, "sample", 0.0, 1.0)
        take_float(self, "context_smoothing", 0.0, 1.0)
        take_float(self, "shift", 1e-6, 1000.0)
        take_float(self, "eigenvalue_weight", 0.0, 1.0)
        check_choice("PPMISVD", "representation", self.representation, REPRESENTATIONS)
