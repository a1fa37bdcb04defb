"""The files of test questions that `kotovec evaluate` and `kotovec compare` take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kotovec.errors import OptionError

if TYPE_CHECKING:
    from kotovec.evaluation import Question, ScoredPair

SimilarityFiles = Annotated[
    list[Path] | None,
    typer.Option("--similarity", metavar="F", help="Pairs of words with scores.", show_default=False),
]
AnalogyFiles = Annotated[
    list[Path] | None,
    typer.Option("--analogies", metavar="F", help="Analogies, four words a line.", show_default=False),
]
Score = Annotated[
    str | None,
    typer.Option(
        "--score",
        metavar="COLUMN",
        help="The scores' column, by name or number. [default: the first of numbers]",
        show_default=False,
    ),
]


def read_similarity_sets(paths: Sequence[Path] | None, score: str | None) -> dict[str, list[ScoredPair]]:
    """Return the pairs of each file by its name.

    Args:
        paths: None where no file was given.
        score: the column of the scores, its name or its number; None for the first of numbers.
    """
    from kotovec.evaluation import read_pairs

    if score is not None and not paths:
        raise OptionError("--score names a column of the files of --similarity; give one of those too.")
    column = _column(score)
    names = _names(paths or ())
    return {name: read_pairs(path, score=column) for name, path in names.items()}


def _column(score: str | None) -> str | int | None:
    """Return the number of a column where digits were typed, else its name."""
    if score is None or not score.isdecimal():
        return score
    try:
        return int(score)
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise OptionError(
            f"--score is a number of {len(score):,} digits; give a column's name, or its number from 1."
        ) from None


def read_analogy_sets(paths: Sequence[Path] | None) -> dict[str, list[Question]]:
    """Return the analogies of each file by its name; `paths` is None where no file was given."""
    from kotovec.evaluation import read_questions

    return {name: read_questions(path) for name, path in _names(paths or ()).items()}


def _names(paths: Sequence[Path]) -> dict[str, Path]:
    """Give every file its name without folder and suffix, or its whole path where two have the same."""
    stems = [path.stem for path in paths]
    return {str(path) if stems.count(path.stem) > 1 else path.stem: path for path in paths}
