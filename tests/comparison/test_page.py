"""The page: whole in itself, well formed, and showing the figures that there are."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kotovec.comparison import Comparison, Outcome
from kotovec.comparison.plots import Mark, bars, seconds_and_quality, ticks
from kotovec.comparison.tables import COLOURS, colour_of
from kotovec.corpus import CorpusReport
from kotovec.evaluation import Analogies, Interval, Section, Similarity
from kotovec.evaluation.bootstrap import NO_INTERVAL
from kotovec.models import CBOW, GloVe, SkipGram
from kotovec.shown import short_seconds
from kotovec.vectors import Neighbour

VOID = {"meta", "input", "br"}


def outcome(name: str, rho: float, seconds: float, model=None) -> Outcome:
    return Outcome(
        name=name,
        model=model,
        epochs=5,
        count_seconds=0.0,
        train_seconds=seconds,
        peak_memory_bytes=123_000_000,
        similarity={
            "pairs": Similarity(
                spearman=rho, interval=Interval(rho - 0.1, rho + 0.1), pairs_known=9, pairs_total=10
            )
        },
        analogies={
            "questions": Analogies(
                sections=(
                    Section(name="plurals", correct=3, asked=4, total=5),
                    Section(name="none known", correct=0, asked=0, total=2),
                ),
                interval=Interval(0.5, 1.0),
            )
        },
        neighbours={"言葉": (Neighbour("word", 0.9), Neighbour("<i>", 0.8))},
    )


COMPARISON = Comparison(
    outcomes=(
        outcome("skipgram", 0.6, 12.0, SkipGram()),
        outcome("cbow & <co>", 0.4, 4.0, CBOW()),
        Outcome(name="broken", model=CBOW(), problem="There is <too little> text."),
        outcome("untrained", -0.05, 0.0),
    ),
    tokens=1_234_567,
    vocabulary_size=8_901,
    corpus_report=CorpusReport(
        tokens_read=1,
        tokens_kept=1,
        sentences=1,
        distinct_words=1,
        invalid_utf8_bytes=0,
        warnings=(),
        seconds=0.0,
        tokenizer="words",
        sources=("/home/me/wiki<1>.txt",),
        min_count=5,
        max_vocab=None,
    ),
    workers=2,
    seed=1,
    similarity_sets=("pairs",),
    analogy_sets=("questions",),
    words=("言葉",),
)
PAGE = COMPARISON.html()


class Checker(HTMLParser):
    """Collects tags that do not fit together, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.attributes += attributes

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)


def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    return checker


def test_the_page_refers_to_nothing_outside():
    assert not re.search(r"https?:|//|@import|url\(|<link|<img|<iframe|fetch\(", PAGE)
    assert {"src", "href", "srcset", "action"}.isdisjoint(dict(checked(PAGE).attributes))


def test_every_tag_is_closed_in_its_turn():
    checker = checked(PAGE)
    assert (checker.wrong, checker.open) == ([], [])


def test_names_and_words_are_text_and_not_tags():
    texts = checked(PAGE).texts
    for text in ("cbow & <co>", "wiki<1>.txt", "There is <too little> text.", "<i>", "言葉"):
        assert text in texts


def test_control_characters_are_shown_and_not_written():
    odd = "\x1b[31mred\x07\0\x7f\x9b"
    named = outcome(odd, 0.5, 1.0, CBOW())
    comparison = replace(
        COMPARISON,
        outcomes=(replace(named, neighbours={odd: (Neighbour(odd, 0.9),)}),),
        corpus_report=replace(COMPARISON.corpus_report, sources=("caf\udce9.txt",)),
        words=(odd,),
    )
    page = comparison.html()
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", page) == []
    assert page.encode().decode() == page  # no half of a surrogate pair
    texts = checked(page).texts
    assert texts.count("␛[31mred␇␀␡�") >= 3
    assert "caf�.txt" in texts


def test_every_sentence_is_in_both_languages():
    assert PAGE.count('<span class="en"') == PAGE.count('<span class="ja"') > 20
    japanese = re.findall(r'<span class="ja" lang="ja">(.*?)</span>', PAGE)
    assert [text for text in japanese if text.isascii()] == []


