"""0 done, 1 failed, 2 misused, 130 stopped; one sentence on stderr, never a traceback."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from kotovec.errors import KotovecError
from kotovec.vectors import WordVectors


def test_nothing_typed_shows_the_help(kotovec):
    status, out, err = kotovec()
    assert (status, err) == (0, "")
    assert "kotovec train wiki.txt.zst" in out


def test_the_version_is_that_of_the_package(kotovec):
    from importlib.metadata import version

    assert kotovec("--version") == (0, f"kotovec {version('kotovec')}\n", "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["trian"], "No such command 'trian'"),
        (["train", "text", "-o", "out.safetensors", "--windw", "3"], "No such option: --windw"),
        (["train", "text", "-o", "out.safetensors", "--window", "two"], "'two' is not a whole number"),
        (["train", "text", "-o", "out.safetensors", "--sample", "few"], "'few' is not a number"),
        (["train", "text", "-o", "out.safetensors", "--model", "elmo"], "'elmo' is not one of"),
        (["train", "text"], "Missing option '--output' / '-o'"),
        (["similar", "file", "word", "--top", "0"], "'0' is less than 1"),
        (["similar", "file"], "Missing argument 'WORD'"),
        (["analogy", "file", "a", "b"], "Missing argument 'C'"),
    ],
)
def test_misuse_is_one_sentence_and_status_2(kotovec, arguments, sentence):
    status, out, err = kotovec(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("kotovec: error: ")
    assert sentence in err
    assert "--help'" in err
    assert err.count("\n") == 1


def test_an_option_out_of_range_is_misuse(kotovec, training, tmp_path):
    status, _, err = kotovec("train", "text", "-o", tmp_path / "v.safetensors", "--window", "0")
    assert status == 2
    assert err == "kotovec: error: --window must be a whole number in the range [1, 1000]. Got 0 instead.\n"
    assert training.calls == []


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (KotovecError("The text is empty."), "kotovec: error: The text is empty.\n"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "wiki.safetensors"),
            "kotovec: error: No space left on device: 'wiki.safetensors'.\n",
        ),
        (MemoryError(), "kotovec: error: the memory of this machine is not enough; a smaller "),
        (
            ZeroDivisionError("division by zero"),
            "kotovec: error: ZeroDivisionError: division by zero (a fault",
        ),
    ],
)
def test_a_failure_is_one_sentence_and_status_1(kotovec, training, tmp_path, problem, sentence):
    def fail(progress):
        raise problem

    training.before = fail
    status, out, err = kotovec("train", "text", "-o", tmp_path / "v.safetensors")
    assert (status, out) == (1, "")
    assert err.startswith(sentence)
    assert err.count("\n") == 1


def test_debug_mode_raises_the_error_itself(kotovec, training, tmp_path, monkeypatch):
    def fail(progress):
        raise ZeroDivisionError

    training.before = fail
    monkeypatch.setenv("KOTOVEC_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        kotovec("train", "text", "-o", tmp_path / "v.safetensors")


def test_ctrl_c_anywhere_is_status_130_and_a_sentence(kotovec, animals, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("kotovec.vectors.WordVectors.most_similar", interrupted)
    assert kotovec("similar", animals, "cat") == (130, "", "kotovec: stopped by Ctrl-C.\n")


def test_the_end_of_a_file_is_no_ctrl_c(kotovec, animals, monkeypatch):
    def ended(*arguments, **options):
        raise EOFError("the file ends early")

    monkeypatch.setattr("kotovec.vectors.WordVectors.most_similar", ended)
    status, out, err = kotovec("similar", animals, "cat")
    assert (status, out) == (1, "")
    assert err.strip().startswith("kotovec: error: EOFError: the file ends early (a fault of kotovec itself")


def send(number: signal.Signals) -> None:
    """Send this process a signal, which is not to be the end of the tests."""
    assert signal.getsignal(number) != signal.SIG_DFL
    os.kill(os.getpid(), number)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_sigterm_is_status_143_and_is_as_it_was_afterwards(kotovec, animals, usual_signals, monkeypatch):
    def terminated(*arguments, **options):
        send(signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr("kotovec.vectors.WordVectors.most_similar", terminated)
    assert kotovec("similar", animals, "cat") == (143, "", "kotovec: stopped by SIGTERM.\n")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_second_signal_does_not_cut_the_cleaning_short(kotovec, animals, usual_signals, monkeypatch):
    cleaned = []

    def terminated(*arguments, **options):
        try:
            send(signal.SIGHUP)
            time.sleep(10)
        finally:
            send(signal.SIGHUP)
            send(signal.SIGTERM)
            cleaned.append(True)

    monkeypatch.setattr("kotovec.vectors.WordVectors.most_similar", terminated)
    assert kotovec("similar", animals, "cat").status == 129
    assert cleaned == [True]


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_signal_somebody_else_takes_or_ignores_stays_theirs(kotovec, animals, usual_signals, monkeypatch):
    original, seen = WordVectors.most_similar, []

    def look(*arguments, **options):
        seen.append(signal.getsignal(signal.SIGHUP))
        return original(*arguments, **options)

    monkeypatch.setattr(WordVectors, "most_similar", look)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    assert kotovec("similar", animals, "cat").status == 0
    assert seen == [signal.SIG_IGN]


def test_a_reader_that_leaves_early_is_not_told_about(tmp_path):
    path = tmp_path / "many.safetensors"
    generator = np.random.default_rng(0)
    WordVectors([f"w{i}" for i in range(20_000)], generator.normal(size=(20_000, 2)).astype(np.float32)).save(
        path
    )
    command = [sys.executable, "-c", "from kotovec.cli import main; raise SystemExit(main())"]
    arguments = ["similar", str(path), *[f"w{i}" for i in range(20)], "--top", "5000"]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"w0\t")
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


RUN = [sys.executable, "-c", "from kotovec.cli import main; raise SystemExit(main())"]


def shell(*arguments: object, redirect: str) -> subprocess.CompletedProcess[str]:
    typed = shlex.join([*RUN, *map(str, arguments)])
    return subprocess.run(["sh", "-c", f"{typed} {redirect}"], capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_closed_stdout_is_no_fault(animals):
    done = shell("similar", animals, "cat", redirect=">&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_an_error_never_lands_among_the_results(animals):
    done = shell("similar", animals, "unicorn", redirect="2>&-")
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_results_that_cannot_be_written_are_an_error(animals):
    done = shell("similar", animals, "cat", redirect=">/dev/full")
    assert done.returncode == 1
    assert done.stderr == "kotovec: error: No space left on device.\n"
