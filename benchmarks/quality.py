"""The quality measures that stand beside every speed figure: analogies and word similarity.

They are those of `kotovec.evaluation`. All work on a plain ``(V, H)`` matrix whose rows are ordered from the
most to the least frequent word, so that gensim's vectors and ours go through the very same arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from kotovec import WordVectors, evaluate_analogies, evaluate_similarity
from kotovec.evaluation import Section


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Scores of one set of vectors; accuracies are fractions, correlations are Spearman's rho."""

    analogies: float
    semantic: float
    syntactic: float
    questions: int
    ws353_sim: float
    ws353_rel: float
    simlex: float

    def as_dict(self) -> dict[str, float]:
        """Return the scores by name."""
        return asdict(self)


def measure(words: Sequence[str], matrix: np.ndarray, folder: Path) -> Quality:
    """Return every score of one set of vectors; `folder` holds the public English test sets."""
    vectors = WordVectors(words, matrix)
    found = evaluate_analogies(vectors, folder / "questions-words.txt")

    def rate(sections: list[Section]) -> float:
        asked = sum(section.asked for section in sections)
        return sum(section.correct for section in sections) / asked if asked else float("nan")

    def correlation(name: str) -> float:
        return evaluate_similarity(vectors, folder / name).spearman

    return Quality(
        analogies=found.accuracy,
        semantic=rate([section for section in found.sections if not section.name.startswith("gram")]),
        syntactic=rate([section for section in found.sections if section.name.startswith("gram")]),
        questions=found.asked,
        ws353_sim=correlation("EN-WS-353-SIM.txt"),
        ws353_rel=correlation("EN-WS-353-REL.txt"),
        simlex=correlation("EN-SIMLEX-999.txt"),
    )
