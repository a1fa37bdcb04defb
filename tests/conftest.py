"""What tests in several folders need."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from kotovec.engines.cpu import job


@pytest.fixture
def mean_known_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip-gram turns to the mean of all negatives in the middle of texts that are too short for it."""
    monkeypatch.setattr(job, "known_after", lambda words: 6000.0)


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """Signals as a terminal leaves them: a run in the background, or under nohup, ignores some of them."""
    usual = {
        "SIGINT": signal.default_int_handler,
        "SIGTERM": signal.SIG_DFL,
        "SIGHUP": signal.SIG_DFL,
    }
    numbers = {signal.Signals[name]: action for name, action in usual.items() if hasattr(signal, name)}
    before = {number: signal.signal(number, action) for number, action in numbers.items()}
    yield
    for number, action in before.items():
        signal.signal(number, action)
