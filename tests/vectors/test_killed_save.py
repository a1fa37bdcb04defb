"""A save that is killed at any moment leaves the old file or the new one, whole."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import numpy as np

from kotovec.vectors import WordVectors, load

SAVER = """
import sys
from kotovec.vectors import load
path, *sources = sys.argv[1:]
contents = [load(source) for source in sources]
print("ready", flush=True)
while True:
    for vectors in contents:
        vectors.save(path)
"""
KILLS = 20


def test_a_save_killed_at_twenty_random_moments_leaves_a_whole_file(tmp_path):
    rng = np.random.default_rng(5)
    sources = []
    for name, size in (("a", 9_000), ("b", 14_000)):
        words = [f"{name}{i}" for i in range(size)]
        sources.append(tmp_path / f"{name}.safetensors")
        WordVectors(words, rng.standard_normal((size, 64)), counts=range(size)).save(sources[-1])
    allowed = {source.read_bytes() for source in sources}
    folder = tmp_path / "saves"
    folder.mkdir()
    path = folder / "v.safetensors"
    path.write_bytes(sources[0].read_bytes())

    found = []
    for _ in range(KILLS):
        command = [sys.executable, "-c", SAVER, str(path), *map(str, sources)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as saver:
            assert saver.stdout.readline() == b"ready\n"
            time.sleep(random.uniform(0.0, 0.1))  # several saves, so that every stage of one is hit
            saver.kill()
        found.append(path.read_bytes())
        assert load(path).vector_size == 64

    assert set(found) <= allowed
    assert len(set(found)) == 2, "the saver never came to save the second content"
    assert len(list(folder.iterdir())) > 1, "no kill came in the middle of a save"
    load(sources[1]).save(path)
    assert path.read_bytes() == sources[1].read_bytes()
