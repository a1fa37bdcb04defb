"""Speed cannot rot unnoticed: the engine is held against NumPy's matrix product, in the same process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "share.py"
RECORDED = 0.26
"""The least that benchmarks/share.py should print: it prints 0.27 to 0.33 with AVX-512, and less while
others keep the core busy."""
ATTEMPTS = 4


@pytest.mark.skipif(sys.platform == "darwin", reason="NumPy's product runs on a coprocessor there")
def test_training_keeps_its_share_of_the_speed_of_a_matrix_product():
    shares = []
    for _ in range(ATTEMPTS):
        done = subprocess.run(
            [sys.executable, str(SCRIPT), "--turns", "5"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        shares.append(json.loads(done.stdout)["share"])
        if shares[-1] > 0.8 * RECORDED:
            return
    raise AssertionError(
        f"Training reached {max(shares):.3f} of the speed of a matrix product at best, more than a fifth "
        f"below the {RECORDED} on record; find out why, or record the new figure with its reason."
    )
