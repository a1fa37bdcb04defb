"""Chapters 3.5 and 4: skip-gram with negative sampling on a real text, in fifteen seconds; then `eval.py`.

A word in the centre is asked about each of its neighbours, so that a sample costs 2w times what it costs
CBOW; hence the smaller window here. Everything else is as in `train_cbow.py`.
"""

from __future__ import annotations

import argparse

from dataset import at_least_one, load_data
from saving import save

from kotovec.layers import Adam, SkipGram, Trainer, create_contexts_target

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--vocab-size", type=at_least_one, default=3_000, help="keep the most frequent words")
parser.add_argument("--tokens", type=at_least_one, default=600_000, help="read that many words")
parser.add_argument("--epochs", type=at_least_one, default=2)
parser.add_argument("--output", default="skipgram.npz")
arguments = parser.parse_args()

window_size = 2
hidden_size = 50
batch_size = 200

corpus, word_to_id, id_to_word = load_data(arguments.vocab_size, arguments.tokens)
vocab_size = len(word_to_id)
contexts, target = create_contexts_target(corpus, window_size)
print(f"{len(target):,} samples, {vocab_size:,} words; the loss should begin at 4 x 6 ln 2 = 16.6")

model = SkipGram(vocab_size, hidden_size, window_size, corpus, seed=1)
trainer = Trainer(model, Adam(lr=0.005), seed=1, report=print)
trainer.fit(contexts, target, arguments.epochs, batch_size, eval_interval=500)

save(arguments.output, model.word_vecs, id_to_word)
print("saved:", arguments.output)
