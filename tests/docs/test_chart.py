"""README's chart shows what README's table says."""

from __future__ import annotations

from pathlib import Path

from chart import CHART, draw, speeds

README = Path(__file__).parents[2] / "README.md"


def test_the_chart_is_drawn_from_the_table():
    """If this fails: python benchmarks/chart.py."""
    bars = speeds(README.read_text("utf-8"))
    assert len(bars) >= 4
    assert CHART.read_text("utf-8") == draw(bars)