def test_light_and_dark_have_the_same_colours_by_name():
    light, dark = re.findall(r":root \{(.*?)\}", PAGE, re.DOTALL)[:2]
    assert set(re.findall(r"--(\w+):", light)) == set(re.findall(r"--(\w+):", dark))


def test_the_figures_are_there_with_their_coverage():
    text = " ".join(checked(PAGE).texts)
    expected = ["1,234,567", "8,901", "12.0", "123", "0.600", "0.500 – 0.700", "9 / 10", "75.0 %", "4 / 7"]
    assert [figure for figure in expected if figure not in text] == []


def test_a_comparison_without_questions_is_a_page_of_seconds_and_memory():
    bare = replace(
        COMPARISON,
        outcomes=tuple(
            replace(outcome, similarity={}, analogies={}, neighbours={}) for outcome in COMPARISON.outcomes
        ),
        similarity_sets=(),
        analogy_sets=(),
        words=(),
    )
    page = bare.html()
    assert "<svg" not in page
    assert "123" in checked(page).texts
    assert checked(page).wrong == []


def test_a_page_where_all_failed_says_why():
    page = replace(COMPARISON, outcomes=COMPARISON.outcomes[2:3]).html()
    assert "There is <too little> text." in checked(page).texts
    assert "<svg" not in page


def test_a_score_that_is_undefined_is_a_dash_and_no_bar():
    nothing = Similarity(
        spearman=math.nan, interval=Interval(math.nan, math.nan), pairs_known=0, pairs_total=3
    )
    first = replace(COMPARISON.outcomes[0], similarity={"pairs": nothing}, analogies={})
    page = replace(COMPARISON, outcomes=(first,), analogy_sets=()).html()
    assert "nan" not in "".join(checked(page).texts)
    assert "<svg" not in page


def mark(label: str, value: float, seconds: float | None = 1.0, spread: float = 0.1) -> Mark:
    return Mark(label=label, colour=0, value=value, low=value - spread, high=value + spread, seconds=seconds)


def test_bars_are_as_long_as_their_values():
    plot = bars([mark("a", 0.2), mark("b", 0.6), mark("c", -0.2)], percent=False, title="t")
    boxes = re.findall(r'<rect class="m0" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', plot)
    (start_a, a), (start_b, b), (start_c, c) = [(float(x), float(width)) for x, width in boxes]
    assert b == pytest.approx(3 * a, abs=0.3)
    assert start_a == start_b == pytest.approx(start_c + c, abs=0.15)


def test_a_whisker_spans_its_interval():
    plot = bars([mark("a", 0.5, spread=0.25), mark("b", 1.0, spread=0.0)], percent=False, title="t")
    a, b = map(float, re.findall(r'width="([\d.]+)" height', plot))
    ((low, high),) = re.findall(r'class="whisker" d="M([\d.]+) [\d.]+v8m0 -4H([\d.]+)', plot)
    assert b == pytest.approx(2 * a, abs=0.2)
    assert float(high) - float(low) == pytest.approx(a, abs=0.3)


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(1e-3, 1e5), st.floats(0, 0.5)), min_size=1, max_size=8))
def test_every_point_lies_within_its_plot(points):
    marks = [mark(f"method {i}", value, seconds, spread) for i, (value, seconds, spread) in enumerate(points)]
    plot = seconds_and_quality(marks, percent=False, title="t")
    places = re.findall(r'<circle class="m0" cx="([-\d.]+)" cy="([-\d.]+)"', plot)
    assert len(places) == len(marks)
    assert all(30 <= float(x) <= 360 and 0 <= float(y) <= 250 for x, y in places)


def test_labels_of_near_points_do_not_cover_each_other():
    plot = seconds_and_quality(
        [mark(name, 0.5, 3.0, spread=0.01) for name in ("one", "two", "three")], percent=False, title="t"
    )
    places = re.findall(r'<text class="label(?: end)?" x="([\d.]+)" y="([\d.]+)"', plot)
    assert len(places) == 3
    apart = [abs(float(y) - float(other)) for (_, y), (_, other) in combinations(places, 2)]
    sides = [abs(float(x) - float(other)) for (x, _), (other, _) in combinations(places, 2)]
    assert all(height >= 12.9 or side >= 40 for height, side in zip(apart, sides, strict=True))


