"""Calling parts of kernels from tests."""

from __future__ import annotations

import functools

import numba


@functools.cache
def callable_part(helper):
    """Return a helper, which only kernels call, as a function that Python can call, compiled once for all."""
    return numba.jit(**{**helper.targetoptions, "no_cpython_wrapper": False})(helper.py_func)
