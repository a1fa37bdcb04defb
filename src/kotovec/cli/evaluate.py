"""`kotovec evaluate`: how good the vectors of a file are, by test sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kotovec.cli.columns import print_columns, score_text
from kotovec.cli.output import note, print_json
from kotovec.cli.test_sets import (
    AnalogyFiles,
    Score,
    SimilarityFiles,
    read_analogy_sets,
    read_similarity_sets,
)
from kotovec.cli.typed import count

if TYPE_CHECKING:
    from kotovec.evaluation import Analogies, Similarity

EXAMPLE = """Example:

\b
  kotovec evaluate demo.safetensors
  kotovec evaluate wiki.safetensors --analogies questions-words.txt
  kotovec evaluate wiki.safetensors --similarity pairs.csv --score mean --json

Pairs of words and a score stand in columns, separated by tabs, semicolons, commas or spaces; analogies are
four words a line, after lines such as ": plurals". Without either, the built-in questions about Python are
asked. The interval, 95 %, is over the choice of questions: "low" and "high" of a few pairs are a dash. Only
questions whose words are known count."""


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="A file of vectors.", show_default=False)
    ],
    similarity: SimilarityFiles = None,
    analogies: AnalogyFiles = None,
    score: Score = None,
    limit: Annotated[
        int, typer.Option("--limit", parser=count, metavar="N", help="Analogies among the first N words.")
    ] = 30_000,
    lowercase: Annotated[
        bool, typer.Option("--lowercase/--as-written", help="Look unknown words up in other cases too.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure vectors by word similarity and analogies."""
    from kotovec.evaluation import (
        BUILTIN_SET,
        builtin_pairs,
        builtin_questions,
        evaluate_analogies,
        evaluate_similarity,
    )
    from kotovec.evaluation.bootstrap import NO_INTERVAL
    from kotovec.vectors import load

    pairs, questions = read_similarity_sets(similarity, score), read_analogy_sets(analogies)
    if not pairs and not questions:
        note("no test set was named, so these are the built-in questions about Python and English.")
        pairs, questions = {BUILTIN_SET: builtin_pairs()}, {BUILTIN_SET: builtin_questions()}
    vectors = load(file)
    alike = {name: evaluate_similarity(vectors, given, lowercase=lowercase) for name, given in pairs.items()}
    completed = {
        name: evaluate_analogies(vectors, given, limit=limit, lowercase=lowercase)
        for name, given in questions.items()
    }
    if as_json:
        print_json(
            {
                "vectors": str(file),
                "limit": limit,
                "lowercase": lowercase,
                "similarity": {name: found.report() for name, found in alike.items()},
                "analogies": {name: found.report() for name, found in completed.items()},
            }
        )
    else:
        print_columns(_rows(alike, completed), left=2)
        if any(found.lacks_interval for found in alike.values()):
            note(NO_INTERVAL)


def _rows(alike: Mapping[str, Similarity], completed: Mapping[str, Analogies]) -> list[list[str]]:
    """Return the table: a row for each test set, and one for each section of analogies."""
    rows = [["test set", "measure", "score", "low", "high", "known", "of"]]
    for name, similar in alike.items():
        ends = map(score_text, (similar.spearman, *similar.interval))
        rows.append([name, "similarity", *ends, str(similar.pairs_known), str(similar.pairs_total)])
    for name, found in completed.items():
        ends = map(score_text, (found.accuracy, *found.interval))
        rows.append([name, "analogies", *ends, str(found.asked), str(found.total)])
        for part in found.sections:
            share, counts = score_text(part.accuracy), [str(part.asked), str(part.total)]
            rows.append([part.name or "(no section)", "section", share, "", "", *counts])
    return rows
