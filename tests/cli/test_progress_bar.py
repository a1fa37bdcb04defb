"""The bar is drawn for whoever looks: it fits the terminal and tells true times."""

from __future__ import annotations

import io
import math
import time

import pytest

from kotovec.cli import progress_bar
from kotovec.cli.progress_bar import _console, _Drawing, describe
from kotovec.progress import Progress

TRAINING = Progress(
    stage="train", done=4, total=10, words_per_second=2.0, loss=2.0, learning_rate=0.02, epoch=0
)
READING = Progress(
    stage="read", done=7, total=7, words_per_second=0.0, loss=math.nan, learning_rate=math.nan, epoch=0
)


@pytest.mark.parametrize("width", [40, 50, 65, 80, 200])
def test_the_time_left_is_shown_at_every_width(width):
    text = describe(TRAINING, 2.0, width)
    assert text.endswith("0:03 left")
    assert len(text) <= 0.7 * width


def test_work_that_has_no_speed_in_words_tells_its_time():
    decomposing = Progress(stage="train", done=1, total=10)
    assert describe(decomposing, 2.04) == "2.0 s"


def test_counting_tells_speed_and_time_left():
    counting = Progress(stage="count", done=4, total=10, words_per_second=2.0)
    assert describe(counting, 2.0) == "2 words/s  0:03 left"


def test_the_time_of_reading_counts_from_before_its_first_look(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    details = []

    class Bar:
        console = type("Console", (), {"width": 80})

        def add_task(self, name, *, total, detail):
            details.append(detail)

        def update(self, *arguments, **known):
            pass

        def refresh(self):
            pass

    drawing = _Drawing(Bar())
    now[0] += 2.5
    drawing.show(READING)
    assert details == ["0.0 MB  2.5 s"]


def test_the_last_columns_are_left_to_what_ctrl_c_prints(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert _console().width == 80 - progress_bar.ROOM_FOR_CTRL_C


def test_the_bar_is_as_wide_at_the_end_as_before_it():
    done = Progress(
        stage="train", done=10, total=10, words_per_second=2.0, loss=2.0, learning_rate=0.02, epoch=0
    )
    assert len(describe(done, 5.0)) == len(describe(TRAINING, 2.0))


def test_no_bar_is_drawn_into_a_file(monkeypatch):
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with progress_bar.progress_bar() as callback:
        assert callback is None
