"""Cooccurrence: how often every two words stand near each other, counted from a corpus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.engines.counting.kernels import count_rows, list_places
from kotovec.engines.counting.weights import distance_weights
from kotovec.models.ppmi_svd import DistanceWeighting
from kotovec.progress import ProgressCallback


@dataclass(frozen=True, kw_only=True)
class Cooccurrence:
    """A symmetric sparse matrix of counts, C, row by row (CSR); its columns are in order in every row.

    The entries of row i are columns[offsets[i]:offsets[i + 1]] and the values there. Large ones are
    memory-mapped from temporary files, which go when nobody uses them any more.
    """

    offsets: npt.NDArray[np.int64]  # (V + 1,)
    columns: npt.NDArray[np.int32]  # (n,)
    values: npt.NDArray[np.float64]  # (n,), the count divided by nothing: exact


def count(
    corpus: Corpus,
    *,
    window: int,
    distance_weighting: DistanceWeighting,
    workers: int,
    progress: ProgressCallback | None = None,
    memory: int = 2**30,
) -> Cooccurrence:
    """Count which words stand at most `window` words apart in a sentence.

    Every pair counts in both directions, as in the book's `create_co_matrix`: C[i, j] == C[j, i].

    Parameters
    ----------
    corpus
        The text.
    window
        The most words on each side that count as context; it does not cross the ends of a sentence.
    distance_weighting
        What a context at distance d counts: "flat" 1, "dynamic" (w - d + 1) / w, "harmonic" 1 / d.
    workers
        Threads; the result does not depend on it.
    progress
        Called from this thread a few times a second.
    memory
        Bytes to work in, about; what needs more is worked on in parts, on disk.

    Raises
    ------
    KotovecError
        If the temporary folder is full.

    """
    token_ids, sentences = np.asarray(corpus.token_ids), np.asarray(corpus.sentence_offsets)
    counts = np.asarray(corpus.vocabulary.counts)
    words = len(counts)
    tokens = np.empty(len(token_ids) + 2 * window, np.int32)
    tokens[:] = -1
    tokens[window : window + len(token_ids)] = token_ids
    tokens[window + sentences[:-1]] ^= -1
    ends = np.zeros(words + 2, np.int64)
    np.cumsum(np.bincount(token_ids, minlength=words), out=ends[2:])
    places = np.empty(len(token_ids), np.int32)
    list_places(tokens, window, window + len(token_ids), ends[:-1], places)
    weights, scale = distance_weights(distance_weighting, window, 2 * int(counts.max()))
    bound = np.minimum(words, 2 * window * counts).sum()
    columns, values = np.empty(bound, np.int32), np.empty(bound)
    offsets = np.zeros(words + 1, np.int64)
    totals = np.zeros(words, np.int64)
    bits, blocks = (np.zeros(-(-words // each), np.uint64) for each in (64, 4096))
    taken = count_rows(
        tokens, places, ends[:-1], 0, words, weights, float(scale), totals, bits, blocks, offsets[1:],
        columns, values,
    )  # fmt: skip
    return Cooccurrence(offsets=np.cumsum(offsets), columns=columns[:taken], values=values[:taken])
