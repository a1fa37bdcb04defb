"""Sentences out of Python sources: what their docstrings and comments say, without their code.

Strings and comments are found by their spelling, not by parsing: that is ten times faster, works on
a file that this Python cannot parse, and finds the documentation that NumPy attaches to compiled
functions, which stands in no docstring.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FEWEST_WORDS = 3
MOST_SIGNS_OF_CODE = 0.12

_TRIPLE = r"{0}{0}{0}(?P<{1}>[^{0}\\]*(?:(?:\\.|{0}(?!{0}{0}))[^{0}\\]*)*){0}{0}{0}"
_SINGLE = r"{0}[^{0}\\\n]*(?:\\.[^{0}\\\n]*)*{0}"
_STRING_OR_COMMENT = re.compile(
    "|".join(
        [
            _TRIPLE.format('"', "double"),
            _TRIPLE.format("'", "single"),
            _SINGLE.format('"'),
            _SINGLE.format("'"),
            r"^[ \t]*(?P<comments>#[^\n]*(?:\n[ \t]*#[^\n]*)*)",
            r"(?P<comment>#[^\n]*)",
        ]
    ),
    re.DOTALL | re.MULTILINE,
)
_COMMENT_SIGN = re.compile(r"^[ \t]*#+[:!|]? ?", re.MULTILINE)

_DIRECTIVE = re.compile(r"\.\. *(?:\[[^\]]*\]|_|\|)|\.\. ?[\w:-]+::")
_SPOKEN_DIRECTIVE = re.compile(
    r"\.\. (?:note|warning|versionadded|versionchanged|deprecated|seealso|tip|important)::"
)
_RULE = re.compile(r"[^\w\s]{3,}\Z|[-=~^*+#. ]{3,}\Z")
_BULLET = re.compile(r"(?:[-*+•]|\(?\d+[.)])\s+")
_FIELD = re.compile(r":(?:param|type|return|returns|rtype|raises|keyword|arg)\b[^:]*:\s*")
_HEADER = re.compile(r"[\w*, ]+ : \S")

_MATH = re.compile(r":math:`[^`]*`|\$[^$\n]{1,200}\$|\\[A-Za-z]+")
_ADDRESS = re.compile(r"\w+://\S+|\S+@\S+\.\S+")
_ROLE = re.compile(r":[\w:+-]+:`~?!?([^`<]*)[^`]*`")
_SENTENCE_END = re.compile(r"[.!?:;][\"')\]]*\s+|\.\.\.|\s--\s")
_SIGN_OF_CODE = re.compile(r"[=(){}\[\]<>_\\/|@%+*^&~$]")
_WORD = re.compile(r"[^\W\d_]+")


def sentences_of_source(source: str) -> Iterator[str]:
    """Hand out the sentences of the documentation in a Python source, lower-cased words between blanks."""
    for match in _STRING_OR_COMMENT.finditer(source):
        kind = match.lastgroup
        if kind in ("comment", "comments"):
            text = _COMMENT_SIGN.sub("", match[kind])
            yield from sentences_of_text(text, may_be_code=True)
        elif kind is not None:
            text = match[kind]
            # A short string between triple quotes is more often data than documentation.
            if len(text) > 20:
                yield from sentences_of_text(text)


def sentences_of_text(text: str, *, may_be_code: bool = False) -> Iterator[str]:
    """Hand out the sentences of one piece of documentation in reStructuredText or plain text."""
    for paragraph in _paragraphs(text.splitlines()):
        for sentence in _SENTENCE_END.split(_spoken(paragraph)):
            words = _WORD.findall(sentence.lower())
            if len(words) < FEWEST_WORDS:
                continue
            if may_be_code and len(_SIGN_OF_CODE.findall(sentence)) > MOST_SIGNS_OF_CODE * len(sentence):
                continue
            yield " ".join(words)


def _spoken(paragraph: str) -> str:
    """Leave out formulas and addresses, and of markup keep what a reader would say."""
    # The three tests cost next to nothing, and most paragraphs need none of the substitutions.
    if "$" in paragraph or "\\" in paragraph or ":math:" in paragraph:
        paragraph = _MATH.sub(" ", paragraph)
    if "://" in paragraph or "@" in paragraph:
        paragraph = _ADDRESS.sub(" ", paragraph)
    if ":`" in paragraph:
        paragraph = _ROLE.sub(r"\1", paragraph)
    return paragraph


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Join the lines that belong together and leave out examples, literal blocks, rules and directives."""
    held: list[str] = []
    in_example = False
    skip_deeper_than: int | None = None
    header_indent: int | None = None
    for raw in lines:
        line = raw.strip()
        if not line:
            in_example, header_indent = False, None
            if held:
                yield " ".join(held)
                held = []
            continue
        indent = len(raw) - len(raw.lstrip())
        if skip_deeper_than is not None:
            if indent > skip_deeper_than:
                continue
            skip_deeper_than = None
        if line.startswith((">>>", "... ", "In [")):
            in_example = True
        elif line.startswith("..") and _DIRECTIVE.match(line):
            spoken = _SPOKEN_DIRECTIVE.match(line)
            if spoken is None:
                skip_deeper_than = indent
            line = line[spoken.end() :].strip() if spoken else ""
        elif _RULE.match(line):
            line = ""
        if in_example:
            line = ""
        if held and (_begins_paragraph(line) or (header_indent is not None and indent > header_indent)):
            yield " ".join(held)
            held = []
        header_indent = indent if " : " in line and _HEADER.match(line) else None
        if line.endswith("::"):
            skip_deeper_than = indent
        if line:
            held.append(_FIELD.sub("", line) if line.startswith(":") else line)
    if held:
        yield " ".join(held)


def _begins_paragraph(line: str) -> bool:
    """Say whether a line goes not with the one before it: list items, fields, and NumPy's `name : type`."""
    return (
        not line
        or line.startswith(":")
        or _BULLET.match(line) is not None
        or (" : " in line and _HEADER.match(line) is not None)
    )
