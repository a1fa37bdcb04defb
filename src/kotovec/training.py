"""train(): the one place that knows corpora, models and engines."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.engines.learned import PRECISIONS, Learn, Learned
from kotovec.errors import CorpusError, OptionError, TrainingError
from kotovec.models import CBOW, PPMISVD, GloVe, Model, Representation, SkipGram
from kotovec.models.options import check_bool, check_choice, check_int
from kotovec.models.representation import BLENDED
from kotovec.progress import ProgressCallback, check_progress, reading
from kotovec.run import Run
from kotovec.shown import shown
from kotovec.vectors import WordVectors

Source = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Iterable[Sequence[str]] | Corpus

_HISTORY_POINTS = 200


def train(
    model: Model,
    source: Source,
    *,
    epochs: int | None = None,
    workers: int | None = None,
    seed: int = 1,
    reproducible: bool = True,
    precision: str = "auto",
    min_count: int | None = None,
    max_vocab: int | None = None,
    tokenizer: str | None = None,
    progress: ProgressCallback | None = None,
) -> Run:
    """Learn word vectors from text.

    Parameters
    ----------
    model
        What to learn: `SkipGram(...)`, `CBOW(...)`, `GloVe(...)` or `PPMISVD(...)`.
    source
        A path, a list of paths, a pattern, "-" for standard input, an iterable of token lists, or a
        `Corpus` that was opened before.
    epochs
        How many times to go through the text, or for GloVe through its counts; the model's `default_epochs`
        where it is None. PPMISVD goes through the text once.
    workers
        Threads; all cores where it is None. The vectors do not depend on it.
    seed
        Any whole number from 0; the same seed gives the same bits.
    reproducible
        False lets the workers of SkipGram and CBOW run freely: a little faster, and different in every run.
        Not with `loss="softmax"`.
    precision
        "auto" lets SkipGram, unless with `loss="softmax"`, and CBOW with negative sampling and windows of up
        to 16 multiply numbers rounded to bfloat16 where the CPU does that faster, and keep and add up float32
        all the same: vectors as good, but not the same bits as on other CPUs. "float32" rounds nothing
        anywhere. What was done is `Run.precision`.
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

    Warns
    -----
    TextWarning
        As `Corpus.open` does, when the text does not look like words between blanks.

    Examples
    --------
    >>> import kotovec as kv
    >>> sentences = [["you", "say", "goodbye", "and", "i", "say", "hello"]] * 50
    >>> run = kv.train(kv.SkipGram(vector_size=16), sentences, epochs=3)
    >>> run.vectors["you"].shape, len(run.loss)
    ((16,), 3)

    """
    learner = _learner(model)
    epochs = _epochs(model, epochs)
    seed = check_int("train", "seed", seed, 0, 2**63 - 1)
    if workers is not None:
        workers = check_int("train", "workers", workers, 1, 1024)
    check_bool("train", "reproducible", reproducible)
    check_choice("train", "precision", precision, PRECISIONS)
    check_progress("train", progress)
    if not reproducible and not isinstance(model, SkipGram | CBOW):
        raise OptionError(
            f"reproducible=False is for SkipGram and CBOW; {type(model).__name__} is as fast when it is "
            "reproducible, and always is."
        )
    if not reproducible and isinstance(model, SkipGram | CBOW) and model.loss == "softmax":
        raise OptionError(
            "reproducible=False is not for loss='softmax', which is as fast when it is reproducible, and "
            "always is."
        )
    how = (epochs, workers or available_cores(), seed, reproducible, precision, progress)
    options = {"min_count": min_count, "max_vocab": max_vocab, "tokenizer": tokenizer}
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(source, Corpus):
        if given:
            raise OptionError(
                f"{' and '.join(given)} cannot be given to train together with a Corpus, which has them "
                "already; pass them to Corpus.open instead."
            )
        return _train_on(model, learner, source, 0.0, *how)
    started = time.perf_counter()
    with Corpus.open(source, workers=workers, progress=reading(progress), **given) as corpus:  # type: ignore[arg-type]  # checked by Corpus.open
        seconds = time.perf_counter() - started
        return _train_on(model, learner, corpus, seconds, *how)


def _learner(model: Model) -> Learn:
    """Return the function that learns `model`; Numba is imported only where something is trained."""
    if isinstance(model, SkipGram | CBOW):
        from kotovec.engines.cpu.engine import learn

        return learn
    if isinstance(model, GloVe):
        from kotovec.engines.cpu.glove_engine import learn as learn_glove

        return learn_glove
    if isinstance(model, PPMISVD):
        from kotovec.engines.counting.learn import learn as learn_by_counting

        return learn_by_counting
    raise OptionError(
        "The 'model' parameter of train must be a SkipGram(...), CBOW(...), GloVe(...) or PPMISVD(...). "
        f"Got {shown(model)} instead."
    )


def _epochs(model: Model, epochs: int | None) -> int:
    if epochs is None:
        return model.default_epochs
    epochs = check_int("train", "epochs", epochs, 1, 100_000)
    if isinstance(model, PPMISVD) and epochs != 1:
        raise OptionError(f"PPMISVD goes through the text once. Got epochs={epochs}; leave it out.")
    return epochs


def _train_on(
    model: Model,
    learner: Learn,
    corpus: Corpus,
    read_seconds: float,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    precision: str,
    progress: ProgressCallback | None,
) -> Run:
    if not (np.diff(corpus.sentence_offsets) > 1).any():
        raise CorpusError(
            "There is no context to learn from: no sentence has at least two words of the vocabulary. "
            "A line is a sentence; put the words of a sentence on one line, or lower min_count."
        )
    learned = learner(
        model,
        corpus,
        epochs=epochs,
        workers=workers,
        seed=seed,
        reproducible=reproducible,
        precision=precision,
        progress=progress,
    )
    loss = tuple(_mean_loss(epoch) for epoch in learned.losses)
    if isinstance(model, SkipGram | CBOW) and all(map(math.isnan, loss)):
        raise TrainingError(
            f"Nothing was learned: of {len(corpus):,} tokens, subsampling left no two words in one sentence "
            f"in any epoch. Use more text, more epochs, or sample=0 instead of {model.sample:g}."
        )
    run = {"epochs": epochs, "seed": seed, "reproducible": reproducible, "precision": learned.precision}
    metadata = _metadata(model, corpus, run, loss)
    words, counts = corpus.vocabulary.words, corpus.vocabulary.counts
    inputs = WordVectors(words, learned.w_in, counts=counts, metadata={**metadata, "matrix": "input"})

    def named(name: Representation) -> WordVectors:
        return inputs.with_vectors(_represented(learned, name), metadata={**metadata, "matrix": name})

    others: tuple[Representation, ...] = () if learned.w_out is None else ("output",)
    sides = {name: named(name) for name in {*others, model.representation} - {"input"}}
    sides["input"] = inputs
    return Run(
        model=model,
        vectors=sides[model.representation],
        input_vectors=inputs,
        output_vectors=sides.get("output"),
        loss=loss,
        loss_history=_history(learned, len(corpus)),
        tokens=len(corpus),
        epochs=epochs,
        workers=workers,
        seed=seed,
        reproducible=reproducible,
        precision=learned.precision,
        read_seconds=read_seconds,
        compile_seconds=learned.compile_seconds,
        count_seconds=learned.count_seconds,
        seconds=learned.train_seconds,
        corpus_report=corpus.report,
    )


def _represented(learned: Learned, name: Representation) -> npt.NDArray[np.float32]:
    """Return the matrix that stands for the words, (V, H), or (V, 2 H) where both sides are kept apart."""
    w_in, w_out = learned.w_in, learned.w_out
    if name == "input" or w_out is None:
        return w_in
    if name == "output":
        return w_out
    if name == "concatenate":
        return np.concatenate([w_in, w_out], axis=1)
    if name == "blend":
        return w_in + np.float32(BLENDED) * w_out
    return (w_in + w_out) / np.float32(2) if name == "mean" else w_in + w_out


def _metadata(
    model: Model, corpus: Corpus, run: Mapping[str, object], loss: tuple[float, ...]
) -> dict[str, str]:
    """Return what a vectors file says about its making; no times, so that equal runs give equal files."""
    report = corpus.report
    known = [None if math.isnan(one) else one for one in loss]  # JSON has no NaN
    return {
        "model": json.dumps({"name": model.name, **asdict(model)}),
        "run": json.dumps({**run, "tokens": len(corpus), "loss": known}),
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
    if not len(flat):
        return ()
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
