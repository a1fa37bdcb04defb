"""Several methods on one corpus, side by side."""
