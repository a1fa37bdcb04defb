"""Temporary files of numbers: they have no name, so that they vanish however the program ends."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from kotovec.errors import CorpusError, KotovecError


@contextmanager
def disk_errors(what: str = "Text", error: type[KotovecError] = CorpusError) -> Iterator[None]:
    """Turn a failure to write temporary files into a sentence that says what to do."""
    try:
        yield
    except OSError as failure:
        raise error(
            f"{what} could not be written to the temporary folder {tempfile.gettempdir()!r} "
            f"({failure.strerror or failure}); make room there, or let the environment variable TMPDIR name "
            "a folder with more."
        ) from None


def temporary_file(stack: ExitStack) -> IO[bytes]:
    """Return a new file that is closed with the stack."""
    # Unbuffered, so that a full disk shows while writing and not in some later close.
    file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="kotovec-")  # noqa: SIM115
    return stack.enter_context(file)


def write_numbers(file: IO[bytes], numbers: npt.NDArray[Any]) -> None:
    """Write all numbers at the file's position."""
    # An unbuffered file may take only a part; an empty array cannot be cast.
    left = np.ascontiguousarray(numbers).data.cast("B") if numbers.size else memoryview(b"")
    while left:
        left = left[file.write(left) :]
