"""Run: a finished training, as `train()` returns it."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kotovec.corpus import CorpusReport
from kotovec.models import Model
from kotovec.vectors import WordVectors


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished training: what was learned, and what happened.

    Parameters
    ----------
    model
        The options that were trained, with all that was chosen for them.
    vectors
        One row per word: the input side, the output side or both, as the model's `representation` says.
    input_vectors
        One row of W_in per word: the word as it is looked up.
    output_vectors
        One row of W_out per word: the word as it is predicted, or as it counts as a context. None with
        hierarchical softmax, whose output side has a vector for each node of a tree and none for a word.
    loss
        Mean loss per positive pair, or per entry of GloVe's counts, one number for each epoch, measured
        before each step; of skip-gram and CBOW on some of a long text's chunks, others in each epoch. nan
        for an epoch of a very short text in which subsampling left no pair. Empty where nothing is trained
        by steps (PPMISVD).
    loss_history
        (tokens processed, mean loss since the last point), at most 200 points.
    tokens
        Tokens of the corpus that were trained on, once per epoch.
    epochs, workers, seed, reproducible
        As they were given to `train`, or chosen by it.
    precision
        "float32", or "mixed" where numbers rounded to bfloat16 were multiplied, and added up in float32.
    read_seconds
        Reading the text; 0.0 where the corpus had been opened before.
    compile_seconds
        Compiling, or fetching what was compiled before from the disk.
    count_seconds
        Counting who occurs with whom, 0.0 for models that do not count.
    seconds
        Training alone; for PPMISVD, the decomposition.
    corpus_report
        What was read and what was kept of it, with warnings about text that does not look like words.

    Examples
    --------
    >>> import kotovec as kv
    >>> run = kv.train(kv.CBOW(vector_size=16), [["to", "be", "or", "not", "to", "be"]] * 100, epochs=2)
    >>> run.tokens, run.epochs, run.vectors.vector_size
    (600, 2, 16)

    """

    model: Model
    vectors: WordVectors
    input_vectors: WordVectors
    output_vectors: WordVectors | None
    loss: tuple[float, ...]
    loss_history: tuple[tuple[int, float], ...] = field(repr=False)
    tokens: int
    epochs: int
    workers: int
    seed: int
    reproducible: bool
    precision: str
    read_seconds: float
    compile_seconds: float
    count_seconds: float
    seconds: float
    corpus_report: CorpusReport

    @property
    def words_per_second(self) -> float:
        """Tokens of the corpus times epochs, divided by the seconds of counting and training."""
        return self.tokens * self.epochs / (self.count_seconds + self.seconds)

    def report(self) -> dict[str, Any]:
        """Return what happened as plain data, for JSON."""
        return {
            "tokens": self.tokens,
            "vocabulary_size": len(self.vectors),
            "seconds": {
                "read": self.read_seconds,
                "compile": self.compile_seconds,
                "count": self.count_seconds,
                "train": self.seconds,
            },
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
                "precision": self.precision,
            },
            "corpus": asdict(self.corpus_report),
        }


def peak_memory_bytes() -> int | None:
    """Return the most memory that this process has had, or None where the system does not say."""
    # On Linux a process inherits ru_maxrss from the one that started it; VmHWM begins with the program.
    with suppress(OSError), Path("/proc/self/status").open(encoding="utf-8", errors="replace") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
