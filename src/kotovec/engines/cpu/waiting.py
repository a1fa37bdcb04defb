"""Waiting for another worker: spinning for a while, then letting others have the core."""

from __future__ import annotations

import numpy as np

from kotovec.engines.cpu.atomics import atomic_load, give_way, relax
from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.rounds import RUNNING, STOP

_SPINS = 2000


@helper
def wait_for(control: np.ndarray, counts: np.ndarray, place: int, number: int) -> bool:
    """Wait until counts[place] reaches a number; return whether training goes on.

    Where the number is reached, training goes on, even if it is being stopped.
    """
    spins = 0
    while atomic_load(counts, place) < number:
        if atomic_load(control, STOP) != RUNNING:
            return False
        spins += 1
        if spins < _SPINS:
            relax()
        else:
            give_way()
    return True
