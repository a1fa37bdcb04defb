"""Which matrix is the word? Every model learns two vectors for each word; this names what is kept of them."""

from __future__ import annotations

from typing import Literal, get_args

Representation = Literal["input", "output", "sum", "mean", "concatenate"]
"""W_in, W_out, their sum or mean (V, H), or both side by side (V, 2 H)."""

REPRESENTATIONS: tuple[str, ...] = get_args(Representation)
