"""The tables of the page: figures, neighbours, and analogies by section."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from kotovec.comparison.markup import escape
from kotovec.comparison.results import Comparison, Outcome
from kotovec.evaluation import Interval
from kotovec.shown import short_seconds

COLOURS = 9
"""How many colours the style sheet has for methods; the last is for those that nothing has trained."""


def both(english: str, japanese: str) -> str:
    """Return a text in both languages, of which the style sheet shows one; HTML in it stays HTML."""
    return f'<span class="en" lang="en">{english}</span><span class="ja" lang="ja">{japanese}</span>'


def colour_of(comparison: Comparison, outcome: Outcome) -> int:
    """Return the number of a method's colour, the same in every table and plot."""
    if outcome.model is None:
        return COLOURS - 1
    return [other.name for other in comparison.outcomes].index(outcome.name) % (COLOURS - 1)


def figures_table(comparison: Comparison) -> str:
    """Return the table of seconds, memory and scores."""
    head = [
        _head(both("Method", "手法")),
        _head(both("Epochs", "エポック")),
        _head(both("Counting", "数え上げ") + f"<small>{both('seconds', '秒')}</small>"),
        _head(both("Training", "学習") + f"<small>{both('seconds', '秒')}</small>"),
        _head(both("Memory", "メモリ") + f"<small>{both('peak, MB', '最大、MB')}</small>"),
        *(_set_head(name, _pairs_known(comparison, name)) for name in comparison.similarity_sets),
        *(_set_head(name, _questions_asked(comparison, name)) for name in comparison.analogy_sets),
    ]
    rows = [_figures(comparison, outcome, len(head)) for outcome in comparison.outcomes]
    return _table(head, rows)


def neighbours_table(comparison: Comparison) -> str:
    """Return the table with a row for each word and the neighbours that each method finds."""
    learned = [outcome for outcome in comparison.outcomes if outcome.neighbours]
    head = [_head(both("Word", "語"))]
    head += [_head(_name(comparison, outcome), "text") for outcome in learned]
    rows = []
    for word in comparison.words:
        cells = [
            _cell("<br>".join(escape(n.word) for n in outcome.neighbours[word]), "text")
            for outcome in learned
        ]
        rows.append(f"<th scope='row'>{escape(word)}</th>{''.join(cells)}")
    return _table(head, rows)


def sections_table(comparison: Comparison, name: str) -> str:
    """Return the table of one set of analogies by section, the higher shares the darker."""
    learned = [outcome for outcome in comparison.outcomes if name in outcome.analogies]
    head = [_head(both("Section", "分類")), *(_head(_name(comparison, outcome)) for outcome in learned)]
    rows = []
    for number, section in enumerate(learned[0].analogies[name].sections):
        found = [outcome.analogies[name].sections[number] for outcome in learned]
        cells = [
            f'<td class="shade" style="--share:{part.accuracy:.3f}">{100 * part.accuracy:.0f} %</td>'
            if part.asked
            else "<td>-</td>"
            for part in found
        ]
        label = f"{escape(section.name)}<small>{section.asked} / {section.total}</small>"
        rows.append(f"<th scope='row'>{label}</th>{''.join(cells)}")
    return _table(head, rows)


def _figures(comparison: Comparison, outcome: Outcome, columns: int) -> str:
    name = f"<th scope='row'>{_name(comparison, outcome)}</th>"
    if outcome.problem is not None:
        return f'{name}<td class="problem" colspan="{columns - 1}"><div>{escape(outcome.problem)}</div></td>'
    memory = outcome.peak_memory_bytes
    cells = [
        _cell(str(outcome.epochs) if outcome.epochs else "-"),
        _cell(short_seconds(outcome.count_seconds)),
        _cell(short_seconds(outcome.train_seconds)),
        _cell("-" if memory is None else f"{memory / 1e6:,.0f}"),
    ]
    scores = [_score(known.spearman, known.interval, percent=False) for known in outcome.similarity.values()]
    scores += [_score(asked.accuracy, asked.interval, percent=True) for asked in outcome.analogies.values()]
    return name + "".join([*cells, *map(_cell, scores)])


def _score(value: float, interval: Interval, *, percent: bool) -> str:
    if math.isnan(value):
        return "-"
    if math.isnan(interval.low):
        return f"{value:.3f}<small>-</small>"
    if percent:
        return f"{100 * value:.1f} %<small>{100 * interval.low:.1f} – {100 * interval.high:.1f}</small>"
    return f"{value:.3f}<small>{interval.low:.3f} – {interval.high:.3f}</small>"


def _pairs_known(comparison: Comparison, name: str) -> str:
    found = next((o.similarity[name] for o in comparison.outcomes if name in o.similarity), None)
    what = both("similarity, ρ", "類似度、ρ")
    known = "" if found is None else f"{found.pairs_known:,} / {found.pairs_total:,}"
    return f"<small>{what}</small><small>{known} {both('pairs', '対')}</small>"


def _questions_asked(comparison: Comparison, name: str) -> str:
    found = next((o.analogies[name] for o in comparison.outcomes if name in o.analogies), None)
    what = both("analogies, right", "類推、正答率")
    asked = "" if found is None else f"{found.asked:,} / {found.total:,}"
    return f"<small>{what}</small><small>{asked} {both('questions', '問')}</small>"


def _set_head(name: str, details: str) -> str:
    return _head(escape(name) + details)


def _name(comparison: Comparison, outcome: Outcome) -> str:
    return f'<span class="dot m{colour_of(comparison, outcome)}"></span>{escape(outcome.name)}'


def _head(content: str, kind: str = "") -> str:
    return f'<th scope="col"{f" class={kind}" if kind else ""}>{content}</th>'


def _cell(content: str, kind: str = "") -> str:
    return f"<td{f' class={kind}' if kind else ''}>{content}</td>"


def _table(head: Iterable[str], rows: Sequence[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0"><table><thead><tr>{"".join(head)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
