"""Chapter 4: why `np.sum(target_W * h, axis=1)` is the score that goes into the sigmoid."""

from __future__ import annotations

import numpy as np

from kotovec.layers import EmbeddingDot, SigmoidWithLoss, sigmoid

W = np.arange(21.0).reshape(7, 3)  # (V, H), one output vector per word
h = np.arange(9.0).reshape(3, 3)  # (N, H), one hidden vector per sample
idx = np.array([0, 3, 1])  # (N,), the word that each sample is asked about

print("Each sample is asked one question: is this the word? Three samples, words", idx)
target_W = W[idx]  # noqa: N816 - the book's name
products = target_W * h
for n in range(len(idx)):
    print(f"\nsample {n}: target_W[{n}] = {target_W[n]}, h[{n}] = {h[n]}")
    print(f"  products, element by element: {products[n]}")
    written = " + ".join(f"{product:g}" for product in products[n])
    print(f"  their sum is the dot product: {written} = {products[n].sum():g}")

print("\nRows are samples, columns the elements of a vector. Summed along axis 1, each row gives its score:")
print("  np.sum(target_W * h, axis=1) =", np.sum(products, axis=1))
print("Summed along axis 0, numbers of different samples would be mixed:", np.sum(products, axis=0))

print("\nThe whole product h @ W.T has a score for each of the 7 words; a sample needs only its own:")
for n, row in enumerate(h @ W.T):
    print(f"  {row}   word {idx[n]}: {row[idx[n]]:g}")
layer = EmbeddingDot(W)
print("EmbeddingDot(W).forward(h, idx) =", layer.forward(h, idx))

scores = np.array([5.0, 0.0, -5.0])
print("\nThe sigmoid turns a score into the probability of yes:", scores, "->", sigmoid(scores).round(4))
print("A loss compares it with the answer. The score 5 costs")
print(f"  {SigmoidWithLoss().forward(scores[:1], [1]):.4f} where the answer is yes (1, the target)")
print(f"  {SigmoidWithLoss().forward(scores[:1], [0]):.4f} where the answer is no (0, a negative sample)")
