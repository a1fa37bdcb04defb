"""The page on four speeds shows the code that runs, and all of its versions make the same update."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from four_versions import Engine, Stretch, layers_chunk, loop_chunk, numpy_chunk, tile_chunk
from include_code import MARKED, refreshed

PAGE = Path(__file__).parents[2] / "docs" / "one-update-four-speeds.md"
TEXT = PAGE.read_text(encoding="utf-8")
WORDS, SIZE = 40, 9


def stretch(centres, window, negatives, seed=0):
    """Some short sentences, with words that stand twice and negatives that are contexts."""
    rng = np.random.default_rng(seed)
    kept = rng.integers(0, WORDS, centres + 2 * window).astype(np.int32)
    left, right = rng.integers(0, window + 1, (2, centres))
    return Stretch(kept, left, right, rng.integers(0, WORDS, negatives).astype(np.int32), 0.3, 5 / negatives)


STRETCHES = {
    "a full chunk": stretch(60, 5, 32),
    "no multiple of four": stretch(13, 5, 6),
    "a single centre": stretch(1, 2, 3, seed=1),
    "a narrow window": stretch(20, 1, 16),
}


def engine_chunk(W_in, W_out, s):
    engine = Engine(W_in, W_out, s)
    engine.update()
    W_in[:], W_out[:] = engine.matrices()


def changes(version, s):
    before = np.random.default_rng(9).standard_normal((2, WORDS, SIZE))
    after = before.copy()
    version(after[0], after[1], s)
    return after - before


@pytest.mark.parametrize("version", [numpy_chunk, loop_chunk, tile_chunk, engine_chunk])
@pytest.mark.parametrize("s", STRETCHES.values(), ids=STRETCHES.keys())
def test_every_version_makes_the_update_of_the_layers_to_1e_10(version, s):
    truth = changes(layers_chunk, s)
    assert np.abs(truth).max() > 0.01
    np.testing.assert_allclose(changes(version, s), truth, rtol=0, atol=1e-10 * max(1, np.abs(truth).max()))


def test_the_page_shows_the_code_that_runs():
    assert len(MARKED.findall(TEXT)) >= 10
    assert refreshed(TEXT) == TEXT, "run: python benchmarks/include_code.py docs/one-update-four-speeds.md"


def test_a_page_with_other_code_is_noticed():
    other = TEXT.replace("add_rows(W_in, centres, dX)", "add_rows(W_in, centres, dY)")
    assert other != TEXT
    assert refreshed(other) == TEXT


def test_the_examples_of_the_page_print_what_it_says():
    own = "\n".join(re.findall(r"^```python\n(.*?)^```$", MARKED.sub("", TEXT), re.DOTALL | re.MULTILINE))
    example = doctest.DocTestParser().get_doctest(own, {"np": np}, PAGE.name, str(PAGE), 0)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0
