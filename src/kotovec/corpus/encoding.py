"""From encoded blocks to the final ids: one pass over the text, one over the numbers, in bounded memory."""

from __future__ import annotations

import itertools
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from kotovec.corpus.pieces import EncodedBlock
from kotovec.errors import CorpusError
from kotovec.vocabulary import Vocabulary

LIST_BATCH_TOKENS = 1 << 20


class WordIndex(dict[str, int]):
    """The provisional id of every word: its rank in order of first appearance."""

    def ids_of(self, words: list[str]) -> npt.NDArray[np.int32]:
        """Return the ids of words, giving the next ids to new ones."""
        # The slow part of reading that cannot be shared among threads: every step of it runs in C.
        new = dict.fromkeys(itertools.filterfalse(self.__contains__, words))
        self.update(zip(new, itertools.count(len(self)), strict=False))
        return np.fromiter(map(self.__getitem__, words), dtype=np.int32, count=len(words))


class CheckedWordIndex(WordIndex):
    """The same for words that come from a program and not from a text, which may be anything."""

    def __missing__(self, word: str) -> int:
        """Give a new word the next id if it is one."""
        if not isinstance(word, str):
            raise CorpusError(
                f"A sentence holds {word!r} ({type(word).__name__}), which is not a word; pass lists of str."
            )
        try:
            word.encode()
        except UnicodeEncodeError:
            raise CorpusError(
                f"The word {word!r} holds a lone surrogate; pass text that UTF-8 can hold."
            ) from None
        self[str(word)] = word_id = len(self)
        return word_id


@dataclass(frozen=True)
class EncodedText:
    """A whole text as numbers, in two open temporary files."""

    vocabulary: Vocabulary
    token_ids: IO[bytes]
    sentence_offsets: IO[bytes]
    tokens_read: int
    tokens_kept: int
    sentences: int
    distinct_words: int


