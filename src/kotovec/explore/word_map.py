"""A labelled map of words on a plane."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kotovec.errors import OptionError
from kotovec.explore.fonts import letter
from kotovec.explore.labels import Boxes, place_labels
from kotovec.explore.layout import group, lay_out
from kotovec.vectors.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from kotovec.vectors import WordVectors

INCHES = (12.0, 9.0)
DOTS_PER_INCH = 150
PAPER, INK, FAINT = "#fcfbf8", "#2b2b2b", "#8a8780"
GROUP_COLOURS = (
    "#1f5fa8", "#c4461f", "#2f7d4f", "#8a3f9c", "#a36a00",
    "#0f7c8a", "#b5305f", "#5b6b1f", "#4b4fc0", "#7a4b2a",
)  # fmt: skip
GAP = (14, 7)  # dots between words


@dataclass(frozen=True, kw_only=True)
class WordMap:
    """What a map turned out to show.

    Args:
        path: the picture.
        words: the words on it.
        notes: sentences about words that could not be shown, and why; usually none.

    >>> WordMap(path=Path("map.png"), words=("sun", "moon")).notes
    ()
    """

    path: Path
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()


def word_map(vectors: WordVectors, words: Iterable[str], path: str | os.PathLike[str]) -> WordMap:
    """Draw words on a plane, those used in the same company near each other, and write the picture.

    Args:
        vectors: where the words have their places, (V, H).
        words: which ones to show; about 120 fill the sheet. The first are the largest.
        path: the file; its suffix says which kind: .png, .svg or .pdf.

    Returns:
        The words that found room, and notes about those that did not.

    Raises:
        MissingExtra: matplotlib is not installed.
        UnknownWord: a word that the vectors do not hold.
        OptionError: no words, or a suffix that is no kind of picture.

    >>> import tempfile
    >>> from kotovec.vectors import WordVectors
    >>> vectors = WordVectors(["sun", "moon", "tax"], np.eye(3, dtype=np.float32))
    >>> word_map(vectors, ["sun", "moon"], Path(tempfile.mkdtemp()) / "map.png").words
    ('sun', 'moon')
    """
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise OptionError(f"The 'words' of word_map must be a list of words. Got {words!r:.60} instead.")
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise OptionError(f"A map is written as .png, .svg or .pdf; {str(path)!r} is none of them.")
    lettering = letter(tuple(dict.fromkeys(words)))
    wanted, notes = lettering.words, lettering.notes
    if not wanted:
        raise OptionError("The map has no words to show; give it at least one that this machine can write.")
    rows = np.stack([vectors[word] for word in wanted])
    figure, shown = _draw(wanted, rows, lettering.families)
    if len(shown) < len(wanted):
        notes += (f"{len(wanted) - len(shown)} of {len(wanted)} words found no room on the map.",)
    picture = BytesIO()
    figure.savefig(picture, format=path.suffix[1:].lower(), dpi=DOTS_PER_INCH, facecolor=PAPER)
    with atomic_write(path) as file:
        file.write(picture.getvalue())
    return WordMap(path=path, words=tuple(shown), notes=notes)


def _draw(words: Sequence[str], rows: Any, families: Sequence[str]) -> tuple[Figure, list[str]]:  # noqa: ANN401
    """Return the picture, and the words that found room on it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    texts = _write_words(figure, words, group(rows, len(GROUP_COLOURS)), families)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    extents = [text.get_window_extent(renderer) for text in texts]
    sizes = np.array([[box.width, box.height] for box in extents]) + GAP
    sheet = np.array(INCHES) * DOTS_PER_INCH
    margin = np.array([60.0, 70.0])
    area = sheet - 2 * margin - np.array([0.0, 60.0])  # the heading stands above
    centres, kept = place_labels(_spread(lay_out(rows)) * area, sizes, (area[0], area[1]))
    for text, centre, stays in zip(texts, (centres + margin) / sheet, kept, strict=True):
        text.set_position((centre[0], centre[1]))
        text.set_visible(bool(stays))
    _write_heading(figure, int(kept.sum()), families)
    return figure, [word for word, stays in zip(words, kept, strict=True) if stays]


def _write_words(figure: Figure, words: Sequence[str], groups: Any, families: Sequence[str]) -> list[Text]:  # noqa: ANN401
    """Write every word in the middle of the sheet, earlier ones larger, one colour a group."""
    points = np.linspace(18.0, 10.5, len(words))
    return [
        figure.text(
            0.5, 0.5, word, ha="center", va="center", fontsize=float(size), family=list(families),
            color=GROUP_COLOURS[label], parse_math=False,
        )
        for word, size, label in zip(words, points, groups, strict=True)
    ]  # fmt: skip


def _write_heading(figure: Figure, count: int, families: Sequence[str]) -> None:
    left, top = 0.04, 0.955
    figure.text(
        left, top, f"A map of {count} words", fontsize=17, color=INK, family=list(families), va="center"
    )
    figure.text(
        left, top - 0.033,
        "Words that keep the same company stand near each other; colours mark groups of like words.",
        fontsize=10.5, color=FAINT, family=list(families), va="center",
    )  # fmt: skip


def _spread(points: Boxes) -> Boxes:
    """Bring points into the unit square, thinning out where they crowd.

    Half of a coordinate is the place itself, half its rank: the shape stays, and no corner of the sheet
    is left empty for the sake of one far word.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    place = (points - low) / np.where(high > low, high - low, 1.0)
    rank = points.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(len(points) - 1, 1)
    spread = 0.65 * place + 0.35 * rank
    return np.asarray(np.where(high > low, spread, 0.5))
