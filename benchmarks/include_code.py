"""Put the source of functions into a page, between markers, so that what is shown is what runs.

    python benchmarks/include_code.py docs/one-update-four-speeds.md

A page says where a function belongs, and this program writes it there; running it again refreshes it:

    <!-- code: benchmarks/four_versions.py numpy_chunk -->
    <!-- end -->

A method is named `Class.method`. Docstrings of several lines are left out: the page explains in their place.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
MARKED = re.compile(r"^(<!-- code: (\S+) (\S+) -->)\n.*?^<!-- end -->$", re.DOTALL | re.MULTILINE)


def source_of(path: Path, name: str) -> str:
    """Return the source of a function or method, with its decorators, without a long docstring."""
    text = path.read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for part in name.split("."):
        node = next(
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.FunctionDef | ast.ClassDef) and child.name == part
        )
    if not isinstance(node, ast.FunctionDef):
        raise TypeError(f"{name} in {path} is no function")
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    kept = set(range(first, (node.end_lineno or 0) + 1))
    if ast.get_docstring(node):
        docstring = range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
        kept -= set(docstring) if len(docstring) > 1 else set()
    return textwrap.dedent("\n".join(text.splitlines()[at - 1] for at in sorted(kept)))


def refreshed(page: str) -> str:
    """Return the text of a page with every marked function as it is now."""

    def block(match: re.Match[str]) -> str:
        marker, path, name = match.groups()
        return f"{marker}\n```python\n{source_of(ROOT / path, name)}\n```\n<!-- end -->"

    return MARKED.sub(block, page)


def main() -> None:
    """Refresh the pages that are named."""
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
