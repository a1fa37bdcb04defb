"""Chapter 2: counting on a real text: window 2, PPMI, and a randomised SVD to 100 numbers a word."""

from __future__ import annotations

import argparse
import time

from dataset import at_least_one, load_data

from kotovec.layers import create_co_matrix, most_similar, ppmi, randomized_svd

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--vocab-size", type=at_least_one, default=10_000, help="keep the most frequent words")
parser.add_argument("--tokens", type=at_least_one, default=None, help="read that many words; else all")
arguments = parser.parse_args()

window_size = 2
wordvec_size = 100

began = time.perf_counter()
corpus, word_to_id, id_to_word = load_data(arguments.vocab_size, arguments.tokens)
vocab_size = len(word_to_id)
print(f"{len(corpus):,} words of text, {vocab_size:,} different ones: {time.perf_counter() - began:.1f} s")

began = time.perf_counter()
C = create_co_matrix(corpus, vocab_size, window_size)
print(f"counts: {time.perf_counter() - began:.1f} s")

began = time.perf_counter()
W = ppmi(C)
print(f"PPMI of {vocab_size:,} x {vocab_size:,} numbers: {time.perf_counter() - began:.1f} s")

began = time.perf_counter()
components = min(wordvec_size, (vocab_size + 1) // 2)  # with all of them, no word would be like another
U, S, V = randomized_svd(W, n_components=components, n_iter=5, random_state=1)
print(f"SVD: {time.perf_counter() - began:.1f} s")

for query in ("file", "first", "true", "int"):
    if query in word_to_id:  # a small vocabulary may lack one
        most_similar(query, word_to_id, id_to_word, U, top=5, report=print)
