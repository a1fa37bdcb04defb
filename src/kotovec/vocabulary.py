"""Words and their ids: the one place that knows which word is which row."""

from __future__ import annotations

import difflib
import heapq
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from numbers import Integral
from typing import final

import numpy as np
import numpy.typing as npt

from kotovec.errors import OptionError, UnknownWord
from kotovec.shown import shown

SCANNED_WORDS = 1_000_000
FREQUENT_WORDS = 50_000
PLAUSIBLE_WORDS = 10_000
COMPARED_WORDS = 400


@final
class Vocabulary:
    """The words of a corpus with their counts; word id 0 is the most frequent word.

    A vocabulary never changes after it is made. Words and ids enter by different methods, so that
    neither can be mistaken for the other.

    Parameters
    ----------
    words : sequence of str, length V
        Each word once; the position of a word is its id.
    counts : integer array of shape (V,)
        How often each word occurs in the text.

    Raises
    ------
    OptionError
        When a word appears twice, or when words and counts do not go together.

    Examples
    --------
    >>> vocabulary = Vocabulary(["the", "cat"], [7, 2])
    >>> vocabulary.id_of("cat"), vocabulary.word_of(0), "dog" in vocabulary
    (1, 'the', False)
    """

    __slots__ = ("_ids", "counts", "words")

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    def __init__(self, words: Sequence[str], counts: npt.ArrayLike) -> None:
        words = _checked_words(words)
        given = np.asarray(counts)
        if given.size and not np.issubdtype(given.dtype, np.integer):
            raise OptionError(f"The 'counts' of Vocabulary must be integers. Got {given.dtype} instead.")
        if given.shape != (len(words),):
            raise OptionError(
                f"Vocabulary needs one count for each word. Got {len(words)} words and counts of "
                f"shape {given.shape}; pass counts of shape ({len(words)},)."
            )
        if given.size and not 0 <= int(given.min()) <= int(given.max()) <= np.iinfo(np.int64).max:
            raise OptionError(
                "The 'counts' of Vocabulary must be whole numbers from 0 to 2**63 - 1. "
                f"Got {given.min()} to {given.max()} instead."
            )
        own = given.astype(np.int64, copy=True)
        own.setflags(write=False)
        self.words = words
        self.counts = own
        self._ids = {word: word_id for word_id, word in enumerate(self.words)}
        if len(self._ids) != len(self.words):
            twice = next(word for word_id, word in enumerate(self.words) if self._ids[word] != word_id)
            raise OptionError(f"The word {twice!r} appears twice in the 'words' of Vocabulary; pass it once.")

    def __reduce__(self) -> tuple[type[Vocabulary], tuple[tuple[str, ...], npt.NDArray[np.int64]]]:
        """Let a copy be made as the first one was, with counts as read-only."""
        return Vocabulary, (self.words, self.counts)

    def __len__(self) -> int:
        """Return V, the number of words."""
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        """Say whether `word` has an id."""
        return isinstance(word, str) and word in self._ids

    def __iter__(self) -> Iterator[str]:
        """Go through the words in the order of their ids."""
        return iter(self.words)

    def __eq__(self, other: object) -> bool:
        """Compare words and counts."""
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and np.array_equal(self.counts, other.counts)

    def __hash__(self) -> int:
        """Return a hash that equal vocabularies share."""
        return hash(self.words)

    def __repr__(self) -> str:
        """Show the size and the first words."""
        first = ", ".join(map(repr, self.words[:3])) + (", ..." if len(self) > 3 else "")
        return f"Vocabulary({len(self)} words: {first})"

    def id_of(self, word: str) -> int:
        """Return the id of a word.

        Raises
        ------
        UnknownWord
            When the word is not here; the error carries the closest spellings that are.

        Examples
        --------
        >>> Vocabulary(["the", "cat"], [7, 2]).id_of("the")
        0
        """
        if not isinstance(word, str):
            raise OptionError(f"A word must be a str. Got {shown(word)} instead.")
        word_id = self._ids.get(word)
        if word_id is None:
            raise UnknownWord(word, close_spellings(word, self.words))
        return word_id

    def word_of(self, word_id: int) -> str:
        """Return the word that has an id.

        Raises
        ------
        OptionError
            When the id is not in the range [0, V).

        Examples
        --------
        >>> Vocabulary(["the", "cat"], [7, 2]).word_of(1)
        'cat'
        """
        if (
            not isinstance(word_id, Integral)
            or isinstance(word_id, bool)
            or not 0 <= word_id < len(self.words)
        ):
            raise OptionError(
                f"The 'word_id' parameter of Vocabulary.word_of must be an int in the range "
                f"[0, {len(self.words)}). Got {shown(word_id)} instead."
            )
        return self.words[word_id]

    def ids_of(self, words: Iterable[str]) -> npt.NDArray[np.int32]:
        """Return the ids of several words as an int32 array of shape (N,).

        Raises
        ------
        UnknownWord
            When one of the words is not here.

        Examples
        --------
        >>> Vocabulary(["the", "cat"], [7, 2]).ids_of(["cat", "the", "cat"])
        array([1, 0, 1], dtype=int32)
        """
        if isinstance(words, str):
            raise OptionError(f"ids_of takes a list of words; write ids_of([{shown(words)}]).")
        return np.fromiter((self.id_of(word) for word in words), dtype=np.int32)


