"""The methods that can be compared by name: each a model with the options that make it that method."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kotovec.errors import OptionError
from kotovec.models import CBOW, PPMISVD, GloVe, Model, SkipGram

UNTRAINED = "untrained"
"""Random vectors: what a score is when nothing was learned."""

METHODS: dict[str, tuple[type[Model], dict[str, Any]] | None] = {
    "skipgram": (SkipGram, {}),
    "skipgram-hs": (SkipGram, {"loss": "hierarchical_softmax"}),
    "skipgram-softmax": (SkipGram, {"loss": "softmax"}),
    "skipgram-tied": (SkipGram, {"tied": True}),
    "cbow": (CBOW, {}),
    "cbow-hs": (CBOW, {"loss": "hierarchical_softmax"}),
    # What the authors' own example takes for 17 million words; the default is for thousands of millions.
    "glove": (GloVe, {"x_max": 10.0}),
    "ppmi-svd": (PPMISVD, {}),
    UNTRAINED: None,
}
"""The model of each name and its own options; None for vectors that nothing has trained."""

USUAL = ("skipgram", "cbow", "glove", "ppmi-svd", UNTRAINED)
"""The methods that are compared where nobody says which."""


def methods(
    names: Iterable[str] = USUAL, *, vector_size: int = 100, window: int = 5
) -> dict[str, Model | None]:
    """Return the models of some names, all with the same size of vectors and the same window.

    Parameters
    ----------
    names
        Of `METHODS`.
    vector_size
        Elements of each word's vector, H.
    window
        The most words on each side that count as context.

    Raises
    ------
    OptionError
        If there is no such method, or an option has a value that cannot work.

    Examples
    --------
    >>> list(methods(["cbow", "untrained"], window=2))
    ['cbow', 'untrained']

    """
    chosen: dict[str, Model | None] = {}
    for name in names:
        if name not in METHODS:
            raise OptionError(f"There is no method {name!r}; the methods are {', '.join(METHODS)}.")
        found = METHODS[name]
        if found is None:
            chosen[name] = None
        else:
            model, options = found
            chosen[name] = model(vector_size=vector_size, window=window, **options)
    if not chosen:
        raise OptionError(f"There is no method to compare; name some of {', '.join(METHODS)}.")
    return chosen
