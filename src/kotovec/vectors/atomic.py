"""Writing a file so that a reader finds the old one or the new one, whole, whatever happens meanwhile."""

from __future__ import annotations

import errno
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kotovec.errors import KotovecError
from kotovec.shown import shown

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file would be larger than this system allows; choose another disk or raise the limit",
    errno.ENOENT: "its folder does not exist; create it first",
    errno.EACCES: "permission is denied; choose a folder that you may write to",
    errno.EPERM: "permission is denied; choose a folder that you may write to",
    errno.EROFS: "its disk is read-only; choose another folder",
    errno.ENOTDIR: "a part of its path is a file and not a folder; check the path",
    errno.ENAMETOOLONG: "its name is too long; choose a shorter one",
    errno.ELOOP: "it is a link that leads back to itself; choose another name",
}
_TEMPORARY = re.compile(r"\.kotovec-[0-9a-f]{16}\.tmp")
_STANDARD_OUTPUT = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
# Whoever still writes a temporary file has touched it within the day.
_ABANDONED_SECONDS = 24 * 60 * 60


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Yield a binary file whose content becomes `path` in one step when the block ends without an error.

    The content goes to a temporary file in the same folder, is forced to disk, and then takes the name
    `path`. An error or Ctrl-C inside the block removes the temporary file and leaves `path` as it was; a
    killed process leaves `path` as it was, and perhaps a file `.kotovec-*.tmp` beside it; the next write
    into that folder deletes such files once they are a day old. A symbolic link is followed, an existing
    file keeps its permissions, and a pipe, a device or /dev/stdout is written to directly.

    Parameters
    ----------
    path
        The file to create or to replace; its folder must exist.

    Raises
    ------
    KotovecError
        The folder is missing, `path` is a folder, permission is denied or the disk is full.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "notes.txt"
    >>> with atomic_write(path) as file:
    ...     _ = file.write(b"whole or not at all")
    >>> path.read_text()
    'whole or not at all'
    """
    name = os.fspath(path)
    previous = _previous(path, name)
    if previous is not None and name in _STANDARD_OUTPUT:
        # What stands in that file already, as behind `>>`, came from others and stays.
        with _explained(name, None), os.fdopen(os.dup(1), "wb") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    if previous is not None and not stat.S_ISREG(previous.st_mode):
        # Renaming over a device would remove the device from the system.
        with _explained(name, None), Path(path).open("wb") as file:
            yield file
        return
    temporary = target.parent / f".kotovec-{os.urandom(8).hex()}.tmp"
    with _explained(name, temporary):
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                if previous is not None:
                    temporary.chmod(stat.S_IMODE(previous.st_mode))
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    _delete_abandoned(target.parent)


def _previous(path: str | os.PathLike[str], name: str) -> os.stat_result | None:
    """Return the status of what `path` names now, None where there is nothing yet."""
    try:
        found = os.stat(path)  # noqa: PTH116 - pathlib would turn "" into the current folder
    except OSError:
        if not name:
            raise KotovecError("Cannot write a file with an empty name; give it one.") from None
        return None
    except ValueError:
        raise KotovecError(f"{name!a} is no name that a file can have; choose another.") from None
    if stat.S_ISDIR(found.st_mode):
        raise KotovecError(f"Cannot write {name!r}: it is a folder; add a file name.")
    if not os.access(path, os.W_OK):
        # Renaming asks the folder only, and would replace a file that its owner has protected.
        raise KotovecError(f"Cannot write {name!r}: the file is read-only; choose another name.")
    return found


@contextmanager
def _explained(name: str, temporary: Path | None) -> Iterator[None]:
    """Turn the operating system's refusal to write `name` into one sentence."""
    try:
        yield
    except OSError as error:
        # Another file's error, such as of an input read inside the block, carries that file's name.
        if error.filename not in (None, name, str(temporary)):
            raise
        if isinstance(error, BrokenPipeError):  # whoever read the pipe has seen enough
            raise
        raise cannot_write(name, error) from error


def cannot_write(name: str, error: OSError) -> KotovecError:
    """Return the sentence for the operating system's refusal to write a file."""
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    told = shown(name) if error.errno == errno.ENAMETOOLONG else repr(name)
    return KotovecError(f"Cannot write {told}: {reason}.")


def _delete_abandoned(folder: Path) -> None:
    """Delete the temporary files that killed processes left in a folder; a failure to do so is no matter."""
    oldest = time.time() - _ABANDONED_SECONDS
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _TEMPORARY.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < oldest:
                        Path(entry.path).unlink()


def _sync_folder(folder: Path) -> None:
    """Force the folder's new entry to disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
