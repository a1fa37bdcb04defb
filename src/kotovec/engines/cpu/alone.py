"""Whether one of two workers does both halves, because somebody else wants one of the two cores.

Two workers with half of the columns each wait for one another many thousand times a second. Where the
operating system takes the core from one of them, for some milliseconds each time, the other waits as well,
and both together do less than one of them would, alone on the other core. That cores are wanted by others
shows in how often the system takes one from us that we would have kept. Then both ways are tried, and the
faster one is kept for a while. What is learned is the same either way.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.half_rounds import SCORED
from kotovec.engines.cpu.halves import ALONE

_LOOKS = 2
"""Looks, a tenth of a second each, that a trial takes, after one in which its speed is not measured."""
_KEPT, _MOST_KEPT = 16, 64
"""Looks from one trial to the next: at first, and at most, since trials that bring nothing become fewer."""
_GAIN = 1.02
"""So many times as fast the other way must be."""
_CROWDED = 100.0
"""Times in a second that the system takes a core away where somebody else wants it; measured, 30 to 70 times
while nobody does, and 130 to 5,800 beside a process that never rests."""


def taken_away() -> int:
    """Return how often the system has taken a core from this process so far; 0 where it does not say."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


class Alone:
    """Looks at the two workers a few times a second, and tells the clerk whether to work alone."""

    def __init__(self, control: npt.NDArray[np.int64], switches: Callable[[], int] = taken_away) -> None:
        """Begin with both at work."""
        self._control, self._switches = control, switches
        self._seconds = self._chunks = 0.0
        self._taken = switches()
        self._rates: list[float] = []  # chunks a second, in each look since this way was begun
        self._before = 0.0  # the same, before a trial
        self._on_trial = False
        self._crowded = 0  # looks in a row
        self._kept, self._since = _KEPT, _KEPT

    def look(self, seconds: float) -> None:
        """Take note of how far the workers are, `seconds` after they began."""
        span = seconds - self._seconds
        if span <= 0:
            return
        chunks, taken = float(self._control[SCORED[0]]), self._switches()
        self._rates.append((chunks - self._chunks) / span)
        self._crowded = self._crowded + 1 if taken - self._taken > _CROWDED * span else 0
        self._seconds, self._chunks, self._taken = seconds, chunks, taken
        if self._on_trial:
            self._judge()
        else:
            self._since += 1
            wanted = bool(self._control[ALONE]) or self._crowded >= _LOOKS
            if wanted and self._since >= self._kept and len(self._rates) > _LOOKS:
                self._before = float(np.mean(self._rates[-_LOOKS:]))
                self._turn(on_trial=True)

    def _judge(self) -> None:
        """End a trial when enough of it is seen: keep the new way, or go back to the old one."""
        if len(self._rates) <= _LOOKS:
            return
        self._on_trial, self._since = False, 0
        if np.mean(self._rates[1:]) > _GAIN * self._before:
            self._kept = _KEPT
        else:
            self._kept = min(2 * self._kept, _MOST_KEPT)
            self._turn(on_trial=False)

    def _turn(self, *, on_trial: bool) -> None:
        self._control[ALONE] ^= 1
        self._on_trial, self._rates = on_trial, []
