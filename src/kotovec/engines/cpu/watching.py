"""Starting workers and watching over them: who calls a kernel from several threads does it here."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from kotovec.engines.cpu.rounds import INTERRUPTED, STOP
from kotovec.engines.working import compile_in_thread, run_threads
from kotovec.progress import Progress as Look
from kotovec.progress import ProgressCallback


def compile_first(
    loop: Callable[..., None], arguments: tuple[Any, ...], progress: ProgressCallback | None
) -> None:
    """Make the machine code, or load it from disk; tell `progress` if that takes a while.

    The first argument is the control array: `loop` is called once with a copy that tells it to stop.
    """
    stopped = arguments[0].copy()
    stopped[STOP] = INTERRUPTED
    compile_in_thread(lambda: loop(stopped, *arguments[1:]), progress)


def run_workers(
    loop: Callable[..., None],
    arguments: Sequence[tuple[Any, ...]],
    look: Callable[[float], Look] | None,
    progress: ProgressCallback | None,
    steer: Callable[[float], None] | None = None,
) -> None:
    """Call `loop` in one thread for each tuple of arguments, and stop them all if anything is raised here.

    `look` is asked what to tell `progress`, given the seconds since the start, and `steer` may tell the
    workers something a few times a second. All first arguments are the same control array.
    """
    started = time.perf_counter()
    control = arguments[0][0]

    def tell() -> None:
        if steer is not None:
            steer(time.perf_counter() - started)
        if progress is not None and look is not None:
            progress(look(time.perf_counter() - started))

    def stop() -> None:
        control[STOP] = INTERRUPTED

    run_threads([partial(loop, *each) for each in arguments], tell, stop)
    tell()  # the end, which the last look came before
