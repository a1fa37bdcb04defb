"""An open corpus as three files, so that another process can open it without reading the text again."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kotovec.corpus.corpus import Corpus
from kotovec.corpus.encoding import EncodedText
from kotovec.corpus.report import CorpusReport
from kotovec.temporary import disk_errors, write_numbers
from kotovec.vocabulary import Vocabulary

_TOKEN_IDS, _SENTENCE_OFFSETS, _ABOUT = "token_ids.bin", "sentence_offsets.bin", "about.json"


def store_corpus(corpus: Corpus, folder: Path) -> None:
    """Write a corpus into a folder: 4 bytes a token, 8 a sentence, and the vocabulary.

    Raises
    ------
    CorpusError
        When the folder cannot be written to, or the corpus is closed.

    """
    about = {
        "words": corpus.vocabulary.words,
        "counts": corpus.vocabulary.counts.tolist(),
        "report": asdict(corpus.report),
    }
    with disk_errors():
        for name, numbers in ((_TOKEN_IDS, corpus.token_ids), (_SENTENCE_OFFSETS, corpus.sentence_offsets)):
            with (folder / name).open("wb", buffering=0) as file:
                write_numbers(file, numbers)
        (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def open_stored(folder: Path) -> Corpus:
    """Open a corpus that `store_corpus` has written, mapped into memory.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> store_corpus(Corpus.open([["a", "b", "a"]], min_count=1), folder)
    >>> list(open_stored(folder).sentences())
    [['a', 'b', 'a']]

    """
    about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    facts: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in about["report"].items()
    }
    report = CorpusReport(**facts)
    with ExitStack() as files:
        text = EncodedText(
            vocabulary=Vocabulary(about["words"], about["counts"]),
            token_ids=files.enter_context((folder / _TOKEN_IDS).open("rb")),
            sentence_offsets=files.enter_context((folder / _SENTENCE_OFFSETS).open("rb")),
            tokens_read=report.tokens_read,
            tokens_kept=report.tokens_kept,
            sentences=report.sentences,
            distinct_words=report.distinct_words,
        )
        return Corpus(text, report, files)
