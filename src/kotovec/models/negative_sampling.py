"""The options that all models with negative sampling share, and their checks."""

from __future__ import annotations

from typing import Any, Protocol

from kotovec.models.options import check_choice, check_float, check_int, choose
from kotovec.models.representation import REPRESENTATIONS, Representation

NEGATIVE = 5
"""Negatives for each positive pair, where nothing else is said."""


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


def check_negative_sampling(model: NegativeSampling) -> None:
    """Raise OptionError where an option of `model` cannot work."""
    owner = type(model).__name__
    check_int(owner, "vector_size", model.vector_size, 1, 16_384)
    check_int(owner, "window", model.window, 1, 1000)
    check_int(owner, "negative", model.negative, 1, 1000)
    check_int(owner, "shared_negatives", model.shared_negatives, 1, 1024)
    check_float(owner, "sample", model.sample, 0.0, 1.0)
    check_float(owner, "learning_rate", model.learning_rate, 0.0, 10.0, open_low=True)
    check_float(owner, "last_learning_rate", model.last_learning_rate, 0.0, 10.0)
    check_float(owner, "negative_exponent", model.negative_exponent, -10.0, 10.0)
    check_choice(owner, "representation", model.representation, REPRESENTATIONS)
