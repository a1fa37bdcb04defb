"""From what was typed to an exit status: every error becomes one sentence."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import Signals
from typing import TextIO

from kotovec.cli.interruption import Interrupted, signals_like_ctrl_c
from kotovec.cli.output import note, say
from kotovec.cli.spoken import as_typed
from kotovec.errors import KotovecError, OptionError, TextWarning

DONE, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 done, 1 failed, 2 misused, 130 stopped by Ctrl-C.

    SIGTERM and SIGHUP stop it in the same way, with 128 and the signal's number, as shells have it: 143, 129.
    With KOTOVEC_DEBUG=1 in the environment, errors are raised instead of told.
    """
    _prepare_streams()
    with signals_like_ctrl_c() as signals:
        try:
            with _warnings_as_notes():
                status = _invoke(arguments)
            sys.stdout.flush()
        except BrokenPipeError:
            return _reader_left()
        except (Interrupted, KeyboardInterrupt) as interruption:
            return _stopped(signals, str(interruption))
        except Exception as problem:
            if os.environ.get("KOTOVEC_DEBUG") == "1":
                raise
            return _told(*_explain(problem))
        return status


def _invoke(arguments: Sequence[str] | None) -> int:
    """Let typer parse and call; misuse comes back as its own one sentence."""
    import typer

    from kotovec.cli.app import app

    command = typer.main.get_command(app)
    try:
        status = command.main(
            args=None if arguments is None else list(arguments), prog_name="kotovec", standalone_mode=False
        )
    except SystemExit:
        # The one case in which typer leaves by itself here: a pipe that nobody reads any more.
        raise BrokenPipeError from None
    except typer.Abort as stop:
        # typer says the same of an end of file, which it takes for the end of what a user typed.
        raise stop.__cause__ if isinstance(stop.__cause__, EOFError) else KeyboardInterrupt from None
    except Exception as problem:
        # typer carries its own click since 0.17 and used the public one before, so the class of its
        # errors has no stable address; their method has.
        if not hasattr(problem, "format_message"):
            raise
        context = getattr(problem, "ctx", None)
        path = context.command_path if context is not None else "kotovec"
        sentence = problem.format_message().replace("Value error, ", "").rstrip(".")
        end = "" if sentence.endswith("?") else "."
        return _told(f"{sentence}{end} Try '{path} --help'.", getattr(problem, "exit_code", MISUSED))
    if status == INTERRUPTED:  # how typer passes Ctrl-C on
        raise KeyboardInterrupt
    return status if isinstance(status, int) else DONE


def _explain(problem: Exception) -> tuple[str, int]:
    """Return the sentence for an error, and the exit status it means."""
    if isinstance(problem, KotovecError):
        return as_typed(str(problem)), MISUSED if isinstance(problem, OptionError) else FAILED
    if isinstance(problem, MemoryError):
        return (
            "the memory of this machine is not enough; a smaller --vector-size or --max-vocab, "
            "or a larger --min-count, needs less.",
            FAILED,
        )
    if isinstance(problem, OSError):
        where = f": {str(problem.filename)!r}" if problem.filename else ""
        return f"{problem.strerror or problem}{where}.", FAILED
    return (
        f"{type(problem).__name__}: {problem} (a fault of kotovec itself; run it again with "
        "KOTOVEC_DEBUG=1 to see where, and please report it).",
        FAILED,
    )


def _stopped(signals: Sequence[Signals], left: str) -> int:
    """Say what stopped the command and, where it was to write files, what is `left` of them."""
    by, status = (signals[0].name, 128 + signals[0]) if signals else ("Ctrl-C", INTERRUPTED)
    return _told(f"stopped by {by}{'; ' if left else ''}{left}.", status)


def _told(sentence: str, status: int) -> int:
    """Say what went wrong on stderr and hand the status on."""
    label = "error: " if status in (FAILED, MISUSED) else ""
    say(f"kotovec: {label}{' '.join(sentence.split())}")
    return status


def _reader_left() -> int:
    """Accept that the reader of a pipe (`| head`) has seen enough: nothing failed."""
    # Python flushes stdout once more when it exits; let that go nowhere instead of into a closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _prepare_streams() -> None:
    """Let a word that the terminal's encoding lacks be printed as an escape, not as a crash."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us, as `>&-` does
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        reconfigure = getattr(getattr(sys, name), "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """Show each warning of the library as a sentence, without the line of code that gave it."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        note(as_typed(" ".join(str(message).split())))

    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=UserWarning, module=r"kotovec\.")
        warnings.filterwarnings("ignore", category=TextWarning)  # commands tell it when their bars are gone
        warnings.showwarning = show
        yield