class Encoder:
    """Collects blocks in the order of the text, and numbers the words once all are there.

    The ids written at first are provisional. When all counts are known, a second pass over the
    numbers, block by block and within the same file, drops the words outside the vocabulary.
    """

    def __init__(self, stack: ExitStack, *, checked: bool = False) -> None:
        """Open the temporary files; the stack closes them, and a closed temporary file is gone."""
        self.index: WordIndex = CheckedWordIndex() if checked else WordIndex()
        self.counts = np.zeros(1 << 12, dtype=np.int64)
        self.tokens = 0
        self.replaced = 0
        self._blocks: list[tuple[int, int]] = []
        with disk_errors():
            self._ids, self._ends, self._offsets = (_temporary_file(stack) for _ in range(3))

    def add(self, block: EncodedBlock) -> None:
        """Append a block of text."""
        word_ids = self.index.ids_of(block.words)
        self._count(word_ids, block.counts)
        self._append(word_ids[block.codes], block.ends)
        self.replaced += block.replaced

    def add_lists(self, sentences: Iterable[Iterable[str]]) -> None:
        """Append sentences that are token lists already."""
        ids, ends = array("i"), array("i")
        for sentence in sentences:
            ids.extend(map(self.index.__getitem__, sentence))
            ends.append(len(ids))
            if len(ids) >= LIST_BATCH_TOKENS or len(ends) >= LIST_BATCH_TOKENS:
                self._add_arrays(ids, ends)
                ids, ends = array("i"), array("i")
        self._add_arrays(ids, ends)

    def _add_arrays(self, ids: array[int], ends: array[int]) -> None:
        word_ids = np.frombuffer(ids, dtype=np.int32) if ids else np.empty(0, dtype=np.int32)
        distinct, counts = np.unique(word_ids, return_counts=True)
        self._count(distinct, counts)
        self._append(word_ids, np.frombuffer(ends, dtype=np.int32) if ends else np.empty(0, dtype=np.int32))

    def _count(self, word_ids: npt.NDArray[np.int32], counts: npt.NDArray[np.int64]) -> None:
        if len(self.index) > len(self.counts):
            grown = np.zeros(2 * len(self.index), dtype=np.int64)
            grown[: len(self.counts)] = self.counts
            self.counts = grown
        np.add.at(self.counts, word_ids, counts)

    def _append(self, ids: npt.NDArray[np.int32], ends: npt.NDArray[np.int32]) -> None:
        with disk_errors():
            _write(self._ids, ids)
            _write(self._ends, ends)
        self._blocks.append((len(ids), len(ends)))
        self.tokens += len(ids)

    def word_counts(self) -> npt.NDArray[np.int64]:
        """Return the count of every distinct word, in order of first appearance."""
        return self.counts[: len(self.index)]

    def finish(self, min_count: int, max_vocab: int | None) -> EncodedText:
        """Number the words by frequency and write the final ids and sentence offsets.

        Raises
        ------
        CorpusError
            When there are no words at all, or none that occurs `min_count` times.
        """
        words, counts = list(self.index), self.word_counts()
        self._check_counts(words, counts, min_count)
        # A stable sort keeps the order of first appearance among words of one count.
        order = np.argsort(-counts, kind="stable")
        size = int(np.count_nonzero(counts >= min_count))
        chosen = order[: size if max_vocab is None else min(size, max_vocab)]
        final = np.full(len(words), -1, dtype=np.int32)
        final[chosen] = np.arange(len(chosen), dtype=np.int32)
        vocabulary = Vocabulary([words[place] for place in chosen.tolist()], counts[chosen])
        kept, sentences = self._renumber(final)
        return EncodedText(
            vocabulary, self._ids, self._offsets, self.tokens, kept, sentences, distinct_words=len(words)
        )

    def _check_counts(self, words: list[str], counts: npt.NDArray[np.int64], min_count: int) -> None:
        if not words:
            raise CorpusError("The text holds no words at all; pass text with at least one word in it.")
        most = int(counts.argmax())
        if counts[most] < min_count:
            times = "once" if counts[most] == 1 else f"{counts[most]} times"
            raise CorpusError(
                f"No word occurs at least {min_count} times (min_count={min_count}): the most frequent, "
                f"{_shortened(words[most])}, occurs {times}. Pass more text, or min_count={counts[most]}"
                f"{'' if counts[most] == 1 else ' or less'}."
            )

    def _renumber(self, final: npt.NDArray[np.int32]) -> tuple[int, int]:
        """Rewrite the ids in place, write the sentence offsets, and return how many there are of each."""
        kept = sentences = last_end = read = 0
        with disk_errors():
            self._ends.seek(0)
            _write(self._offsets, np.zeros(1, dtype=np.int64))
            for tokens, ends in self._blocks:
                self._ids.seek(read)
                ids = final[_numbers(self._ids, tokens)]
                read += 4 * tokens
                here = ids >= 0
                before = np.zeros(tokens + 1, dtype=np.int32)
                np.cumsum(here, out=before[1:])
                block_ends = kept + before[_numbers(self._ends, ends)].astype(np.int64)
                # A sentence none of whose words were kept ends where the one before it ended.
                block_ends = block_ends[np.diff(block_ends, prepend=last_end) > 0]
                _write(self._offsets, block_ends)
                self._ids.seek(4 * kept)
                _write(self._ids, ids[here])
                kept += int(before[-1])
                sentences += len(block_ends)
                last_end = int(block_ends[-1]) if len(block_ends) else last_end
            self._ids.truncate(4 * kept)
        self._ends.close()
        return kept, sentences


@contextmanager
def disk_errors() -> Iterator[None]:
    """Turn a failure to write temporary files into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        raise CorpusError(
            f"Text could not be written to the temporary folder {tempfile.gettempdir()!r} "
            f"({error.strerror or error}); make room there, or let the environment variable TMPDIR name "
            "a folder with more."
        ) from None


def _temporary_file(stack: ExitStack) -> IO[bytes]:
    # Unbuffered, so that a full disk shows while writing and not in some later close.
    file: IO[bytes] = tempfile.TemporaryFile(buffering=0, prefix="kotovec-")  # noqa: SIM115
    return stack.enter_context(file)


def _write(file: IO[bytes], numbers: npt.NDArray[Any]) -> None:
    # An unbuffered file may take only a part; an empty array cannot be cast.
    left = np.ascontiguousarray(numbers).data.cast("B") if len(numbers) else memoryview(b"")
    while left:
        left = left[file.write(left) :]


def _numbers(file: IO[bytes], count: int) -> npt.NDArray[Any]:
    return np.frombuffer(file.read(4 * count), dtype=np.int32)


def _shortened(word: str) -> str:
    return repr(word if len(word) <= 40 else word[:37] + "...")
