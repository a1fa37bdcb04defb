"""What a vectors file holds, found out without loading it."""

from __future__ import annotations

import gzip
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from kotovec.errors import FormatError
from kotovec.vectors.formats import detect, opened, read
from kotovec.vectors.rows import no_vectors
from kotovec.vectors.word2vec_binary import split_records
from kotovec.vectors.word2vec_text import check_first_line, count_numbers, parse_header

_FIRST_WORDS = 10
_LONGEST_LINE = 1 << 24
_LARGEST_SAMPLE = 1 << 26  # bytes, whatever vector size a damaged header claims


@dataclass(frozen=True, kw_only=True)
class FileInfo:
    """What a vectors file holds.

    Parameters
    ----------
    path
        The file, as it was given.
    format
        One of `kotovec.vectors.FORMATS`.
    words
        How many words there are; what the header says, where the file has one.
    vector_size
        How many numbers each vector has.
    has_counts
        Whether the words' counts in the training text are there.
    has_output_vectors
        Whether the network's other matrix is there.
    bytes
        The size of the file.
    metadata
        What else the file says about itself, as text.
    first_words
        Up to ten words from its beginning.
    """

    path: str
    format: str
    words: int
    vector_size: int
    has_counts: bool
    has_output_vectors: bool
    bytes: int
    metadata: Mapping[str, str]
    first_words: tuple[str, ...]


def describe(path: str | os.PathLike[str]) -> FileInfo:
    r"""Summarise a vectors file from its header and its first rows.

    Parameters
    ----------
    path
        A file in any of the formats that `load` reads.

    Raises
    ------
    FormatError
        There is no such file, or its content is not what it should be.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "two.txt"
    >>> _ = path.write_text("2 3\nkoto 1 2 3\nvec 4 5 6\n")
    >>> info = describe(path)
    >>> info.words, info.vector_size, info.first_words
    (2, 3, ('koto', 'vec'))
    """
    format_name = detect(path)
    has_counts = has_output_vectors = False
    metadata: Mapping[str, str] = {}
    if format_name == "safetensors":
        contents = read(path, format_name)
        words, vector_size = contents.matrix.shape
        has_counts = contents.counts is not None
        has_output_vectors = contents.output_vectors is not None
        metadata = dict(contents.metadata)
        first = tuple(contents.words[word_id] for word_id in range(min(words, _FIRST_WORDS)))
    else:
        summary = _text_summary if format_name == "word2vec-text" else _binary_summary
        with opened(path) as file:
            words, vector_size, encoded = summary(file, os.fspath(path))
            if not words or not vector_size:
                raise no_vectors(os.fspath(path), words, vector_size)
            if not isinstance(file, gzip.GzipFile):
                _check_size(os.fspath(path), format_name, words, vector_size)
        first = tuple(word.decode(errors="replace") for word in encoded[:_FIRST_WORDS])
    return FileInfo(
        path=os.fspath(path),
        format=format_name,
        words=words,
        vector_size=vector_size,
        has_counts=has_counts,
        has_output_vectors=has_output_vectors,
        bytes=Path(path).stat().st_size,
        metadata=metadata,
        first_words=first,
    )


def _check_size(name: str, format_name: str, words: int, vector_size: int) -> None:
    """Refuse a file that is shorter than so many words and vectors can be."""
    # A number takes four bytes, or a digit and a blank; a word a letter and a blank, or the end of its line.
    least = words * (2 + (4 if format_name == "word2vec-binary" else 2) * vector_size)
    size = Path(name).stat().st_size
    if size < least - 1:  # the last line may have no end
        raise FormatError(
            f"{name!r} announces {words:,} words of vector size {vector_size:,} in its first line, which "
            f"take {least:,} bytes at least, and has {size:,}; the file is cut short or damaged."
        )


def _text_summary(file: BinaryIO, name: str) -> tuple[int, int, list[bytes]]:
    """Return V, H and the first words of a text file; V is counted where no header says it."""
    line = file.readline(_LONGEST_LINE)
    header = parse_header(line)
    if header is None:
        vector_size = count_numbers(line)
        lines = [line, *islice(file, _FIRST_WORDS - 1)]
        check_first_line(line, lines[1] if len(lines) > 1 else b"", name)
        words = len(lines) + sum(1 for _ in file)
    else:
        words, vector_size = header
        lines = list(islice(file, _FIRST_WORDS))
    return words, vector_size, [line.partition(b" ")[0] for line in lines if line.strip()]


def _binary_summary(file: BinaryIO, name: str) -> tuple[int, int, list[bytes]]:
    """Return V, H and the first words of a binary file."""
    words, vector_size = parse_header(file.readline(_LONGEST_LINE)) or (0, 0)
    data = file.read(min(_FIRST_WORDS * (4 * vector_size + 1000), _LARGEST_SAMPLE))
    return words, vector_size, split_records(data, vector_size)[0] if vector_size else []
