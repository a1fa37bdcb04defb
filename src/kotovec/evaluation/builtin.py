"""The built-in test questions, about Python and English, for vectors of the built-in corpus.

They were written for kotovec. The scores of the pairs are the judgement of its authors, and no survey of
many people. The questions tell trained vectors from untrained ones, and better from worse ones, on a text of
a million words about Python; they are no measure to compare with published ones.
"""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from kotovec.evaluation.files import Question, ScoredPair, read_pairs

BUILTIN_SET = "built-in"
"""What the built-in test questions are called in results."""

_FOLDER = Path(__file__).parent / "data"


def builtin_pairs() -> list[ScoredPair]:
    """Return the built-in pairs of words, each with a score from 0 (nothing in common) to 10 (the same).

    The score is how much two words have to do with each other, as in WordSim-353: opposites have much.

    Examples
    --------
    >>> scores = {(pair.first, pair.second): pair.score for pair in builtin_pairs()}
    >>> scores["monday", "sunday"] > scores["monday", "socket"]
    True

    """
    return read_pairs(_FOLDER / "python_pairs.tsv")


def builtin_questions() -> list[Question]:
    """Return the built-in analogies, in sections such as plurals, opposites and agent nouns.

    The file holds pairs; every two pairs of a section that share no word make a question, both ways round.

    Examples
    --------
    >>> Question("agent-nouns", "read", "reader", "write", "writer") in builtin_questions()
    True

    """
    sections: dict[str, list[tuple[str, str]]] = {}
    for line in (_FOLDER / "python_analogies.txt").read_text("utf-8").splitlines():
        if line.startswith(":"):
            pairs = sections.setdefault(line[1:].strip(), [])
        elif not line.startswith("#"):
            a, b = line.split()
            pairs.append((a, b))
    return [
        Question(section, a, b, c, d)
        for section, pairs in sections.items()
        for (a, b), (c, d) in permutations(pairs, 2)
        if len({a, b, c, d}) == 4
    ]
