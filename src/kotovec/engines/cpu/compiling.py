"""How every kernel is compiled: one decorator, so that no kernel differs by accident."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numba.extending
import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.parts import for_all_numbers, quick_kernels, quick_parts
from kotovec.kept_code import check_compiling, compiled

check_compiling(numba.config)

# Kernels allocate nothing, so nothing is counted; ways to be called that nobody uses are not compiled. LLVM
# may not change the order of additions or turn divisions into products: it would do so in one kernel and not
# in another, and one helper would give other bits where two workers share a training than where three do.
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "boundscheck": False,
    "_nrt": False,
    "no_cfunc_wrapper": True,
}


@functools.cache
def engine_fingerprint() -> str:
    """Return a digest of the sources of all engines and of the compiler's version."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


intrinsic: Any = numba.extending.intrinsic
"""Numba's decorator for operations written in LLVM code, without its incomplete types."""


part_options: Any = {**_OPTIONS, "no_cpython_wrapper": True, **quick_parts()}
"""How helpers are compiled."""


def like_mapped(kind: type[np.generic]) -> npt.NDArray[Any]:
    """Return an empty array of the type that Numba gives one that is mapped from a file to be read."""
    nothing = np.zeros(0, kind)
    nothing.setflags(write=False)
    return nothing


def kernel(function: Callable[..., Any]) -> Any:
    """Compile `function` on its first call; keep the machine code on disk for later runs.

    Numba's disk cache notices a change only in the file that holds the function, not in the files
    of what it calls. A kernel calls helpers from all over the engines, so the fingerprint of all of
    them is made part of what the cache compares.
    """
    dispatcher = compiled(numba.njit, function, **_OPTIONS, **quick_kernels())
    index = getattr(dispatcher._cache, "_cache_file", None)
    if index is not None:
        index._source_stamp = (index._source_stamp, engine_fingerprint())
    return dispatcher


def anywhere(function: Callable[..., Any]) -> Any:
    """Let kernels call an ordinary Python function as well."""
    return numba.extending.register_jitable(**part_options)(function)


def helper(function: Callable[..., Any]) -> Any:
    """Compile `function` as a part of the kernels that call it; Python cannot."""
    njit: Any = numba.njit  # without its incomplete types
    return for_all_numbers(njit(**part_options)(function))
