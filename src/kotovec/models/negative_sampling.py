"""The options that all models with negative sampling share, and their checks."""

from __future__ import annotations

from typing import Any, Protocol

from kotovec.models.options import check_choice, check_float, check_int, choose
from kotovec.models.representation import REPRESENTATIONS, Representation

NEGATIVE = 5
"""Negatives for each positive pair, where nothing else is said."""

STEPS = 2.4
"""Most that a learning rate times all questions about one centre should be; from 4 on training diverges, see
decision 0003."""


class NegativeSampling(Protocol):
    """A model that learns to tell the words of the text from words drawn at random."""

    @property
    def vector_size(self) -> int: ...  # noqa: D102
    @property
    def window(self) -> int: ...  # noqa: D102
    @property
    def negative(self) -> int: ...  # noqa: D102
    @property
    def shared_negatives(self) -> int: ...  # noqa: D102
    @property
    def sample(self) -> float: ...  # noqa: D102
    @property
    def learning_rate(self) -> float: ...  # noqa: D102
    @property
    def last_learning_rate(self) -> float: ...  # noqa: D102
    @property
    def negative_exponent(self) -> float: ...  # noqa: D102
    @property
    def representation(self) -> Representation: ...  # noqa: D102


def choose_negative(model: Any) -> None:  # noqa: ANN401  # SkipGram or CBOW
    """Give a model that was not told how many negatives NEGATIVE, or 1 where one matrix has both roles."""
    choose(model, "negative", 1 if model.tied is True else NEGATIVE)


def steady_rate(contexts: int, negative: int) -> float:
    """Return the largest learning rate that keeps training steady: two digits of STEPS / questions.

    The questions about a centre's row are answered all at once: for each of its `contexts` words, on average,
    one and `negative` more.
    """
    return float(f"{STEPS / (contexts * (1 + negative)):.2g}")


def choose_learning_rate(model: Any, rate: float, contexts: int) -> None:  # noqa: ANN401  # SkipGram or CBOW
    """Give a model that was not told its learning rate `rate`, or what is steady where that is less."""
    if model.loss == "negative_sampling":
        rate = min(rate, steady_rate(contexts, model.negative))
    choose(model, "learning_rate", rate)
    owner = type(model).__name__
    check_float(owner, "learning_rate", model.learning_rate, 0.0, 10.0, open_low=True)
    check_float(owner, "last_learning_rate", model.last_learning_rate, 0.0, 10.0)


def check_negative_sampling(model: NegativeSampling) -> None:
    """Raise OptionError where an option of `model` cannot work; its rates come afterwards."""
    owner = type(model).__name__
    check_int(owner, "vector_size", model.vector_size, 1, 16_384)
    check_int(owner, "window", model.window, 1, 1000)
    check_int(owner, "negative", model.negative, 1, 1000)
    check_int(owner, "shared_negatives", model.shared_negatives, 1, 1024)
    check_float(owner, "sample", model.sample, 0.0, 1.0)
    check_float(owner, "negative_exponent", model.negative_exponent, -10.0, 10.0)
    check_choice(owner, "representation", model.representation, REPRESENTATIONS)
