"""CBOW: the mean of the context predicts the centre word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from kotovec.models.losses import Loss, check_loss
from kotovec.models.negative_sampling import WINDOW, take_negative_sampling
from kotovec.models.options import CHOSEN, check_choice
from kotovec.models.representation import Representation, choose_representation
from kotovec.models.tying import check_tied


@dataclass(frozen=True, kw_only=True)
class CBOW:
    """The options of CBOW (Mikolov et al. 2013, arXiv:1301.3781 and 1310.4546).

    Parameters
    ----------
    vector_size, window, negative, shared_negatives, sample, last_learning_rate, negative_exponent, tied,
    loss
        As for `SkipGram`; a positive pair is a centre with its whole context.
        `shared_negatives` are 16, and more with many `negative`: 48 with 15 of them.
    learning_rate
        The step of gradient descent at the start; 0.25 by default, 0.1 with `loss="hierarchical_softmax"`,
        and less with very many negatives: 5 / (1 + negative), 0.19 with 25 of them; with `tied` and several,
        the square root of 2 / (1 + negative) of that. The exact gradient wants a larger one than the old
        tools' does, which is 0.05 with `cbow_gradient="word2vec"`.
    representation
        As for `SkipGram`; the default is the "mean" of both matrices, which is the best for CBOW, and "input"
        with `loss="hierarchical_softmax"` or `tied`.
    cbow_gradient
        "exact": h is the mean of n context rows, so each of them gets 1/n of h's gradient (Irsoy, Benton
        and Stratos 2021, arXiv:2012.15332; so does the book's chapter 4). "word2vec": each gets all of it,
        as word2vec.c and gensim have it.

    What is not given is chosen when the options are built; `dataclasses.replace` keeps what was chosen then,
    as if it had been given.

    Raises
    ------
    OptionError
        If a value cannot work.

    Examples
    --------
    >>> CBOW(cbow_gradient="word2vec").learning_rate
    0.05

    """

    name: ClassVar[str] = "cbow"
    default_epochs: ClassVar[int] = 5
    fewest_shared_negatives: ClassVar[int] = 16
    steady_shared_negatives: ClassVar[int] = 16
    fewest_when_tied: ClassVar[int] = 16

    vector_size: int = 100
    window: int = WINDOW
    negative: int = CHOSEN
    shared_negatives: int = CHOSEN
    sample: float = 1e-3
    learning_rate: float = CHOSEN
    last_learning_rate: float = 1e-4
    negative_exponent: float = 0.75
    representation: Representation = CHOSEN
    tied: bool = False
    cbow_gradient: Literal["exact", "word2vec"] = "exact"
    loss: Loss = "negative_sampling"

    def __post_init__(self) -> None:
        """Check every option once, here, so that no engine has to."""
        choose_representation(self, "mean")
        check_tied(self)
        check_loss(self)
        check_choice("CBOW", "cbow_gradient", self.cbow_gradient, ("exact", "word2vec"))
        take_negative_sampling(self, self._usual_rate())

    def _usual_rate(self) -> float:
        if self.cbow_gradient == "word2vec":
            return 0.05
        return 0.1 if self.loss == "hierarchical_softmax" else 0.25
