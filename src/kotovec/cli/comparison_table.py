"""How `kotovec compare` prints a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kotovec.cli.columns import print_columns, with_interval
from kotovec.shown import short_seconds

if TYPE_CHECKING:
    from kotovec.comparison import Comparison, Outcome


def print_comparison(comparison: Comparison) -> None:
    """Print the table of figures, and the neighbours."""
    head = ["method", "epochs", "count s", "train s", "peak MB"]
    head += [f"{name} similarity" for name in comparison.similarity_sets]
    head += [f"{name} analogies" for name in comparison.analogy_sets]
    print_columns(
        [head, *(_figures(outcome, len(head)) for outcome in comparison.outcomes), _known(comparison)]
    )
    if comparison.words:
        print()
        print_columns(_neighbours(comparison), left=3)


def _neighbours(comparison: Comparison) -> list[list[str]]:
    """Return the rows of the nearest words, those of one word next to each other."""
    rows = [["word", "method", "its nearest words"]]
    for word in comparison.words:
        for outcome in comparison.outcomes:
            if word in outcome.neighbours:
                nearest = " ".join(neighbour.word for neighbour in outcome.neighbours[word])
                rows.append([word, outcome.name, nearest])
    return rows


def _figures(outcome: Outcome, columns: int) -> list[str]:
    """Return a method's row."""
    if outcome.problem is not None:
        return [outcome.name, "failed", *["-"] * (columns - 2)]
    seconds = map(short_seconds, (outcome.count_seconds, outcome.train_seconds))
    memory = outcome.peak_memory_bytes
    return [
        outcome.name,
        str(outcome.epochs) if outcome.epochs else "-",
        *seconds,
        "-" if memory is None else f"{memory / 1e6:.0f}",
        *(with_interval(found.spearman, found.interval) for found in outcome.similarity.values()),
        *(with_interval(found.accuracy, found.interval) for found in outcome.analogies.values()),
    ]


def _known(comparison: Comparison) -> list[str]:
    """Return the row that says how many questions of each test set could be asked."""
    learned = next((outcome for outcome in comparison.outcomes if outcome.problem is None), None)
    coverage = ["-"] * (len(comparison.similarity_sets) + len(comparison.analogy_sets))
    if learned is not None:
        coverage = [f"{found.pairs_known} of {found.pairs_total}" for found in learned.similarity.values()]
        coverage += [f"{found.asked} of {found.total}" for found in learned.analogies.values()]
    return ["(known)", "", "", "", "", *coverage]
