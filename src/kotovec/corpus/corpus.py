"""The corpus: a text as word ids on disk, ready for any number of trainings."""

from __future__ import annotations

import os
import time
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from types import TracebackType
from typing import IO, Any, Self, final

import numpy as np
import numpy.typing as npt

from kotovec.corpus.advice import LOOKED_AT, advice_on_raw_text
from kotovec.corpus.encoding import EncodedText, Encoder
from kotovec.corpus.options import check_options, readers
from kotovec.corpus.reading import names_of, read_files, read_lists, sort_source
from kotovec.corpus.report import CorpusReport
from kotovec.corpus.tokenizers import LISTS, WHITESPACE, tokenizer_named
from kotovec.errors import CorpusError, TextWarning
from kotovec.vocabulary import Vocabulary

PathLike = str | os.PathLike[str]
Numbers = np.memmap[Any, Any]

# Taking numbers out of a memory map one by one would cost more than the words.
SENTENCES_AT_ONCE = 1000


@final
class Corpus:
    """A text that was read once and is now word ids in memory-mapped temporary files.

    Make one with `Corpus.open` and train on it as often as you like. The files go when the corpus is
    closed, is no longer used, or when the program ends, however it ends.

    Attributes
    ----------
    vocabulary : Vocabulary
        The words that were kept, V of them.
    report : CorpusReport
        What was read, and what was odd about it.

    Examples
    --------
    >>> with Corpus.open([["you", "say", "goodbye"], ["you", "say", "hello"]], min_count=2) as corpus:
    ...     list(corpus.sentences()), len(corpus)
    ([['you', 'say'], ['you', 'say']], 4)
    """

    vocabulary: Vocabulary
    report: CorpusReport

    def __init__(self, text: EncodedText, report: CorpusReport, files: ExitStack) -> None:
        """Take over an encoded text; use `Corpus.open` to make a corpus."""
        self.vocabulary = text.vocabulary
        self.report = report
        self._length = text.tokens_kept
        self._token_ids: Numbers | None = _mapped(text.token_ids, np.int32, text.tokens_kept)
        self._offsets: Numbers | None = _mapped(text.sentence_offsets, np.int64, text.sentences + 1)
        self._close = weakref.finalize(self, files.pop_all().close)

    @classmethod
    def open(
        cls,
        source: PathLike | Sequence[PathLike] | Iterable[Sequence[str]],
        *,
        tokenizer: str = WHITESPACE,
        min_count: int = 5,
        max_vocab: int | None = None,
        workers: int | None = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Corpus:
        """Read text and number its words.

        Parameters
        ----------
        source : path, list of paths, or iterable of token lists
            Text in UTF-8, a sentence a line, plain or compressed (gzip, bzip2, xz, zstd, lz4; told
            by content). Patterns such as "texts/*.txt" are expanded and "-" is standard input. Of
            an iterable, which is gone through once, every token list is a sentence; `tokenizer`
            does not apply to it.
        tokenizer : {"whitespace", "words", "ja"}
            What a word is: what stands between whitespace, exactly as `str.split` cuts; a
            lower-cased run of letters and digits (everything else separates, the apostrophe too);
            or a Japanese word as MeCab with UniDic finds it.
        min_count : int
            Words that occur fewer times are dropped from the vocabulary and from the text.
        max_vocab : int, optional
            Keep at most this many words, the most frequent ones. Counts are exact all the same.
        workers : int, optional
            Threads that read; all cores where it is None. The result does not depend on it.
        progress : function of (bytes_done, bytes_total or None), optional
            Called from this thread a few times a second while files are read.

        Raises
        ------
        CorpusError
            When the text cannot be read, or no word of it can be kept.
        OptionError
            When an option has a value that cannot work.
        MissingExtra
            When `tokenizer` is "ja" and the extra is not installed.

        Warns
        -----
        TextWarning
            When the text does not look like words between blanks; `report.warnings` says the same.

        Examples
        --------
        >>> corpus = Corpus.open([["to", "be", "or", "not", "to", "be"]], min_count=1)
        >>> corpus.vocabulary.words, corpus.token_ids.tolist()
        (('to', 'be', 'or', 'not'), [0, 1, 2, 3, 0, 1])
        """
        check_options(tokenizer, min_count, max_vocab, workers, progress)
        corpus = open_corpus(source, tokenizer, min_count, max_vocab, workers=workers, progress=progress)
        for sentence in corpus.report.warnings:
            warnings.warn(_begun(sentence), TextWarning, stacklevel=2)
        return corpus

    @property
    def token_ids(self) -> npt.NDArray[np.int32]:
        """The text: word ids as a read-only memory-mapped int32 array of shape (N,)."""
        return self._still_open(self._token_ids)

    @property
    def sentence_offsets(self) -> npt.NDArray[np.int64]:
        """Where sentences begin: memory-mapped int64 of shape (S + 1,).

        Sentence s is `token_ids[sentence_offsets[s]:sentence_offsets[s + 1]]`, and is never empty.
        """
        return self._still_open(self._offsets)

    def __len__(self) -> int:
        """Return N, the number of tokens kept."""
        return self._length

    def __repr__(self) -> str:
        """Show the sizes."""
        return (
            f"Corpus({self._length} tokens, {self.report.sentences} sentences, {len(self.vocabulary)} words"
            f"{', closed' if self._token_ids is None else ''})"
        )

    def sentences(self) -> Iterator[list[str]]:
        """Go through the sentences as lists of words, those outside the vocabulary left out.

        Examples
        --------
        >>> next(Corpus.open([["a", "b", "a"]], min_count=2).sentences())
        ['a', 'a']
        """
        words, ids, offsets = self.vocabulary.words, self.token_ids, self.sentence_offsets
        for first in range(0, len(offsets) - 1, SENTENCES_AT_ONCE):
            ends = offsets[first : first + SENTENCES_AT_ONCE + 1].tolist()
            here = [words[word_id] for word_id in ids[ends[0] : ends[-1]].tolist()]
            for start, end in pairwise(ends):
                yield here[start - ends[0] : end - ends[0]]

    def close(self) -> None:
        """Let go of the temporary files; closing twice does no harm."""
        self._token_ids = self._offsets = None
        self._close()

    def __enter__(self) -> Self:
        """Return the corpus itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the corpus."""
        self.close()

    def _still_open(self, numbers: Numbers | None) -> npt.NDArray[Any]:
        if numbers is None:
            raise CorpusError("This corpus is closed; open it again with Corpus.open to use its text.")
        return numbers


def open_corpus(
    source: object,
    tokenizer: str,
    min_count: int,
    max_vocab: int | None,
    *,
    workers: int | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    block_bytes: int | None = None,
) -> Corpus:
    """Do the work of `Corpus.open` after its checks; `block_bytes` is for tests of what block ends do."""
    began = time.perf_counter()
    files, sentences = sort_source(source)
    with ExitStack() as stack:
        encoder = Encoder(stack)
        if files:
            chosen = tokenizer_named(tokenizer)
            read_files(
                files, encoder, chosen, workers=readers(workers), block_bytes=block_bytes, progress=progress
            )
        else:
            read_lists(sentences, encoder)
        names = names_of(files)
        if not encoder.tokens:
            raise _empty(names)
        min_count, max_vocab = int(min_count), None if max_vocab is None else int(max_vocab)
        advice = _warnings(encoder, tokenizer if files else LISTS)
        try:
            text = encoder.finish(min_count, max_vocab)
        except CorpusError as error:
            # Text that is read as something it is not has few words that repeat.
            raise CorpusError(" ".join([str(error), *map(_begun, advice)])) from None
        report = CorpusReport(
            tokens_read=text.tokens_read,
            tokens_kept=text.tokens_kept,
            sentences=text.sentences,
            distinct_words=text.distinct_words,
            invalid_utf8_bytes=encoder.replaced,
            warnings=advice,
            seconds=time.perf_counter() - began,
            tokenizer=tokenizer if files else LISTS,
            sources=names,
            min_count=min_count,
            max_vocab=max_vocab,
        )
        return Corpus(text, report, stack)


def _mapped(file: IO[bytes], kind: type[np.generic], length: int) -> Numbers:
    return np.memmap(file, dtype=kind, mode="r", shape=(length,))


def _empty(names: tuple[str, ...]) -> CorpusError:
    if not names:
        return CorpusError("The sentences hold no tokens at all; pass token lists with at least one token.")
    if len(names) == 1:
        what = f"{names[0]!r} holds no words: it is empty or all blank"
    else:
        what = (
            f"None of the {len(names)} files ({names[0]!r} is the first) holds a word: all are empty or blank"
        )
    return CorpusError(f"{what}; pass text with at least one word.")


def _begun(sentence: str) -> str:
    """Return a sentence with the capital that it begins with where nothing stands before it."""
    return sentence[:1].upper() + sentence[1:]


def _warnings(encoder: Encoder, tokenizer: str) -> tuple[str, ...]:
    invalid: tuple[str, ...] = ()
    if encoder.replaced:
        replaced = (
            "1 byte sequence that is not UTF-8 was"
            if encoder.replaced == 1
            else f"{encoder.replaced:,} byte sequences that are not UTF-8 were"
        )
        invalid = (
            f"{replaced} replaced by U+FFFD; if the text is in another encoding, convert it to UTF-8 first.",
        )
    if tokenizer == LISTS:
        return invalid
    return invalid + advice_on_raw_text(
        encoder.first_words(LOOKED_AT), encoder.word_counts()[:LOOKED_AT].tolist(), tokenizer
    )
