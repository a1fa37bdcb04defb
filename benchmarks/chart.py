"""Draw README's table of speeds as bars, times gensim.

python benchmarks/chart.py      writes docs/speed.svg from the table in README.md
"""

from __future__ import annotations

import html
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHART = ROOT / "docs" / "speed.svg"
WIDTH, LEFT, ROW, TOP = 760, 330, 34, 46


def speeds(readme: str) -> list[tuple[str, float]]:
    """Return what the measured table of README says: names, and how many times gensim's speed."""
    table = readme.partition("<!-- measured:begin -->")[2].partition("<!-- measured:end -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return [
        (cells[0].replace("`", ""), float(found.group()))
        for cells in rows
        if len(cells) == 4 and (found := re.match(r"\d+(\.\d+)?", cells[3]))
    ]


def draw(bars: list[tuple[str, float]]) -> str:
    """Return an SVG with a bar for each, and one for gensim."""
    bars = [("gensim 4.4", 1.0), *bars]
    scale = (WIDTH - LEFT - 70) / max(value for _, value in bars)
    height = TOP + ROW * len(bars) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="16" y="26" font-size="16" font-weight="bold">Speed, in times gensim</text>',
    ]
    for place, (name, value) in enumerate(bars):
        y = TOP + ROW * place
        colour = "#9aa5b1" if place == 0 else "#2f6fab"
        lines += [
            f'<text x="{LEFT - 10}" y="{y + 17}" text-anchor="end">{html.escape(name)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="{ROW - 10}" fill="{colour}"/>',
            f'<text x="{LEFT + value * scale + 8:.1f}" y="{y + 17}">{value:g}</text>',
        ]
    return "\n".join([*lines, "</svg>\n"])


if __name__ == "__main__":
    CHART.write_text(draw(speeds((ROOT / "README.md").read_text("utf-8"))), "utf-8")
