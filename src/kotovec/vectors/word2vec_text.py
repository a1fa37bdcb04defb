"""The text format of word2vec.c, also fastText's .vec and GloVe's: a line for each word, numbers after it.

PyArrow turns text into float32 and back: ten million numbers take about a second, and each number is
written with the fewest digits that give the same float32 again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from kotovec.errors import FormatError
from kotovec.shown import shown
from kotovec.vectors.contents import Contents
from kotovec.vectors.rows import Rows
from kotovec.vectors.search import Float32, block_rows, first_not_finite, row_blocks

_READ_BYTES = 1 << 24
_LONGEST_LINE = 1 << 26  # bytes; enough for five million numbers
_HEADER = re.compile(rb"[ \t]*(\d{1,9})[ \t]+(\d{1,9})\s*")
_BROKEN_HEADER = re.compile(rb"[ \t]*([-+]?\d+)[ \t]+([-+]?\d+)\s*")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def check_contents(contents: Contents, format_name: str) -> None:
    """Refuse what a word2vec file cannot hold.

    Raises
    ------
    FormatError
        A word contains a space or a newline, or a vector a number that is not finite.
    """
    words = contents.words
    if (row := first_not_finite(contents.matrix)) is not None:
        raise FormatError(
            f"The vector of {shown(words[row])} holds a number that is not finite; train or copy it again."
        )
    blob = words.blob
    found = np.flatnonzero((blob == ord(" ")) | (blob == ord("\n")))
    if len(found):
        word = words[int(np.searchsorted(words.offsets, found[0], "right")) - 1]
        raise FormatError(
            f"The word {shown(word)} contains a space or a newline, which the format {format_name} uses "
            "between words; save as .safetensors."
        )


def parse_header(line: bytes) -> tuple[int, int] | None:
    """Return V and H from a header line; None where the line is something else."""
    found = _HEADER.fullmatch(line.removeprefix(_BYTE_ORDER_MARK))
    return (int(found[1]), int(found[2])) if found else None


def check_first_line(first: bytes, second: bytes, name: str) -> None:
    """Refuse a first line that is no header, nor a word with as many numbers as the second line has.

    Raises
    ------
    FormatError
        It is two whole numbers, and what follows says that they were meant as a header.
    """
    first = first.removeprefix(_BYTE_ORDER_MARK)
    found, numbers = _BROKEN_HEADER.fullmatch(first), count_numbers(second)
    if found and not parse_header(first) and (numbers > 1 or found[2] == b"%d" % numbers):
        raise FormatError(
            f"The first line of {name!r} is no header that can be right: {shown(first.strip().decode())}. It "
            "says how many words there are and how many numbers each has; mend it, or remove it."
        )


def count_numbers(line: bytes) -> int:
    """Return how many numbers stand after the first word of a line; 0 where something else stands there."""
    # A word may be whitespace itself.
    fields = line.split()[0 if line[:1].isspace() else 1 :]
    try:
        return len([float(field) for field in fields])
    except ValueError:
        return 0


def write_word2vec_text(file: BinaryIO, contents: Contents) -> None:
    """Write words and vectors; counts, output vectors and metadata have no place in this format.

    Raises
    ------
    FormatError
        A word contains a space or a newline, or a vector a number that is not finite.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    check_contents(contents, "word2vec-text")
    matrix = contents.matrix
    file.write(b"%d %d\n" % matrix.shape)
    step = block_rows(matrix)
    for start in row_blocks(matrix):
        block = matrix[start : start + step]
        numbers = pa.array(block.ravel()).cast(pa.string()).cast(pa.binary())
        ends = pa.array(np.arange(0, block.size + 1, block.shape[1], dtype=np.int32))
        words = pa.array(contents.words.encoded(start, start + len(block)), pa.binary())
        lines = pc.binary_join_element_wise(
            words, pc.binary_join(pa.ListArray.from_arrays(ends, numbers), b" "), b" "
        )
        text = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(block)], pa.int32()), lines), b"\n")
        file.write(text[0].as_buffer())
        file.write(b"\n")


