"""Which matrix is the word? Every reading of both matrices, and one matrix for both roles, scored.

    python benchmarks/which_matrix.py              three seeds of each, most of an hour on two cores
    python benchmarks/which_matrix.py --seeds 1 --rates    also other learning rates for tied weights

Five epochs over one text with the defaults of the models but for what a row says. One training gives all
readings of two matrices, because the choice between them changes nothing in it. The sum and the mean of both
point the same way and so have the same cosines: they are one row.
"""

from __future__ import annotations

import argparse
import os
import statistics
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

import kotovec as kv
import quality
from kotovec.models.representation import BLENDED

DATA = Path(os.environ.get("KOTOVEC_DATA", Path(__file__).parents[2] / "shared" / "data"))
SCORES = ("analogies", "semantic", "syntactic", "ws353_sim", "ws353_rel", "simlex")
EPOCHS = 5

Model = kv.SkipGram | kv.CBOW
MODELS: dict[str, tuple[Model, ...]] = {
    "skip-gram": (kv.SkipGram(), kv.SkipGram(negative=1)),
    "CBOW": (kv.CBOW(), kv.CBOW(negative=1)),
}
RATES = {"skip-gram": (0.025, 0.1), "CBOW": (0.05, 0.1, 0.5)}


def tied(model: Model, **options: float) -> Model:
    """Return the model with one matrix."""
    return replace(model, tied=True, representation="input", **options)


def readings(run: kv.Run) -> dict[str, npt.NDArray[np.float32]]:
    """Return every matrix that may stand for the words."""
    w_in, w_out = run.input_vectors.matrix, run.output_vectors.matrix
    if run.model.tied:
        return {"tied": w_in}
    return {
        "input": w_in,
        "output": w_out,
        "sum or mean": w_in + w_out,
        "blend": w_in + w_out * np.float32(BLENDED),
        "concatenate": np.hstack([w_in, w_out]),
    }


def score(model: Model, corpus: kv.Corpus, seeds: int) -> dict[str, list[dict[str, float]]]:
    """Return the scores of each reading, one set for each seed."""
    scores: dict[str, list[dict[str, float]]] = {}
    for seed in range(1, seeds + 1):
        run = kv.train(model, corpus, epochs=EPOCHS, seed=seed)
        for name, matrix in readings(run).items():
            found = quality.measure(list(run.vectors.words), matrix, DATA / "eval" / "en")
            scores.setdefault(name, []).append(asdict(found))
    return scores


def print_rows(name: str, model: Model, corpus: kv.Corpus, seeds: int) -> None:
    """Train, and print a row for each reading: mean and standard deviation over the seeds."""
    for reading, found in score(model, corpus, seeds).items():
        cells = []
        for key in SCORES:
            values = [each[key] for each in found]
            spread = f" ± {statistics.stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.3f}{spread}")
        setting = f"{name} | {model.negative} | {model.learning_rate:g}"
        print(f"| {setting} | {reading} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", type=Path, default=DATA / "en_wiki_10m.txt.zst", help="English text")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rates", action="store_true", help="also other learning rates for tied weights")
    options = parser.parse_args()
    for needed in (options.text, DATA / "eval" / "en"):
        if not needed.exists():
            raise SystemExit(f"The table needs {needed}; set KOTOVEC_DATA, or give --text.")
    print(f"| model | negative | rate | matrix | {' | '.join(SCORES)} |")
    print("|---" * (4 + len(SCORES)) + "|")
    with kv.Corpus.open(options.text) as corpus:
        for name, models in MODELS.items():
            for model in models:
                print_rows(name, model, corpus, options.seeds)
                print_rows(name, tied(model), corpus, options.seeds)
                for rate in RATES[name] if options.rates else ():
                    print_rows(name, tied(model, learning_rate=rate), corpus, options.seeds)


if __name__ == "__main__":
    main()
