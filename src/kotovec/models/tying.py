"""Tied weights: one matrix for both roles of a word, and what cannot go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotovec.errors import OptionError
from kotovec.models.options import check_bool

if TYPE_CHECKING:
    from kotovec.models import CBOW, SkipGram


def check_tied(model: SkipGram | CBOW) -> None:
    """Raise OptionError where `tied` is neither True nor False, or another option needs two matrices."""
    owner = type(model).__name__
    check_bool(owner, "tied", model.tied)
    if model.tied and model.loss != "negative_sampling":
        raise OptionError(
            f"tied=True goes with loss='negative_sampling', whose output side has a vector like the input's "
            f"for each word. Got loss={model.loss!r} instead."
        )
    if model.tied and model.representation != "input":
        raise OptionError(
            f"With tied=True {owner} has one matrix, which is its input and its output; leave "
            f"representation={model.representation!r} out."
        )
