"""A command run in this process, and stand-ins for the slow rooms behind it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from kotovec.cli import main


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def kotovec(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run `kotovec ARGUMENTS...` and return exit status, stdout and stderr."""
    monkeypatch.delenv("KOTOVEC_DEBUG", raising=False)

    def run(*arguments: object) -> Outcome:
        status = main([str(argument) for argument in arguments])
        return Outcome(status, *capsys.readouterr())

    return run


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """A file of five words on a plane: cat next to dog, 言葉 opposite to cat."""
    from kotovec.vectors import WordVectors

    directions = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0], [-1.0, 0.0]], dtype=np.float32)
    vectors = WordVectors(["cat", "dog", "horse", "king", "言葉"], directions, counts=[9, 7, 5, 3, 1])
    path = tmp_path / "animals.safetensors"
    vectors.save(path)
    return path


class FakeTraining:
    """Takes the place of kotovec.training: remembers how it was called, learns nothing."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, Any, dict[str, Any]]] = []
        self.before: Callable[[Any], None] = lambda progress: None
        self.warnings: tuple[str, ...] = ()
        self.loss: tuple[float, ...] = (2.5, 1.25)
        self.count_seconds = 0.0
        self.save: Callable[[Path], None] = lambda path: Path(path).write_bytes(b"vectors") and None

    def train(self, model: Any, source: Any, *, progress: Any = None, **options: Any) -> Any:
        self.calls.append((model, source, options))
        self.before(progress)
        words = ["the", "of", "river", "mountain", "boat"]
        return SimpleNamespace(
            vectors=SimpleNamespace(save=lambda path: self.save(path), words=words, counts=None),
            corpus_report=SimpleNamespace(warnings=self.warnings),
            loss=self.loss,
            seconds=2.0,
            count_seconds=self.count_seconds,
            words_per_second=1_500_000.0,
            report=lambda: {
                "tokens": 1_500_000,
                "vocabulary_size": 5,
                "seconds": {"read": 0.5, "compile": 0.0, "train": 2.0},
            },
        )


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    fake, module = FakeTraining(), ModuleType("kotovec.training")
    module.train = fake.train  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kotovec.training", module)
    return fake
