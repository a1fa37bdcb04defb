"""Decompositions on one thread: no other limit changes their bits, and nobody waits for them in vain."""

from __future__ import annotations

import _thread
import errno
import hashlib
import os
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from counted_texts import sparse
from threadpoolctl import threadpool_info, threadpool_limits

from kotovec.engines.counting import decomposing, lapack, svd
from kotovec.engines.counting.lapack import largest_of_band, one_thread, whole_svd
from kotovec.engines.counting.svd import truncated_svd
from kotovec.errors import TrainingError


def random_matrix(words):
    generator = np.random.default_rng(0)
    return generator.normal(size=(words, words)) * (generator.random((words, words)) < 0.05)


def decomposed(matrix, size):
    return truncated_svd(sparse(matrix), sparse(matrix.T), size, seed=1, workers=2)


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("the linear algebra library cannot be told how many threads to take")
        yield


def whole(words):
    return whole_svd(random_matrix(words).astype(np.float32), words, lambda: None)


def of_band(words):
    return [largest_of_band(np.random.default_rng(0).normal(size=(64, words)), words // 3, lambda: None)]


@pytest.mark.parametrize(("decompose", "words"), [(whole, 500), (whole, 800), (of_band, 800), (of_band, 900)])
def test_the_bits_do_not_depend_on_the_threads_that_the_library_could_take(decompose, words):
    digests = set()
    for limit in (1, 2, 3):
        with threadpool_limits(limit, user_api="blas"):
            made = decompose(words)
        digests.add(hashlib.sha256(b"".join(part.tobytes() for part in made)).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize("words", [100, 400])
def test_the_library_gets_back_the_threads_that_it_had(two_threads, words):
    decomposed(random_matrix(words), 10)
    assert threads() == {2}


def test_the_limit_may_be_set_within_itself(two_threads):
    with one_thread():
        with one_thread():
            pass
        assert threads() == {1}
    assert threads() == {2}


def test_the_whole_decomposition_leaves_the_library_one_thread(two_threads):
    seen = set()

    def look(share):
        if share < 1:
            seen.update(threads())

    matrix = random_matrix(600)
    truncated_svd(sparse(matrix), sparse(matrix.T), 10, seed=1, workers=2, look=look)
    assert seen == {1}


def test_who_ends_first_does_not_lift_the_limit_of_the_other():
    before = threads()
    if before == {1}:
        pytest.skip("there is one core")
    entered, left, seen = threading.Event(), threading.Event(), []

    def other():
        with one_thread():
            entered.set()
            left.wait(60)
            seen.append(threads())

    thread = threading.Thread(target=other)
    with one_thread():
        thread.start()
        entered.wait(0.2)
    left.set()
    thread.join()
    assert seen == [{1}]
    assert threads() == before


@pytest.fixture
def instead(tmp_path, monkeypatch):
    """Let another program take the place of the one that decomposes."""

    def change(program):
        path = tmp_path / "program.py"
        path.write_text(program)
        monkeypatch.setattr(decomposing, "__file__", str(path))

    return change


def many_words():
    return random_matrix(600).astype(np.float32)


def test_an_interrupt_does_not_wait_for_the_decomposition_and_leaves_no_process(
    instead, tmp_path, usual_signals
):
    started = tmp_path / "started"
    instead(f"""
import os, pathlib, time
pathlib.Path({str(started)!r}).write_text(str(os.getpid()))
time.sleep(60)
""")

    def look(share):
        if started.exists() and started.read_text():
            _thread.interrupt_main()

    matrix = sparse(many_words())
    with pytest.raises(KeyboardInterrupt):
        truncated_svd(matrix, matrix, 600, seed=1, workers=2, look=look)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("raise ValueError('did not converge')", "with status 1: ValueError: did not converge"),
        ("raise SystemExit(3)", "The decomposition ended by itself with status 3."),
        ("import os; os.kill(os.getpid(), 9)", "most likely because memory ran out"),
    ],
)
def test_a_decomposition_that_fails_says_so(instead, program, sentence):
    instead(program)
    with pytest.raises(TrainingError, match=re.escape(sentence)):
        whole_svd(many_words(), 600, lambda: None)


def test_a_full_disk_is_one_sentence(monkeypatch):
    def full(file, numbers):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(lapack, "write_numbers", full)
    with pytest.raises(TrainingError, match=r"matrix could not be written .*\(No space left on device"):
        whole_svd(many_words(), 600, lambda: None)


def test_where_no_program_can_be_started_the_matrix_is_decomposed_here(monkeypatch):
    there = [*whole_svd(many_words(), 600, lambda: None), *of_band(900)]
    monkeypatch.setattr(lapack, "can_start_python", lambda: False)
    here = [*whole_svd(many_words(), 600, lambda: None), *of_band(900)]
    for one, other in zip(here, there, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_the_decomposition_ends_with_the_process_that_wanted_it():
    nobody = "0"
    command = [sys.executable, decomposing.__file__, "whole", "<f4", "600", "600", nobody]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(30) == 1


def test_only_a_vocabulary_hardly_larger_than_the_vectors_is_decomposed_whole(monkeypatch):
    asked, real = [], svd.whole_svd

    def counted(matrix, size, look):
        asked.append(len(matrix))
        return real(matrix, size, look)

    monkeypatch.setattr(svd, "whole_svd", counted)
    for words in (383, 384, 704):
        decomposed(random_matrix(words), 100)
    assert asked == [383]


@pytest.mark.parametrize(("words", "size"), [(383, 100), (384, 100), (400, 100), (288, 1)])
def test_singular_values_and_spaces_are_numpys_on_both_sides_of_the_limit(words, size):
    matrix = random_matrix(words).astype(np.float32).astype(float)
    U, S, V = decomposed(matrix, size)
    true_U, true_S, true_V = np.linalg.svd(matrix)
    np.testing.assert_allclose(S, true_S[:size], rtol=1e-5)
    # Cosines of the angles between the spaces, but for the last vectors, which the next ones may be near.
    most = max(size - 20, 1)
    for made, true in ((U, true_U), (V, true_V.T)):
        cosines = np.linalg.svd(made.T @ true[:, :most])[1]
        np.testing.assert_allclose(cosines, 1, atol=1e-5)
        np.testing.assert_allclose(made.T @ made, np.eye(size), atol=1e-5)
