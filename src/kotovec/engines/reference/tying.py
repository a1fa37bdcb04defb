"""One matrix in both roles: the layers that share it have each a gradient of it, and it moves by both."""

from __future__ import annotations

from kotovec.engines.reference.update import Update


def tied(update: Update) -> Update:
    """Return what a chunk teaches a matrix that was given as `w_in` and as `w_out`.

    The derivative by an array that stands at two places is the sum of the derivatives by each of them
    (Press and Wolf 2016, arXiv:1608.05859, section 3).
    """
    both = update.w_in + update.w_out
    return Update(w_in=both, w_out=both, loss=update.loss, pairs=update.pairs)
