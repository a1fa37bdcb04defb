"""Which matrix is the word? Every model learns two vectors for each word; this names what is kept of them."""

from __future__ import annotations

from typing import Any, Literal, get_args

from kotovec.models.options import choose

Representation = Literal["input", "output", "sum", "mean", "blend", "concatenate"]
"""W_in, W_out, their sum or mean, W_in + BLENDED W_out (V, H), or both side by side (V, 2 H)."""

REPRESENTATIONS: tuple[str, ...] = get_args(Representation)

BLENDED = 0.25
"""How much of W_out is in the blend, see decision 0011."""


def choose_representation(model: Any, usual: Representation) -> None:  # noqa: ANN401  # SkipGram or CBOW
    """Give a model that is being built the `usual` one, or "input" where it can have no other."""
    one_matrix = model.tied is True or model.loss == "hierarchical_softmax"
    choose(model, "representation", "input" if one_matrix else usual)