def read_word2vec_text(file: BinaryIO, name: str) -> Contents:
    """Read an open file from its beginning, with a header line or without; blank lines are skipped.

    A word is everything before the last H numbers of its line, so it may contain spaces, but not begin with
    one. See `Rows` for what happens to odd words.

    Raises
    ------
    FormatError
        A line begins with a blank, has no word, too few numbers or something that is not a number; the
        header cannot be right, or announces more or fewer words than there are.
    """
    first = file.readline(_LONGEST_LINE).removeprefix(_BYTE_ORDER_MARK)
    header = parse_header(first)
    announced, vector_size = header if header else (None, count_numbers(first.lstrip(b" ")))
    if header is None and vector_size == 0:
        raise FormatError(f"{name!r} is not a word2vec text file: its first line has no numbers.")
    pending = b""
    if header is None:
        second = file.readline(_LONGEST_LINE)
        check_first_line(first, second, name)
        pending = first + second
    rows = Rows(name, vector_size, announced)
    line_number = 1 if header else 0
    for lines in _line_blocks(file, pending, name):
        words, block = _parse(lines, vector_size, name, line_number)
        _check_width(words, vector_size, name)
        rows.add(words, block)
        line_number += len(lines)
    return rows.finish()


def _check_width(words: list[bytes], vector_size: int, name: str) -> None:
    """Refuse a file whose lines mostly have more numbers than its first line says: they went to the words."""
    some = words[:100]
    numbers = [word for word in some if b" " in word and count_numbers(b"word " + word.rpartition(b" ")[2])]
    if len(some) > 1 and 2 * len(numbers) > len(some):
        raise FormatError(
            f"Lines of {name!r} have more than the {vector_size:,} numbers that its first line says, as in "
            f"{shown(numbers[0].decode(errors='replace'))}; mend the first line, or remove it."
        )


def _line_blocks(file: BinaryIO, pending: bytes, name: str) -> Iterator[list[bytes]]:
    """Yield lists of whole lines, about 16 MB at a time."""
    while chunk := file.read(_READ_BYTES):
        lines = (pending + chunk).split(b"\n")
        pending = lines.pop()
        if len(pending) > _LONGEST_LINE:
            raise FormatError(f"{name!r} is not a word2vec text file: a line has more than 64 MB.")
        if lines:
            yield lines
    if pending:
        yield pending.split(b"\n")


def _parse(lines: list[bytes], vector_size: int, name: str, line_number: int) -> tuple[list[bytes], Float32]:
    """Return the words and vectors (n, H) of some lines; `line_number` lines came before them."""
    words, numbers = [], []
    for line in lines:
        word, _, rest = line.rstrip(b" \r").partition(b" ")
        if word or rest:
            words.append(word)
            numbers.append(rest)
    block = None if b"" in words else _fast_floats(numbers, vector_size)
    if block is not None:
        return words, block
    return _parse_carefully(lines, vector_size, name, line_number)


def _fast_floats(rows: list[bytes], vector_size: int) -> Float32 | None:
    """Return a matrix (n, H) from rows of H numbers, None where any row is otherwise."""
    import pyarrow as pa
    from pyarrow import csv

    if not rows or rows[0].count(b" ") + 1 != vector_size:
        return None
    names = [str(column) for column in range(vector_size)]
    block_size = max(1 << 20, 2 * max(map(len, rows)) + 2)
    try:
        table = csv.read_csv(
            pa.BufferReader(b"\n".join(rows)),
            read_options=csv.ReadOptions(column_names=names, block_size=block_size),
            parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.float32()), null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != len(rows):
        return None
    block = np.empty((len(rows), vector_size), np.float32)
    for column, values in enumerate(table.itercolumns()):
        block[:, column] = values.to_numpy()
    return block


def _parse_carefully(
    lines: list[bytes], vector_size: int, name: str, line_number: int
) -> tuple[list[bytes], Float32]:
    """Do what `_parse` does for lines with spaces in words or with several spaces, and name what is wrong."""
    words: list[bytes] = []
    rows: list[list[float]] = []
    for number, line in enumerate(lines, line_number + 1):
        fields = line.rstrip(b" \r").split(b" ")
        if fields == [b""]:
            continue
        values: list[bytes] = []
        while len(fields) > 1 and len(values) < vector_size:
            if field := fields.pop():
                values.append(field)
        word = b" ".join(fields).rstrip(b" ")
        if line.startswith(b" "):
            raise FormatError(
                f"Line {number:,} of {name!r} begins with a blank, as no word of this format can; remove it."
            )
        if not word or len(values) < vector_size:
            raise FormatError(f"Line {number:,} of {name!r} is not a word and {vector_size:,} numbers.")
        rows.append([])
        for value in reversed(values):
            try:
                rows[-1].append(float(value))
            except ValueError:
                raise FormatError(
                    f"Line {number:,} of {name!r} should end with {vector_size:,} numbers. "
                    f"Got {shown(value.decode(errors='replace'))} among them."
                ) from None
        words.append(word)
    with np.errstate(over="ignore"):
        return words, np.array(rows, np.float64).astype(np.float32).reshape(-1, vector_size)
