"""LAPACK's decompositions, on one thread: the same bits whatever number of threads it could take.

OpenBLAS cuts its work by the number of its threads, which is that of the cores that the process may use, and
adds up in another order for it. So one thread does all; for matrices of this size that is faster, too.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import numpy as np
import numpy.typing as npt
import scipy.linalg  # noqa: F401  # has a library of its own, which no limit reaches that was set before
from threadpoolctl import threadpool_limits

from kotovec.engines.counting import decomposing
from kotovec.engines.counting.decomposing import Array, decomposed
from kotovec.engines.working import LOOK_SECONDS
from kotovec.errors import TrainingError
from kotovec.programs import can_start_python, how_it_ended, start_program
from kotovec.temporary import disk_errors, temporary_file, write_numbers

Matrix = npt.NDArray[np.float64]

_AT_ONCE = {"whole": 512, "band": 864}
"""Rows of a matrix that is decomposed in less than half a second; a process has to be started, too."""

_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)

_ALONE = threading.RLock()
"""The limit is one for the whole process: of two trainings at once, the first would lift the other's."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep the linear algebra library to one thread, and give it back what it had.

    Threads that it has used go on turning for a while, and would take a core from ours.
    """
    with _ALONE, threadpool_limits(limits=1, user_api="blas"):
        yield


def whole_svd(
    matrix: npt.NDArray[np.float32], size: int, look: Callable[[], None]
) -> tuple[npt.NDArray[np.float32], Matrix, npt.NDArray[np.float32]]:
    """Return U (n, size), S (size,) and V (n, size) for the largest singular values of a matrix, (n, n).

    `look` is called a few times a second meanwhile. KeyboardInterrupt, and what `look` raises, come through
    at once: a large matrix is decomposed by a process of its own, which ends then.

    Raises
    ------
    TrainingError
        If the temporary folder is full, or that process fails.

    """
    U, S, V = _decomposed("whole", matrix, size, look)
    return U, S, V


def largest_of_band(band: Matrix, size: int, look: Callable[[], None]) -> Matrix:
    """Return the eigenvectors of the `size` largest eigenvalues of a symmetric matrix, the largest first.

    band : the lower band of the matrix, (its width, n)

    For `look` and errors see `whole_svd`.
    """
    (vectors,) = _decomposed("band", band, size, look)
    return vectors


def _decomposed(way: str, matrix: Array, size: int, look: Callable[[], None]) -> list[Array]:
    if matrix.shape[1] <= _AT_ONCE[way] or not can_start_python():
        with one_thread():
            return decomposed(way, matrix, size)
    with ExitStack() as open_now:
        with disk_errors("The matrix", TrainingError):
            given, found = temporary_file(open_now), temporary_file(open_now)
            write_numbers(given, matrix)
        given.seek(0)
        process = start_program(
            decomposing.__file__, way, matrix.dtype.str, str(matrix.shape[1]), str(size), str(os.getpid()),
            stdin=given, stdout=found, stderr=subprocess.PIPE, settings=_ONE_THREAD,
        )  # fmt: skip
        open_now.enter_context(process)
        open_now.callback(process.kill)
        status = _ended(process, look)
        if status != 0:
            assert process.stderr is not None
            raise TrainingError(how_it_ended("decomposition", status, process.stderr.read()))
        return _parts(found)


def _ended(process: subprocess.Popen[bytes], look: Callable[[], None]) -> int:
    """Return with which status a process has ended."""
    while True:
        try:
            return process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            look()


def _parts(found: IO[bytes]) -> list[Array]:
    """Return the arrays in a file."""
    end, parts = found.seek(0, os.SEEK_END), []
    found.seek(0)
    while found.tell() < end:
        parts.append(np.load(found))
    return parts
