"""The share of a core's arithmetic that skip-gram's update reaches, beside NumPy's matrix product.

    python benchmarks/share.py            on the built-in corpus, one worker, some seconds
    python benchmarks/share.py TEXT       on a text, a sentence a line

The two take turns in one process, and the best of each counts, because others may use the machine. Useful
operations are those that skip-gram needs for a kept word, whatever the engine computes besides: a
multiplication and an addition for each of `vector_size` numbers, three times (the score, and a change on each
side), for each of (window + 1) contexts on average and each shared negative. The peak is what NumPy's BLAS
reaches on one core in a product of two float32 matrices of 512 x 512.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import kotovec as kv

SIZE = 512


def peak(products: int) -> float:
    """Return the best rate of NumPy's product, operations a second."""
    import numpy as np

    left = np.ones((SIZE, SIZE), np.float32)
    best = float("inf")
    for _ in range(products):
        started = time.perf_counter()
        left @ left
        best = min(best, time.perf_counter() - started)
    return 2 * SIZE**3 / best


def useful_operations(model: kv.SkipGram) -> int:
    """Return the operations that one kept word needs."""
    return 2 * 3 * model.vector_size * (model.window + 1 + model.shared_negatives)


def measure(corpus: kv.Corpus, turns: int) -> dict[str, float]:
    """Return the best rates of both and their ratio."""
    import numpy as np

    import kotovec as kv
    from kotovec.engines.cpu.sampling import keep_probabilities

    model = kv.SkipGram()
    counts = np.asarray(corpus.vocabulary.counts)
    kept = float(counts @ keep_probabilities(counts, model.sample))
    kv.train(model, corpus, epochs=1, workers=1)
    product = update = 0.0
    for _ in range(turns):
        product = max(product, peak(20))
        run = kv.train(model, corpus, epochs=1, workers=1)
        update = max(update, kept * useful_operations(model) / run.seconds)
    return {"product": product, "update": update, "share": update / product}


def main() -> None:
    """Print the three numbers as one line of JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("text", nargs="?", type=Path)
    parser.add_argument("--turns", type=int, default=10)
    options = parser.parse_args()
    # Before NumPy is imported: its product is to run on one core.
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = "1"
    import kotovec as kv
    from kotovec.corpus.builtin import open_builtin

    corpus = kv.Corpus.open(options.text) if options.text else open_builtin()
    with corpus:
        print(json.dumps(measure(corpus, options.turns)))


if __name__ == "__main__":
    main()
