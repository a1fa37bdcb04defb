"""Vectors files: which formats there are, how to tell one from another, and from one to another."""

from __future__ import annotations

import errno
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from kotovec.errors import FormatError, OptionError
from kotovec.shown import shown
from kotovec.vectors.atomic import atomic_write
from kotovec.vectors.contents import Contents
from kotovec.vectors.recognising import holds_bytes
from kotovec.vectors.safetensors_file import looks_like_safetensors, read_safetensors, write_safetensors
from kotovec.vectors.word2vec_binary import read_word2vec_binary, write_word2vec_binary
from kotovec.vectors.word2vec_text import (
    count_numbers,
    parse_header,
    read_word2vec_text,
    write_word2vec_text,
)

FORMATS = ("safetensors", "word2vec-text", "word2vec-binary")
"""The names of the formats that `read`, `write` and `convert` know."""

_SUFFIXES = {
    "": "safetensors",
    ".safetensors": "safetensors",
    ".txt": "word2vec-text",
    ".vec": "word2vec-text",
    ".bin": "word2vec-binary",
}
_GZIP = b"\x1f\x8b"
# Numbers hardly compress: higher levels take three times as long to save a few per cent.
_GZIP_LEVEL = 1
_START_BYTES = 16
_LONGEST_LINE = 1 << 24
_ROWS_BYTES = 1 << 17
"""Room for a word, and for the bytes of the longest vector."""
_FOREIGN = {
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"PK\x03\x04": "a zip archive, as NumPy and PyTorch write",
    b"\x93NUMPY": "a NumPy array without words",
    b"\x89HDF": "an HDF5 file",
    b"\xba\x16\x4f\x2f": "a fastText model",
    b"BZh": "a bzip2 archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\xfd7zXZ": "an xz archive",
}


def read(path: str | os.PathLike[str], format_name: str | None = None) -> Contents:
    """Read a vectors file; safetensors is mapped into memory, the other formats are read whole.

    Parameters
    ----------
    path
        The file, whatever its suffix; word2vec files may be compressed with gzip.
    format_name
        One of `FORMATS`; found out from the content where it is None.

    Raises
    ------
    FormatError
        There is no such file, or its content is not what it should be.
    """
    if format_name is None:
        format_name = detect(path)
    _check_format(format_name)
    if format_name == "safetensors":
        with opened(path):
            return read_safetensors(Path(path))
    with opened(path) as file:
        reader = read_word2vec_text if format_name == "word2vec-text" else read_word2vec_binary
        return reader(file, os.fspath(path))


def write(contents: Contents, path: str | os.PathLike[str], format_name: str | None = None) -> None:
    """Write a vectors file, whole or not at all.

    Parameters
    ----------
    contents
        What to write; only safetensors holds more than words and vectors.
    path
        The file to create or replace; compressed where its name ends in .gz.
    format_name
        One of `FORMATS`; by the suffix where it is None.

    Raises
    ------
    OptionError
        The suffix is of no known format.
    FormatError
        A word contains a space or a newline and the format is one of word2vec's.
    KotovecError
        The file cannot be written.
    """
    suffix_format, compressed = _by_suffix(path, needed=format_name is None)
    format_name = format_name or suffix_format
    _check_format(format_name)
    if compressed and format_name == "safetensors":
        raise OptionError(
            f"Cannot write {os.fspath(path)!r}: a compressed safetensors file could not be mapped "
            "into memory; leave .gz away."
        )
    writers: dict[str, Callable[[BinaryIO, Contents], None]] = {
        "safetensors": write_safetensors,
        "word2vec-text": write_word2vec_text,
        "word2vec-binary": write_word2vec_binary,
    }
    with atomic_write(path) as file:
        if not compressed:
            writers[format_name](file, contents)
            return
        with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as packed:
            writers[format_name](cast(BinaryIO, packed), contents)


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    from_format: str | None = None,
    to_format: str | None = None,
) -> None:
    r"""Write the vectors of one file to another in another format.

    Into word2vec's formats go words and vectors only; counts, output vectors and metadata are left behind.

    Parameters
    ----------
    source
        A file in any of `FORMATS`.
    target
        The file to create or replace.
    from_format
        One of `FORMATS`; found out from the content where it is None.
    to_format
        One of `FORMATS`; by the suffix of `target` where it is None.

    Raises
    ------
    OptionError
        A format is unknown.
    FormatError
        `source` is not what it should be, or `target`'s format cannot hold its words.
    KotovecError
        `target` cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "two.txt").write_text("2 3\nkoto 1 2 3\nvec 4 5 6\n")
    >>> convert(folder / "two.txt", folder / "two.bin")
    >>> (folder / "two.bin").read_bytes()[:9]
    b'2 3\nkoto '
    """
    if to_format is None:
        try:
            _by_suffix(target, needed=True)
        except OptionError as problem:
            raise OptionError(f"{str(problem)[:-1]}, or name it with to_format (--to).") from None
    write(read(source, from_format), target, to_format)