def test_points_without_room_for_labels_have_a_legend_below():
    names = [f"method-{number}" for number in range(8)]
    crowd = [mark(name, 0.0, 0.02 + number / 1000, 0.5) for number, name in enumerate(names)]
    plot = seconds_and_quality(crowd, percent=True, title="t")
    labels = re.findall(r'<text class="label[^"]*" x="[\d.]+" y="([\d.]+)">([^<]*)<', plot)
    assert [name for _, name in labels] == names
    assert all(float(y) > 250 for y, _ in labels)
    assert plot.count('class="key m0"') == len(names)


def test_names_of_methods_are_whole():
    for plot in (bars, seconds_and_quality):
        assert ">skipgram-softmax<" in plot([mark("skipgram-softmax", 0.5)], percent=False, title="t")


def written(plot: str) -> list[tuple[str, float, float, float]]:
    """Return (text, left, right, baseline) of each label and tick, by the widths of wide letters."""
    found = []
    for kind, x, y, text in re.findall(r'<text class="([^"]*)" x="([-\d.]+)" y="([-\d.]+)">([^<]*)<', plot):
        width = sum(12 if ord(letter) > 0x2E80 else 7.2 for letter in text)
        left = float(x) - {"end": width, "middle": width / 2}.get(kind.partition(" ")[2], 0.0)
        found.append((text, left, left + width, float(y)))
    return found


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(1e-3, 1e2), st.floats(0, 0.3)), min_size=2, max_size=6))
def test_labels_cover_no_point_and_no_whisker_and_stand_beside_their_own(points):
    marks = [
        mark(f"skipgram-{i}", value, seconds, spread) for i, (value, seconds, spread) in enumerate(points)
    ]
    plot = seconds_and_quality(marks, percent=False, title="t")
    dots = [
        tuple(map(float, place))
        for place in re.findall(r'<circle class="m0" cx="([-\d.]+)" cy="([-\d.]+)"', plot)
    ]
    whiskers = [
        tuple(map(float, ends))
        for ends in re.findall(
            r'<line class="whisker" x1="([-\d.]+)" y1="([-\d.]+)" x2="[-\d.]+" y2="([-\d.]+)"', plot
        )
    ]
    labels = {text: place for text, *place in written(plot) if text.startswith("skipgram")}
    assert len(labels) == len(marks)
    for number, one in enumerate(marks):
        left, right, base = labels[one.label]
        assert left >= 40
        assert right <= 360
        if base > 250:  # in the legend
            continue
        x, y = dots[number]
        assert max(left - x, 0, x - right) <= 10.1
        assert abs(base - 3.5 - y) <= 13.1
        for across, up in dots:
            assert not (left < across + 5 and across - 5 < right and base - 10 < up + 5 and up - 5 < base)
        for across, low, high in whiskers:
            assert not (left < across < right and base - 10 < low and high < base)


def test_wide_letters_are_shortened_to_the_room_there_is():
    plot = bars([mark("広い窓の単語ベクトルの学習方法", 0.5)], percent=False, title="t")
    text, left, *_ = written(plot)[-2]
    assert text.startswith("広い窓")
    assert text.endswith("…")
    assert left >= 0


def test_ticks_of_very_short_times_have_no_exponent():
    plot = seconds_and_quality([mark("a", 0.5, 5e-5), mark("b", 0.4, 9e-5)], percent=False, title="t")
    assert not any(re.search(r"\de", text) for text, *_ in written(plot))


def test_where_all_scores_are_nought_there_is_an_axis_of_round_numbers():
    nought = [mark(name, 0.0, 1.0, spread=0.0) for name in "ab"]
    for plot in (bars, seconds_and_quality):
        written = re.findall(
            r'class="tick (?:middle|end)"[^>]*>([^<]*)<', plot(nought, percent=True, title="t")
        )
        assert {"0", "1"} <= set(written)
        assert not any("e" in tick for tick in written)


