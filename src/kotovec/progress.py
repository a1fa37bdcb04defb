"""What a long piece of work says about itself while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import Literal

from kotovec.errors import OptionError
from kotovec.shown import shown


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One look at work under way.

    Args:
        stage: "read" while text becomes token ids, "compile" while kernels are built, "count" while a model
            that counts does so, then "train".
        done: bytes read, 0 or 1 for compiling, tokens counted, tokens processed (over all
            epochs) for training.
        total: what `done` will be at the end, in the same unit; None where nobody knows.
        words_per_second: tokens a second so far; 0.0 where it has no meaning.
        loss: mean loss per positive pair, lately; nan until known.
        learning_rate: the rate in use now; nan until known.
        epoch: the running epoch, counted from 0.

    >>> look = Progress(stage="read", done=512, total=1024)
    >>> look.done / look.total
    0.5
    """

    stage: Literal["read", "compile", "count", "train"]
    done: int
    total: int | None
    words_per_second: float = 0.0
    loss: float = nan
    learning_rate: float = nan
    epoch: int = 0


ProgressCallback = Callable[[Progress], None]


def reading(progress: ProgressCallback | None) -> Callable[[int, int | None], None] | None:
    """Return what a corpus tells its progress to, (bytes read, bytes in all), passed on as `Progress`."""
    if progress is None:
        return None

    def say(done: int, total: int | None) -> None:
        progress(Progress(stage="read", done=done, total=total))

    return say


def check_progress(owner: str, progress: object) -> None:
    """Raise OptionError where what is to be told of progress cannot be called."""
    if progress is not None and not callable(progress):
        raise OptionError(
            f"The 'progress' parameter of {owner} must be a function of one Progress, or None. "
            f"Got {shown(progress)} instead."
        )
