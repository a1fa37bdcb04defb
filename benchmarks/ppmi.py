"""kotovec's PPMISVD beside the same method written with SciPy and scikit-learn, as ratios in one run.

    python benchmarks/ppmi.py              some minutes
    python benchmarks/ppmi.py --rounds 5

The peer is what a competent user of scipy.sparse writes after Levy, Goldberg and Dagan (2015): for each
distance a sparse matrix of pairs, their sum, its PPMI, and scikit-learn's randomized_svd. It needs
scikit-learn, which kotovec does not: pip install scikit-learn. Both begin from the same word ids, so that
reading is in neither time; the runs of the two alternate, because the speed of a machine drifts. Seconds of
the processor stand beside those of the clock, because the peer leaves cores idle.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse

import kotovec as kv
from compare import DATA, corpus_text
from quality import measure


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What one run took, in seconds."""

    count: float
    decompose: float
    clock: float
    processor: float


def thinned(
    corpus: kv.Corpus, sample: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ids that word2vec's subsampling keeps, and the number of the sentence of each."""
    counts = corpus.vocabulary.counts
    ratio = sample * counts.sum() / counts
    keep = np.minimum(np.sqrt(ratio) + ratio, 1)
    sentence = np.repeat(np.arange(len(corpus.sentence_offsets) - 1), np.diff(corpus.sentence_offsets))
    kept = generator.random(len(corpus)) < keep[corpus.token_ids] if sample else slice(None)
    return corpus.token_ids[kept], sentence[kept]


def counted(ids: np.ndarray, sentence: np.ndarray, words: int, window: int) -> scipy.sparse.csr_matrix:
    """Return the co-occurrences with dynamic window weights, (V, V)."""
    total = scipy.sparse.csr_matrix((words, words), dtype=np.float64)
    for distance in range(1, window + 1):
        together = sentence[distance:] == sentence[:-distance]
        left, right = ids[:-distance][together], ids[distance:][together]
        weights = np.full(len(left), (window - distance + 1) / window)
        total = total + scipy.sparse.coo_matrix((weights, (left, right)), shape=(words, words)).tocsr()
    return (total + total.T).tocsr()


def peer(corpus: kv.Corpus, model: kv.PPMISVD, seed: int) -> tuple[np.ndarray, float]:
    """Return W, (V, H), and the seconds of counting."""
    from sklearn.utils.extmath import randomized_svd

    started = time.perf_counter()
    ids, sentence = thinned(corpus, model.sample, np.random.default_rng(seed))
    C = counted(ids, sentence, len(corpus.vocabulary), model.window)
    seconds = time.perf_counter() - started
    words = np.maximum(np.asarray(C.sum(axis=1)).ravel(), 1e-300)
    contexts = words**model.context_smoothing
    M = C.tocoo()
    values = np.log(M.data * contexts.sum() / (words[M.row] * contexts[M.col])) - np.log(model.shift)
    above = values > 0
    M = scipy.sparse.csr_matrix(
        (values[above].astype(np.float32), (M.row[above], M.col[above])), shape=C.shape
    )
    U, S, _ = randomized_svd(M, model.vector_size, random_state=seed)
    return U * S**model.eigenvalue_weight, seconds


def ours(corpus: kv.Corpus, model: kv.PPMISVD, seed: int) -> tuple[np.ndarray, float]:
    """Return W, (V, H), and the seconds of counting."""
    run = kv.train(model, corpus, seed=seed)
    return run.vectors.matrix, run.count_seconds


def timed(
    learn: Callable[[kv.Corpus, kv.PPMISVD, int], tuple[np.ndarray, float]],
    corpus: kv.Corpus,
    model: kv.PPMISVD,
    seed: int,
) -> tuple[np.ndarray, Timing]:
    """Return W and what it took."""
    clock, processor = time.perf_counter(), time.process_time()
    matrix, counting = learn(corpus, model, seed)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return matrix, Timing(count=counting, decompose=clock - counting, clock=clock, processor=processor)


def main() -> None:
    """Print a row for each run, then the ratios and the scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--text", type=Path, help="text, a sentence a line, compressed or not")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sample", type=float, default=kv.PPMISVD().sample)
    options = parser.parse_args()
    model = kv.PPMISVD(sample=options.sample)
    rounds: list[tuple[Timing, Timing]] = []
    folder = DATA / "eval" / "en"
    with tempfile.TemporaryDirectory() as name:
        corpus = kv.Corpus.open(corpus_text(options.text, Path(name)))
        kv.train(model, corpus)  # compiles
        print(f"{corpus}; {model}\n")
        print("| tool | seconds | counting | the rest | of the processor | analogies | SIM | REL |")
        print("|---|---|---|---|---|---|---|---|")
        for seed in range(1, options.rounds + 1):
            row = []
            for title, learn in (("SciPy and scikit-learn", peer), ("kotovec", ours)):
                matrix, took = timed(learn, corpus, model, seed)
                scores = "| | |"
                if folder.exists():
                    found = measure(list(corpus.vocabulary.words), matrix, folder)
                    scores = f"{found.analogies:.3f} | {found.ws353_sim:.3f} | {found.ws353_rel:.3f} |"
                print(
                    f"| {title} | {took.clock:.1f} | {took.count:.1f} | {took.decompose:.1f} | "
                    f"{took.processor:.1f} | {scores}",
                    flush=True,
                )
                row.append(took)
            rounds.append((row[0], row[1]))
    for what in ("clock", "processor", "count", "decompose"):
        ratios = [getattr(theirs, what) / getattr(mine, what) for theirs, mine in rounds]
        print(
            f"{what}: {statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f}), "
            "SciPy and scikit-learn / kotovec"
        )


if __name__ == "__main__":
    main()
