"""GloVe: vectors whose dot products are the logarithms of co-occurrence counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kotovec.models.options import check_choice, take_float, take_int
from kotovec.models.representation import REPRESENTATIONS, Representation


@dataclass(frozen=True, kw_only=True)
class GloVe:
    """The options of GloVe (Pennington, Socher and Manning 2014).

    Parameters
    ----------
    vector_size
        Elements of each word's vector, H.
    window
        The most words on each side that count as context; one at distance d counts 1 / d.
    x_max, alpha
        A count x weighs (x / x_max)^alpha, and 1 from x_max on. The paper's 100 is for billions of words; a
        text of ten million words wants 10 (docs/decisions/0009-glove.md).
    learning_rate
        The step of AdaGrad, for vectors; that of the biases is 1, as in the program of the paper.
    representation
        Which matrix `Run.vectors` is: the "sum" of both sides, as in the paper, or "input", "output",
        "mean", "blend" or "concatenate", as for `SkipGram`.

    Raises
    ------
    OptionError
        If a value cannot work.

    Examples
    --------
    >>> GloVe(vector_size=300).x_max
    100.0

    """

    name: ClassVar[str] = "glove"
    default_epochs: ClassVar[int] = 25

    vector_size: int = 100
    window: int = 10
    x_max: float = 100.0
    alpha: float = 0.75
    learning_rate: float = 0.05
    representation: Representation = "sum"

    def __post_init__(self) -> None:
        """Check every option once, here, so that no engine has to."""
        take_int(self, "vector_size", 1, 16_384)
        take_int(self, "window", 1, 1000)
        take_float(self, "x_max", 0.0, open_low=True)
        take_float(self, "alpha", 0.0, 1.0)
        take_float(self, "learning_rate", 0.0, 10.0, open_low=True)
        check_choice("GloVe", "representation", self.representation, REPRESENTATIONS)
