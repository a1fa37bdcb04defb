"""Programs of our own that run beside this one: files that import nothing of ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import IO


def can_start_python() -> bool:
    """Return whether there is a Python to start: not where this one is part of another, or frozen, program.

    A frozen program would start itself again, which would do the same.
    """
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def start_program(
    path: str,
    *words: str,
    stdin: int | IO[bytes],
    stdout: int | IO[bytes],
    stderr: int | None = None,
    settings: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the Python program in a file; `settings` are added to the environment."""
    # The child finds the very packages this process found, however its path came about.
    environment = {**os.environ, **(settings or {}), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", path, *words]
    # In a group of its own Ctrl-C does not reach it, which it could not ignore before Python has started.
    return subprocess.Popen(
        command, stdin=stdin, stdout=stdout, stderr=stderr, env=environment, process_group=0
    )


def how_it_ended(what: str, status: int, errors: bytes) -> str:
    """Say in one sentence why a process, of which `errors` is what it said, ended without an answer."""
    if status == -getattr(signal, "SIGKILL", 9):
        return (
            f"The system ended the {what}, most likely because memory ran out; a smaller vector_size, "
            "or a smaller max_vocab, needs less."
        )
    last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
    return f"The {what} ended by itself with status {status}{': ' if last else '.'}{''.join(last)}"
