"""train(): the one place that knows corpora, models and engines."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus, CorpusReport
from kotovec.errors import CorpusError, OptionError, TrainingError
from kotovec.models import CBOW, SkipGram
from kotovec.models.options import check_int
from kotovec.progress import ProgressCallback, reading
from kotovec.vectors import WordVectors

if TYPE_CHECKING:
    from kotovec.engines.cpu.engine import Learned

Model = SkipGram | CBOW
Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Iterable[Sequence[str]] | Corpus

_HISTORY_POINTS = 200


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished training: what was learned, and what happened.

    Examples
    --------
    >>> import kotovec as kv
    >>> run = kv.train(kv.CBOW(vector_size=16), [["to", "be", "or", "not", "to", "be"]] * 100, epochs=2)
    >>> run.tokens, run.epochs, run.vectors.vector_size
    (600, 2, 16)

    """

    model: Model
    vectors: WordVectors
    """One row per word: W_in, W_out or their mean, as the model's `representation` says."""
    input_vectors: WordVectors
    """One row of W_in per word: the word as it is looked up."""
    output_vectors: WordVectors
    """One row of W_out per word: the word as it is predicted."""
    loss: tuple[float, ...]
    """Mean loss per positive pair, one number for each epoch."""
    loss_history: tuple[tuple[int, float], ...]
    """(tokens processed, mean loss per positive pair since the last point), at most 200 points."""
    tokens: int
    """Tokens of the corpus that were trained on, once per epoch."""
    epochs: int
    workers: int
    seed: int
    reproducible: bool
    read_seconds: float
    """0.0 where the corpus had been opened before."""
    compile_seconds: float
    seconds: float
    """Training alone."""
    corpus_report: CorpusReport

    @property
    def words_per_second(self) -> float:
        """Tokens of the corpus times epochs, divided by the seconds of training."""
        return self.tokens * self.epochs / self.seconds

    def report(self) -> dict[str, Any]:
        """Return what happened as plain data, for JSON."""
        return {
            "tokens": self.tokens,
            "vocabulary_size": len(self.vectors),
            "seconds": {"read": self.read_seconds, "compile": self.compile_seconds, "train": self.seconds},
            "words_per_second": self.words_per_second,
            # JSON has no NaN, which is the loss of an epoch in which no pair was left to learn from.
            "loss": [None if math.isnan(loss) else loss for loss in self.loss],
            "loss_history": [list(point) for point in self.loss_history],
            "peak_memory_bytes": peak_memory_bytes(),
            "model": {"name": self.model.name, **asdict(self.model)},
            "run": {
                "epochs": self.epochs,
                "workers": self.workers,
                "seed": self.seed,
                "reproducible": self.reproducible,
            },
            "corpus": asdict(self.corpus_report),
        }


def train(
    model: Model,
    source: Source,
    *,
    epochs: int = 5,
    workers: int | None = None,
    seed: int = 1,
    reproducible: bool = True,
    min_count: int | None = None,
    max_vocab: int | None = None,
    tokenizer: str | None = None,
    progress: ProgressCallback | None = None,
) -> Run:
    """Learn word vectors from text.

    Parameters
    ----------
    model
        What to learn: `SkipGram(...)` or `CBOW(...)`.
    source
        A path, a list of paths, a pattern, "-" for standard input, an iterable of token lists, or a
        `Corpus` that was opened before.
    epochs
        How many times to go through the text.
    workers
        Threads; all cores where it is None. The vectors do not depend on it.
    seed
        Any whole number from 0; the same seed gives the same bits.
    reproducible
        False lets the workers run freely: a little faster, and different in every run.
    min_count, max_vocab, tokenizer
        As for `Corpus.open`, whose defaults they have; not to be given with a `Corpus`.
    progress
        Called from this thread a few times a second with a `Progress`.

    Returns
    -------
    Run
        The vectors, the loss, and how long it took.

    Raises
    ------
    OptionError
        If an option has a value that cannot work.
    CorpusError
        If the text cannot be read or has nothing to learn from.
    TrainingError
        If the numbers stop being finite.

    Examples
    --------
    >>> import kotovec as kv
    >>> sentences = [["you", "say", "goodbye", "and", "i", "say", "hello"]] * 50
    >>> run = kv.train(kv.SkipGram(vector_size=16), sentences, epochs=3)
    >>> run.vectors["you"].shape, len(run.loss)
    ((16,), 3)

    """
    if not isinstance(model, SkipGram | CBOW):
        raise OptionError(
            f"The 'model' parameter of train must be a SkipGram(...) or CBOW(...). Got {model!r} instead."
        )
    check_int("train", "epochs", epochs, 1, 100_000)
    check_int("train", "seed", seed, 0, 2**63 - 1)
    if workers is not None:
        check_int("train", "workers", workers, 1, 1024)
    if not isinstance(reproducible, bool):
        raise OptionError(
            f"The 'reproducible' parameter of train must be True or False. Got {reproducible!r} instead."
        )
    threads = workers or available_cores()
    options = {"min_count": min_count, "max_vocab": max_vocab, "tokenizer": tokenizer}
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(source, Corpus):
        if given:
            raise OptionError(
                f"{' and '.join(given)} cannot be given to train together with a Corpus, which has them "
                "already; pass them to Corpus.open instead."
            )
        return _train_on(model, source, 0.0, epochs, threads, seed, reproducible, progress)
    started = time.perf_counter()
    with Corpus.open(source, workers=workers, progress=reading(progress), **given) as corpus:  # type: ignore[arg-type]  # checked by Corpus.open
        seconds = time.perf_counter() - started
        return _train_on(model, corpus, seconds, epochs, threads, seed, reproducible, progress)