def _checked_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a vocabulary, all of which are text."""
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise OptionError(f"The 'words' of Vocabulary must be a list of words. Got {shown(words)} instead.")
    words = tuple(words)
    for word in words:
        if not isinstance(word, str):
            raise OptionError(f"A word of Vocabulary must be a str. Got {shown(word)} instead.")
    return words


def close_spellings(word: str, words: Iterable[str]) -> tuple[str, ...]:
    """Return up to three known words that are spelled most nearly like `word`.

    Only so many words are compared that the answer comes in a fraction of a second however many
    there are: words of about the same length that begin or end with the same three letters, frequent
    words that begin or end with the same letter, and of all these the ones that share the most pairs
    of letters.

    Parameters
    ----------
    word : str
        The spelling that was not found.
    words : iterable of str
        The known words, the most frequent first.

    Examples
    --------
    >>> close_spellings("kithcen", ["the", "kitchen", "chicken", "king"])
    ('kitchen',)
    """
    if not word:
        return ()
    known = list(islice(words, SCANNED_WORDS))
    slack = max(1, min(3, len(word) // 3))
    lengths = range(len(word) - slack, len(word) + slack + 1)
    variants = {word.lower(), word.upper(), word.capitalize(), unicodedata.normalize("NFKC", word).lower()}
    # One long text is searched ten times as fast as a million short ones.
    text = "\n".join(["", *known, ""])
    other_case = [variant for variant in sorted(variants) if f"\n{variant}\n" in text]
    alike = chain(_starting_with(word[:3], text, lengths), _ending_with(word[-3:], text, lengths))
    less_alike = (
        candidate
        for candidate in known[:FREQUENT_WORDS]
        if len(candidate) in lengths and (candidate[:1] == word[0] or candidate[-1:] == word[-1])
    )
    pairs = _letter_pairs(word)
    nearest = heapq.nlargest(
        COMPARED_WORDS,
        dict.fromkeys(chain(alike, less_alike)),
        key=lambda candidate: len(pairs & _letter_pairs(candidate)),
    )
    matches = [*other_case, *difflib.get_close_matches(word, nearest, n=3, cutoff=0.7)]
    if text.count("\n") > len(known) + 1:
        # Words with a newline in them came apart above.
        matches = [match for match in matches if match in known]
    return tuple(dict.fromkeys(matches))[:3]


def _starting_with(start: str, text: str, lengths: range) -> Iterator[str]:
    """Find the lines of `text` that begin with `start`, up to a limit."""
    place = text.find(f"\n{start}")
    for _ in range(PLAUSIBLE_WORDS):
        if place < 0:
            return
        end = text.index("\n", place + 1)
        if end - place - 1 in lengths:
            yield text[place + 1 : end]
        place = text.find(f"\n{start}", end)


def _ending_with(ending: str, text: str, lengths: range) -> Iterator[str]:
    """Find the lines of `text` that end with `ending`, up to a limit."""
    place = text.find(f"{ending}\n")
    for _ in range(PLAUSIBLE_WORDS):
        if place < 0:
            return
        end = place + len(ending)
        begin = text.rindex("\n", 0, end) + 1
        if end - begin in lengths:
            yield text[begin:end]
        place = text.find(f"{ending}\n", end)


def _letter_pairs(word: str) -> set[str]:
    """Return the neighbouring letters of a word, with its two ends marked."""
    return set(map("".join, zip(f"\n{word}", f"{word}\n", strict=True)))
