"""Ctrl-C, and signals that mean the same, told with what they left behind."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

_LIKE_CTRL_C = ("SIGTERM", "SIGHUP")  # by name: Windows has no SIGHUP


class Interrupted(Exception):  # noqa: N818 - nobody's error
    """Ctrl-C, with a clause about what is on the disk now."""


@contextmanager
def telling_what_is_written(*paths: Path) -> Iterator[list[Path]]:
    """Yield a list to which the block adds each file it has written, and turn Ctrl-C into a clause.

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
        if not paths:
            raise
        states = [
            f"{path} is written and whole"
            if path in written
            else f"{path} is as it was before"
            if path in existed
            else f"{path} was not written"
            for path in paths
        ]
        raise Interrupted(", ".join(states)) from None


@contextmanager
def signals_like_ctrl_c() -> Iterator[list[signal.Signals]]:
    """Let SIGTERM and a terminal that closes stop the block as Ctrl-C does, so that it cleans up behind it.

    Yields a list to which the signal is added that came, for telling it from Ctrl-C.
    """
    came: list[signal.Signals] = []
    taken: list[signal.Signals] = []

    def stop(number: int, frame: FrameType | None) -> None:
        for each in taken:  # a terminal that closes sends two; the second is not to stop the cleaning up
            signal.signal(each, signal.SIG_IGN)
        came.append(signal.Signals(number))
        raise KeyboardInterrupt

    # Only the main thread may take signals; those that nohup or a calling program has taken stay theirs.
    if threading.current_thread() is threading.main_thread():
        known = [signal.Signals[name] for name in _LIKE_CTRL_C if hasattr(signal, name)]
        taken = [each for each in known if signal.getsignal(each) == signal.SIG_DFL]
    try:
        for each in taken:
            signal.signal(each, stop)
        yield came
    finally:
        for each in taken:
            signal.signal(each, signal.SIG_DFL)
