"""Which words are worth a place on a map: the frequent ones that mean something by themselves."""

from __future__ import annotations

import unicodedata
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kotovec.vectors import WordVectors

ENGLISH_FUNCTION_WORDS = frozenset(
    """
    a about above across after again against all almost along already also although always am among an and
    another any anything are around as at away be became because become been before being below between both
    but by can cannot could did do does doing done down during each either else ever every few for from
    further given got had has have having he her here hers herself him himself his how however i if in into
    is it its itself just last least less let like made make makes many may me might more most much must my
    myself need neither never next no nor not nothing now of off often on once one ones only onto or other
    others otherwise our ours out over own per perhaps rather really same see seem seemed seen several shall
    she should since so some something somewhat still such take taken than that the their them themselves
    then there therefore these they thing things this those though three through thus to together too toward
    towards two under unless until up upon us use used uses using usually various very via was we well were
    what when where whether which while who whole whom whose why will with within without would yes yet you
    your yours yourself first second new way even like based non following instead example note get
    don doesn didn isn aren wasn weren won ll ve re
    """.split()  # noqa: SIM905 - as prose it can be read
)

JAPANESE_FUNCTION_WORDS = frozenset(
    """
    こと もの ため よう それ これ あれ どれ そこ ここ あそこ その この あの どの する なる ある いる
    れる られる せる させる です ます でし まし だっ たり から まで より など ので のに けれど しかし
    そして また ない なかっ という として について によって において いう ところ うち ほど だけ しか
    ばかり くらい たち さん ながら なら そう どう
    """.split()  # noqa: SIM905
)


def content_words(vectors: WordVectors, limit: int = 120) -> list[str]:
    """Return the most frequent words that are neither function words nor fragments.

    Args:
        vectors: their words are taken in the order of their counts, or as they stand if there are none.
        limit: how many words, at most.

    Returns:
        Letters only; English words of three letters or more that are no function words, and
        Japanese words of two characters or more, or of one if it is a kanji.

    >>> import numpy as np
    >>> from kotovec.vectors import WordVectors
    >>> content_words(WordVectors(["the", "sun", "of", "x2", "光", "moon"], np.eye(6, dtype=np.float32)))
    ['sun', '光', 'moon']
    """
    words = list(vectors.words)
    if vectors.counts is not None:
        by_count = sorted(range(len(words)), key=vectors.counts.tolist().__getitem__, reverse=True)
        words = [words[word_id] for word_id in by_count]
    return list(islice((word for word in words if is_content_word(word)), limit))


def is_content_word(word: str) -> bool:
    """Return whether a word says something on a map.

    >>> is_content_word("river"), is_content_word("The"), is_content_word("犬"), is_content_word("を")
    (True, False, True, False)
    """
    if not word.isalpha():
        return False
    if word.isascii():
        return len(word) > 2 and word.lower() not in ENGLISH_FUNCTION_WORDS
    if len(word) == 1:
        return unicodedata.name(word, "").startswith("CJK UNIFIED")
    return word not in JAPANESE_FUNCTION_WORDS
