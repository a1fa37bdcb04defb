"""The page of a comparison: one HTML file that loads nothing, legible on a phone, in light and in dark."""

from __future__ import annotations

import math
from pathlib import Path

from kotovec.comparison.markup import escape
from kotovec.comparison.plots import Mark, bars, seconds_and_quality
from kotovec.comparison.remarks import remarks
from kotovec.comparison.results import Comparison
from kotovec.comparison.tables import both, colour_of, figures_table, neighbours_table, sections_table

_STYLE = Path(__file__).with_name("page.css")
# Who reads Japanese sees Japanese first; without scripts, the switch still works.
_SCRIPT = "if(navigator.language.startsWith('ja'))document.getElementById('japanese').checked=true"


def page(comparison: Comparison) -> str:
    """Return the whole page."""
    sections = [
        _header(comparison),
        _figures(comparison),
        _scores(comparison),
        _trade(comparison),
        _neighbours(comparison),
        _by_section(comparison),
        _measured(comparison),
    ]
    body = "\n".join(filter(None, sections))
    title = both("Several methods on one text", "一つのテキスト、いくつもの手法")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>kotovec compare</title>\n<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n"
        f"<header><h1>{title}</h1>"
        '<label class="switch"><input type="checkbox" id="japanese"> 日本語</label></header>\n'
        f"{body}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _header(comparison: Comparison) -> str:
    """Say what was compared: the text and the options that all methods share."""
    report = comparison.corpus_report
    sources = ", ".join(escape(Path(source).name) for source in report.sources) or both(
        "lists of words", "単語のリスト"
    )
    models = [outcome.model for outcome in comparison.outcomes if outcome.model is not None]
    sizes = sorted({str(model.vector_size) for model in models})
    windows = sorted({str(model.window) for model in models})
    facts = [
        (both("Text", "テキスト"), sources),
        (both("Words", "語数"), f"{comparison.tokens:,}"),
        (both("Vocabulary", "語彙"), f"{comparison.vocabulary_size:,}"),
        (both("Numbers in a vector", "ベクトルの次元"), ", ".join(sizes) or "-"),
        (both("Window", "ウィンドウ"), ", ".join(windows) or "-"),
        (both("Threads", "スレッド"), str(comparison.workers)),
        (both("Seed", "シード"), str(comparison.seed)),
    ]
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{value}</dd>' for name, value in facts)}</dl>"


def _figures(comparison: Comparison) -> str:
    heading = both("Figures", "数値")
    return f"<section><h2>{heading}</h2>{figures_table(comparison)}{_reading(comparison)}</section>"


def _reading(comparison: Comparison) -> str:
    """Say what the scores and their small numbers are, where there are any."""
    if not comparison.similarity_sets and not comparison.analogy_sets:
        return ""
    english = (
        "Small numbers are 95 % intervals over the choice of test questions: where those of two methods "
        "overlap widely, the test does not tell them apart."
    )
    japanese = (
        "小さい数字は、問題の選び方についての 95 % 区間。二つの手法の区間が大きく重なるなら、"
        "この試験では優劣が決められない。"
    )
    if comparison.similarity_sets:
        rank = "ρ is Spearman's rank correlation between cosines and the scores people gave."
        english = f"{rank} {english}"
        japanese = f"ρ はコサイン類似度と人による評点とのスピアマン順位相関。{japanese}"
    return f'<p class="soft">{both(english, japanese)}</p>'


def _marks(comparison: Comparison, kind: str, name: str) -> list[Mark]:
    """Return a mark for each method that has a score in a test set."""
    marks = []
    for outcome in comparison.outcomes:
        if kind == "similarity" and name in outcome.similarity:
            value, interval = outcome.similarity[name].spearman, outcome.similarity[name].interval
        elif kind == "analogies" and name in outcome.analogies:
            value, interval = outcome.analogies[name].accuracy, outcome.analogies[name].interval
        else:
            continue
        if math.isnan(value):
            continue
        low, high = (value if math.isnan(end) else end for end in interval)
        marks.append(
            Mark(
                label=outcome.name,
                colour=colour_of(comparison, outcome),
                value=value,
                low=low,
                high=high,
                seconds=outcome.seconds,
            )
        )
    return marks


def _sets(comparison: Comparison) -> list[tuple[str, str, list[Mark]]]:
    """Return (kind, name, marks) of every test set in which a method has a score."""
    named = [("similarity", name) for name in comparison.similarity_sets]
    named += [("analogies", name) for name in comparison.analogy_sets]
    found = [(kind, name, _marks(comparison, kind, name)) for kind, name in named]
    return [(kind, name, marks) for kind, name, marks in found if marks]


def _set_title(kind: str, name: str) -> str:
    what = both("similarity", "類似度") if kind == "similarity" else both("analogies", "類推")
    return f"<h3>{escape(name)}: {what}</h3>"


def _scores(comparison: Comparison) -> str:
    figures = []
    for kind, name, marks in _sets(comparison):
        plot = bars(marks, percent=kind == "analogies", title=f"{name}: {kind} of each method")
        scale = (
            both("right answers, per cent", "正答率（%）")
            if kind == "analogies"
            else both("rank correlation", "順位相関")
        )
        figures.append(f"<figure>{_set_title(kind, name)}{plot}<figcaption>{scale}</figcaption></figure>")
    if not figures:
        return ""
    heading = both("Scores, with their intervals", "成績とその区間")
    return f'<section><h2>{heading}</h2><div class="grid">{"".join(figures)}</div></section>'


def _trade(comparison: Comparison) -> str:
    figures = []
    for kind, name, marks in _sets(comparison):
        timed = {mark.value for mark in marks if mark.seconds}
        if len(timed) > 1:  # where all score alike, the seconds of the table say it all
            plot = seconds_and_quality(
                marks, percent=kind == "analogies", title=f"{name}: seconds and {kind} of each method"
            )
            caption = both(
                "to the right: seconds of counting and training; upwards: the score",
                "横：数え上げと学習の秒数、縦：成績",
            )
            figures.append(
                f"<figure>{_set_title(kind, name)}{plot}<figcaption>{caption}</figcaption></figure>"
            )
    if not figures:
        return ""
    heading = both("Seconds against quality", "時間と質")
    note = both("Up and to the left is better.", "左上ほどよい。")
    return f'<section><h2>{heading}</h2><p>{note}</p><div class="grid">{"".join(figures)}</div></section>'


def _neighbours(comparison: Comparison) -> str:
    if not comparison.words or not any(outcome.neighbours for outcome in comparison.outcomes):
        return ""
    heading = both("Nearest neighbours", "近い語")
    return f"<section><h2>{heading}</h2>{neighbours_table(comparison)}</section>"


def _by_section(comparison: Comparison) -> str:
    tables = []
    for name in comparison.analogy_sets:
        if any(name in outcome.analogies for outcome in comparison.outcomes):
            summary = f"{escape(name)}: {both('analogies by section', '類推の分類別成績')}"
            tables.append(
                f"<details><summary>{summary}</summary>{sections_table(comparison, name)}</details>"
            )
    return f"<section>{''.join(tables)}</section>" if tables else ""


def _measured(comparison: Comparison) -> str:
    """Say how the figures came about."""
    found = remarks(comparison)
    english = " ".join(escape(remark.english) for remark in found)
    japanese = "".join(escape(remark.japanese) for remark in found)
    return (
        f"<section><h2>{both('How this was measured', '測り方')}</h2>"
        f'<p class="soft">{both(english, japanese)}</p></section>'
    )
