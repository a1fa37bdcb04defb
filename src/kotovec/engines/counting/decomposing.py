"""LAPACK's decompositions, and a program that makes them: LAPACK cannot be stopped, but a process can.

A thread that is left to end for nobody keeps the linear algebra library from ending with the program, or ends
with it in a crash. This file is run by path as a program of its own and imports nothing of ours, see
segmenter.py.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def decomposed(way: str, matrix: Array, size: int) -> list[Array]:
    """Return what belongs to the `size` largest values of a matrix.

    "whole": U (n, size), S (size,) and V (n, size), singular, of a matrix (n, n)
    "band": eigenvectors, (n, size), of a symmetric matrix whose lower band is (its width, n)
    """
    if way == "whole":
        U, S, V = np.linalg.svd(matrix.astype(np.float64))
        return [U[:, :size].astype(np.float32), S[:size], V[:size].T.astype(np.float32)]
    import scipy.linalg  # not needed for the other way, and takes a while

    last = matrix.shape[1] - 1
    _, vectors = scipy.linalg.eig_banded(matrix, lower=True, select="i", select_range=(last + 1 - size, last))
    return [vectors[:, ::-1]]


def main() -> None:
    """Decompose the matrix on standard input, and write what was found to standard output."""
    # Where there are no process groups Ctrl-C comes here too; the parent says what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    way, kind, *numbers = sys.argv[1:]
    columns, size, parent = (int(number) for number in numbers)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    matrix = np.frombuffer(sys.stdin.buffer.read(), kind).reshape(-1, columns)
    found = io.BytesIO()
    for part in decomposed(way, matrix, size):
        np.save(found, part)
    try:
        sys.stdout.buffer.write(found.getbuffer())
        sys.stdout.flush()
    except OSError as failure:
        sys.exit(
            f"what it found could not be written to the temporary folder ({failure.strerror}); "
            "make room there, or let the environment variable TMPDIR name a folder with more."
        )


def _end_with(parent: int) -> None:
    """End this process when the one that has started it has gone, however that came about."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
