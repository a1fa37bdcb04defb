"""The picture holds the words, and says which ones it could not hold."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pytest

from kotovec.errors import MissingExtra, OptionError, UnknownWord
from kotovec.explore import content_words, word_map
from kotovec.vectors import WordVectors


@pytest.fixture(scope="module")
def hundred() -> WordVectors:
    generator = np.random.default_rng(0)
    words = [first + second + "et" for first in "bdfglmnprt" for second in "aeiouyäöüå"]
    return WordVectors(words, generator.normal(size=(100, 20)).astype(np.float32))


def test_a_hundred_words_find_room_on_the_map(hundred, tmp_path):
    drawn = word_map(hundred, hundred.words, tmp_path / "map.png")
    assert drawn.words == tuple(hundred.words)
    assert drawn.notes == ()
    assert drawn.path.read_bytes().startswith(b"\x89PNG")


def test_no_two_words_of_the_picture_touch(hundred, tmp_path):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from kotovec.explore.fonts import LETTERS
    from kotovec.explore.word_map import _draw

    figure, shown = _draw(list(hundred.words), np.stack([hundred[w] for w in hundred.words]), [LETTERS])
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [t.get_window_extent(renderer) for t in figure.texts if t.get_text() in shown and t.get_visible()]
    assert len(boxes) == 100
    assert not [1 for i, box in enumerate(boxes) for other in boxes[:i] if box.overlaps(other)]


def test_the_same_map_is_the_same_file(hundred, tmp_path):
    first = word_map(hundred, hundred.words[:20], tmp_path / "a.png").path.read_bytes()
    assert word_map(hundred, hundred.words[:20], tmp_path / "b.png").path.read_bytes() == first


def test_the_suffix_says_which_kind_of_picture(hundred, tmp_path):
    assert b"<svg" in word_map(hundred, hundred.words[:9], tmp_path / "map.svg").path.read_bytes()
    with pytest.raises(OptionError, match=r"map\.gif"):
        word_map(hundred, hundred.words[:9], tmp_path / "map.gif")


def test_words_that_no_font_can_write_are_counted_and_named(tmp_path):
    vectors = WordVectors(["sun", "𒀀𒀁", "moon"], np.eye(3, dtype=np.float32))
    drawn = word_map(vectors, vectors.words, tmp_path / "map.png")
    assert drawn.words == ("sun", "moon")
    assert "no font on this machine can write it: '𒀀𒀁'." in drawn.notes[0]


def test_a_word_of_dollar_signs_is_no_formula(tmp_path):
    vectors = WordVectors(["$x^$", "moon"], np.eye(2, dtype=np.float32))
    assert word_map(vectors, vectors.words, tmp_path / "map.png").words == ("$x^$", "moon")


def test_an_unknown_word_and_no_words_are_refused(hundred, tmp_path):
    with pytest.raises(UnknownWord):
        word_map(hundred, ["nosuchword"], tmp_path / "map.png")
    with pytest.raises(OptionError, match="no words"):
        word_map(hundred, [], tmp_path / "map.png")


def test_drawing_leaves_the_global_state_of_pyplot_alone(hundred, tmp_path, monkeypatch):
    # Another test may have imported it; to import what is None here is an ImportError.
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    word_map(hundred, hundred.words[:5], tmp_path / "map.png")


def test_without_matplotlib_the_error_says_what_to_install(hundred, tmp_path, monkeypatch):
    real_import = builtins.__import__

    def no_matplotlib(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_matplotlib)
    with pytest.raises(MissingExtra, match=r"pip install matplotlib"):
        word_map(hundred, hundred.words[:5], tmp_path / "map.png")


def test_content_words_are_the_frequent_ones_with_a_meaning():
    words = ["the", "river", "of", "3rd", "雨", "を", "こと", "言葉", "Boat", "is", "x", "rain"]
    counts = [99, 3, 98, 97, 8, 96, 95, 7, 6, 94, 93, 5]
    vectors = WordVectors(words, np.ones((len(words), 2), dtype=np.float32), counts=counts)
    assert content_words(vectors) == ["雨", "言葉", "Boat", "rain", "river"]
    assert content_words(vectors, limit=2) == ["雨", "言葉"]
