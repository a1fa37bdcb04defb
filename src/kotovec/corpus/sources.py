"""Which files a source means: paths, lists of paths, globs and standard input."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kotovec.errors import CorpusError

STDIN = "-"
PASS_LISTS = "To pass sentences, pass lists of tokens, for example [line.split() for line in lines]."


@dataclass(frozen=True)
class TextFile:
    """One file to read; `size` is in bytes on disk, or None where it cannot be known beforehand."""

    name: str
    size: int | None


def is_path(source: object) -> bool:
    """Say whether a source is one path, as opposed to a collection of paths or of sentences."""
    return isinstance(source, str | os.PathLike)


def find_files(paths: Sequence[str | os.PathLike[str]]) -> tuple[TextFile, ...]:
    """Return the files that paths, globs and `-` stand for, in order; every one of them can be read.

    A file that is already there is not read again because a pattern matches it too; named twice, it is read
    twice.

    Raises
    ------
    CorpusError
        When a path does not exist, is a directory or must not be read, or when a glob matches no file.
    """
    names: list[str] = []
    for path in paths:
        found = _expand(os.fspath(path), several=len(paths) > 1)
        known = set() if found == [os.fspath(path)] else set(names)
        names += [name for name in found if name not in known]
    if names.count(STDIN) > 1:
        raise CorpusError("Standard input ('-') is given twice, but it can be read only once; give it once.")
    return tuple(TextFile(name, None if name == STDIN else _size(name)) for name in names)


def total_size(files: Iterable[TextFile]) -> int | None:
    """Return the bytes of all files together, or None where one of them does not say."""
    total = 0
    for file in files:
        if file.size is None:
            return None
        total += file.size
    return total


def _expand(name: str, *, several: bool) -> list[str]:
    if not isinstance(name, str):
        raise CorpusError(f"The path {name!r} is not text; pass it as a str.")
    if name == STDIN:
        return [name]
    if not name:
        raise CorpusError("A path is empty; pass the name of a text file, or '-' for standard input.")
    if name.startswith("~"):
        # Path.expanduser would also rewrite the rest of the string.
        name = os.path.expanduser(name)  # noqa: PTH111
    try:
        is_directory = stat.S_ISDIR(Path(name).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return _matches(name, several=several)
    except (OSError, ValueError) as error:
        raise _not_readable(name, error, several=several) from None
    if is_directory:
        example = str(Path(name) / "*.txt")
        raise CorpusError(f"{name!r} is a directory; pass the files in it, for example {example!r}.")
    if not os.access(name, os.R_OK):
        raise CorpusError(permission_message(name))
    return [name]


def _matches(name: str, *, several: bool) -> list[str]:
    if not any(character in name for character in "*?["):
        raise _missing(name, several=several)
    # Path.glob does not take a pattern that begins at the root.
    matches = glob.glob(name, recursive=True)  # noqa: PTH207
    found = sorted(match for match in matches if not Path(match).is_dir())
    if not found:
        raise CorpusError(f"No file matches the pattern {name!r}; check the folder and the spelling.")
    for match in found:
        if not os.access(match, os.R_OK):
            raise CorpusError(permission_message(match))
    return found


def permission_message(name: str) -> str:
    """Return the sentence that says that a file must not be read."""
    return f"Permission to read {name!r} is denied; change its permissions or run as a user who may read it."


def _missing(name: str, *, several: bool) -> CorpusError:
    hint = f" {PASS_LISTS}" if several or any(character.isspace() for character in name) else ""
    shown = _shortened(name)
    return CorpusError(f"The file {shown} does not exist; check the folder and the spelling.{hint}")


def _not_readable(name: str, error: Exception, *, several: bool) -> CorpusError:
    if isinstance(error, PermissionError):
        return CorpusError(permission_message(name))
    # Text handed over in place of a path is often too long for a file name, or holds a NUL.
    if several or len(name) > 255 or "\0" in name or "\n" in name:
        return CorpusError(f"{_shortened(name)} is not the name of a file. {PASS_LISTS}")
    return CorpusError(f"The file {name!r} cannot be read ({error}); check that it can be opened.")


def _shortened(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")


def _size(name: str) -> int | None:
    path = Path(name)
    # A pipe or a device says 0 although bytes will come.
    return path.stat().st_size if path.is_file() else None
