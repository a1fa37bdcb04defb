"""The page of a comparison: one HTML file that loads nothing, legible on a phone, in light and in dark."""

from __future__ import annotations

import math
from pathlib import Path

from kotovec.comparison.markup import escape
from kotovec.comparison.methods import UNTRAINED
from kotovec.comparison.plots import Mark, bars, seconds_and_quality
from kotovec.comparison.results import Comparison
from kotovec.comparison.tables import both, colour_of, figures_table, neighbours_table, sections_table
from kotovec.evaluation.builtin import BUILTIN_SET

_STYLE = Path(__file__).with_name("page.css")
# Who reads Japanese sees Japanese first; without scripts, the switch still works.
_SCRIPT = "if(navigator.language.startsWith('ja'))document.getElementById('japanese').checked=true"


def page(comparison: Comparison) -> str:
    """Return the whole page."""
    sections = [
        _header(comparison),
        f"<section><h2>{both('Figures', '数値')}</h2>{figures_table(comparison)}{_reading()}</section>",
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


def _reading() -> str:
    english = (
        "ρ is Spearman's rank correlation between cosines and the scores people gave. Small numbers are 95 % "
        "intervals over the choice of test questions: where those of two methods overlap widely, "
        "the test does not tell them apart."
    )
    japanese = (
        "ρ はコサイン類似度と人による評点とのスピアマン順位相関。小さい数字は、問題の選び方についての "
        "95 % 区間。二つの手法の区間が大きく重なるなら、この試験では優劣が決められない。"
    )
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
        if any(mark.seconds for mark in marks):
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
    english = (
        "All methods learned from the same encoded text with the same vocabulary, one after the other, each "
        "in a fresh process. Seconds are those of counting and training alone, without reading the text and "
        "compiling. Memory is the most that the process held, with Python, its libraries, and the text as "
        "far as it was mapped into memory. Only questions whose words are all in the vocabulary count; the "
        "table says how many they are. "
    )
    japanese = (
        "どの手法も、同じ符号化済みテキストと同じ語彙から、一つずつ新しいプロセスで学習した。秒数は数え上げと"
        "学習だけのもので、読み込みとコンパイルは含まない。メモリはそのプロセスの最大使用量で、Python と"
        "ライブラリ、メモリに写されたテキストを含む。すべての語が語彙にある問題だけを採点し、その数を表に示す。"
    )
    for english_note, japanese_note in _notes(comparison):
        english, japanese = english + english_note, japanese + japanese_note
    return (
        f"<section><h2>{both('How this was measured', '測り方')}</h2>"
        f'<p class="soft">{both(english, japanese)}</p></section>'
    )


def _notes(comparison: Comparison) -> list[tuple[str, str]]:
    """Say, in both languages, what holds for some of the methods and test sets only, where they are there."""
    names = {outcome.name for outcome in comparison.outcomes}
    notes = []
    if comparison.analogy_sets:
        english = "Analogies are asked among the 30,000 most frequent words. "
        notes.append((english, "類推は頻度上位 3 万語の中で問う。"))
    if UNTRAINED in names:
        english = "Untrained vectors are random: they show what a score is when nothing was learned. "
        notes.append((english, "untrained は乱数のベクトルで、何も学習しないときの点数を示す。"))
    if "glove" in names:
        english = (
            "GloVe's x_max is 10, as in its authors' example; its default, 100, is for far larger texts. "
        )
        notes.append(
            (english, "GloVe の x_max は作者の例と同じ 10。既定の 100 ははるかに大きなテキスト向け。")
        )
    if BUILTIN_SET in {*comparison.similarity_sets, *comparison.analogy_sets}:
        english = "The built-in test set was written, and its pairs scored, by the authors of kotovec."
        notes.append((english, "built-in の問題とその評点は kotovec の作者によるもの。"))
    return notes
