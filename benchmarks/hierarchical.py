"""Hierarchical softmax beside gensim's (hs=1, negative=0): speed and quality, as ratios measured in one run.

    python benchmarks/hierarchical.py              words a second, one epoch, taking turns
    python benchmarks/hierarchical.py --quality    also five epochs of each, scored

Text, options and turns are those of compare.py. gensim is scored at both of its usual learning rates.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from compare import DATA, Contender, compare_speed, corpus_text, describe_machine, print_scores, speed_parser

LOSS = ("--loss", "hierarchical_softmax")
MODELS = ("skipgram", "cbow")


def gensim(model: str, rate: str) -> Contender:
    """Return gensim with hierarchical softmax at a learning rate."""
    return Contender(
        name=f"gensim, rate {rate}", tool="gensim", model=model, options=(*LOSS, "--learning-rate", rate)
    )


def kotovec(model: str) -> Contender:
    """Return kotovec with hierarchical softmax."""
    return Contender(name="kotovec", tool="kotovec", model=model, options=LOSS)


def main() -> None:
    """Print the tables that the command line asks for."""
    parser = speed_parser(__doc__)
    parser.add_argument("--quality", action="store_true", help="also train five epochs of each, and score")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = corpus_text(options.text, folder)
        print(f"{describe_machine(text)}\n")
        print("| model | tool | words/s while training | times gensim, median (range) |\n|---|---|---|---|")
        how = {"rounds": options.rounds, "workers": options.workers}
        for model in MODELS:
            compare_speed(text, folder, gensim(model, "0.05"), (kotovec(model),), **how)
        if not options.quality:
            return
        if not (DATA / "eval" / "en").exists():
            raise SystemExit(f"The quality table needs the English test sets in {DATA / 'eval' / 'en'}.")
        print("\n| model | tool | analogies | WS353-SIM | WS353-REL | SimLex |\n|---|---|---|---|---|---|")
        for model in MODELS:
            for contender in (gensim(model, "0.025"), gensim(model, "0.05"), kotovec(model)):
                print_scores(contender, text, folder, seeds=options.seeds, workers=options.workers)


if __name__ == "__main__":
    main()
