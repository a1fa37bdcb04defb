"""Cooccurrence: how often every two words stand near each other, counted from a corpus."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kotovec.engines.counting.kernels import count_rows, list_places, merge_rows
from kotovec.engines.counting.parts import Plan, cut_rows, plan
from kotovec.engines.counting.row_files import RowFiles
from kotovec.engines.counting.weights import distance_weights
from kotovec.engines.working import Tasks, share_out
from kotovec.models.ppmi_svd import DistanceWeighting
from kotovec.progress import Progress, ProgressCallback
from kotovec.vocabulary import Vocabulary

_STRETCHES = 64
"""at least, so that no worker waits long for its turn to write"""


class Sentences(Protocol):
    """A corpus, or something like one."""

    @property
    def token_ids(self) -> npt.NDArray[np.int32]:
        """All words, (N,)."""

    @property
    def sentence_offsets(self) -> npt.NDArray[np.int64]:
        """Where sentences begin, (S + 1,)."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The words, V of them."""


@dataclass(frozen=True, kw_only=True)
class Cooccurrence:
    """A symmetric sparse matrix of counts, C, row by row (CSR); columns are in order in every row.

    The entries of row i are columns[offsets[i]:offsets[i + 1]] and the values there. They are memory-mapped
    from temporary files, which go when nobody uses them any more.
    """

    offsets: npt.NDArray[np.int64]  # (V + 1,)
    columns: npt.NDArray[np.int32]  # (n,)
    values: npt.NDArray[np.float64]  # (n,)


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What every part of the work needs."""

    words: int
    plan: Plan
    look: Callable[[int], None]
    """takes the number of tokens that were counted since the last look"""


def count(
    corpus: Sentences,
    *,
    window: int,
    distance_weighting: DistanceWeighting,
    workers: int,
    progress: ProgressCallback | None = None,
    memory: int = 2**30,
) -> Cooccurrence:
    """Count which words stand at most `window` words apart in a sentence.

    Every pair counts in both directions, as in the book's `create_co_matrix` (page 73): C[i, j] == C[j, i].
    The result does not depend on `workers` or `memory`.

    Parameters
    ----------
    corpus
        The text.
    window
        The most words on each side that count as context; it does not cross the ends of a sentence.
    distance_weighting
        What a context at distance d counts: "flat" 1, "dynamic" (w - d + 1) / w, "harmonic" 1 / d.
    workers
        Threads; fewer count where their tables, 21 bytes a word each, would take half of the memory.
    progress
        Called from this thread a few times a second.
    memory
        Bytes to work in, about. A text that needs more, 8 for each token, is counted in parts, which wait on
        disk until they are added up. The result itself is on disk, and does not count.

    Raises
    ------
    TrainingError
        If the temporary folder is full.

    Examples
    --------
    >>> corpus = kotovec.Corpus.open([["you", "say", "goodbye", "say", "you"]], min_count=1)
    >>> counted = count(corpus, window=1, distance_weighting="flat", workers=2)
    >>> counted.offsets, counted.columns, counted.values  # of you, say, goodbye
    (array([0, 1, 3, 4]), array([1, 0, 2, 1], dtype=int32), array([2., 2., 2., 2.]))

    """
    words, tokens = len(corpus.vocabulary), len(corpus.token_ids)
    most = 2 * int(np.max(corpus.vocabulary.counts))
    weights, scale = distance_weights(distance_weighting, window, most)
    job = _Job(words=words, plan=plan(tokens, words, workers, memory), look=_look(tokens, progress))
    step = job.plan.tokens
    parts = [(first, min(first + step, tokens)) for first in range(0, max(tokens, 1), step)]
    with ExitStack() as files:
        counted = RowFiles(files)
        for part in parts:
            _count_part(job, corpus, part, weights, scale if len(parts) == 1 else 1, counted)
        if len(parts) > 1:
            runs, counted = counted.mapped(words), RowFiles(files)
            _merge(job, runs, scale, counted)
        offsets, columns, values = counted.mapped(words)
    return Cooccurrence(offsets=offsets[0], columns=columns, values=values)


def compile_kernels() -> None:
    """Have the machine code made, or loaded from disk; `count` does it where nobody did before."""
    none, totals, marks = np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64)
    ids, values = np.zeros(0, np.int32), np.zeros(0)
    list_places(ids, 0, 0, none, ids)
    count_rows(ids, ids, none, 0, 0, none, 1.0, totals, marks, marks, totals, ids, values)


def _look(tokens: int, progress: ProgressCallback | None) -> Callable[[int], None]:
    began, done = time.perf_counter(), 0

    def look(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            speed = done / (time.perf_counter() - began)
            progress(Progress(stage="count", done=done, total=tokens, words_per_second=speed))

    return look


def _count_part(
    job: _Job,
    corpus: Sentences,
    part: tuple[int, int],
    weights: npt.NDArray[np.int64],
    scale: int,
    counted: RowFiles,
) -> None:
    """Append the counts around the tokens [first, last) of the text to `counted`."""
    window = len(weights) - 1
    tokens, begin = _marked(corpus, part, window)
    starts, places = np.zeros(job.words + 2, np.int64), np.empty(part[1] - part[0], np.int32)
    list_places(tokens, begin, begin + len(places), starts, places)
    counts = np.diff(starts[:-1])
    # A frequent word is as much work as a full stretch, though its row is short.
    work = np.minimum(counts * job.plan.entries * _STRETCHES // max(len(places), 1), job.plan.entries)
    most = np.maximum(np.minimum(2 * window * counts, job.words), work)

    def fill(first: int, last: int, *room: Any) -> int:
        return int(count_rows(tokens, places, starts, first, last, weights, float(scale), *room))

    _write_rows(job, most, fill, counted, lambda first, last: int(starts[last] - starts[first]))


def _marked(corpus: Sentences, part: tuple[int, int], window: int) -> tuple[npt.NDArray[np.int32], int]:
    """Return a part of the text with `window` words more on each side, and where the part begins in it.

    The first words of sentences are ~id, and so is what stands beyond the ends of the text.
    """
    low, high = max(part[0] - window, 0), min(part[1] + window, len(corpus.token_ids))
    tokens = np.full(window + high - low + 1, -1, np.int32)
    tokens[window:-1] = corpus.token_ids[low:high]
    inside = np.searchsorted(corpus.sentence_offsets, (low, high))
    first_words = corpus.sentence_offsets[inside[0] : inside[1]] - low + window
    tokens[first_words] = ~tokens[first_words]
    return tokens, window + part[0] - low


def _merge(job: _Job, runs: tuple[Any, Any, Any], scale: int, merged: RowFiles) -> None:
    """Append the sum of several matrices to `merged`."""
    offsets, columns, values = runs
    most = np.minimum(np.diff(offsets, axis=1).sum(axis=0), job.words)

    def fill(first: int, last: int, *room: Any) -> int:
        return int(merge_rows(offsets, columns, values, first, last, float(scale), *room))

    _write_rows(job, most, fill, merged, lambda first, last: 0)


def _write_rows(
    job: _Job,
    most: npt.NDArray[np.int64],
    fill: Callable[..., int],
    written: RowFiles,
    tokens_of: Callable[[int, int], int],
) -> None:
    """Have all rows made by `fill`, and append them to `written` in their order.

    `most` is how many entries a row has at most, or more where it is much work, (V,).
    """
    stretches = cut_rows(most, job.plan.entries)
    tokens_done: list[int] = []

    def work(tasks: Tasks) -> None:
        totals = np.zeros(job.words, np.int64)
        bits, blocks = (np.zeros(-(-job.words // each), np.uint64) for each in (64, 4096))
        columns, values = np.empty(job.plan.entries, np.int32), np.empty(job.plan.entries)
        for task in tasks:
            first, last = stretches[task]
            lengths = np.empty(last - first, np.int64)
            made = fill(first, last, totals, bits, blocks, lengths, columns, values)
            with tasks.in_turn(task):
                written.append(lengths, columns[:made], values[:made])
                tokens_done.append(tokens_of(first, last))

    written.begin()
    share_out(work, len(stretches), job.plan.workers, lambda: job.look(_drain(tokens_done)))
    job.look(_drain(tokens_done))


def _drain(numbers: list[int]) -> int:
    """Return the sum of a list that other threads append to, and forget what was summed."""
    known = len(numbers)
    total = sum(numbers[:known])
    del numbers[:known]
    return total
