"""The program that decomposes a whole matrix: LAPACK cannot be stopped, but a process can.

A thread that is left to end for nobody keeps the linear algebra library from ending with the program, or ends
with it in a crash. This file is run by path as a program of its own and imports nothing of ours, see
segmenter.py.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import numpy as np
import numpy.typing as npt

Single = npt.NDArray[np.float32]


def largest(matrix: Single, size: int) -> tuple[Single, npt.NDArray[np.float64], Single]:
    """Return U (n, size), S (size,) and V (n, size) for the largest singular values of a matrix, (n, n)."""
    U, S, V = np.linalg.svd(matrix.astype(np.float64))
    return U[:, :size].astype(np.float32), S[:size], V[:size].T.astype(np.float32)


def main() -> None:
    """Decompose the matrix on standard input, and write what was found to standard output."""
    # Where there are no process groups Ctrl-C comes here too; the parent says what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    words, size, parent = (int(word) for word in sys.argv[1:])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    matrix = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(words, words)
    try:
        for part in largest(matrix, size):
            sys.stdout.buffer.write(part.tobytes())
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
