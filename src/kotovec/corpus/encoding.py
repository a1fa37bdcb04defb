"""From encoded blocks to the final ids: one pass over the text, one over the numbers, in bounded memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from kotovec.corpus.pieces import EncodedBlock
from kotovec.corpus.word_table import Ids, WordTable
from kotovec.errors import CorpusError
from kotovec.shown import shown
from kotovec.temporary import disk_errors, temporary_file, write_numbers
from kotovec.vocabulary import Vocabulary

LIST_BATCH_TOKENS = 1 << 20


class WordIndex(dict[str, int]):
    """The provisional id of every word that comes from a program and not from a text: it may be anything."""

    def __missing__(self, word: str) -> int:
        """Give a new word the next id if it is one."""
        if not isinstance(word, str):
            raise CorpusError(
                f"A sentence holds {shown(word)} ({type(word).__name__}), which is not a word; pass lists of "
                "str."
            )
        if not word:
            raise CorpusError(
                "A sentence holds '', the empty string, which is not a word; leave it out, for example with "
                "[word for word in sentence if word]."
            )
        try:
            word.encode()
        except UnicodeEncodeError:
            raise CorpusError(
                f"The word {shown(word)} holds a lone surrogate; pass text that UTF-8 can hold."
            ) from None
        self[str(word)] = word_id = len(self)
        return word_id

    def words_of(self, ids: npt.NDArray[np.int64]) -> list[str]:
        """Return the words that have some ids."""
        words = list(self)
        return [words[word_id] for word_id in ids.tolist()]


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

    What is written at first are the codes of each block, and the word ids that they stand for. When all
    counts are known, a second pass over the numbers, block by block and within the same file, gives the
    words of the vocabulary their final ids and drops the others.
    """

    def __init__(self, stack: ExitStack) -> None:
        """Open the temporary files; the stack closes them, and a closed temporary file is gone."""
        # Words of blocks go into the table, words of lists into the index: a text has one kind only.
        self._table = WordTable()
        self._index = WordIndex()
        self.counts = np.zeros(1 << 12, dtype=np.int64)
        self.tokens = 0
        self.replaced = 0
        self._blocks: list[tuple[int, int, int]] = []
        with disk_errors():
            files = [temporary_file(stack) for _ in range(4)]
        self._word_ids, self._ids, self._ends, self._offsets = files

    def add(self, block: EncodedBlock) -> None:
        """Append a block of text."""
        word_ids, _ = self._table.scan(block.words)
        self._append(word_ids, block.counts, block.codes, block.ends)
        self.replaced += block.replaced

    def add_lists(self, sentences: Iterable[Iterable[str]]) -> None:
        """Append sentences that are token lists already."""
        ids, ends = array("i"), array("i")
        for sentence in sentences:
            ids.extend(map(self._index.__getitem__, sentence))
            ends.append(len(ids))
            if len(ids) >= LIST_BATCH_TOKENS or len(ends) >= LIST_BATCH_TOKENS:
                self._add_arrays(ids, ends)
                ids, ends = array("i"), array("i")
        self._add_arrays(ids, ends)

    def _add_arrays(self, ids: array[int], ends: array[int]) -> None:
        word_ids = np.frombuffer(ids, dtype=np.int32) if ids else np.empty(0, dtype=np.int32)
        distinct, codes, counts = np.unique(word_ids, return_inverse=True, return_counts=True)
        line_ends = np.frombuffer(ends, dtype=np.int32) if ends else np.empty(0, dtype=np.int32)
        self._append(distinct, counts, codes.astype(np.int32), line_ends)

    def _append(self, word_ids: Ids, counts: npt.NDArray[np.int64], codes: Ids, ends: Ids) -> None:
        distinct = len(self._words())
        if distinct > len(self.counts):
            grown = np.zeros(2 * distinct, dtype=np.int64)
            grown[: len(self.counts)] = self.counts
            self.counts = grown
        np.add.at(self.counts, word_ids, counts)
        with disk_errors():
            write_numbers(self._word_ids, word_ids)
            write_numbers(self._ids, codes)
            write_numbers(self._ends, ends)
        self._blocks.append((len(word_ids), len(codes), len(ends)))
        self.tokens += len(codes)

    def word_counts(self) -> npt.NDArray[np.int64]:
        """Return the count of every distinct word, in order of first appearance."""
        return self.counts[: len(self._words())]

    def first_words(self, most: int) -> list[str]:
        """Return the distinct words in order of first appearance, or the first of them."""
        return self._words().words_of(np.arange(min(most, len(self._words()))))

    def _words(self) -> WordTable | WordIndex:
        return self._index or self._table

    def finish(self, min_count: int, max_vocab: int | None) -> EncodedText:
        """Number the words by frequency and write the final ids and sentence offsets.

        Raises
        ------
        CorpusError
            When there are no words at all, or none that occurs `min_count` times.
        """
        counts = self.word_counts()
        self._check_counts(counts, min_count)
        # A stable sort keeps the order of first appearance among words of one count.
        order = np.argsort(-counts, kind="stable")
        size = int(np.count_nonzero(counts >= min_count))
        chosen = order[: size if max_vocab is None else min(size, max_vocab)]
        final = np.full(len(counts), -1, dtype=np.int32)
        final[chosen] = np.arange(len(chosen), dtype=np.int32)
        # The numbers are compiled work and disk, and leave Python free to make the vocabulary meanwhile.
        with ThreadPoolExecutor(1) as pool:
            renumbered = pool.submit(self._renumber, final)
            vocabulary = Vocabulary(self._words().words_of(chosen), counts[chosen])
            kept, sentences = renumbered.result()
        return EncodedText(
            vocabulary, self._ids, self._offsets, self.tokens, kept, sentences, distinct_words=len(counts)
        )

    def _check_counts(self, counts: npt.NDArray[np.int64], min_count: int) -> None:
        if not len(counts):
            raise CorpusError("The text holds no words at all; pass text with at least one word in it.")
        most = int(counts.argmax())
        if counts[most] < min_count:
            (word,) = self._words().words_of(np.array([most]))
            times = "once" if counts[most] == 1 else f"{counts[most]} times"
            raise CorpusError(
                f"No word occurs at least {min_count} times (min_count={min_count}): the most frequent, "
                f"{_shortened(word)}, occurs {times}. Pass more text, or min_count={counts[most]}"
                f"{'' if counts[most] == 1 else ' or less'}."
            )

    def _renumber(self, final: Ids) -> tuple[int, int]:
        """Rewrite the ids in place, write the sentence offsets, and return how many there are of each."""
        # Compiled code is loaded by the first text that is read, not by an import.
        from kotovec.corpus.scanning import renumber

        kept = sentences = last_end = read = 0
        with disk_errors():
            self._word_ids.seek(0)
            self._ends.seek(0)
            write_numbers(self._offsets, np.zeros(1, dtype=np.int64))
            for words, tokens, lines in self._blocks:
                self._ids.seek(4 * read)
                ids, ends = _numbers(self._ids, tokens), _numbers(self._ends, lines)
                read += tokens
                here, ended = renumber(ids, ends, final[_numbers(self._word_ids, words)], last_end - kept)
                write_numbers(self._offsets, kept + ends[:ended].astype(np.int64))
                self._ids.seek(4 * kept)
                write_numbers(self._ids, ids[:here])
                last_end = kept + int(ends[ended - 1]) if ended else last_end
                kept += here
                sentences += ended
            self._ids.truncate(4 * kept)
        self._word_ids.close()
        self._ends.close()
        return kept, sentences


def _numbers(file: IO[bytes], count: int) -> npt.NDArray[Any]:
    return np.fromfile(file, dtype=np.int32, count=count)


def _shortened(word: str) -> str:
    return repr(word if len(word) <= 40 else word[:37] + "...")
