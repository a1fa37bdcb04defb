"""LAPACK's decompositions, on one thread: the same bits whatever number of threads it could take.

OpenBLAS cuts its work by the number of its threads, which is that of the cores that the process may use, and
adds up in another order for it. So one thread does all; for matrices of this size that is faster, too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.linalg
from threadpoolctl import threadpool_limits

from kotovec.engines.working import LOOK_SECONDS

Matrix = npt.NDArray[np.float64]

_ALONE = threading.RLock()
"""The limit is one for the whole process: of two trainings at once, the first would lift the other's."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep the linear algebra library to one thread, and give it back what it had.

    Threads that it has used go on turning for a while, and would take a core from ours.
    """
    with _ALONE, threadpool_limits(limits=1, user_api="blas"):
        yield


def whole_svd(matrix: Matrix, look: Callable[[], None]) -> tuple[Matrix, Matrix, Matrix]:
    """Return U, S and V' of a matrix, (n, n); `look` is called a few times a second meanwhile.

    What is raised meanwhile, as KeyboardInterrupt is, is raised at once: LAPACK cannot be stopped, and is
    left to end for nobody.
    """
    made: list[Any] = []

    def decompose() -> None:
        try:
            # MKL and OpenMP have a limit for each thread, and this one ends before anyone could miss its own.
            threadpool_limits(limits=1, user_api="blas")
            # Unlike SciPy's, NumPy's lets other threads run.
            made.append(np.linalg.svd(matrix))
        except BaseException as failure:
            made.append(failure)

    with one_thread():
        # A daemon, so that an interrupted program need not wait for it.
        thread = threading.Thread(target=decompose, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
            look()
    if isinstance(made[0], BaseException):
        raise made[0]
    U, S, V = made[0]
    return U, S, V


def largest_of_band(band: Matrix, size: int) -> Matrix:
    """Return the eigenvectors of the `size` largest eigenvalues of a symmetric matrix, the largest first.

    band : the lower band of the matrix, (its width, n)
    """
    n = band.shape[1]
    with one_thread():
        _, vectors = scipy.linalg.eig_banded(band, lower=True, select="i", select_range=(n - size, n - 1))
    return np.asarray(vectors[:, ::-1], np.float64)
