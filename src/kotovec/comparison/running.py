"""Training in processes of their own: start one, pass its progress on, bring its result back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kotovec
from kotovec.errors import TrainingError
from kotovec.programs import how_it_ended
from kotovec.progress import Progress

Show = Callable[[Progress], None]


def run_child(orders: dict[str, Any], show: Show | None = None) -> dict[str, Any]:
    """Let a fresh process follow `orders` (see `kotovec.comparison.child`) and return its figures.

    Parameters
    ----------
    orders
        Plain data, for JSON.
    show
        Called with every look at the process's progress.

    Raises
    ------
    TrainingError
        If the process could not do it; the sentence is its own where it had one.

    """
    # The child must find the very kotovec that runs here, installed or not.
    home = str(Path(kotovec.__file__).parents[1])
    path = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", "from kotovec.comparison.child import main; main()"]
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": path},
        ) as process,
    ):
        try:
            answer = _converse(process, orders, show)
            status = process.wait()
        finally:
            process.kill()  # an interrupted comparison leaves no training behind
        if answer is None:
            errors.seek(0)
            raise TrainingError(how_it_ended("training", status, errors.read()))
    if "problem" in answer:
        raise TrainingError(answer["problem"])
    figures: dict[str, Any] = answer["figures"]
    return figures


def _converse(
    process: subprocess.Popen[bytes], orders: dict[str, Any], show: Show | None
) -> dict[str, Any] | None:
    """Give the orders, pass on what is heard, and return the last answer; None where there was none."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(orders).encode())
        process.stdin.close()
    except BrokenPipeError:
        return None
    answer = None
    for line in process.stdout:
        heard = json.loads(line)
        if "look" not in heard:
            answer = heard
        elif show is not None:
            show(Progress(**heard["look"]))
    return answer
