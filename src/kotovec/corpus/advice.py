"""Sentences for the user about text that was read as something it is not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

# The first distinct words of a text show its kind as well as all of them would.
LOOKED_AT = 20_000
LONG_TOKEN = 10
UNSEGMENTED_SHARE = 0.3
CLINGING_SHARE = 0.04
FEWEST_CLINGING = 3

_KANA = re.compile(r"[\u3041-\u30ff]")
_IDEOGRAPH = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_CLINGING = re.compile(r".*\w[.,;:!?\"')\]]+\Z", re.DOTALL)
# "u.s." and "mr." end in a full stop in tokenized text too.
_SHORT_ABBREVIATION = re.compile(r"(?:\w\.)+\Z|\w{1,3}\.\Z")


def advice_on_raw_text(words: Iterable[str], counts: Iterable[int], tokenizer: str) -> tuple[str, ...]:
    """Return what to tell a user whose text seems to need another tokenizer; mostly nothing.

    Parameters
    ----------
    words : iterable of str
        The distinct words in order of first appearance.
    counts : iterable of int
        How often each occurs.
    tokenizer : str
        The tokenizer that made them.
    """
    seen = list(islice(zip(words, counts, strict=False), LOOKED_AT))
    unsegmented = _about_unsegmented_text(seen, tokenizer)
    if unsegmented or tokenizer != "whitespace":
        return unsegmented
    return _about_clinging_punctuation(seen)


def _about_unsegmented_text(seen: list[tuple[str, int]], tokenizer: str) -> tuple[str, ...]:
    characters = sum(len(word) * count for word, count in seen)
    long_tokens = [
        (word, count) for word, count in seen if len(word) >= LONG_TOKEN and _IDEOGRAPH.search(word[:1000])
    ]
    share = sum(len(word) * count for word, count in long_tokens) / max(1, characters)
    if share < UNSEGMENTED_SHARE:
        return ()
    example = long_tokens[0][0]
    shown = repr(example if len(example) <= 20 else example[:20] + "...")
    if any(_KANA.search(word[:1000]) for word, _ in long_tokens):
        remedy = (
            'tokenizer="ja" (--tokenizer ja) cuts Japanese into words '
            "(for which `pip install fugashi unidic-lite`, if they are not there)"
        )
    else:
        remedy = (
            "if it is Chinese, put blanks between the words first with a Chinese word segmenter; "
            'tokenizer="ja" (--tokenizer ja) cuts Japanese'
        )
    return (
        f"{share:.0%} of the text is in long tokens without blanks such as {shown}, so the text looks "
        f"unsegmented and tokenizer={tokenizer!r} does not find its words; {remedy}.",
    )


def _about_clinging_punctuation(seen: list[tuple[str, int]]) -> tuple[str, ...]:
    tokens = sum(count for _, count in seen)
    clinging = [(word, count) for word, count in seen if _clings(word)]
    number = sum(count for _, count in clinging)
    if number < FEWEST_CLINGING or number < CLINGING_SHARE * tokens:
        return ()
    capitals = sum(count for word, count in seen if word[:1].isupper())
    example = max(clinging, key=lambda pair: pair[1])[0]
    also = f" and {capitals / tokens:.0%} begin with a capital," if capitals else ""
    return (
        f"{number / tokens:.0%} of the tokens have punctuation clinging to them, such as {example[:30]!r},"
        f"{also} "
        'so the text looks raw; tokenizer="words" (--tokenizer words) takes lower-cased runs of letters '
        "and digits instead.",
    )


def _clings(word: str) -> bool:
    return (
        word[-1:] in ".,;:!?\"')]"
        and _CLINGING.match(word[-100:]) is not None
        and _SHORT_ABBREVIATION.match(word[-100:]) is None
    )
