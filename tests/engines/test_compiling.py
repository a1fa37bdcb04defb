"""How kernels are compiled and kept on disk."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from kotovec.engines.cpu import compiling, parts, rounds
from kotovec.kept_code import forgive_kept_code

TRAIN = """
import kotovec as kv
kv.train(kv.SkipGram(vector_size=4), [["to", "be", "or", "not", "to", "be"]] * 30, workers=1)
"""


def test_kernels_compile_where_nothing_can_be_written(monkeypatch):
    def refuse(*functions, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return njit(*functions, **options)

    njit = compiling.numba.njit
    monkeypatch.setattr(compiling.numba, "njit", refuse)
    assert compiling.kernel(lambda x: x + 1)(2) == 3


def test_the_kernels_own_cache_notices_a_change_in_any_file_of_the_engine(monkeypatch):
    stamp = rounds.run_rounds._cache._cache_file._source_stamp
    assert stamp[1] == compiling.engine_fingerprint()


COUNT = """
import gc
import kotovec as kv
from numba.core.registry import CPUDispatcher

kv.train(kv.PPMISVD(vector_size=2, sample=0.1), [["to", "be", "or", "not", "to", "be"]] * 30, min_count=1)
for each in gc.get_objects():
    if isinstance(each, CPUDispatcher) and not each.targetoptions.get("no_cpython_wrapper"):
        print(each.__name__, len(each.overloads))
"""


def test_counting_compiles_each_kernel_once_and_not_again_for_arrays_that_are_mapped():
    done = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert "fill_above 1" in lines
    assert not [line for line in lines if int(line.split()[1]) > 1]


def test_helpers_are_parts_with_the_numba_that_is_installed():
    """With a Numba that looks different inside, all works but the first training starts later."""
    assert parts.KNOWN
    assert "pipeline_class" in compiling.part_options


class Cache:
    """Numba's, of a function whose file is cut short and whose disk is full."""

    cache_path = "/full"
    flushed = 0

    def load_overload(self, signature, target):
        raise EOFError("Ran out of input")

    def save_overload(self, signature, compiled):
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self):
        self.flushed += 1
        raise OSError(errno.EROFS, "Read-only file system")


def test_where_machine_code_cannot_be_kept_it_is_told_once():
    cache = Cache()
    forgive_kept_code(SimpleNamespace(_cache=cache))
    with pytest.warns(UserWarning, match=r"kept in ./full. \(No space left on device\).*NUMBA_CACHE_DIR"):
        cache.save_overload("signature", "code")
    cache.save_overload("another", "code")


@pytest.mark.parametrize("room", ["kotovec.corpus.scanning", "kotovec.engines.cpu.compiling"])
def test_a_numba_that_compiles_nothing_is_told_in_a_sentence(room):
    done = subprocess.run(
        [sys.executable, "-c", f"import {room}"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "KotovecError: The environment variable NUMBA_DISABLE_JIT tells Numba" in done.stderr


def test_machine_code_that_cannot_be_read_is_forgotten():
    cache = Cache()
    forgive_kept_code(SimpleNamespace(_cache=cache))
    assert cache.load_overload("signature", "target") is None
    assert cache.flushed == 1


def test_a_cache_left_by_another_version_of_kotovec_is_forgotten(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def train():
        done = subprocess.run(
            [sys.executable, "-c", TRAIN], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    train()
    # As if the machine had lost its power while it was written.
    (kept,) = tmp_path.rglob("*run_rounds*.nbc")
    os.truncate(kept, kept.stat().st_size * 9 // 10)
    train()
    (index,) = (path for path in tmp_path.rglob("*.nbi") if "run_rounds" in path.name)
    # As if what the index names had been removed since.
    names = rb"SkipGramScratch|RoundedSkipGram|TiledSkipGram"
    content = re.sub(names, lambda name: name[0][:-1] + b"z", index.read_bytes())
    assert content != index.read_bytes()
    index.write_bytes(content)
    train()
    assert b"SkipGramScratcz" not in index.read_bytes()
    assert b"dSkipGraz" not in index.read_bytes()
