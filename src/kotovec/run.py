"""Run: a finished training, as `train()` returns it."""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kotovec.corpus import CorpusReport
from kotovec.models import Model
from kotovec.vectors import WordVectors


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
    """One row per word: the input side, the output side or both, as the model's `representation` says."""
    input_vectors: WordVectors
    """One row of W_in per word: the word as it is looked up."""
    output_vectors: WordVectors | None
    """One row of W_out per word: the word as it is predicted, or as it counts as a context. None with
    hierarchical softmax, whose output side has a vector for each node of a tree and none for a word."""
    loss: tuple[float, ...]
    """Mean loss per positive pair, or per entry of GloVe's counts, one number for each epoch, measured before
    each step; of skip-gram and CBOW on some of a long text's chunks, others in each epoch. Empty where
    nothing is trained by steps (PPMISVD)."""
    loss_history: tuple[tuple[int, float], ...]
    """(tokens processed, mean loss since the last point), at most 200 points."""
    tokens: int
    """Tokens of the corpus that were trained on, once per epoch."""
    epochs: int
    workers: int
    seed: int
    reproducible: bool
    precision: str
    """"float32", or "mixed" where numbers rounded to bfloat16 were multiplied, and added up in float32."""
    read_seconds: float
    """0.0 where the corpus had been opened before."""
    compile_seconds: float
    count_seconds: float
    """Counting who occurs with whom, 0.0 for models that do not count."""
    seconds: float
    """Training alone; for PPMISVD, the decomposition."""
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
