import doctest
import importlib
import inspect
import pkgutil
import re

import pytest

import kotovec.layers

MODULES = [
    "kotovec.layers",
    *(f"kotovec.layers.{m.name}" for m in pkgutil.iter_modules(kotovec.layers.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_in_the_docstrings_is_true(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", [name for name in kotovec.layers.__all__ if name != "Evaluation"])
def test_every_public_name_has_an_example_and_its_place_in_the_book(name):
    text = inspect.getdoc(getattr(kotovec.layers, name))
    assert ">>> " in text
    assert re.search(r"[Tt]he\s+book", text)
