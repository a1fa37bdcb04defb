"""Programs of our own beside this one."""

from __future__ import annotations

import subprocess
import sys

from kotovec.programs import can_start_python, start_program


def test_a_program_finds_what_this_one_finds_and_has_its_settings(tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("word = 'found'")
    (tmp_path / "program.py").write_text(
        "import os, sys, elsewhere\nprint(elsewhere.word, *sys.argv[1:], os.environ['SETTING'], end='')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    program = str(tmp_path / "program.py")
    with start_program(
        program, "a", "b", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, settings={"SETTING": "1"}
    ) as process:
        assert process.communicate()[0] == b"found a b 1"


def test_a_frozen_program_does_not_start_itself(monkeypatch):
    assert can_start_python()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not can_start_python()
    monkeypatch.setattr(sys, "frozen", False, raising=False)
    monkeypatch.setattr(sys, "executable", "")
    assert not can_start_python()
