"""Threads that call compiled code and leave Python free meanwhile, and tasks shared out among them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from kotovec.errors import TrainingError
from kotovec.progress import Progress, ProgressCallback

LOOK_SECONDS = 0.1
_SAY_COMPILING_AFTER = 1.0


class _StoppedError(Exception):
    """Another worker failed, or the user wants no more."""


class Tasks:
    """The numbers 0 .. count - 1, each handed to one of several threads, in this order."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = self._turn = 0
        self._stopped = False
        self._changed = threading.Condition()

    def __iter__(self) -> Iterator[int]:
        """Hand out tasks, as long as there are some and nobody says stop."""
        while True:
            with self._changed:
                if self._stopped or self._taken == self._count:
                    return
                task = self._taken
                self._taken += 1
            yield task

    @contextmanager
    def in_turn(self, task: int) -> Iterator[None]:
        """Wait until all tasks before this one have had their turn."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._turn == task)
            if self._stopped:
                raise _StoppedError
        yield
        with self._changed:
            self._turn += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Hand out no more, and wake all that wait."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()


def run_threads(
    calls: Sequence[Callable[[], None]], look: Callable[[], None] | None, stop: Callable[[], None]
) -> None:
    """Make each call on a thread of its own, and wait until all have returned.

    `look` is called from this thread a few times a second. If anything is raised here, `stop` must make the
    calls return; then it is raised again.
    """
    threads: list[threading.Thread] = []
    try:
        # One by one, so that those that have begun are in the list should another not begin.
        threads.extend(_started(call, len(calls)) for call in calls)
        for thread in threads:
            while thread.is_alive():
                thread.join(LOOK_SECONDS)
                if look is not None:
                    look()
    except BaseException:
        stop()
        for thread in threads:
            thread.join()
        raise


def _started(call: Callable[[], None], workers: int) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    try:
        thread.start()
    except RuntimeError as problem:
        raise TrainingError(
            f"The system starts no more threads, and {workers} workers were to have one each ({problem}); "
            "ask for fewer workers."
        ) from None
    return thread


def share_out(
    work: Callable[[Tasks], None], count: int, workers: int, look: Callable[[], None] | None = None
) -> None:
    """Call `work` on each of `workers` threads with the same `Tasks`, and wait until all have returned.

    Parameters
    ----------
    work
        Goes through the tasks that it is handed; others get the rest.
    count
        How many tasks there are.
    workers
        How many threads.
    look
        Called from this thread a few times a second.

    Raises
    ------
    Exception
        What a worker raised first, when all have stopped. So has KeyboardInterrupt stopped them.

    """
    tasks = Tasks(count)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            work(tasks)
        except _StoppedError:
            pass
        except BaseException as failure:
            failures.append(failure)
            tasks.stop()

    run_threads([call] * min(workers, count), look, tasks.stop)
    if failures:
        raise failures[0]


def cut(length: int, step: int) -> list[tuple[int, int]]:
    """Return where each stretch of a length begins, and where the next one does."""
    return [(first, min(first + step, length)) for first in range(0, length, step)]


def compile_in_thread(nothing_to_do: Callable[[], None], progress: ProgressCallback | None) -> None:
    """Call what makes the machine code and does nothing else; tell `progress` if that takes a while."""
    began = time.perf_counter()

    def work(tasks: Tasks) -> None:
        for _ in tasks:
            nothing_to_do()

    def look() -> None:
        if progress is not None and time.perf_counter() - began > _SAY_COMPILING_AFTER:
            progress(Progress(stage="compile", done=0, total=1))

    share_out(work, 1, 1, look)
