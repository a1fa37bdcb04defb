"""Fonts: which ones this machine has, and which words they can write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kotovec.errors import MissingExtra

LETTERS = "DejaVu Sans"  # comes with matplotlib, so it is there on every machine
CJK_FONTS = (
    "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans JP", "Hiragino Sans", "Yu Gothic", "Meiryo",
    "BIZ UDGothic", "IPAexGothic", "IPAGothic", "TakaoGothic", "VL Gothic", "MS Gothic",
    "Droid Sans Fallback", "WenQuanYi Zen Hei", "Arial Unicode MS",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Lettering:
    """What can be written here.

    Args:
        families: the fonts to use, in the order in which they are tried for each character.
        words: the words that they can write.
        notes: a sentence about the others, if there are any.
    """

    families: tuple[str, ...]
    words: tuple[str, ...]
    notes: tuple[str, ...] = ()


def letter(words: Sequence[str]) -> Lettering:
    """Find fonts for words.

    Args:
        words: what is to be written, in any script.

    Raises:
        MissingExtra: matplotlib is not installed.

    Example:
        >>> letter(["sun", "moon"]).words
        ('sun', 'moon')
    """
    try:
        from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
    except ImportError:
        raise MissingExtra(
            "A map needs matplotlib, which is not installed; install it with: pip install matplotlib"
        ) from None
    installed = {font.name for font in fontManager.ttflist}
    families = (LETTERS, *[family for family in CJK_FONTS if family in installed][:1])
    drawable: set[int] = set()
    for family in families:
        drawable |= set(get_font(findfont(FontProperties(family=[family]))).get_charmap())
    legible = tuple(word for word in words if all(ord(character) in drawable for character in word))
    lost = [word for word in words if word not in set(legible)]
    if not lost:
        return Lettering(families=families, words=legible)
    others = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    note = (
        f"Not on the map, because no font on this machine can write it: {lost[0]!r}{others}. "
        "For Japanese, install a font such as Noto Sans CJK JP."
    )
    return Lettering(families=families, words=legible, notes=(note,))
