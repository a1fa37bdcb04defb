"""What a long piece of work says about itself while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One look at work under way.

    Args:
        stage: "read" while text becomes token ids, "compile" while kernels are built, then "train".
        done: bytes read, 0 or 1 for compiling, tokens processed (over all epochs) for training.
        total: what `done` will be at the end, in the same unit; None where nobody knows.
        words_per_second: tokens a second so far; 0.0 where it has no meaning.
        loss: mean loss per positive pair, lately; nan until known.
        learning_rate: the rate in use now; nan until known.
        epoch: the running epoch, counted from 0.

    >>> nan = float("nan")
    >>> look = Progress(stage="read", done=512, total=1024, words_per_second=0.0, loss=nan,
    ...                 learning_rate=nan, epoch=0)
    >>> look.done / look.total
    0.5
    """

    stage: Literal["read", "compile", "train"]
    done: int
    total: int | None
    words_per_second: float
    loss: float
    learning_rate: float
    epoch: int


ProgressCallback = Callable[[Progress], None]
