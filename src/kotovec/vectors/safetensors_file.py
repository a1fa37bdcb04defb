"""kotovec's own format: one safetensors file, mapped into memory, no pickle.

The layout (https://github.com/huggingface/safetensors): eight bytes with the header's length, a JSON
header naming each tensor's type, shape and place, then the tensors' bytes. Every safetensors library opens
the file. It is written here and not by that library because the library puts the metadata in an order
that changes from run to run, and the same training shall give the same bytes.
"""

from __future__ import annotations

import json
import math
import mmap
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from kotovec.errors import FormatError
from kotovec.vectors.contents import Contents
from kotovec.vectors.words import WordTable

FORMAT_VERSION = 1
VERSION_KEY = "kotovec_format"

_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "I64": np.dtype("<i8"), "U8": np.dtype("u1")}
_CODES = {dtype: code for code, dtype in _TYPES.items()}
_EXPECTED = {"vectors": "F32", "words": "U8", "word_offsets": "I64", "counts": "I64", "output_vectors": "F32"}
_REQUIRED = ("vectors", "words", "word_offsets")
_LENGTH_BYTES = 8
_LARGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors library
_ALIGNMENT = 64  # bytes; one cache line, one AVX-512 register
_WRITE_BYTES = 1 << 24


class _Place(NamedTuple):
    """Where a tensor stands: type code, shape, first byte and end after the header."""

    code: object
    shape: tuple[int, ...]
    start: int
    end: int


def write_safetensors(file: BinaryIO, contents: Contents) -> None:
    """Write contents to an open file: equal contents, equal bytes; the vectors at a multiple of 64 bytes."""
    tensors: dict[str, npt.NDArray[Any]] = {"word_offsets": contents.words.offsets}
    if contents.counts is not None:
        tensors["counts"] = contents.counts
    tensors["vectors"] = contents.matrix
    if contents.output_vectors is not None:
        tensors["output_vectors"] = contents.output_vectors
    tensors["words"] = contents.words.blob

    header: dict[str, Any] = {"__metadata__": {VERSION_KEY: str(FORMAT_VERSION), **contents.metadata}}
    place = 0
    for name, tensor in tensors.items():
        end = place + tensor.nbytes
        code = _CODES[tensor.dtype.newbyteorder("<")]
        header[name] = {"dtype": code, "shape": tensor.shape, "data_offsets": (place, end)}
        place = end
    encoded = json.dumps(header, separators=(",", ":")).encode()
    before_vectors = _LENGTH_BYTES + len(encoded) + header["vectors"]["data_offsets"][0]
    encoded += b" " * (-before_vectors % _ALIGNMENT)

    file.write(len(encoded).to_bytes(_LENGTH_BYTES, "little"))
    file.write(encoded)
    for tensor in tensors.values():
        flat = np.ascontiguousarray(tensor, dtype=tensor.dtype.newbyteorder("<")).reshape(-1).view(np.uint8)
        for start in range(0, len(flat), _WRITE_BYTES):
            file.write(flat[start : start + _WRITE_BYTES].data)


def looks_like_safetensors(start: bytes) -> bool:
    """Tell from a file's first bytes whether a safetensors header begins there."""
    length = int.from_bytes(start[:_LENGTH_BYTES], "little")
    return len(start) > _LENGTH_BYTES and 2 <= length <= _LARGEST_HEADER and start[_LENGTH_BYTES] == ord("{")


def read_safetensors(path: Path) -> Contents:
    """Map a file into memory and check everything in it that can be checked without reading the vectors.

    Raises
    ------
    FormatError
        The file is damaged, or is not one that kotovec wrote.
    """
    with path.open("rb") as file:
        if not looks_like_safetensors(file.read(_LENGTH_BYTES + 1)):
            raise FormatError(f"{str(path)!r} does not begin as a safetensors file does.")
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    header_end = _LENGTH_BYTES + int.from_bytes(data[:_LENGTH_BYTES], "little")
    if header_end > len(data):
        raise _damaged(
            path, f"its header should end at byte {header_end:,} and the file ends at {len(data):,}"
        )
    header = _header(path, data[_LENGTH_BYTES:header_end])
    metadata = _metadata(path, header.pop("__metadata__", {}))
    places = {name: _place(path, name, entry) for name, entry in header.items()}
    if missing := [name for name in _REQUIRED if name not in places]:
        raise _damaged(path, f"it has no tensor {missing[0]!r}")
    if len(data) != (expected := header_end + max(place.end for place in places.values())):
        raise _damaged(
            path, f"its last tensor should end at byte {expected:,} and the file ends at {len(data):,}"
        )
    tensors = {
        name: _tensor(path, name, places[name], data, header_end) for name in _EXPECTED if name in places
    }
    _check_shapes(path, tensors)
    _check_words(path, tensors["words"], tensors["word_offsets"])
    return Contents(
        words=WordTable(tensors["words"], tensors["word_offsets"]),
        matrix=tensors["vectors"],
        counts=tensors.get("counts"),
        output_vectors=tensors.get("output_vectors"),
        metadata=metadata,
    )


