"""The progress bar on stderr: one line for each stage, nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kotovec.cli.output import short_number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from kotovec.progress import Progress, ProgressCallback

STAGE_NAMES = {
    "read": "reading",
    "compile": "compiling",
    "count": "counting",
    "train": "training",
}
SECONDS_BETWEEN_DRAWINGS = 0.1
# A terminal shows Ctrl-C as two characters behind the bar, which must not open a new line.
ROOM_FOR_CTRL_C = 3
# Below these widths the learning rate, the loss and then the speed give way to the bar and the time left.
WIDTH_FOR_RATE = 76
WIDTH_FOR_LOSS = 62
WIDTH_FOR_SPEED = 48


@contextmanager
def progress_bar() -> Iterator[ProgressCallback | None]:
    """Yield what `kotovec.train` takes as `progress`: a bar on a terminal, else None."""
    if not sys.stderr.isatty():
        yield None
        return
    # rich takes a tenth of a second to import; a command without a bar does not pay it.
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress
    from rich.table import Column

    longest_name = max(map(len, STAGE_NAMES.values()))
    columns = (
        TextColumn("{task.description}", table_column=Column(min_width=longest_name, no_wrap=True)),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[detail]}", table_column=Column(no_wrap=True)),
    )
    # Drawn from the callback alone: a refreshing thread would take turns from the training's threads.
    with RichProgress(*columns, console=_console(), auto_refresh=False, expand=True) as bar:
        yield _Drawing(bar).show


def _console() -> Console:
    """Return a console on stderr that leaves the last columns of the terminal alone."""
    from rich.console import Console, ConsoleDimensions

    class Narrower(Console):
        @property
        def size(self) -> ConsoleDimensions:
            width, height = super().size
            return ConsoleDimensions(max(1, width - ROOM_FOR_CTRL_C), height)

        @size.setter
        def size(self, new_size: tuple[int, int]) -> None:
            self._width, self._height = new_size

    return Narrower(stderr=True)


class _Drawing:
    """Turns looks at the work into lines of the bar."""

    def __init__(self, bar: RichProgress) -> None:
        self.bar = bar
        self.tasks: dict[str, TaskID] = {}
        self.began: dict[str, float] = {}
        self.looked = time.monotonic()
        self.drawn = 0.0

    def show(self, look: Progress) -> None:
        """Draw one look, unless the last was drawn a moment ago and this one ends nothing."""
        now = time.monotonic()
        # A stage is first heard of when it is under way; it began when the one before was last heard of.
        before, self.looked = self.looked, now
        finished = look.total is not None and look.done >= look.total
        first = look.stage not in self.tasks
        if not (first or finished) and now - self.drawn < SECONDS_BETWEEN_DRAWINGS:
            return
        self.drawn = now
        if first:
            for stage in self.tasks:  # whatever came before has ended, whether or not it said so
                self.bar.update(self.tasks[stage], total=1, completed=1)
            self.began[look.stage] = before
        detail = describe(look, now - self.began[look.stage], self.bar.console.width)
        if first:
            self.tasks[look.stage] = self.bar.add_task(
                STAGE_NAMES[look.stage], total=look.total, detail=detail
            )
        self.bar.update(self.tasks[look.stage], completed=look.done, total=look.total, detail=detail)
        self.bar.refresh()


def describe(look: Progress, seconds: float, width: int = 80) -> str:
    """Return the words beside the bar.

    Args:
        look: the work as it stands.
        seconds: since the stage began.
        width: of the terminal, in columns.
    """
    if look.stage == "read":
        return f"{look.done / 1e6:.1f} MB  {seconds:.1f} s"
    if look.stage == "compile":
        what = "kernels for this CPU, once  " if width >= WIDTH_FOR_LOSS else ""
        return f"{what}{seconds:.1f} s"
    parts = [f"{short_number(look.words_per_second)} words/s"] if width >= WIDTH_FOR_SPEED else []
    if look.loss == look.loss and width >= WIDTH_FOR_LOSS:  # not nan
        parts.append(f"loss {look.loss:.3f}")
    if look.learning_rate == look.learning_rate and width >= WIDTH_FOR_RATE:
        parts.append(f"rate {look.learning_rate:.4f}")
    if look.total is not None and look.words_per_second > 0:
        left = (look.total - look.done) / look.words_per_second
        # As long as what it replaces, so that the bar does not jump at the end.
        whole = look.done / look.words_per_second
        parts.append(f"{f'{whole:.1f} s':9}" if look.done >= look.total else f"{clock(left)} left")
    return "  ".join(parts)


def clock(seconds: float) -> str:
    """Return a duration as a clock shows it.

    >>> clock(9.6), clock(754), clock(7322)
    ('0:10', '12:34', '2:02:02')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