def detect(path: str | os.PathLike[str]) -> str:
    """Return which of `FORMATS` a file's content has.

    Raises
    ------
    FormatError
        None of them, or there is no such file.
    """
    with opened(path) as file:
        start = file.read(_START_BYTES)
        file.seek(0)
        first = file.readline(_LONGEST_LINE)
        rows = file.read(_ROWS_BYTES)
        if b" " not in rows[: _ROWS_BYTES // 2]:  # a word that leaves too little of its numbers
            rows += file.read(_LONGEST_LINE)
        more = file.read(1)
        unpacked = isinstance(file, gzip.GzipFile)
    if not first:
        raise FormatError(f"{os.fspath(path)!r} is empty; save the vectors again.")
    if looks_like_safetensors(start):
        if unpacked:
            raise FormatError(
                f"{os.fspath(path)!r} is a safetensors file inside gzip; unpack it with gunzip."
            )
        return "safetensors"
    header = parse_header(first)
    if header is None:
        if count_numbers(first.lstrip(b" ")):  # the reader says which line begins with a blank
            return "word2vec-text"
        raise FormatError(_explain_foreign(os.fspath(path), start))
    likely = _by_suffix(path, needed=False)[0] == "word2vec-binary"
    binary = holds_bytes(rows, *header, whole=not more, likely=likely)
    return "word2vec-binary" if binary else "word2vec-text"


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a vectors file, unpacking gzip by its content, and say in one sentence why it cannot be read."""
    name = _checked(path)
    if not name:
        raise FormatError("Cannot read a file with an empty name; give it one.")
    try:
        if os.path.isdir(path):  # noqa: PTH112 - pathlib would not say that a name is too long
            raise FormatError(f"Cannot read {name!r}: it is a folder; name a file in it.")
        with _open_named(path, name) as file:
            if not file.seekable():
                raise FormatError(f"Cannot read {name!r}: it is a pipe or a device; save it as a file first.")
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            if not packed:
                yield file
                return
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield cast(BinaryIO, unpacked)
    except FileNotFoundError:
        raise FormatError(f"There is no file {name!r}; check the path.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FormatError(f"{name!r} is a damaged or cut gzip file: {error}.") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise FormatError(f"Cannot read {shown(name)}: its name is too long; check the path.") from None
        raise FormatError(f"Cannot read {name!r}: {error.strerror or error}.") from error


def _open_named(path: str | os.PathLike[str], name: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except ValueError:
        raise FormatError(f"{name!a} is no name that a file can have; check the path.") from None


def _checked(path: object) -> str:
    """Return the name of a file as text; refuse what is no name, such as a number or bytes."""
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(name, str):
        raise OptionError(f"The path of a file must be a str or a pathlib.Path. Got {shown(path)} instead.")
    return name


def _by_suffix(path: str | os.PathLike[str], *, needed: bool) -> tuple[str, bool]:
    """Return the format that the name of a file asks for, and whether it asks for gzip."""
    name = Path(_checked(path)).name.lower()
    compressed = name.endswith(".gz")
    suffix = Path(name.removesuffix(".gz")).suffix
    known = suffix in _SUFFIXES and not (compressed and not suffix)
    if needed and not known:
        names = ", ".join(sorted(filter(None, _SUFFIXES)))
        raise OptionError(
            f"The suffix of {os.fspath(path)!r} is of no vectors format; use one of {names} "
            "(or .txt.gz, .vec.gz, .bin.gz)."
        )
    return _SUFFIXES.get(suffix, ""), compressed


def _check_format(name: str) -> None:
    if name not in FORMATS:
        raise OptionError(f"There is no vectors format {name!r}; the formats are {', '.join(FORMATS)}.")


def _explain_foreign(name: str, start: bytes) -> str:
    """Say what a file is that is not a vectors file, and what to do with it."""
    kind = next((kind for magic, kind in _FOREIGN.items() if start.startswith(magic)), None)
    if kind is None:
        return f"{name!r} is not a vectors file: neither safetensors nor word2vec text or binary."
    advice = {
        "a pickle": "opening it would run code in it; load it in gensim and save_word2vec_format there",
        "a fastText model": "use the .vec file beside it",
    }.get(kind, "kotovec reads safetensors and word2vec text or binary, plain or gzip")
    return f"{name!r} is {kind}: {advice}."
