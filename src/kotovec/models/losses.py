"""How the right word is told from all others, and which options go with each way."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, get_args

from kotovec.errors import OptionError
from kotovec.models.negative_sampling import NEGATIVE
from kotovec.models.options import CHOSEN, check_choice

Loss = Literal["negative_sampling", "hierarchical_softmax", "softmax"]
"""Questions about the word and a few drawn ones, questions along a Huffman tree, or all words at once."""

LOSSES: tuple[str, ...] = get_args(Loss)

OF_NEGATIVE_SAMPLING = ("negative", "shared_negatives", "negative_exponent")


def check_loss(model: Any) -> None:  # noqa: ANN401  # any dataclass with the options of negative sampling
    """Raise OptionError where the loss is unknown, or where another option has no meaning with it."""
    owner = type(model).__name__
    check_choice(owner, "loss", model.loss, LOSSES)
    if model.loss == "negative_sampling":
        return
    defaults = {field.name: field.default for field in dataclasses.fields(model)}
    defaults |= {"negative": NEGATIVE, "shared_negatives": model.fewest_shared_negatives}
    for name in OF_NEGATIVE_SAMPLING:
        # A model that is built anew from its own options is told their defaults.
        if getattr(model, name) not in (CHOSEN, defaults[name]):
            raise OptionError(
                f"The {name!r} parameter of {owner} must be left out with loss={model.loss!r}, which draws "
                f"no negatives. Got {getattr(model, name)!r} instead."
            )
    if model.loss == "hierarchical_softmax" and model.representation != "input":
        raise OptionError(
            f"The 'representation' parameter of {owner} must be 'input' with loss='hierarchical_softmax', "
            "whose output side has a vector for each node of a tree and none for a word. "
            f"Got {model.representation!r} instead."
        )
