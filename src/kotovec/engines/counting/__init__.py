"""Counting: who occurs with whom, and what a decomposition keeps of it."""
