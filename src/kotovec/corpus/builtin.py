"""The built-in corpus: the documentation of the reader's own Python, and of NumPy, SciPy and Numba.

It needs no download and no licence: everybody who can run kotovec has it already. The text depends
only on the versions of these, which its file name carries.
"""

from __future__ import annotations

import ast
import atexit
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from kotovec.corpus.corpus import Corpus
from kotovec.corpus.prose import sentences_of_source, sentences_of_text
from kotovec.corpus.reading import ByteCounter, ReadProgress
from kotovec.errors import CorpusError
from kotovec.temporary import disk_errors

PACKAGES = ("numpy", "scipy", "numba")
# Raise this whenever the same sources would give another text, so that old files are not taken for new.
TEXT_VERSION = 1
CACHE_VARIABLE = "KOTOVEC_CACHE"
TOPICS = ("pydoc_data", "topics.py")

# Test suites say little in words; the others are data, other people's copies or grammar files.
LEFT_OUT = frozenset(
    {"test", "tests", "testing", "site-packages", "dist-packages", "__pycache__", "idlelib", "lib2to3"}
    | {"encodings", "ensurepip", "turtledemo", "_vendor", "_vendored"}
)


def open_builtin(
    *,
    min_count: int = 5,
    max_vocab: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
) -> Corpus:
    """Open the built-in corpus; the options are those of `Corpus.open`, `cache_dir` that of `builtin_text`.

    Raises
    ------
    CorpusError
        When this Python comes without the sources of its standard library.

    Examples
    --------
    >>> with open_builtin(min_count=20) as corpus:
    ...     "function" in corpus.vocabulary
    True
    """
    path = str(builtin_text(cache_dir, progress=progress))
    return Corpus.open(path, min_count=min_count, max_vocab=max_vocab, workers=workers, progress=progress)


def builtin_text(
    cache_dir: str | os.PathLike[str] | None = None, *, progress: ReadProgress | None = None
) -> Path:
    """Return the file of the built-in corpus: a sentence a line, lower-cased words between blanks.

    It is made when it is not there yet, which takes some seconds.

    Parameters
    ----------
    cache_dir : path, optional
        The folder to keep it in. Without it: the environment variable KOTOVEC_CACHE, or the
        user's cache folder. Where that cannot be written, a temporary folder that goes when the
        program ends.
    progress : function of (bytes_done, bytes_total), optional
        Called a few times a second while the sources are read that the text is made from.

    Raises
    ------
    CorpusError
        When this Python comes without the sources of its standard library.

    Examples
    --------
    >>> builtin_text().suffix
    '.txt'
    """
    name = _file_name()
    path = None
    # A user without a home, and a folder that must not be looked into, are no reason to give up.
    with suppress(OSError, RuntimeError):
        path = (Path(cache_dir) if cache_dir is not None else user_cache()) / name
        if path.is_file() and path.stat().st_size > 0:
            return path
    text = "".join(f"{sentence}\n" for sentence in _sentences(progress))
    if not text:
        raise CorpusError(
            "This Python comes without the sources of its standard library, so there is no built-in corpus; "
            "pass a text file of your own."
        )
    with suppress(OSError):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _write_whole(path, text)
    return _write_temporarily(name, text)


def user_cache() -> Path:
    """Return the folder where this user's platform keeps what can be made again."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        # The standard says that a relative path there is to be ignored.
        base = base if Path(base).is_absolute() else str(Path.home() / ".cache")
    return Path(base) / "kotovec"


def _file_name() -> str:
    python = platform.python_implementation().lower() + platform.python_version()
    parts = [f"builtin{TEXT_VERSION}", python]
    for package in PACKAGES:
        with suppress(importlib.metadata.PackageNotFoundError):
            parts.append(f"{package}{importlib.metadata.version(package)}")
    return "-".join(parts) + ".txt"


def _write_temporarily(name: str, text: str) -> Path:
    """Write a file into a folder that goes when the program ends."""
    with disk_errors():
        folder = Path(tempfile.mkdtemp(prefix="kotovec-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return _write_whole(folder / name, text)


def _write_whole(path: Path, text: str) -> Path:
    """Write a file so that another program finds either nothing or all of it."""
    handle, unfinished = tempfile.mkstemp(prefix=path.stem, suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return path


def _sentences(progress: ReadProgress | None) -> Iterator[str]:
    """Go through the distinct sentences of all documentation, in the order of sorted paths."""
    seen: set[str] = set()
    paths = [path for root in _roots() for path in _sources(root)]
    sizes = [_size(path) for path in paths]
    counter = ByteCounter(progress, sum(sizes))
    for path, size in zip(paths, sizes, strict=True):
        found = _topics(path) if path.parts[-2:] == TOPICS else _of_file(path)
        for sentence in found:
            if sentence not in seen:
                seen.add(sentence)
                yield sentence
        counter(size)


def _size(path: Path) -> int:
    """Return a file's size in bytes, 0 where it cannot be told; that only counts for the progress."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _roots() -> list[Path]:
    roots = [Path(sysconfig.get_paths()["stdlib"])]
    for package in PACKAGES:
        specification = importlib.util.find_spec(package)
        if specification is not None:
            roots += map(Path, specification.submodule_search_locations or ())
    return roots


def _sources(root: Path) -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        names = (name for name in files if name.endswith(".py") and not name.startswith("test_"))
        found += [Path(folder, name) for name in names]
    return sorted(found, key=lambda path: path.relative_to(root).parts)


def _of_file(path: Path) -> Iterator[str]:
    try:
        source = path.read_text("utf-8", "replace")
    except OSError:
        return iter(())
    return sentences_of_source(source)


def _topics(path: Path) -> Iterator[str]:
    """Go through the sentences of the language reference that `help()` shows."""
    try:
        body = ast.parse(path.read_bytes()).body
        texts = next(ast.literal_eval(node.value) for node in body if isinstance(node, ast.Assign))
    except (OSError, ValueError, SyntaxError, StopIteration):
        return
    for topic in sorted(texts):
        yield from sentences_of_text(texts[topic])