def test_seconds_far_apart_are_shown_by_powers():
    plot = seconds_and_quality([mark("a", 0.5, 0.1), mark("b", 0.5, 900.0)], percent=False, title="t")
    assert {"0.1", "10", "1000"} <= set(re.findall(r'class="tick middle"[^>]*>([^<]*)<', plot))


@given(st.floats(-100, 100), st.floats(1e-6, 100), st.integers(2, 8))
def test_ticks_are_few_and_hold_both_ends(low, span, most):
    found = ticks(low, low + span, most)
    assert found[0] <= low + 1e-6 * span
    assert found[-1] >= low + span - 1e-6 * span
    assert 2 <= len(found) <= most + 3


def test_the_style_sheet_has_every_colour_that_the_tables_use():
    assert {f"m{number}" for number in range(COLOURS)} == set(re.findall(r"\.(m\d)\b", PAGE))
    methods = [outcome(f"method {number}", 0.1, 1.0, CBOW()) for number in range(COLOURS - 1)]
    comparison = replace(COMPARISON, outcomes=(*methods, outcome("untrained", 0.0, 0.0)))
    colours = [colour_of(comparison, method) for method in comparison.outcomes]
    assert colours == list(range(COLOURS))


def test_what_was_measured_says_what_is_there_and_nothing_else():
    page = COMPARISON.html()
    assert "by the authors of kotovec" not in page
    assert "x_max" not in page
    similar = COMPARISON.outcomes[0].similarity["pairs"]
    glove = replace(
        COMPARISON.outcomes[0],
        name="counted",
        model=GloVe(x_max=10),
        similarity={"built-in": similar},
        analogies={},
    )
    with_glove = replace(COMPARISON, outcomes=(glove,), similarity_sets=("built-in",), analogy_sets=()).html()
    assert "counted has x_max 10, not GloVe&#x27;s default of 100" in with_glove
    assert "counted の x_max は 10" in with_glove
    assert "by the authors of kotovec" in with_glove
    assert "30,000 most frequent" not in with_glove
    assert "random" not in with_glove


def test_a_glove_as_everywhere_is_nothing_to_remark():
    usual = replace(COMPARISON.outcomes[0], name="glove", model=GloVe())
    assert "x_max" not in replace(COMPARISON, outcomes=(usual,)).html()


def test_nothing_is_said_of_questions_where_none_were_asked():
    bare = replace(COMPARISON.outcomes[0], similarity={}, analogies={})
    page = replace(COMPARISON, outcomes=(bare,), similarity_sets=(), analogy_sets=()).html()
    assert [word for word in ("questions", "intervals", "Spearman") if word in page] == []


def test_a_score_without_an_interval_has_a_dash_and_the_page_says_why():
    few = Similarity(spearman=0.9, interval=Interval(math.nan, math.nan), pairs_known=3, pairs_total=4)
    page = replace(COMPARISON, outcomes=(replace(COMPARISON.outcomes[0], similarity={"pairs": few}),)).html()
    assert "<td>0.900<small>-</small></td>" in page
    assert NO_INTERVAL in page
    assert "10 より少ない" in page
    assert NO_INTERVAL not in COMPARISON.html()


def test_where_all_score_alike_there_is_no_plot_of_seconds():
    alike = tuple(outcome(name, 0.5, seconds, CBOW()) for name, seconds in (("a", 1.0), ("b", 2.0)))
    only_pairs = replace(COMPARISON, outcomes=alike, analogy_sets=())
    assert "Seconds against quality" not in only_pairs.html()
    assert "Scores, with their intervals" in only_pairs.html()


def test_short_times_are_not_all_nought():
    fast = replace(COMPARISON.outcomes[0], count_seconds=None, train_seconds=0.0083)
    assert ">0.0083<" in replace(COMPARISON, outcomes=(fast,)).html()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3.2e-6, "0.0000032"),
        (0.0096, "0.0096"),
        (0.0996, "0.10"),
        (0.96, "0.96"),
        (0.999, "1.0"),
        (12, "12.0"),
    ],
)
def test_seconds_have_two_digits_and_no_exponent(seconds, text):
    assert short_seconds(seconds) == text
