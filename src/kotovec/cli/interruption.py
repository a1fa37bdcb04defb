"""Ctrl-C, told with what it left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Interrupted(Exception):  # noqa: N818 - nobody's error
    """Ctrl-C, with a sentence about what is on the disk now."""


@contextmanager
def telling_what_is_written(*paths: Path) -> Iterator[list[Path]]:
    """Yield a list to which the block adds each file it has written, and turn Ctrl-C into a sentence.

    Args:
        paths: the files that the block is to write.

    Raises:
        Interrupted: Ctrl-C came before all of them were written.
    """
    existed = {path for path in paths if path.exists()}
    written: list[Path] = []
    try:
        yield written
    except KeyboardInterrupt:
        states = [
            f"{path} is written and whole"
            if path in written
            else f"{path} is as it was before"
            if path in existed
            else f"{path} was not written"
            for path in paths
        ]
        raise Interrupted(f"stopped by Ctrl-C; {', '.join(states)}.") from None
