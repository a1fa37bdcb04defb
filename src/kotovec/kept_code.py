"""What is asked of Numba: that it compiles, and that what it keeps on disk never stands in the way."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kotovec.errors import KotovecError


def check_compiling(config: Any) -> None:  # noqa: ANN401 - Numba's, without types
    """Raise KotovecError where Numba is told to compile nothing."""
    if config.DISABLE_JIT:
        raise KotovecError(
            "The environment variable NUMBA_DISABLE_JIT tells Numba to compile nothing, and kotovec reads "
            "text and trains with compiled code alone; unset it."
        )


def compiled(njit: Any, function: Callable[..., Any], **options: Any) -> Any:  # noqa: ANN401
    """Return what Numba's `njit` makes of a function, its machine code kept on disk where that works."""
    try:
        dispatcher = njit(cache=True, **options)(function)
    except RuntimeError:
        # Nowhere to write, neither beside the source nor in the user's cache: compile in every process.
        return njit(**options)(function)
    forgive_kept_code(dispatcher)
    return dispatcher


def forgive_kept_code(dispatcher: Any) -> None:  # noqa: ANN401 - Numba's, without types
    """Let a compiled function do without what it keeps on disk.

    A file may be cut short, where a machine lost its power, or be of another version of kotovec and name
    classes that are no more: then it is forgotten, and the function compiled anew. Where there is no room to
    write, a UserWarning says so.
    """
    cache = dispatcher._cache
    load, save = cache.load_overload, cache.save_overload

    def load_overload(signature: Any, target: Any) -> Any:  # noqa: ANN401
        try:
            return load(signature, target)
        except MemoryError:
            raise
        except Exception:
            with suppress(OSError):
                cache.flush()
            return None

    def save_overload(signature: Any, compiled: Any) -> None:  # noqa: ANN401
        try:
            save(signature, compiled)
        except OSError as problem:
            _tell_once(cache.cache_path, problem.strerror or str(problem))

    cache.load_overload, cache.save_overload = load_overload, save_overload


@functools.cache
def _tell_once(folder: str, reason: str) -> None:
    warnings.warn(
        f"Machine code could not be kept in {folder!r} ({reason}), so it has to be compiled again next time; "
        "make room there, or let the environment variable NUMBA_CACHE_DIR name another folder.",
        UserWarning,
        stacklevel=2,
    )
