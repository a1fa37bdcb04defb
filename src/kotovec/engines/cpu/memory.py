"""Arrays whose cache lines no other array shares.

Two workers that write to one line take it from one another with every write, although neither wants what the
other writes. So whatever workers write to while they train begins and ends with a line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kotovec.engines.cpu.lanes import CACHE_LINE


def new_array(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return an array of zeros that has its cache lines to itself."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.zeros(-(-size // CACHE_LINE) * CACHE_LINE + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + size].view(dtype).reshape(shape)


def new_matrix(rows: int, columns: int, dtype: Any) -> Any:
    """Return the same for a matrix."""
    return new_array((rows, columns), dtype)


def new_table(number: int, dtype: Any) -> Any:
    """Return the same for one row of numbers."""
    return new_array((number,), dtype)


def new_lines(shape: tuple[int, ...], dtype: Any) -> Any:
    """Return a line of numbers for each place of a shape: different workers write to neighbouring ones."""
    return new_array((*shape, CACHE_LINE // np.dtype(dtype).itemsize), dtype)


def in_each_slot(slots: int) -> Callable[[str, Any], Any]:
    """Return what `in_slots` takes where every slot has arrays of its own."""
    return lambda _, part: new_array((slots, *part.shape), part.dtype)


def in_all_slots(bundle: Any, slots: int, names: Iterable[str]) -> dict[str, Any]:
    """Return arrays like those of a bundle with these names, with so many slots as first axis."""
    parts = {name: getattr(bundle, name) for name in names}
    return {name: new_array((slots, *part.shape), part.dtype) for name, part in parts.items()}


def in_slots(bundle: Any, slots: int, own: Callable[[str, Any], Any]) -> Any:
    """Return a bundle whose arrays have so many slots as first axis, for `borrow_slots`.

    own(name, array) is such an array where a field of the bundle is different in each slot, and None where
    all slots have the array that is there.
    """

    def spread(name: str, part: Any) -> Any:
        if isinstance(part, np.ndarray):
            return np.lib.stride_tricks.as_strided(part, (slots, *part.shape), (0, *part.strides))
        return type(part)(**make(part)) if hasattr(part, "_fields") else part

    def make(parts: Any) -> dict[str, Any]:
        made = {}
        for name, part in parts._asdict().items():
            found = own(name, part)
            made[name] = spread(name, part) if found is None else found
        return made

    return type(bundle)(**make(bundle))
