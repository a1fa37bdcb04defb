"""The options that all models with negative sampling share, and their checks."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Protocol

from kotovec.models.options import check_choice, choose, take_float, take_int
from kotovec.models.representation import REPRESENTATIONS, Representation

NEGATIVE = 5
"""Negatives for each positive pair, where nothing else is said."""

STEPS = 5.0
"""Most that a learning rate times all questions about one centre should be, see decision 0003."""

WINDOW = 5


class NegativeSampling(Protocol):
    """A model that learns to tell the words of the text from words drawn at random."""

    name: ClassVar[str]
    fewest_shared_negatives: ClassVar[int]
    """M where nothing else is said, and with the usual options."""
    steady_shared_negatives: ClassVar[int]
    """M that is enough for training to be steady then; twice as many questions want twice as many."""
    fewest_when_tied: ClassVar[int]
    """Both with one matrix for both roles."""

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
    def tied(self) -> bool: ...  # noqa: D102
    @property
    def negative_exponent(self) -> float: ...  # noqa: D102
    @property
    def representation(self) -> Representation: ...  # noqa: D102


def take_negative_sampling(model: Any, usual_rate: float) -> None:  # noqa: ANN401  # SkipGram or CBOW
    """Check the options of `model`, and choose those that were not told, from those that were.

    Raises OptionError where an option cannot work.
    """
    owner = type(model).__name__
    choose(model, "negative", 1 if model.tied else NEGATIVE)
    take_int(model, "vector_size", 1, 16_384)
    take_int(model, "window", 1, 1000)
    take_int(model, "negative", 1, 1000)
    take_float(model, "sample", 0.0, 1.0)
    take_float(model, "negative_exponent", -10.0, 10.0)
    check_choice(owner, "representation", model.representation, REPRESENTATIONS)
    sampled = model.loss == "negative_sampling"
    rate = min(usual_rate, steady_rate(model)) if sampled else usual_rate
    shared = _shared_negatives(model, rate / usual_rate) if sampled else model.fewest_shared_negatives
    choose(model, "shared_negatives", shared)
    choose(model, "learning_rate", _tied_rate(rate, model.negative) if model.tied else rate)
    take_int(model, "shared_negatives", 1, 1024)
    take_float(model, "learning_rate", 0.0, 10.0, open_low=True)
    take_float(model, "last_learning_rate", 0.0, 10.0)


def _tied_rate(rate: float, negative: int) -> float:
    """Return the learning rate of one matrix for both roles.

    A row answers "no" to itself as well, as often as it is drawn, and with a full rate unlearns more by that
    than it learns (decision 0011).
    """
    return _two_digits(rate * math.sqrt(2 / (1 + negative)))


def _two_digits(rate: float) -> float:
    return float(f"{rate:.2g}")


def steady_rate(model: NegativeSampling) -> float:
    """Return the largest learning rate that keeps training steady: two digits of STEPS / questions.

    The questions about a centre are answered all at once: one and `negative` more, for each of its context
    words in skip-gram, and for all of them together in CBOW.
    """
    return _two_digits(STEPS / (_contexts(model, model.window) * (1 + model.negative)))


def _contexts(model: NegativeSampling, window: int) -> int:
    """Return how many times a centre is asked about its word and the negatives, on average."""
    return window + 1 if model.name == "skipgram" else 1


def _shared_negatives(model: NegativeSampling, rate: float) -> int:
    """Return M for which one of M negatives is asked no more than is steady, and not less than the fewest.

    All centres of a chunk ask each of them, with weight K / M; `rate` is in units of the usual one.
    """
    asked = rate * _contexts(model, model.window) * model.negative
    times = max(math.ceil(round(asked / (_contexts(model, WINDOW) * NEGATIVE), 6)), 1)
    if model.tied:
        return times * model.fewest_when_tied
    return max(times * model.steady_shared_negatives, model.fewest_shared_negatives)
