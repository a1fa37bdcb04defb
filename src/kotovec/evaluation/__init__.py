"""How good are vectors? Similarity and analogies, with coverage and intervals."""
