"""Japanese words, with MeCab in one process for each core."""

from __future__ import annotations

import struct
import subprocess
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from kotovec.corpus import segmenter
from kotovec.corpus.segmenter import LENGTH
from kotovec.errors import CorpusError, MissingExtra
from kotovec.programs import can_start_python, start_program

# Below this a second process costs more time to start than it saves.
SMALL_TEXT_BYTES = 1 << 20


class JapaneseSegmenter:
    """Rewrites blocks of Japanese text with blanks between the words; safe to call from several threads.

    Every calling thread gets a process of its own, or, for little text or one worker, a tagger of
    its own within this process. Leaving the `with` block ends the processes.

    Raises
    ------
    MissingExtra
        When fugashi or unidic-lite is not installed.
    """

    def __init__(self, workers: int, total_bytes: int | None) -> None:
        try:
            import fugashi  # noqa: F401
            import unidic_lite  # noqa: F401
        except ImportError as error:
            raise MissingExtra(
                f"tokenizer='ja' needs fugashi and unidic-lite ({error}); install them with "
                "`pip install fugashi unidic-lite`."
            ) from None
        small = total_bytes is not None and total_bytes < SMALL_TEXT_BYTES
        self._use_processes = workers > 1 and not small and can_start_python()
        self._own = threading.local()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.kill()
            # Both ends are closed here, for otherwise Python reports them as forgotten.
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            process.wait()

    def __call__(self, block: bytes) -> bytes:
        """Return the block with blanks between its words."""
        if not self._use_processes:
            if not hasattr(self._own, "parse"):
                self._own.parse = segmenter.tagger()
            return segmenter.segment(block, self._own.parse)
        if not hasattr(self._own, "process"):
            self._own.process = self._start()
        return self._ask(self._own.process, block)

    def _start(self) -> subprocess.Popen[bytes]:
        process = start_program(segmenter.__file__, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._processes.append(process)
        return process

    def _ask(self, process: subprocess.Popen[bytes], block: bytes) -> bytes:
        if process.stdin is None or process.stdout is None:
            raise CorpusError("The Japanese tokenizer's process has no pipes; pass workers=1 instead.")
        try:
            process.stdin.write(LENGTH.pack(len(block)))
            process.stdin.write(block)
            process.stdin.flush()
            answer = process.stdout.read(LENGTH.unpack(process.stdout.read(LENGTH.size))[0])
        except (OSError, ValueError, struct.error):
            raise CorpusError(
                f"The Japanese tokenizer's process ended unexpectedly (exit status {process.poll()}); "
                "pass workers=1 to do without it."
            ) from None
        return answer
