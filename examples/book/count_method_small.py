"""Chapter 2: counting. From "You say goodbye and I say hello." to word vectors, and a picture of them."""

from __future__ import annotations

from pathlib import Path

from kotovec.layers import canonical_svd, cos_similarity, create_co_matrix, most_similar, ppmi, preprocess

corpus, word_to_id, id_to_word = preprocess("You say goodbye and I say hello.")
vocab_size = len(word_to_id)
C = create_co_matrix(corpus, vocab_size, window_size=1)
print("Counts of neighbours, a row and a column for each of:", ", ".join(word_to_id))
print(C)

cosine = cos_similarity(C[word_to_id["you"]], C[word_to_id["i"]])
print(f"\ncosine of the rows of you and i: {cosine:.4f}")
most_similar("you", word_to_id, id_to_word, C, top=5, report=print)

W = ppmi(C)
print("\nPPMI: how much more often than by chance, as a power of two")
print(W.round(3))

# np.linalg.svd would do; its picture differs from machine to machine, because singular values are in pairs.
U, S, V = canonical_svd(W)
print("\nsingular values:", (S + 0).round(3))
print("word vectors, the first two numbers of each row of U:")
for word, word_id in word_to_id.items():
    print(f"  {word:8}", U[word_id, :2].round(3) + 0)

try:
    import matplotlib
except ImportError:
    print("\nInstall matplotlib to draw these points: pip install matplotlib")
else:
    matplotlib.use("Agg")  # draws into a file, so that no screen is needed
    import matplotlib.pyplot as plt

    _, axes = plt.subplots()
    axes.scatter(U[:, 0], U[:, 1], alpha=0.5)
    for word, word_id in word_to_id.items():
        axes.annotate(word, (U[word_id, 0], U[word_id, 1]))
    plt.savefig("count_method_small.png")
    print("\ndrawn into", Path("count_method_small.png").resolve())
