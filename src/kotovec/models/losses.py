"""How the right word is told from all others, and which options go with each way."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal, get_args

from kotovec.errors import OptionError
from kotovec.models.negative_sampling import NEGATIVE
from kotovec.models.options import CHOSEN, check_choice

Loss = Literal["negative_sampling", "hierarchical_softmax", "softmax"]
"""Questions about the word and a few drawn ones, questions along a Huffman tree, or all words at once."""

LOSSES: tuple[str, ...] = get_args(Loss)

_OF_NEGATIVE_SAMPLING = ("negative", "shared_negatives", "negative_exponent")


def refuse_negatives(owner: str, loss: str, given: Mapping[str, object]) -> None:
    """Raise OptionError where an option that was given is of negative sampling, and `loss` is not."""
    for name in _OF_NEGATIVE_SAMPLING:
        if name in given and loss != "negative_sampling":
            raise OptionError(
                f"The {name!r} parameter of {owner} must be left out with loss={loss!r}, which draws "
                f"no negatives. Got {given[name]!r} instead."
            )


def check_loss(model: Any) -> None:  # noqa: ANN401  # any dataclass with the options of negative sampling
    """Raise OptionError where the loss is unknown, or where another option has no meaning with it."""
    owner = type(model).__name__
    check_choice(owner, "loss", model.loss, LOSSES)
    if model.loss == "negative_sampling":
        return
    defaults = {field.name: field.default for field in dataclasses.fields(model)}
    defaults |= {"negative": NEGATIVE, "shared_negatives": model.fewest_shared_negatives}
    values = {name: getattr(model, name) for name in _OF_NEGATIVE_SAMPLING}
    # A model that is built anew from its own options is told their defaults.
    given = {name: value for name, value in values.items() if value not in (CHOSEN, defaults[name])}
    refuse_negatives(owner, model.loss, given)
    if model.loss == "hierarchical_softmax" and model.representation != "input":
        raise OptionError(
            f"The 'representation' parameter of {owner} must be 'input' with loss='hierarchical_softmax', "
            "whose output side has a vector for each node of a tree and none for a word. "
            f"Got {model.representation!r} instead."
        )
