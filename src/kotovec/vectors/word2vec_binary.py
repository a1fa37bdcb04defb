"""The binary format of word2vec.c: a line "V H", then for each word the word, a space and H float32.

Files of word2vec.c have a newline after each vector and those of gensim have none; both are read, and the
newline is written. Numbers are little-endian, as on every machine that wrote such files.
"""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from kotovec.errors import FormatError
from kotovec.vectors.contents import Contents
from kotovec.vectors.rows import Rows
from kotovec.vectors.search import Float32, block_rows, row_blocks
from kotovec.vectors.word2vec_text import check_contents, parse_header

_READ_BYTES = 1 << 24
_LONGEST_WORD = 1 << 20  # bytes; where no space comes for so long, the file is something else


def write_word2vec_binary(file: BinaryIO, contents: Contents) -> None:
    """Write words and vectors; counts, output vectors and metadata have no place in this format.

    Raises
    ------
    FormatError
        A word contains a space or a newline, or is longer than a megabyte, or a vector holds a number that
        is not finite.
    """
    check_contents(contents, "word2vec-binary")
    matrix = contents.matrix
    width = 4 * matrix.shape[1]
    file.write(b"%d %d\n" % matrix.shape)
    step = block_rows(matrix)
    for start in row_blocks(matrix):
        data = matrix[start : start + step].astype("<f4", copy=False).tobytes()
        words = contents.words.encoded(start, min(start + step, len(matrix)))
        if (longest := max(map(len, words), default=0)) > _LONGEST_WORD:
            raise FormatError(
                f"A word of {longest:,} bytes cannot be written as word2vec-binary, which is read with words "
                f"of up to {_LONGEST_WORD:,}; save as safetensors."
            )
        file.write(
            b"".join([b"%b %b\n" % (w, data[i * width : (i + 1) * width]) for i, w in enumerate(words)])
        )


def read_word2vec_binary(file: BinaryIO, name: str) -> Contents:
    """Read an open file from its beginning; see `Rows` for what happens to odd words.

    Raises
    ------
    FormatError
        There is no header, or more or fewer vectors than it says.
    """
    header = parse_header(file.readline(_LONGEST_WORD))
    if header is None:
        raise FormatError(f"{name!r} is not a word2vec binary file: its first line is not two numbers.")
    announced, vector_size = header
    rows = Rows(name, vector_size, announced)
    pending = b""
    while chunk := file.read(_READ_BYTES):
        pending += chunk
        words, block, used = split_records(pending, vector_size)
        rows.add(words, block)
        pending = pending[used:]
        if len(pending) > 4 * vector_size + _LONGEST_WORD:
            raise FormatError(f"{name!r} is not a word2vec binary file: no word after row {rows.count:,}.")
    if pending.strip(b"\n") and rows.count >= announced:
        raise FormatError(f"{name!r} announces {announced:,} words, and more follows after {rows.count:,}.")
    return rows.finish()


def split_records(data: bytes, vector_size: int) -> tuple[list[bytes], Float32, int]:
    """Return the words and vectors (n, H) that stand whole in `data`, and how many bytes they took."""
    width = 4 * vector_size
    words, vectors, place = [], [], 0
    while (space := data.find(b" ", place)) >= 0 and (end := space + 1 + width) <= len(data):
        words.append(data[place:space].lstrip(b"\n"))
        vectors.append(data[space + 1 : end])
        place = end
    block = np.frombuffer(b"".join(vectors), "<f4").reshape(-1, vector_size)
    return words, block, place
