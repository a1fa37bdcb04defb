"""Whether two workers drop their copies of what the other has written: found out by trying.

A core that stores to a cache line of which another core has a copy must wait for that one to give it up:
some 5 ns for each line where both cores have a cache in common, 20 where they have none, and asking for it
beforehand does not help. If the reader drops its copies when it has read them, nobody waits, but the lines
go to the memory and back. That is worth it where the cores are far apart and not where they are near. Which
of the two a virtual machine gives us is not said anywhere, and changes while we train. So both ways are
tried, by turns, and the faster one is kept. What is learned is the same either way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.half_rounds import DROPS, SCORED

_LOOKS = 16
"""Looks from one trial of the other way to the next."""
_GAIN = 1.05
"""So many times as fast the other way must be."""


class Trials:
    """Looks at the two workers a few times a second, and tells them which way is faster."""

    def __init__(self, control: npt.NDArray[np.int64]) -> None:
        """Begin with no dropping."""
        self._control = control
        self._seconds = self._chunks = 0.0
        self._looks = 0
        self._rates: list[float] = []  # of the last looks: this way, the other, this way again
        self._resting: int | None = None  # while there is one worker: how two of them worked

    def rest(self) -> None:
        """Have nothing dropped while one worker does everything: it would drop what only itself needs."""
        if self._resting is None:
            self._resting, self._control[DROPS] = int(self._control[DROPS]), 0

    def look(self, seconds: float) -> None:
        """Take note of how far the two workers are, `seconds` after they began."""
        chunks = float(self._control[SCORED[0]])
        if seconds <= self._seconds:
            return
        if self._resting is not None:
            self._control[DROPS] = self._resting
            self._resting = None
            self._seconds, self._chunks = seconds, chunks
            return
        rate = (chunks - self._chunks) / (seconds - self._seconds)
        self._seconds, self._chunks = seconds, chunks
        self._rates = [*self._rates[-2:], rate]
        step = self._looks % _LOOKS
        self._looks += 1
        if step in (0, 1):  # the trial begins, and ends
            self._control[DROPS] ^= 1
        elif step == 2:
            before, other, after = self._rates
            if other > _GAIN * (before + after) / 2:
                self._control[DROPS] ^= 1
