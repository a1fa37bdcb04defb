"""No command without an example of its use, and no example that the command would refuse."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from kotovec.cli.app import app

GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)


def help_of(capsys, *path: str) -> str:
    from kotovec.cli import main

    assert main([*path, "--help"]) == 0
    return capsys.readouterr().out


def test_the_commands_are_those_of_the_design():
    assert COMMANDS == ["analogy", "compare", "convert", "demo", "evaluate", "info", "similar", "train"]


@pytest.mark.parametrize(
    "path", [(), *[(name,) for name in COMMANDS]], ids=lambda p: " ".join(p) or "kotovec"
)
def test_every_help_shows_an_example(capsys, path):
    assert re.search(rf"\n    .*{' '.join(('kotovec', *path))} ", help_of(capsys, *path) + " ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_parses(capsys, name):
    lines = re.findall(r"^    (.*)$", help_of(capsys, name).partition("Example:")[2], re.M)
    assert lines
    for line in lines:
        _, program, called, *arguments = ["", *shlex.split(line.rpartition("| ")[2])]
        assert (program, called) == ("kotovec", name)
        # resilient_parsing is off: a wrong option or a missing argument raises here.
        GROUP.commands[name].make_context(name, arguments)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    silent = [p.name for p in GROUP.commands[name].params if not getattr(p, "help", "") and p.name != "help"]
    assert silent == []


@pytest.mark.parametrize(
    "path", [(), *[(name,) for name in COMMANDS]], ids=lambda p: " ".join(p) or "kotovec"
)
def test_the_help_fits_a_terminal_of_eighty_columns(capsys, monkeypatch, path):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    text = help_of(capsys, *path)
    assert max(map(len, text.splitlines())) <= 84  # examples are not broken
    assert "..." not in re.sub(r"\S+\.\.\.|\]\.\.\.|\}\.\.\.", "", text.partition("Commands:")[2])
