"""Rules of the house that a machine can check."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import kotovec
from kotovec import errors

SOURCE = Path(kotovec.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = ["kotovec", *(m.name for m in pkgutil.walk_packages([str(SOURCE)], "kotovec."))]
PUBLIC_ROOMS = [name for name in MODULES if hasattr(importlib.import_module(name), "__all__")]


def test_only_the_command_line_prints():
    printing = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in FILES
        if not path.is_relative_to(SOURCE / "cli")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert printing == []


@pytest.mark.parametrize("words", ["np.random.seed", "import random", "from random import", "TODO", "FIXME"])
def test_no_file_holds(words):
    assert [path.name for path in FILES if words in path.read_text("utf-8")] == []


def test_every_file_says_what_it_is_for():
    assert [path.name for path in FILES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_every_file_stays_small():
    assert [path.name for path in FILES if path.read_text("utf-8").count("\n") > 330] == []


@pytest.mark.parametrize("room", PUBLIC_ROOMS)
def test_every_public_name_exists_and_has_a_docstring(room):
    module = importlib.import_module(room)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isroutine(thing):
            assert inspect.getdoc(thing), f"{room}.{name} has no docstring"


def test_every_name_of_the_package_itself_shows_an_example():
    without = [
        name
        for name in kotovec.__all__
        if callable(thing := getattr(kotovec, name))
        and not (inspect.isclass(thing) and issubclass(thing, Exception))
        and ">>>" not in (inspect.getdoc(thing) or "")
    ]
    assert without == []


def test_every_public_method_of_a_public_class_has_a_docstring():
    classes = [thing for name in kotovec.__all__ if inspect.isclass(thing := getattr(kotovec, name))]
    without = [
        f"{owner.__name__}.{name}"
        for owner in classes
        for name, member in vars(owner).items()
        if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, property))
        if not inspect.getdoc(member)
    ]
    assert without == []


def test_every_error_is_in_the_tree_and_in_the_drawing():
    classes = [
        thing
        for _, thing in inspect.getmembers(errors, inspect.isclass)
        if thing.__module__ == errors.__name__
    ]
    assert all(issubclass(error, errors.KotovecError | Warning) for error in classes)
    assert [error.__name__ for error in classes if error.__name__ not in (errors.__doc__ or "")] == []


def test_typed_marker_is_there():
    assert (SOURCE / "py.typed").is_file()
