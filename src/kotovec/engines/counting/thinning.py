"""Subsampling before counting: tokens of frequent words are left out, and windows reach further for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kotovec.engines.counting.cooccurrence import Sentences
from kotovec.engines.cpu.compiling import kernel, like_mapped
from kotovec.engines.cpu.random_bits import bits_at, high_half, stream_key
from kotovec.engines.cpu.sampling import keep_thresholds
from kotovec.errors import TrainingError
from kotovec.temporary import disk_errors, temporary_file, write_numbers
from kotovec.vocabulary import Vocabulary

_TOKENS_AT_ONCE = 1 << 22
_POSITIONS = 0
"""What the stream of random bits is for, as in the other engine."""


@dataclass(frozen=True, kw_only=True)
class Thinned:
    """What subsampling left of a text."""

    token_ids: npt.NDArray[np.int32]  # (N',), memory-mapped
    sentence_offsets: npt.NDArray[np.int64]  # (S + 1,), memory-mapped; sentences may be empty
    vocabulary: Vocabulary  # that of the whole text


def thinned(corpus: Sentences, sample: float, seed: int) -> Thinned:
    """Return the text without the tokens that subsampling drops.

    A token is kept with word2vec's probability, and whether it is depends on `seed` and its position alone.
    This is the "dirty" subsampling of Levy, Goldberg and Dagan (2015): what is left moves together.

    Raises
    ------
    TrainingError
        If the temporary folder is full.

    """
    thresholds = keep_thresholds(np.asarray(corpus.vocabulary.counts), sample)
    key = stream_key(seed, 0, _POSITIONS)
    kept = 0
    with ExitStack() as files, disk_errors("The subsampled text", TrainingError):
        ids, offsets = temporary_file(files), temporary_file(files)
        for first, last, starts in _stretches(corpus):
            room, ends = np.empty(last - first, np.int32), np.empty(len(starts), np.int64)
            here = keep_tokens(corpus.token_ids[first:last], first, key, thresholds, starts, room, ends)
            write_numbers(ids, room[:here])
            write_numbers(offsets, kept + ends)
            kept += here
        write_numbers(offsets, np.array([kept]))
        return Thinned(
            token_ids=np.memmap(ids, np.int32, "r", shape=(kept,)) if kept else np.empty(0, np.int32),
            sentence_offsets=np.memmap(offsets, np.int64, "r", shape=(len(corpus.sentence_offsets),)),
            vocabulary=corpus.vocabulary,
        )


def _stretches(corpus: Sentences) -> Iterator[tuple[int, int, npt.NDArray[np.int64]]]:
    """Cut the text; hand out (first, last, where sentences begin in it, counted from `first`)."""
    tokens = len(corpus.token_ids)
    for first in range(0, tokens, _TOKENS_AT_ONCE):
        last = min(first + _TOKENS_AT_ONCE, tokens)
        low, high = np.searchsorted(corpus.sentence_offsets, (first, last))
        yield first, last, np.asarray(corpus.sentence_offsets[low:high]) - first


@kernel
def keep_tokens(
    tokens: np.ndarray,
    position: int,
    key: np.uint64,
    thresholds: np.ndarray,
    starts: np.ndarray,
    kept: np.ndarray,
    kept_starts: np.ndarray,
) -> int:
    """Move what is kept of `tokens` to `kept`, and return how many tokens that is.

    tokens : (N,) int32, of which the first stands at `position` in the text
    thresholds : (V,) uint32, the largest draws with which words are kept
    starts, kept_starts : (S,) int64, where sentences begin in `tokens`, and, written, in `kept`
    """
    count = sentence = 0
    for place in range(len(tokens)):
        while sentence < len(starts) and starts[sentence] == place:
            kept_starts[sentence] = count
            sentence += 1
        if high_half(bits_at(key, position + place)) <= np.uint64(thresholds[tokens[place]]):
            kept[count] = tokens[place]
            count += 1
    return count


def compile_thinning() -> None:
    """Have the machine code made, or loaded from disk."""
    ids, none = np.zeros(0, np.int32), np.zeros(0, np.int64)
    keep_tokens(like_mapped(np.int32), 0, np.uint64(0), np.zeros(0, np.uint32), none, ids, none)
