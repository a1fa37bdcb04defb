"""The program that cuts Japanese text into words, one process for each core.

MeCab keeps Python's global lock while it works, so threads do not help it; processes do. This file
is run by path as a program of its own and imports nothing of ours: starting it does not import the
user's script again, as the standard library's process pools do.
"""

from __future__ import annotations

import re
import signal
import struct
import sys
from collections.abc import Callable

LONGEST_PIECE = 10_000
LENGTH = struct.Struct("<q")

# MeCab's memory grows with the length of a line, so a very long one goes in pieces: up to the last
# end of a sentence, or blank, that fits, or else as much as fits.
_PIECE = re.compile(rf"(?s).{{1,{LONGEST_PIECE}}}(?:(?<=[。！？!?\s])|\Z)|.{{1,{LONGEST_PIECE}}}")


def tagger() -> Callable[[str], str]:
    """Return the function that puts a blank between the words of a line."""
    import fugashi
    import unidic_lite

    folder = unidic_lite.DICDIR
    options = f'-O wakati -r "{folder}/mecabrc" -d "{folder}"'
    parse: Callable[[str], str] = fugashi.GenericTagger(options).parse
    return parse


def segment(block: bytes, parse: Callable[[str], str]) -> bytes:
    """Put blanks between the words of every line of a block of UTF-8 text."""
    # To MeCab a NUL is the end of the text.
    lines = block.replace(b"\0", b" ").decode().split("\n")
    return "\n".join([_segment_line(line, parse) for line in lines]).encode()


def _segment_line(line: str, parse: Callable[[str], str]) -> str:
    if len(line) <= LONGEST_PIECE:
        return parse(line).replace("\n", " ")
    return " ".join(parse(piece).replace("\n", " ") for piece in _PIECE.findall(line))


def main() -> None:
    """Answer each block on standard input with its words, until there are no more."""
    # Where there are no process groups Ctrl-C comes here too; the parent says what it means, by the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parse = tagger()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(LENGTH.size):
        answer = segment(source.read(LENGTH.unpack(header)[0]), parse)
        target.write(LENGTH.pack(len(answer)))
        target.write(answer)
        target.flush()


if __name__ == "__main__":
    main()
