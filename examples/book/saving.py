"""Word vectors in an .npz file: plain arrays, which open anywhere. Opening a pickle may run any program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def save(path: str, word_vecs: npt.NDArray[Any], id_to_word: Mapping[int, str]) -> None:
    """Write the vectors (V, H) and their words."""
    words = np.array([id_to_word[i] for i in range(len(word_vecs))])
    with Path(path).open("wb") as file:  # of a name, savez would make one that ends in .npz
        np.savez(file, word_vecs=word_vecs, words=words)


def load(path: str) -> tuple[npt.NDArray[Any], dict[str, int], dict[int, str]]:
    """Return word_vecs (V, H), word_to_id and id_to_word."""
    if not Path(path).exists():
        raise SystemExit(f"There is no file {path}: run train_cbow.py or train_skipgram.py first.")
    with np.load(path, allow_pickle=False) as file:
        word_vecs, words = file["word_vecs"], file["words"].tolist()
    return word_vecs, {word: i for i, word in enumerate(words)}, dict(enumerate(words))
