"""The examples in docstrings say what happens."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import kotovec

MODULES = ["kotovec", *(m.name for m in pkgutil.walk_packages(kotovec.__path__, "kotovec."))]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    outcome = doctest.testmod(module, extraglobs={"np": np, "kotovec": kotovec}, optionflags=doctest.ELLIPSIS)
    assert outcome.failed == 0
