"""Threads that share out work, and what happens where there are none to be had."""

from __future__ import annotations

import threading

import pytest

from kotovec.engines.working import run_threads
from kotovec.errors import TrainingError


def test_a_thread_that_cannot_begin_stops_those_that_have(monkeypatch):
    begun, stopped, ended = [], threading.Event(), threading.Event()

    def start(thread):
        if begun:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        usual(thread)

    def call():
        stopped.wait(60)
        ended.set()

    usual = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(TrainingError, match=r"2 workers were to have one each .* ask for fewer workers"):
        run_threads([call, call], None, stopped.set)
    assert ended.is_set()
    assert not begun[0].is_alive()
