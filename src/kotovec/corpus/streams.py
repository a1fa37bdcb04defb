"""The decompressed bytes of one file: compression by content, byte order marks, binary files refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Protocol

from kotovec.corpus.sources import STDIN, TextFile, permission_message
from kotovec.errors import CorpusError

BUFFER_BYTES = 1 << 18
HEAD_BYTES = 1 << 16

GZIP, BZIP2, XZ, ZSTD, LZ4 = "gzip", "bzip2", "xz", "zstd", "lz4"
COMPRESSIONS = {
    b"\x1f\x8b\x08": GZIP,
    b"BZh": BZIP2,
    b"\xfd7zXZ\0": XZ,
    b"\x28\xb5\x2f\xfd": ZSTD,
    b"\x04\x22\x4d\x18": LZ4,
}
BZIP2_FIRST_BLOCK = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
ZSTD_SKIPPABLE = tuple(bytes([byte]) + b"\x2a\x4d\x18" for byte in range(0x50, 0x60))

UTF8_BOM = b"\xef\xbb\xbf"
WIDE_BOMS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
KNOWN_BINARIES = {
    b"\x89PNG\r\n\x1a\n": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"\x7fELF": "an ELF program",
    b"PK\x03\x04": "a zip archive (or an office document)",
    b"PK\x05\x06": "an empty zip archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a rar archive",
    b"\x1f\x9d": "an old Unix .Z archive",
    b"\x93NUMPY": "a NumPy array",
    b"SQLite format 3\0": "an SQLite database",
}
# These begin with letters that a text could begin with too, and so need control bytes to be believed.
LETTERED_BINARIES = {
    b"%PDF-": "a PDF document",
    b"PAR1": "a Parquet file",
    b"GIF8": "a GIF image",
    b"ARROW1": "an Arrow file",
}
# ESC colours logs, and 0x1c to 0x1f are whitespace, so neither speaks against text.
CONTROL_BYTES = bytes(byte for byte in (*range(9), *range(14, 27), 127))
CONTROL_SHARE_OF_BINARY = 0.2
CONTROL_SHARE_OF_SUSPECT = 0.04
INVALID_SHARE_OF_SUSPECT = 0.04


class Readable(Protocol):
    """Anything that hands out bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and none at the end."""
        ...


def read_chunks(file: TextFile, chunk_bytes: int, count: Callable[[int], None]) -> Iterator[bytes]:
    """Hand out the text of one file in chunks, without its byte order mark.

    Parameters
    ----------
    file : TextFile
        The file, or standard input.
    chunk_bytes : int
        How many decompressed bytes to ask for at a time.
    count : function
        Told of every byte taken from the disk, for the progress bar.

    Raises
    ------
    CorpusError
        When the file cannot be opened, is damaged or truncated, or is no text in UTF-8.
    """
    with ExitStack() as stack:
        stream, compression = _open(file, count, stack)
        head = _read(file, compression, stream, HEAD_BYTES)
        check_text(head, file.name)
        head = head.removeprefix(UTF8_BOM)
        while head:
            yield head
            head = _read(file, compression, stream, chunk_bytes)


def compression_of(head: bytes) -> str | None:
    """Name the compression that the first bytes of a file show, or None."""
    for magic, name in COMPRESSIONS.items():
        if head.startswith(magic):
            # "BZh" is a word as well: the next bytes decide.
            return name if name != BZIP2 or head[4:10] in BZIP2_FIRST_BLOCK or len(head) < 10 else None
    return ZSTD if head.startswith(ZSTD_SKIPPABLE) else None


def check_text(head: bytes, name: str) -> None:
    """Refuse a file whose first (decompressed) bytes are not text in UTF-8."""
    for mark, encoding in WIDE_BOMS.items():
        if head.startswith(mark):
            raise CorpusError(
                f"{name!r} is in {encoding}, not UTF-8; convert it first, for example with "
                f"`iconv -f {encoding} -t UTF-8`."
            )
    inner = compression_of(head)
    if inner is not None and inner != BZIP2:
        raise CorpusError(f"{name!r} is compressed twice ({inner} inside); decompress it once first.")
    controls = len(head) - len(head.translate(None, CONTROL_BYTES))
    kinds = {**KNOWN_BINARIES, **LETTERED_BINARIES} if controls else KNOWN_BINARIES
    kind = next((kind for magic, kind in kinds.items() if head.startswith(magic)), None)
    if kind is not None:
        raise CorpusError(f"{name!r} is {kind}, not text; pass a text file in UTF-8.")
    if _looks_binary(head, controls):
        utf16 = head.count(0) > 0.2 * len(head)
        guess = "binary, or text in UTF-16" if utf16 else "a binary file"
        raise CorpusError(f"{name!r} is {guess}; pass a text file in UTF-8.")


def _looks_binary(head: bytes, controls: int) -> bool:
    share = controls / max(1, len(head))
    if share > CONTROL_SHARE_OF_BINARY and controls > 2:
        return True
    if share < CONTROL_SHARE_OF_SUSPECT or controls < 8:
        return False
    text = head.decode("utf-8", "replace")
    return text.count("\ufffd") > INVALID_SHARE_OF_SUSPECT * len(text)


def _open(file: TextFile, count: Callable[[int], None], stack: ExitStack) -> tuple[Readable, str | None]:
    counted = CountingReader(_raw(file, stack), count)
    buffered = stack.enter_context(io.BufferedReader(counted, BUFFER_BYTES))
    try:
        compression = compression_of(buffered.peek(16)[:16])
    except OSError as error:
        raise CorpusError(f"Reading {file.name!r} failed: {error.strerror or error}.") from None
    stream: Any = buffered
    if compression == GZIP:
        stream = stack.enter_context(gzip.GzipFile(fileobj=buffered))
    elif compression == BZIP2:
        stream = _Streams(buffered, bz2.BZ2Decompressor)
    elif compression == XZ:
        stream = _Streams(buffered, lzma.LZMADecompressor)
    elif compression is not None:
        import pyarrow as pa

        stream = stack.enter_context(pa.CompressedInputStream(pa.PythonFile(buffered, mode="r"), compression))
    return stream, compression


class _Streams:
    """The content of a file of one compressed stream after another, with zeros in between, if anything.

    Python's own readers take a stream that is damaged at its beginning for the end of the file. Dumps of
    Wikipedia are many streams: they would be read in part, and nothing said.
    """

    def __init__(
        self, file: Readable, new: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
    ) -> None:
        self._file, self._new, self._now = file, new, new()

    def read(self, size: int, /) -> bytes:
        """Return `size` bytes, or fewer at the end."""
        parts, left = [], size
        while left > 0 and (part := self._some(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        """Return at least one byte, unless the file is at its end."""
        while True:
            data = b""
            if self._now.eof:
                data = self._now.unused_data.lstrip(b"\0")
                while not data:
                    if not (found := self._file.read(BUFFER_BYTES)):
                        return b""
                    data = found.lstrip(b"\0")
                self._now = self._new()
            elif self._now.needs_input and not (data := self._file.read(BUFFER_BYTES)):
                raise EOFError("the file ends within a stream")
            if part := self._now.decompress(data, most):
                return part


def _raw(file: TextFile, stack: ExitStack) -> IO[bytes]:
    if file.name == STDIN:
        # Standard input stays open: it belongs to the program, not to us.
        standard_input = getattr(sys.stdin, "buffer", None)
        if standard_input is None:
            raise CorpusError("Standard input ('-') is not available here; pass the name of a file.")
        return standard_input  # type: ignore[no-any-return]
    try:
        return stack.enter_context(Path(file.name).open("rb"))
    except PermissionError:
        raise CorpusError(permission_message(file.name)) from None
    except OSError as error:
        raise CorpusError(f"The file {file.name!r} cannot be opened: {error.strerror or error}.") from None


def _read(file: TextFile, compression: str | None, stream: Readable, size: int) -> bytes:
    try:
        return stream.read(size)
    except _errors_of_reading(compression) as error:
        if compression is None:
            raise CorpusError(f"Reading {file.name!r} failed: {error}.") from None
        raise CorpusError(
            f"{file.name!r} is damaged or truncated: its {compression} data cannot be read to the end "
            f"({str(error).rstrip('.')}); get the file again."
        ) from None


def _errors_of_reading(compression: str | None) -> tuple[type[Exception], ...]:
    errors = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
    if compression not in (ZSTD, LZ4):
        return errors
    from pyarrow import ArrowException

    return (*errors, ArrowException)


class CountingReader(io.RawIOBase):
    """A binary file that tells how many bytes were taken from it."""

    def __init__(self, file: IO[bytes], count: Callable[[int], None]) -> None:
        self._file = file
        self._count = count

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - the base class names no public type
        """Fill a buffer and report the bytes taken."""
        taken = self._file.readinto(buffer) or 0  # type: ignore[attr-defined]
        self._count(taken)
        return int(taken)
