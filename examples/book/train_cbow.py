"""Chapter 4: CBOW with negative sampling on a real text, in twenty seconds; `eval.py` asks what it learned.

The book trains with 100 numbers a word, mini-batches of 100 and Adam(0.001) for hours. Here are half as
many numbers, larger mini-batches and larger steps. `kotovec train` does the whole in seconds.
"""

from __future__ import annotations

import argparse

from dataset import at_least_one, load_data
from saving import save

from kotovec.layers import CBOW, Adam, Trainer, create_contexts_target

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--vocab-size", type=at_least_one, default=3_000, help="keep the most frequent words")
parser.add_argument("--tokens", type=at_least_one, default=800_000, help="read that many words")
parser.add_argument("--epochs", type=at_least_one, default=3)
parser.add_argument("--output", default="cbow.npz")
arguments = parser.parse_args()

window_size = 5
hidden_size = 50
batch_size = 200

corpus, word_to_id, id_to_word = load_data(arguments.vocab_size, arguments.tokens)
vocab_size = len(word_to_id)
contexts, target = create_contexts_target(corpus, window_size)
print(f"{len(target):,} samples, {vocab_size:,} words; the loss should begin at 6 ln 2 = 4.16")

model = CBOW(vocab_size, hidden_size, window_size, corpus, seed=1)
trainer = Trainer(model, Adam(lr=0.005), seed=1, report=print)
trainer.fit(contexts, target, arguments.epochs, batch_size, eval_interval=500)

save(arguments.output, model.word_vecs, id_to_word)
print("saved:", arguments.output)
