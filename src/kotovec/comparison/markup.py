"""Text of others in HTML: no tags, and none of the characters that a page must not hold."""

from __future__ import annotations

import html
import re

# Those that HTML forbids: control characters other than white space, and halves of surrogate pairs, which
# stand in names of files that are not UTF-8 and which no file in UTF-8 can hold.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_PICTURES = 0x2400  # Unicode has a picture of each control character of ASCII
_DELETE = 0x7F


def escape(text: str) -> str:
    r"""Return text as HTML that shows it, control characters as pictures or as the sign of the unknown.

    Examples
    --------
    >>> escape("<b> \x1b[31m")
    '&lt;b&gt; ␛[31m'

    """
    return html.escape(_FORBIDDEN.sub(lambda found: _picture(ord(found[0])), text))


def _picture(code: int) -> str:
    if code == _DELETE:
        return "\N{SYMBOL FOR DELETE}"
    return chr(_PICTURES + code) if code < ord(" ") else "\N{REPLACEMENT CHARACTER}"
