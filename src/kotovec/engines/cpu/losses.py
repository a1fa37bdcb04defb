"""What each loss brings to the engine: tables beside the text, buffers, lists of rows, and limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from kotovec.corpus import Corpus
from kotovec.engines.cpu.amx import has_tiles
from kotovec.engines.cpu.bfloat import has_quick_bfloat
from kotovec.engines.cpu.cbow import cbow_halves, new_cbow_scratch
from kotovec.engines.cpu.chunk import (
    Visits,
    first_half,
    first_negative,
    listed_rows,
    no_visits,
)
from kotovec.engines.cpu.hierarchical_cbow import hierarchical_cbow_visits, new_hierarchical_cbow_scratch
from kotovec.engines.cpu.hierarchical_skipgram import (
    hierarchical_skipgram_visits,
    new_hierarchical_skipgram_scratch,
)
from kotovec.engines.cpu.lanes import has_one_cache
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.paths import TreeText, mean_depth, new_paths, tree_rows
from kotovec.engines.cpu.plan import Text
from kotovec.engines.cpu.rounded_cbow import new_rounded_cbow, rounded_cbow_halves
from kotovec.engines.cpu.rounded_skipgram import new_rounded_skipgram, rounded_skipgram_halves
from kotovec.engines.cpu.sampling import keep_thresholds, kept_shares, negative_ladder
from kotovec.engines.cpu.scales import path_scales, softmax_scales, update_scales
from kotovec.engines.cpu.settling import PARTS
from kotovec.engines.cpu.skipgram_buffers import new_skipgram_scratch, skipgram_halves
from kotovec.engines.cpu.skipgram_tree_halves import skipgram_tree_halves
from kotovec.engines.cpu.tiled_cbow import new_tiled_cbow, tiled_cbow_halves
from kotovec.engines.cpu.tiled_skipgram import new_tiled_skipgram
from kotovec.engines.cpu.tree_halves import tree_halves
from kotovec.layers import HuffmanTree
from kotovec.models import CBOW, SkipGram

_WIDEST_ROUNDED = 16
"""The widest window with which CBOW is faster in bfloat16: there its cost grows with the window, see
window_gradients.py, and in float32 it does not. Measured, 4 % faster with 15 and 6 % slower with 20."""


def new_text(model: SkipGram | CBOW, corpus: Corpus) -> Text | TreeText:
    """Return the corpus with the tables that the model's loss needs."""
    counts = np.asarray(corpus.vocabulary.counts)
    token_ids, offsets = np.asarray(corpus.token_ids), np.asarray(corpus.sentence_offsets)
    keep = keep_thresholds(counts, model.sample)
    if model.loss == "hierarchical_softmax":
        return TreeText(token_ids, offsets, keep, new_paths(HuffmanTree(counts)))
    ends, guide = negative_ladder(counts.astype(np.float64) ** model.negative_exponent)
    return Text(token_ids, offsets, keep, ends, guide)


def new_scales(
    model: SkipGram | CBOW,
    text: Text | TreeText,
    counts: npt.NDArray[np.int64],
    round_tokens: int,
    epochs: int,
) -> npt.NDArray[np.float32]:
    """Return what the changes of rows of W are multiplied by in rounds of so many tokens, see scales.py."""
    if isinstance(text, TreeText):
        return path_scales(model, counts, text.paths, round_tokens, epochs)
    scales = softmax_scales if model.loss == "softmax" else update_scales
    return scales(model, counts, round_tokens)


def rows_of_list(model: SkipGram | CBOW, text: Text | TreeText) -> tuple[int, int]:
    """Return R, the length of a chunk's list of rows, and where the negatives begin in it."""
    if isinstance(text, TreeText):
        return tree_rows(model.window), tree_rows(model.window)
    return listed_rows(model.window, model.shared_negatives), first_negative(model.window)


def new_mean(model: SkipGram | CBOW, width: int) -> Any:
    """Return room for the mean of all rows that negatives are drawn from, where the model turns to it."""
    turns = isinstance(model, SkipGram) and model.loss == "negative_sampling"
    return new_matrix(int(turns), width, np.float32)


def can_be_halved(model: SkipGram | CBOW) -> bool:
    """Return whether two workers learn half of the columns each.

    Skip-gram's two would hand over so much to each other that it is faster to share whole rows, where the
    cores are never far apart; and there are no halves of what is learned in tiles.
    """
    if model.loss == "softmax" or first_half(model.vector_size) >= model.vector_size:
        return False
    sampled = isinstance(model, SkipGram) and model.loss == "negative_sampling"
    return not (sampled and (has_one_cache() or has_tiles()))


