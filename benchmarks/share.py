"""The share of a core's arithmetic that skip-gram's update reaches, beside NumPy's matrix product.

    python benchmarks/share.py            on the built-in corpus, one worker, some seconds
    python benchmarks/share.py TEXT       on a text, a sentence a line

All take turns in one process, and the best of each counts, because others may use the machine. Useful
operations are those that skip-gram needs for a kept word, whatever the engine computes besides: a
multiplication and an addition for each of `vector_size` numbers, three times (the score, and a change on each
side), for each of (window + 1) contexts on average and each shared negative. They are compared with what
NumPy's BLAS reaches on one core in a product of two float32 matrices of 512 x 512, and with multiply-adds
alone: a BLAS may not use all that a CPU has, as OpenBLAS does not use AVX-512 on Zen 5.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import kotovec as kv

SIZE = 512
STEPS = 1 << 16
SUMS = (6, 12)
"""Vectors of sums at a time: as many as AVX2 and NEON have registers for, and AVX-512."""


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


def compiled_burst(sums: int) -> Callable[[Any], None]:
    """Return a function that does STEPS multiply-adds on each of so many vectors, which stay in registers."""
    from llvmlite import ir
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    from kotovec.engines.cpu.lanes import LANES, load, multiply_add, store

    @intrinsic
    def sum_up(typing_context: Any, numbers: Any) -> Any:
        def codegen(context: Any, b: Any, sig: Any, args: Any) -> Any:
            i64 = ir.IntType(64)
            data = context.make_array(sig.args[0])(context, b, args[0]).data
            places = [b.gep(data, [i64(LANES * k)], inbounds=True) for k in range(sums + 1)]
            factor = load(b, places[sums])
            all_held = [cgutils.alloca_once_value(b, load(b, place)) for place in places[:sums]]
            with cgutils.for_range(b, i64(STEPS)):
                for held in all_held:
                    b.store(multiply_add(b, b.load(held), factor, factor), held)
            for held, place in zip(all_held, places, strict=False):
                store(b, b.load(held), place)
            return context.get_dummy_value()

        return types.void(numbers), codegen

    @njit
    def burst(numbers: Any) -> None:
        sum_up(numbers)

    return burst


def multiply_adds(bursts: dict[int, Callable[[Any], None]], rounds: int) -> float:
    """Return the best rate of multiply-adds that nothing is loaded or stored for, operations a second."""
    import numpy as np

    from kotovec.engines.cpu.lanes import LANES

    best = 0.0
    for sums, burst in bursts.items():
        numbers = np.full(LANES * (sums + 1), 0.5, np.float32)
        burst(numbers)
        for _ in range(rounds):
            started = time.perf_counter()
            burst(numbers)
            best = max(best, 2 * LANES * sums * STEPS / (time.perf_counter() - started))
    return best


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
    product = update = alone = 0.0
    bursts = {sums: compiled_burst(sums) for sums in SUMS}
    for _ in range(turns):
        product, alone = max(product, peak(20)), max(alone, multiply_adds(bursts, 20))
        run = kv.train(model, corpus, epochs=1, workers=1)
        update = max(update, kept * useful_operations(model) / run.seconds)
    return {
        "product": product,
        "multiply_adds": alone,
        "update": update,
        "share": update / product,
        "share_of_multiply_adds": update / alone,
    }


def main() -> None:
    """Print the numbers as one line of JSON."""
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
