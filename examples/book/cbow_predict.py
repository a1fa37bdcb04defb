"""Chapter 3: what CBOW predicts before it has learned anything, a line at a time.

Two context words go in as one-hot vectors; MatMul picks a row of W_in for each, h is the mean of the two
rows, and h @ W_out is a score for each of the seven words.
"""

from __future__ import annotations

import numpy as np

from kotovec.layers import MatMul, softmax

c0 = np.array([[1, 0, 0, 0, 0, 0, 0]])  # "you", the word before
c1 = np.array([[0, 0, 1, 0, 0, 0, 0]])  # "goodbye", the word behind

rng = np.random.default_rng(1)
W_in = rng.standard_normal((7, 3))
W_out = rng.standard_normal((3, 7))

in_layer0, in_layer1, out_layer = MatMul(W_in), MatMul(W_in), MatMul(W_out)
h0 = in_layer0.forward(c0)
h1 = in_layer1.forward(c1)
h = 0.5 * (h0 + h1)
s = out_layer.forward(h)

print("c0 @ W_in is row 0 of W_in:", h0.round(2), W_in[0].round(2))
print("c1 @ W_in is row 2 of W_in:", h1.round(2), W_in[2].round(2))
print("h, their mean:", h.round(2))
print("scores of the seven words:", s.round(2))
print("as probabilities:", softmax(s).round(2))

# A third context, "and": h is the mean of three rows, and nothing else changes.
c2 = np.array([[0, 0, 0, 1, 0, 0, 0]])
h = (h0 + h1 + MatMul(W_in).forward(c2)) / 3
print("probabilities from three contexts:", softmax(out_layer.forward(h)).round(2))