def can_be_rounded(model: SkipGram | CBOW) -> bool:
    """Return whether the CPU has something faster than float32 for the model's products."""
    if model.loss == "softmax":
        return False
    if model.loss == "hierarchical_softmax":
        return isinstance(model, SkipGram) and has_quick_bfloat()
    narrow = isinstance(model, SkipGram) or model.window <= _WIDEST_ROUNDED
    return narrow and (has_tiles() or has_quick_bfloat())


def new_halves(
    model: SkipGram | CBOW, text: Text | TreeText, slots: int, *, rounded: bool
) -> tuple[Any, Any]:
    """Return the buffers of two workers that learn half of the columns each.

    `rounded` says that products are made of bfloat16, for models that can be rounded.
    """
    window, size = model.window, model.vector_size
    divide = isinstance(model, CBOW) and model.cbow_gradient == "exact"
    if isinstance(text, TreeText):
        columns = first_half(size), size - first_half(size)
        if isinstance(model, SkipGram):
            return skipgram_tree_halves(window, text.paths, columns, slots, np.float32, rounded=rounded)
        return tree_halves(window, divide, text.paths, columns, slots, np.float32)
    if isinstance(model, SkipGram):
        if rounded:
            return rounded_skipgram_halves(window, model.shared_negatives, size, slots)
        return skipgram_halves(window, model.shared_negatives, size, slots, np.float32)
    if rounded:
        if has_tiles():
            return tiled_cbow_halves(window, divide, model.shared_negatives, size, slots)
        return rounded_cbow_halves(window, divide, model.shared_negatives, size, slots)
    return cbow_halves(window, divide, model.shared_negatives, size, slots, np.float32)


def new_scratch(model: SkipGram | CBOW, text: Text | TreeText, *, rounded: bool) -> Any:
    """Return one worker's buffers; their type says which kernel it runs. For `rounded`, see new_halves."""
    window, size = model.window, model.vector_size
    divide = isinstance(model, CBOW) and model.cbow_gradient == "exact"
    if isinstance(text, TreeText):
        if isinstance(model, SkipGram):
            return new_hierarchical_skipgram_scratch(window, text.paths, size, np.float32, rounded=rounded)
        return new_hierarchical_cbow_scratch(window, divide, text.paths, size, np.float32)
    if isinstance(model, SkipGram):
        if rounded:
            if has_tiles():
                return new_tiled_skipgram(window, model.shared_negatives, size)
            return new_rounded_skipgram(window, model.shared_negatives, size, first_half(size))
        return new_skipgram_scratch(window, model.shared_negatives, size, first_half(size), np.float32)
    if rounded:
        if has_tiles():
            return new_tiled_cbow(window, divide, model.shared_negatives, size, first_half(size))
        return new_rounded_cbow(window, divide, model.shared_negatives, size, first_half(size))
    return new_cbow_scratch(window, divide, model.shared_negatives, size, first_half(size), np.float32)


def visits_for(
    model: SkipGram | CBOW, text: Text | TreeText, slots: int, width: int, *, rounded: bool
) -> Visits:
    """Return room for what the chunks of so many slots say about nodes; nothing, where there are none."""
    if not isinstance(text, TreeText):
        return no_visits(width, np.float32)
    if isinstance(model, SkipGram):
        window, paths = model.window, text.paths
        return hierarchical_skipgram_visits(slots, window, paths, width, np.float32, rounded=rounded)
    return hierarchical_cbow_visits(slots, text.paths, width, np.float32)


def shares_of_adding(text: Text | TreeText, workers: int) -> int:
    """Return how many shares the changes of a round are added in; PARTS is a multiple of it.

    The more there are, the sooner all workers are done. But where there is a tree, each share goes through
    all centres once more.
    """
    return workers if isinstance(text, TreeText) and workers <= 2 else PARTS


def input_questions(model: SkipGram | CBOW, text: Text | TreeText, counts: npt.NDArray[np.int64]) -> float:
    """Return how many questions an input row is asked where an output row is asked one."""
    questions = 1.0 + model.negative
    if isinstance(text, TreeText):
        questions = mean_depth(text.paths, kept_shares(counts, model.sample))
    undivided = isinstance(model, CBOW) and model.cbow_gradient == "word2vec"
    return questions * (model.window + 1) if undivided else questions


def untrained_loss(model: SkipGram | CBOW, text: Text | TreeText, counts: npt.NDArray[np.int64]) -> float:
    """Return the loss per positive pair of vectors that know nothing, all of whose products are 0."""
    if isinstance(text, TreeText):
        return math.log(2) * mean_depth(text.paths, kept_shares(counts, model.sample))
    return math.log(len(counts)) if model.loss == "softmax" else math.log(2) * (1 + model.negative)
