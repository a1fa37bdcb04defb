"""Learn PPMISVD: count, weigh, decompose."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from kotovec.corpus import Corpus
from kotovec.engines.counting.cooccurrence import compile_kernels, count
from kotovec.engines.counting.ppmi import compile_ppmi, ppmi
from kotovec.engines.counting.products import compile_products
from kotovec.engines.counting.svd import truncated_svd
from kotovec.engines.counting.thinning import compile_thinning, thinned
from kotovec.engines.learned import Learned
from kotovec.engines.working import compile_in_thread
from kotovec.errors import OptionError, TrainingError
from kotovec.models import PPMISVD
from kotovec.progress import Progress, ProgressCallback


def learn(
    model: PPMISVD,
    corpus: Corpus,
    *,
    epochs: int,
    workers: int,
    seed: int,
    reproducible: bool,
    precision: str,
    progress: ProgressCallback | None,
) -> Learned:
    """Count `corpus`, and return the decomposition of its PPMI: W = U S^p and C = V S^p.

    There is one epoch, and it is always reproducible, in float32.

    Raises
    ------
    OptionError
        If the vectors are to have more elements than there are words.
    TrainingError
        If no two words occur together more often than chance would have it, or the temporary folder is full.

    """
    words = len(corpus.vocabulary)
    if model.vector_size > words:
        raise OptionError(
            f"vector_size={model.vector_size} is more than the {words:,} words of the vocabulary, and a "
            f"matrix has no more singular values than rows; use vector_size={words} or less, or more text."
        )
    started = time.perf_counter()
    compile_in_thread(_compile, progress)
    compiled = time.perf_counter()
    counted = count(
        thinned(corpus, model.sample, seed) if model.sample else corpus,
        window=model.window,
        distance_weighting=model.distance_weighting,
        workers=workers,
        progress=progress,
    )
    counting_ended = time.perf_counter()
    if not len(counted.values):
        raise TrainingError(
            f"Nothing was learned: of {len(corpus):,} tokens, subsampling left no two words in one sentence. "
            f"Use more text, or sample=0 instead of {model.sample:g}."
        )
    M, transposed = ppmi(
        counted, context_smoothing=model.context_smoothing, shift=model.shift, workers=workers
    )
    if not len(M.values):
        raise TrainingError(
            f"Nothing was learned: no two words occur together more than {model.shift:g} times as often as "
            f"chance would have it (shift={model.shift:g}). Use a smaller shift, or more text."
        )
    U, S, V = truncated_svd(
        M, transposed, model.vector_size, seed=seed, workers=workers, look=_look(len(corpus), progress)
    )
    weights = (S**model.eigenvalue_weight).astype(np.float32)
    U *= weights
    V *= weights
    return Learned(
        w_in=U,
        w_out=V,
        losses=np.zeros((0, 1, 2)),
        compile_seconds=compiled - started,
        count_seconds=counting_ended - compiled,
        train_seconds=time.perf_counter() - counting_ended,
    )


def _compile() -> None:
    compile_thinning()
    compile_kernels()
    compile_ppmi()
    compile_products()


def _look(tokens: int, progress: ProgressCallback | None) -> Callable[[float], None]:
    """Return what the decomposition tells which share of it is done."""

    def look(share: float) -> None:
        if progress is not None:
            progress(Progress(stage="train", done=int(share * tokens), total=tokens))

    return look
