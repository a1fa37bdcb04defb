"""The two quality measures that stand beside every speed figure: analogies and word similarity.

Both work on a plain ``(V, H)`` matrix whose rows are ordered from the most to the least frequent
word, so that gensim's vectors and ours go through the very same arithmetic.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

FREQUENT = 30_000


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


def unit_rows(matrix: np.ndarray) -> np.ndarray:
    """Return the rows scaled to length one, zero rows left as they are."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(norms == 0, 1, norms), dtype=np.float32)


def analogy_hits(
    words: list[str], matrix: np.ndarray, questions: Path, limit: int = FREQUENT
) -> dict[str, tuple[int, int]]:
    """Return {section: (right, asked)} for the questions whose words are among the `limit` first."""
    ids = {word: word_id for word_id, word in enumerate(words[:limit])}
    unit = unit_rows(matrix[:limit])
    sections: dict[str, list[list[int]]] = {}
    name = ""
    for line in questions.read_text(encoding="utf-8").splitlines():
        if line.startswith(":"):
            name = line[1:].strip()
            continue
        quad = [ids.get(word) for word in line.lower().split()]
        if len(quad) == 4 and None not in quad:
            sections.setdefault(name, []).append([int(word_id or 0) for word_id in quad])
    hits: dict[str, tuple[int, int]] = {}
    for name, rows in sections.items():
        a, b, c, d = np.array(rows).T
        right = 0
        for start in range(0, len(a), 512):
            part = slice(start, start + 512)
            target = unit[b[part]] - unit[a[part]] + unit[c[part]]
            scores = target @ unit.T
            row = np.arange(len(scores))
            for query in (a[part], b[part], c[part]):
                scores[row, query] = -np.inf
            right += int((scores.argmax(axis=1) == d[part]).sum())
        hits[name] = (right, len(a))
    return hits


def correlation(words: list[str], matrix: np.ndarray, path: Path) -> float:
    """Return Spearman's rho between human scores and cosines, over the pairs with both words."""
    ids = {word: word_id for word_id, word in enumerate(words)}
    unit = unit_rows(matrix)
    human, ours = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.lower().replace("\t", " ").split()
        if len(fields) >= 3 and fields[0] in ids and fields[1] in ids:
            human.append(float(fields[2]))
            ours.append(float(unit[ids[fields[0]]] @ unit[ids[fields[1]]]))
    return float(spearmanr(human, ours).statistic)


def measure(words: list[str], matrix: np.ndarray, folder: Path) -> Quality:
    """Return every score of one set of vectors; `folder` holds the public English test sets."""
    hits = analogy_hits(words, matrix, folder / "questions-words.txt")

    def rate(names: list[str]) -> float:
        asked = sum(hits[name][1] for name in names)
        return sum(hits[name][0] for name in names) / asked if asked else float("nan")

    syntactic = [name for name in hits if name.startswith("gram")]
    return Quality(
        analogies=rate(list(hits)),
        semantic=rate([name for name in hits if name not in syntactic]),
        syntactic=rate(syntactic),
        questions=sum(asked for _, asked in hits.values()),
        ws353_sim=correlation(words, matrix, folder / "EN-WS-353-SIM.txt"),
        ws353_rel=correlation(words, matrix, folder / "EN-WS-353-REL.txt"),
        simlex=correlation(words, matrix, folder / "EN-SIMLEX-999.txt"),
    )
