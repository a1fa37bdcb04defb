"""Starting workers and watching over them: who calls a kernel from several threads does it here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from kotovec.engines.cpu.rounds import INTERRUPTED, STOP
from kotovec.engines.working import LOOK_SECONDS, compile_in_thread
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
) -> None:
    """Call `loop` in one thread for each tuple of arguments, and stop them all if anything is raised here.

    `look` is asked what to tell `progress`, given the seconds since the start. All first arguments are the
    same control array.
    """
    threads = [threading.Thread(target=loop, args=each, daemon=True) for each in arguments]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(LOOK_SECONDS)
                if progress is not None and look is not None:
                    progress(look(time.perf_counter() - started))
        if progress is not None and look is not None:
            progress(look(time.perf_counter() - started))  # the end, which the last look came before
    except BaseException:
        arguments[0][0][STOP] = INTERRUPTED
        for thread in threads:
            thread.join()
        raise
