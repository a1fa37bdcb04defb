"""What a reader of a comparison must know, in both languages; each remark only where its subject is there."""

from __future__ import annotations

from typing import NamedTuple

from kotovec.comparison.results import Comparison
from kotovec.evaluation.analogies import FREQUENT_WORDS
from kotovec.evaluation.bootstrap import FEWEST, NO_INTERVAL
from kotovec.evaluation.builtin import BUILTIN_SET
from kotovec.models import GloVe


class Remark(NamedTuple):
    """The same sentences twice; no HTML."""

    english: str
    japanese: str


_PROCESS = Remark(
    "All methods learned from the same encoded text with the same vocabulary, one after the other, each in "
    "a fresh process. Seconds are those of counting and training alone, without reading the text and "
    "compiling. Memory is the most that the process held, with Python, its libraries, and the text as far "
    "as it was mapped into memory.",
    "どの手法も、同じ符号化済みテキストと同じ語彙から、一つずつ新しいプロセスで学習した。秒数は数え上げと"
    "学習だけのもので、読み込みとコンパイルは含まない。メモリはそのプロセスの最大使用量で、Python と"
    "ライブラリ、メモリマップしたテキストを含む。",
)


def cautions(comparison: Comparison) -> list[Remark]:
    """Return what makes figures other than one might think, for whoever sees them, on a page or not.

    Examples
    --------
    >>> import kotovec as kv
    >>> with kv.Corpus.open([["to", "be", "or", "not", "to", "be"]] * 9) as corpus:
    ...     found = kv.compare(corpus, {"noise": None}, words=["be"])
    >>> cautions(found)
    []

    """
    every = [_x_max(comparison), _no_interval(comparison)]
    return [remark for remark in every if remark is not None]


def remarks(comparison: Comparison) -> list[Remark]:
    """Return all that is to be said of how the figures came about, cautions among it."""
    every = [_PROCESS]
    if comparison.similarity_sets or comparison.analogy_sets:
        every.append(
            Remark(
                "Only questions whose words are all in the vocabulary count; the table says how many.",
                "すべての語が語彙にある問題だけを採点し、その数を表に示す。",
            )
        )
    if comparison.analogy_sets:
        every.append(
            Remark(
                f"Analogies are asked among the {FREQUENT_WORDS:,} most frequent words.",
                f"類推は頻度上位 {FREQUENT_WORDS:,} 語の中で問う。",
            )
        )
    random = [outcome.name for outcome in comparison.outcomes if outcome.model is None]
    if random:
        every.append(
            Remark(
                f"The vectors of {' and '.join(random)} are random: they show what scores and memory are "
                "when nothing was learned.",
                f"{'、'.join(random)} は乱数のベクトルで、何も学習しないときの点数とメモリを示す。",
            )
        )
    every += cautions(comparison)
    if BUILTIN_SET in {*comparison.similarity_sets, *comparison.analogy_sets}:
        every.append(
            Remark(
                "The built-in test set was written, and its pairs scored, by the authors of kotovec.",
                "内蔵の問題とその評点は kotovec の作者によるもの。",
            )
        )
    return every


def _x_max(comparison: Comparison) -> Remark | None:
    """Name each GloVe whose x_max is not the default, which is what else one would take it to be."""
    models = {outcome.name: outcome.model for outcome in comparison.outcomes}
    usual = GloVe().x_max
    other = {
        name: model.x_max
        for name, model in models.items()
        if isinstance(model, GloVe) and model.x_max != usual
    }
    if not other:
        return None
    english = " and ".join(f"{name} has x_max {x_max:g}" for name, x_max in other.items())
    japanese = "、".join(f"{name} の x_max は {x_max:g}" for name, x_max in other.items())
    return Remark(
        f"{english}, not GloVe's default of {usual:g}, which is for far larger texts.",
        f"{japanese}。既定の {usual:g} は、はるかに大きなテキストのためのもの。",
    )


def _no_interval(comparison: Comparison) -> Remark | None:
    """Say why a rank correlation stands without an interval, where one does."""
    found = [similar for outcome in comparison.outcomes for similar in outcome.similarity.values()]
    if not any(similar.lacks_interval for similar in found):
        return None
    return Remark(
        NO_INTERVAL,
        f"語彙にある対が {FEWEST} より少ないか、順位相関がちょうど 1 か -1 のときは、区間を示さない。"
        "対を引き直しても、ばらつきがわからないため。",
    )
