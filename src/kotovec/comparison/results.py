"""Comparison: what several methods made of one corpus, as figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kotovec.corpus import CorpusReport
from kotovec.evaluation import Analogies, Similarity
from kotovec.models import Model
from kotovec.vectors import Neighbour


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one method made of the corpus.

    Parameters
    ----------
    name
        What the method was called.
    model
        Its options; None for vectors that nothing has trained.
    problem
        Why there are no vectors; None where there are.
    epochs
        Times through the text, or the counts.
    count_seconds
        Counting who occurs with whom; 0.0 for methods that do not count.
    train_seconds
        Training alone.
    peak_memory_bytes
        The most memory of the process that trained it, Python and its libraries included; None if unknown.
    similarity, analogies
        Scores, by the names of the test sets.
    neighbours
        The nearest words, by word.

    Examples
    --------
    >>> Outcome(name="glove", problem="There is too little text.").train_seconds is None
    True

    """

    name: str
    model: Model | None = None
    problem: str | None = None
    epochs: int | None = None
    count_seconds: float | None = None
    train_seconds: float | None = None
    peak_memory_bytes: int | None = None
    similarity: Mapping[str, Similarity] = field(default_factory=dict)
    analogies: Mapping[str, Analogies] = field(default_factory=dict)
    neighbours: Mapping[str, tuple[Neighbour, ...]] = field(default_factory=dict)

    @property
    def seconds(self) -> float | None:
        """Counting and training together."""
        if self.count_seconds is None or self.train_seconds is None:
            return None
        return self.count_seconds + self.train_seconds

    def report(self) -> dict[str, Any]:
        """Return the outcome as plain data, for JSON."""
        model = self.model
        return {
            "name": self.name,
            "model": None if model is None else {"name": model.name, **asdict(model)},
            "problem": self.problem,
            "epochs": self.epochs,
            "seconds": {"count": self.count_seconds, "train": self.train_seconds},
            "peak_memory_bytes": self.peak_memory_bytes,
            "similarity": {name: found.report() for name, found in self.similarity.items()},
            "analogies": {name: found.report() for name, found in self.analogies.items()},
            "neighbours": {
                word: [{"word": n.word, "score": n.score} for n in found]
                for word, found in self.neighbours.items()
            },
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Several methods on one corpus: same text, same vocabulary, each in a process of its own.

    Parameters
    ----------
    outcomes
        One for each method, in the order in which they were asked for.
    tokens, vocabulary_size
        Of the text, as every method had it.
    corpus_report
        What was read, and what was kept of it.
    workers, seed
        As they were given, or chosen.
    similarity_sets, analogy_sets
        The names of the test sets.
    words
        The words whose neighbours were looked up.

    Examples
    --------
    >>> import kotovec as kv
    >>> with kv.Corpus.open([["to", "be", "or", "not", "to", "be"]] * 9) as corpus:
    ...     found = kv.compare(corpus, {"noise": None}, similarity={"my own": [("to", "be", 5)]})
    >>> found.report()["corpus"]["tokens"], found.outcomes[0].similarity["my own"].pairs_known
    (54, 1)

    """

    outcomes: tuple[Outcome, ...]
    tokens: int
    vocabulary_size: int
    corpus_report: CorpusReport
    workers: int
    seed: int
    similarity_sets: tuple[str, ...]
    analogy_sets: tuple[str, ...]
    words: tuple[str, ...]

    def report(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        from kotovec import __version__

        return {
            "kotovec": __version__,
            "corpus": {
                "tokens": self.tokens,
                "vocabulary_size": self.vocabulary_size,
                "sources": list(self.corpus_report.sources),
                "tokenizer": self.corpus_report.tokenizer,
                "min_count": self.corpus_report.min_count,
                "max_vocab": self.corpus_report.max_vocab,
            },
            "run": {"workers": self.workers, "seed": self.seed},
            "methods": [outcome.report() for outcome in self.outcomes],
        }

    def html(self) -> str:
        """Return one HTML page with tables and plots, in English and Japanese, that needs nothing else."""
        from kotovec.comparison.page import page

        return page(self)
