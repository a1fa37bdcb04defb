"""The process that trains one method, for itself alone, so that its memory can be told.

It gets its orders as JSON on stdin and answers with lines of JSON on stdout: looks at the progress, then
the result or the sentence that says why there is none.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import numpy as np

from kotovec.corpus import Corpus
from kotovec.corpus.stored import open_stored
from kotovec.errors import KotovecError
from kotovec.models import Model
from kotovec.progress import Progress, ProgressCallback
from kotovec.run import peak_memory_bytes
from kotovec.vectors import WordVectors

_REHEARSAL_SENTENCES = 200
_REHEARSAL_WORDS = 20
_REHEARSAL_SIZE = 64
"""Numbers in a word's vector: as many as take the ways through the code that larger vectors take."""


def main() -> None:
    """Do what stdin says, and write what came of it to stdout."""
    # Ctrl-C reaches every process of a terminal; the one that started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = json.loads(sys.stdin.buffer.read())
    try:
        answer = _rehearse(orders) if "rehearse" in orders else _train(orders)
    except KotovecError as problem:
        answer = {"problem": str(problem)}
    except MemoryError:
        answer = {"problem": "The memory of this machine is not enough; a smaller vector_size needs less."}
    _tell(answer)


def as_orders(model: Model) -> dict[str, Any]:
    """Return a model as plain data, for `as_model`."""
    return {"class": type(model).__name__, "options": asdict(model)}


def as_model(orders: dict[str, Any]) -> Model:
    """Return the model that `as_orders` has described.

    Examples
    --------
    >>> from kotovec.models import CBOW
    >>> as_model(as_orders(CBOW(window=2))) == CBOW(window=2)
    True

    """
    classes = {known.__name__: known for known in get_args(Model)}
    model: Model = classes[orders["class"]](**orders["options"])
    return model


def _train(orders: dict[str, Any]) -> dict[str, Any]:
    """Learn from the stored corpus, save the vectors and return the figures."""
    folder, vectors_file = Path(orders["corpus"]), Path(orders["vectors"])
    if orders["model"] is None:
        # What of the others' memory is not their vectors shows only where their libraries are loaded too.
        _practise(orders["beside"], orders["workers"])
        with open_stored(folder) as corpus:
            vectors = _untrained(corpus, orders["vector_size"], orders["seed"])
        figures: dict[str, Any] = {"epochs": 0, "count_seconds": 0.0, "train_seconds": 0.0}
    else:
        from kotovec.training import train

        with open_stored(folder) as corpus:
            run = train(
                as_model(orders["model"]),
                corpus,
                epochs=orders["epochs"],
                workers=orders["workers"],
                seed=orders["seed"],
                progress=_look,
            )
        vectors = run.vectors
        figures = {
            "epochs": run.epochs,
            "count_seconds": run.count_seconds,
            "train_seconds": run.seconds,
        }
    peak = peak_memory_bytes()
    vectors.save(vectors_file)
    return {"figures": figures | {"peak_memory_bytes": peak}}


def _untrained(corpus: Corpus, vector_size: int, seed: int) -> WordVectors:
    """Return a random direction for every word."""
    matrix = np.random.default_rng(seed).standard_normal(
        (len(corpus.vocabulary), vector_size), dtype=np.float32
    )
    return WordVectors(corpus.vocabulary.words, matrix, counts=corpus.vocabulary.counts)


def _rehearse(orders: dict[str, Any]) -> dict[str, Any]:
    """Train every model on next to nothing: what has to be compiled is compiled and kept on disk."""
    _practise(orders["rehearse"], orders["workers"], _look)
    return {"figures": {}}


def _practise(
    models: list[dict[str, Any]], workers: int | None, look: ProgressCallback | None = None
) -> None:
    """Train models, as `as_orders` describes them, with small vectors on a few made-up sentences."""
    from kotovec.training import train

    words = _REHEARSAL_SENTENCES
    draw = np.random.default_rng(0).integers(words, size=(words, _REHEARSAL_WORDS))
    sentences = [[f"w{word_id}" for word_id in sentence] for sentence in draw.tolist()]
    for described in models:
        options = described["options"]
        size = min(options["vector_size"], _REHEARSAL_SIZE)
        model = as_model(described | {"options": options | {"vector_size": size}})
        try:
            train(model, sentences, epochs=1, workers=workers, min_count=1, progress=look)
        except KotovecError:
            continue  # it will fail again on the real text, and be reported there


def _look(look: Progress) -> None:
    _tell({"look": asdict(look)})


def _tell(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
