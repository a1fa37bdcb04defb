"""Reads a whole source into an encoder, on all cores, in the order of the text."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import chain
from typing import Any

from kotovec.corpus.blocks import cut_into_blocks, text_chunks
from kotovec.corpus.encoding import Encoder
from kotovec.corpus.pieces import EncodedBlock, encode_block
from kotovec.corpus.sources import PASS_LISTS, STDIN, TextFile, find_files, is_path, total_size
from kotovec.corpus.tokenizers import Tokenizer
from kotovec.errors import CorpusError, OptionError

SECONDS_BETWEEN_REPORTS = 0.2
_NOTHING = object()

ReadProgress = Callable[[int, int | None], None]


class ByteCounter:
    """Counts bytes and tells a progress function of them, but not too often."""

    def __init__(self, progress: ReadProgress | None, total: int | None) -> None:
        self._progress = progress
        self._total = total
        self._done = 0
        self._last = time.monotonic()

    def __call__(self, taken: int) -> None:
        """Add bytes taken from the disk."""
        self._done += taken
        if self._progress is not None and time.monotonic() - self._last > SECONDS_BETWEEN_REPORTS:
            self.report()

    def report(self) -> None:
        """Tell the progress function where things stand."""
        if self._progress is not None:
            self._progress(self._done, self._total)
            self._last = time.monotonic()


def sort_source(source: object) -> tuple[tuple[TextFile, ...], Iterator[Any]]:
    """Tell files from sentences: return the files to read, or no files and the sentences.

    A list of str is a list of paths; anything else that is iterable must
    hand out token lists (or paths as objects, such as `Path.glob` does).

    Raises
    ------
    CorpusError
        When a file cannot be read, or when a sentence is a str.
    OptionError
        When the source is nothing that can be read.
    """
    if is_path(source):
        return find_files([source]), iter(())  # type: ignore[list-item]
    if isinstance(source, bytes | bytearray) or not isinstance(source, Iterable):
        raise OptionError(
            "The 'source' parameter of Corpus.open must be a path, a list of paths, a glob, '-' or an "
            f"iterable of token lists. Got {type(source).__name__} instead."
        )
    if isinstance(source, list | tuple) and source and all(is_path(item) for item in source):
        return find_files(source), iter(())
    items = iter(source)
    first = next(items, _NOTHING)
    if first is _NOTHING:
        raise CorpusError("The source holds no sentences; pass a path, or at least one list of tokens.")
    if isinstance(first, os.PathLike):
        return find_files([first, *items]), iter(())
    return (), _checked_sentences(chain([first], items))


def _checked_sentences(items: Iterable[Any]) -> Iterator[Any]:
    for number, item in enumerate(items):
        # The usual slip: a str is iterable too, and its letters would become the words.
        if isinstance(item, str | bytes | os.PathLike) or not isinstance(item, Iterable):
            shown = repr(item if not isinstance(item, str | bytes) or len(item) <= 60 else item[:60])
            kind = type(item).__name__
            raise CorpusError(f"Sentence {number} is {shown} ({kind}), not a list of tokens. {PASS_LISTS}")
        yield item


def read_lists(sentences: Iterator[Any], encoder: Encoder) -> None:
    """Append all sentences of an iterable to an encoder."""
    try:
        encoder.add_lists(sentences)
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        raise CorpusError(f"A sentence holds what is not a word ({error}); pass lists of str.") from None


def read_files(
    files: tuple[TextFile, ...],
    encoder: Encoder,
    tokenizer: Tokenizer,
    *,
    workers: int,
    block_bytes: int | None = None,
    progress: ReadProgress | None = None,
) -> None:
    """Append all text of the files to an encoder.

    Blocks are encoded at once on `workers` threads and joined in the order of the text, so that the
    result does not depend on how many there are.
    """
    total = total_size(files)
    workers = min(workers, tokenizer.most_workers)
    counter = ByteCounter(progress, total)
    size = tokenizer.block_bytes if block_bytes is None else block_bytes
    blocks = cut_into_blocks(
        text_chunks(files, size, counter),
        block_bytes=size,
        cuts=tokenizer.cuts,
        longest_line=tokenizer.longest_line,
    )
    with tokenizer.segmenter(workers, total) as segment:
        encode = partial(encode_block, tokenizer=tokenizer, segment=segment)
        with closing(_in_order(encode, blocks, workers)) as encoded:
            for block in encoded:
                encoder.add(block)
    counter.report()


def _in_order(
    encode: Callable[[bytes], EncodedBlock], blocks: Iterable[bytes], workers: int
) -> Generator[EncodedBlock, None, None]:
    """Encode blocks on several threads, a bounded number at a time, and hand them out in order."""
    if workers == 1:
        yield from map(encode, blocks)
        return
    with ThreadPoolExecutor(workers, thread_name_prefix="kotovec-read") as pool:
        pending: deque[Future[EncodedBlock]] = deque()
        try:
            for block in blocks:
                pending.append(pool.submit(encode, block))
                if len(pending) > workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def names_of(files: tuple[TextFile, ...]) -> tuple[str, ...]:
    """Return the names of files as a report shows them."""
    return tuple("standard input" if file.name == STDIN else file.name for file in files)