def _damaged(path: Path, what: str) -> FormatError:
    return FormatError(f"{str(path)!r} is damaged: {what}; take another copy of it, or train it again.")


def _header(path: Path, encoded: bytes) -> dict[str, Any]:
    """Parse the JSON header."""
    try:
        header = json.loads(encoded.decode())
    except (ValueError, RecursionError):
        raise _damaged(path, "its header is not readable JSON") from None
    if not isinstance(header, dict):
        raise _damaged(path, "its header is not a table of tensors")
    return header


def _metadata(path: Path, metadata: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON may stand here
    """Check the metadata and the format's version; return what the caller of `save` gave."""
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise _damaged(path, "its metadata is not a table of texts")
    version = metadata.pop(VERSION_KEY, None)
    if version is None:
        raise FormatError(
            f"{str(path)!r} is a safetensors file that kotovec did not write: "
            f"its metadata has no {VERSION_KEY!r}."
        )
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise _damaged(path, f"its {VERSION_KEY!r} is {version!r} and not a number")
    if int(version) > FORMAT_VERSION:
        raise FormatError(
            f"{str(path)!r} has format version {version}, and this kotovec reads up to version "
            f"{FORMAT_VERSION}: install a newer kotovec."
        )
    return metadata


def _place(path: Path, name: str, entry: Any) -> _Place:  # noqa: ANN401
    """Check one tensor's line of the header."""
    try:
        code, shape, (start, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        code, shape, start, end = None, (), -1, -1
    if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise _damaged(path, f"its header does not say type, shape and place of tensor {name!r}")
    return _Place(code, shape, start, end)


def _tensor(path: Path, name: str, place: _Place, data: mmap.mmap, origin: int) -> npt.NDArray[Any]:
    """Return one tensor as a view of the mapped file."""
    if place.code != _EXPECTED[name]:
        raise FormatError(
            f"Cannot read {str(path)!r}: tensor {name!r} has type {place.code} where {_EXPECTED[name]} is "
            "needed; save it again as that."
        )
    dtype, size = _TYPES[_EXPECTED[name]], math.prod(place.shape)
    if place.end - place.start != size * dtype.itemsize or len(place.shape) > 2:
        size_in_bytes = f"{place.end - place.start:,} bytes"
        raise _damaged(path, f"tensor {name!r} of shape {place.shape} cannot stand in {size_in_bytes}")
    tensor: npt.NDArray[Any] = np.frombuffer(data, dtype, size, origin + place.start).reshape(place.shape)
    # Other programs may place a tensor where the processor cannot read it as numbers.
    return tensor if tensor.flags.aligned else tensor.copy()


def _check_shapes(path: Path, tensors: dict[str, npt.NDArray[Any]]) -> None:
    """Check that all tensors speak of the same number of words."""
    vectors = tensors["vectors"]
    if vectors.ndim != 2 or vectors.size == 0:
        raise _damaged(path, f"'vectors' has shape {vectors.shape} and not (words, vector size)")
    shapes = {
        "words": (tensors["words"].size,),
        "word_offsets": (len(vectors) + 1,),
        "counts": (len(vectors),),
        "output_vectors": vectors.shape,
    }
    for name, shape in shapes.items():
        if name in tensors and tensors[name].shape != shape:
            found = tensors[name].shape
            raise _damaged(path, f"{name!r} has shape {found} where {len(vectors):,} vectors need {shape}")


def _check_words(path: Path, blob: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> None:
    """Check that the offsets cut the bytes into words of at least one character, all in valid UTF-8."""
    if offsets[0] != 0 or offsets[-1] != len(blob) or not (offsets[1:] > offsets[:-1]).all():
        raise _damaged(path, f"'word_offsets' does not rise from 0 to the {len(blob):,} bytes of 'words'")
    try:
        str(blob.data, "utf-8")
        place = -1
    except UnicodeDecodeError as error:
        place = error.start
    # Bytes 10xxxxxx continue a character, so no word can begin with one.
    inside = np.flatnonzero((blob[offsets[:-1]] & 0xC0) == 0x80)
    if place >= 0 or len(inside):
        word_id = int(np.searchsorted(offsets, place, "right")) - 1 if place >= 0 else int(inside[0])
        raise _damaged(path, f"word {word_id:,} is not valid UTF-8")
