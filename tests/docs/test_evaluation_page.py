"""What the page about evaluation shows can be run and typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import typer

from kotovec.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("wiki.txt").write_text("the king and the queen rule the land\na man walks to the old town\n" * 20)
    (code,) = blocks("python")
    exec(compile(code, "docs/evaluation.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["wide", "narrow"]
    assert all("Neighbour(word=" in line for line in lines)


def test_the_commands_are_understood():
    typed = [line.removeprefix("$ ") for line in "".join(blocks("console")).splitlines()]
    assert len(typed) == 3
    for line in typed:
        program, name, *arguments = shlex.split(line)
        assert program == "kotovec"
        COMMANDS[name].make_context(name, arguments)
