"""Files that a command will write: checked before the work, so that no hours are lost after it."""

from __future__ import annotations

import glob
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from kotovec.errors import KotovecError, OptionError


def check_writable(path: Path, sources: Iterable[str] = ()) -> None:
    """Raise if a file could not be written.

    Args:
        path: the file to be written; one that exists will be replaced.
        sources: files and patterns the command reads; writing over one of them is refused.

    Raises:
        OptionError: the path is a folder, "-", or one of the sources.
        KotovecError: it is read-only, or its folder does not exist or cannot be written to.
    """
    if str(path) == "-":
        raise OptionError("'-' does not stand for standard output here; name a file, or /dev/stdout.")
    _check_path(path)
    if path.is_dir():
        raise OptionError(f"{str(path)!r} is a folder; name the file to write in it.")
    if path.exists() and any(path.samefile(source) for source in _existing(sources)):
        raise OptionError(f"{str(path)!r} would overwrite the file it is made from; name another file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise KotovecError(f"The file {str(path)!r} is read-only; name another file.")
    if path.exists() and not path.is_file():
        return  # /dev/null and pipes are written to as they are, not replaced
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise KotovecError(f"The folder {str(folder)!r} does not exist; create it first, or write elsewhere.")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise KotovecError(
            f"The folder {str(folder)!r} cannot be written to ({problem.strerror}); write elsewhere."
        ) from None


def _check_path(path: Path) -> None:
    """Raise if the system cannot say whether there is such a file: a link in a circle, a shut folder."""
    from kotovec.vectors.atomic import cannot_write

    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as problem:
        raise cannot_write(str(path), problem) from None


def are_same(first: Path, second: Path) -> bool:
    """Return whether two paths are those of one file, there or to come, whatever links lead to it."""
    if os.path.realpath(first) == os.path.realpath(second):
        return True
    return first.exists() and second.exists() and first.samefile(second)


def is_file_of_its_own(path: Path) -> bool:
    """Return whether a path is that of a file, there or to come, and neither a device nor standard output."""
    if not path.exists():
        return True
    try:
        return path.is_file() and not os.path.samestat(path.stat(), os.fstat(1))
    except OSError:  # standard output is closed
        return path.is_file()


def _existing(sources: Iterable[str]) -> Iterator[str]:
    """Go through the files that sources stand for."""
    for source in sources:
        if Path(source).exists():
            yield source
        else:
            yield from (name for name in glob.iglob(source, recursive=True) if Path(name).exists())  # noqa: PTH207


def check_vectors_file(path: Path, sources: Iterable[str] = ()) -> None:
    """Raise if vectors could not be written to a file: as `check_writable`, and the format is tried too."""
    check_writable(path, sources)
    import numpy as np

    from kotovec.vectors import WordVectors

    # A rehearsal with one word under the same name: whatever the format refuses, it refuses now.
    with tempfile.TemporaryDirectory() as folder:
        rehearsal = Path(folder) / path.name
        try:
            WordVectors(["word"], np.zeros((1, 1), dtype=np.float32)).save(rehearsal)
        except KotovecError as problem:
            raise type(problem)(str(problem).replace(str(rehearsal), str(path))) from None


def write_json(path: Path, value: object) -> None:
    """Write a value as JSON, so that the file is at every moment the old one or the new one."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # Names of files that are not UTF-8 hold halves of surrogate pairs; so escaped, they are JSON as well.
    write_whole(path, text.encode(errors="backslashreplace") + b"\n")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, so that it is at every moment the old one or the new one."""
    from kotovec.vectors.atomic import atomic_write

    with atomic_write(path) as file:
        file.write(content)