def _train_on(
    model: Model,
    corpus: Corpus,
    read_seconds: float,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    progress: ProgressCallback | None,
) -> Run:
    if not (np.diff(corpus.sentence_offsets) > 1).any():
        raise CorpusError(
            "There is no context to learn from: no sentence has at least two words of the vocabulary. "
            "A line is a sentence; put the words of a sentence on one line, or lower min_count."
        )
    from kotovec.engines.cpu.engine import learn  # Numba is imported only where something is trained.

    learned = learn(
        model,
        corpus,
        epochs=epochs,
        workers=workers,
        seed=seed,
        reproducible=reproducible,
        progress=progress,
    )
    loss = tuple(_mean_loss(epoch) for epoch in learned.losses)
    if all(map(math.isnan, loss)):
        raise TrainingError(
            f"Nothing was learned: of {len(corpus):,} tokens, subsampling left no two words in one sentence "
            f"in any epoch. Use more text, more epochs, or sample=0 instead of {model.sample:g}."
        )
    run = {"epochs": epochs, "seed": seed, "reproducible": reproducible}
    words, counts = corpus.vocabulary.words, corpus.vocabulary.counts
    metadata = _metadata(model, corpus, run, loss)

    def named(matrix: npt.NDArray[np.float32], name: str) -> WordVectors:
        return WordVectors(words, matrix, counts=counts, metadata={**metadata, "matrix": name})

    sides = {"input": named(learned.w_in, "input"), "output": named(learned.w_out, "output")}
    if model.representation == "mean":
        sides["mean"] = named((learned.w_in + learned.w_out) / np.float32(2), "mean")
    return Run(
        model=model,
        vectors=sides[model.representation],
        input_vectors=sides["input"],
        output_vectors=sides["output"],
        loss=loss,
        loss_history=_history(learned, len(corpus)),
        tokens=len(corpus),
        epochs=epochs,
        workers=workers,
        seed=seed,
        reproducible=reproducible,
        read_seconds=read_seconds,
        compile_seconds=learned.compile_seconds,
        seconds=learned.train_seconds,
        corpus_report=corpus.report,
    )


def _metadata(
    model: Model, corpus: Corpus, run: Mapping[str, object], loss: tuple[float, ...]
) -> dict[str, str]:
    """Return what a vectors file says about its making; no times, so that equal runs give equal files."""
    report = corpus.report
    return {
        "model": json.dumps({"name": model.name, **asdict(model)}),
        "run": json.dumps({**run, "tokens": len(corpus), "loss": loss}),
        "tokenizer": report.tokenizer,
    }


def _mean_loss(sums: npt.NDArray[np.float64]) -> float:
    """Return loss per positive pair from rows of (summed loss, pairs)."""
    loss, pairs = sums.sum(axis=0)
    return float(loss / pairs) if pairs else math.nan


def _history(learned: Learned, tokens: int) -> tuple[tuple[int, float], ...]:
    """Return at most _HISTORY_POINTS points of (tokens processed, mean loss)."""
    epochs = len(learned.losses)
    flat = learned.losses.reshape(-1, 2)
    step = -(-len(flat) // _HISTORY_POINTS)
    points = []
    for first in range(0, len(flat), step):
        last = min(first + step, len(flat))
        loss = _mean_loss(flat[first:last])
        if not math.isnan(loss):
            points.append((tokens * epochs * last // len(flat), loss))
    return tuple(points)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory_bytes() -> int | None:
    """Return the most memory that this process has had, or None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
