"""Blocks of text that can be worked on one by one: no word lies across the end of a block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from kotovec.corpus.sources import TextFile
from kotovec.corpus.streams import read_chunks
from kotovec.errors import CorpusError

LONGEST_WORD_BYTES = 1 << 30
CHUNK_BYTES = 1 << 20

ASCII_SPACES = tuple(bytes([byte]) for byte in (*range(9, 14), *range(28, 33)))
WIDE_SPACES = tuple(
    chr(code).encode()
    for code in (0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
)


def text_chunks(files: Iterable[TextFile], chunk_bytes: int, count: Callable[[int], None]) -> Iterator[bytes]:
    """Hand out the bytes of several files; each file ends the line that it left open."""
    for file in files:
        last = b"\n"
        for chunk in read_chunks(file, min(chunk_bytes, CHUNK_BYTES), count):
            yield chunk
            last = chunk[-1:]
        if last != b"\n":
            yield b"\n"


def cut_into_blocks(
    chunks: Iterable[bytes], *, block_bytes: int, cuts: Sequence[bytes], longest_line: int = 0
) -> Iterator[bytes]:
    """Join chunks and cut them again into blocks of about `block_bytes`, at the ends of lines.

    Parameters
    ----------
    chunks : iterable of bytes
        The text, cut anywhere.
    block_bytes : int
        The size to aim for. A block is longer only where nothing allows a cut.
    cuts : sequence of bytes
        The byte strings after which a line may be cut when it is longer than a block.
    longest_line : int
        Lines shorter than this, in bytes, are never cut.

    Raises
    ------
    CorpusError
        When a gigabyte of text offers no place to cut.
    """
    held: list[bytes] = []
    size, wanted, searched = 0, block_bytes, 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size < wanted:
            continue
        data = b"".join(held)
        end = _last_cut(data, searched, cuts if size >= longest_line else ())
        if end:
            yield data[:end]
            held, size, wanted, searched = [data[end:]], size - end, block_bytes, 0
            continue
        if size > LONGEST_WORD_BYTES:
            raise CorpusError(
                f"The text holds {size:,} bytes in a row with no place to cut them into words "
                f"(it begins with {data[:20]!r}); is it text with spaces between the words?"
            )
        # Doubling keeps the time linear for a word of many blocks.
        held, wanted = [data], 2 * size
        searched = size if size >= longest_line else 0
    if size:
        yield b"".join(held)


def _last_cut(data: bytes, searched: int, cuts: Sequence[bytes]) -> int:
    """Return where the last line of `data` begins, or else the end of the last possible cut, or else 0."""
    newline = data.rfind(b"\n", searched) + 1
    if newline:
        return newline
    overlap = max(0, searched - 3)
    places = ((data.rfind(cut, overlap), len(cut)) for cut in cuts)
    return max((place + length for place, length in places if place >= 0), default=0)
