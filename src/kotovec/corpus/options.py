"""Checks of the options of `Corpus.open`."""

from __future__ import annotations

import os
from numbers import Integral

from kotovec.corpus.tokenizers import TOKENIZERS
from kotovec.errors import OptionError
from kotovec.shown import shown


def check_options(
    tokenizer: object, min_count: object, max_vocab: object, workers: object, progress: object
) -> None:
    """Refuse options of a wrong type or out of range.

    Raises
    ------
    OptionError
        Naming the option, what it may be and what it was.
    """
    if tokenizer not in TOKENIZERS:
        names = ", ".join(map(repr, TOKENIZERS))
        raise OptionError(
            f"The 'tokenizer' parameter of Corpus.open must be one of {{{names}}}. Got {shown(tokenizer)} "
            "instead."
        )
    _check_positive("min_count", min_count, or_none=False)
    _check_positive("max_vocab", max_vocab, or_none=True)
    _check_positive("workers", workers, or_none=True)
    if progress is not None and not callable(progress):
        raise OptionError(
            "The 'progress' parameter of Corpus.open must be a function of (bytes_done, bytes_total) or "
            f"None. Got {shown(progress)} instead."
        )


def _check_positive(name: str, value: object, *, or_none: bool) -> None:
    if or_none and value is None:
        return
    # True is an int to Python, but nobody means it as a count.
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        allowed = "an int in the range [1, inf)" + (" or None" if or_none else "")
        raise OptionError(
            f"The {name!r} parameter of Corpus.open must be {allowed}. Got {shown(value)} instead."
        )


def readers(workers: int | None) -> int:
    """Return how many threads are to read: those asked for, or one for each core this process may use."""
    if workers is None:
        affinity = getattr(os, "sched_getaffinity", None)
        workers = len(affinity(0)) if affinity else os.cpu_count() or 1
    return int(workers)
