"""One training with gensim, as its users write it; prints what happened as one line of JSON."""

from __future__ import annotations

import argparse
import json
import time

from gensim.models import Word2Vec
from gensim.models.callbacks import CallbackAny2Vec


class EpochTimes(CallbackAny2Vec):
    """The seconds that each epoch took, without the reading of the vocabulary before."""

    def __init__(self) -> None:
        """Start with no epochs."""
        self.seconds: list[float] = []
        self.started = 0.0

    def on_epoch_begin(self, model: Word2Vec) -> None:
        """Note the time."""
        self.started = time.perf_counter()

    def on_epoch_end(self, model: Word2Vec) -> None:
        """Note the time since."""
        self.seconds.append(time.perf_counter() - self.started)


def main() -> None:
    """Train, save, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", help="a plain text file, a sentence a line")
    parser.add_argument("-o", "--output", required=True, help="word2vec binary file to write")
    parser.add_argument("--model", choices=("skipgram", "cbow"), required=True)
    parser.add_argument(
        "--loss", choices=("negative_sampling", "hierarchical_softmax"), default="negative_sampling"
    )
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--vector-size", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    times = EpochTimes()
    model = Word2Vec(
        corpus_file=options.text,
        vector_size=options.vector_size,
        window=5,
        negative=5 if options.loss == "negative_sampling" else 0,
        hs=int(options.loss == "hierarchical_softmax"),
        sample=1e-3,
        min_count=5,
        sg=int(options.model == "skipgram"),
        alpha=options.learning_rate,
        epochs=options.epochs,
        workers=options.workers,
        seed=options.seed,
        callbacks=[times],
    )
    model.wv.save_word2vec_format(options.output, binary=True)
    tokens = model.corpus_total_words * options.epochs
    print(json.dumps({"words_per_second": tokens / sum(times.seconds)}))


if __name__ == "__main__":
    main()
