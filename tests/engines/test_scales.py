"""The limit on a round's steps counts every question that is asked of a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu.paths import DEPTH, START, new_paths, row_of_step
from kotovec.engines.cpu.scales import LIMIT, MOST_IN_ALL, path_scales, update_scales
from kotovec.layers import HuffmanTree

COUNTS = np.array([500, 300, 200, 90])
MODELS = [
    kv.SkipGram(sample=0, learning_rate=1.0, representation="input"),
    kv.CBOW(sample=0, learning_rate=10.0, representation="input"),
    kv.CBOW(sample=0, learning_rate=10.0, representation="input", cbow_gradient="word2vec"),
]


@pytest.mark.parametrize("model", MODELS, ids=["skipgram", "cbow", "cbow word2vec"])
def test_a_row_with_both_roles_takes_steps_for_both(model):
    apart = update_scales(model, COUNTS, 960)
    tied = update_scales(replace(model, tied=True), COUNTS, 960)
    assert len(apart) == 2 * len(COUNTS) + 1, "all rows must be limited, or this shows nothing"
    np.testing.assert_allclose(1 / tied[:-1], 1 / apart[0:-1:2] + 1 / apart[1:-1:2], rtol=1e-5)
    assert tied[-1] == apart[-1] == 1


def asked_in_a_round(paths, tokens):
    """How many questions a round of so many tokens asks about each row of CBOW with a tree."""
    share, asked = COUNTS / COUNTS.sum(), np.zeros(2 * len(COUNTS))
    asked[: len(COUNTS)] = share * (share @ paths.words[:, DEPTH])
    for word, part in enumerate(share):
        first = paths.words[word, START]
        asked[row_of_step(paths.steps[first : first + paths.words[word, DEPTH]])] += part
    return tokens * asked


def test_the_nodes_of_a_tree_stand_behind_all_words_and_take_steps_for_the_words_beneath_them():
    model, tokens = kv.CBOW(sample=0, learning_rate=10.0, loss="hierarchical_softmax"), 960
    paths = new_paths(HuffmanTree(COUNTS))
    asked, scales = asked_in_a_round(paths, tokens), path_scales(model, COUNTS, paths, tokens, 1)
    assert len(scales) == len(asked), (
        "all rows but the last, which is no node's, must be limited; then comes 1"
    )
    np.testing.assert_allclose(scales[:-1], LIMIT / (10.0 * asked[:-1]), rtol=1e-5)
    assert asked[len(COUNTS)] == pytest.approx(tokens), "everybody visits the root"
    assert scales[-1] == 1


@pytest.mark.parametrize("last", [1e-4, 0.05])
def test_no_row_of_a_tree_takes_more_than_so_many_steps_in_a_whole_training(last):
    tokens, rate, text = 960, 0.05, int(COUNTS.sum())
    model = kv.CBOW(sample=0, learning_rate=rate, last_learning_rate=last, loss="hierarchical_softmax")
    paths = new_paths(HuffmanTree(COUNTS))
    asked = asked_in_a_round(paths, tokens)
    for epochs in (1, 300, 30_000):
        found = path_scales(model, COUNTS, paths, tokens, epochs)
        scales = found[np.minimum(np.arange(len(asked)), len(found) - 1)]
        in_a_round, rounds = scales * rate * asked, epochs * text / tokens
        in_all = in_a_round * rounds * (rate + last) / (2 * rate)
        assert in_a_round.max() <= LIMIT * (1 + 1e-6)
        assert in_all.max() <= MOST_IN_ALL * (1 + 1e-6)
        bound = np.isclose(in_a_round, LIMIT) | np.isclose(in_all, MOST_IN_ALL)
        assert (bound | (scales == 1)).all(), "what neither holds back is left alone"
    assert in_all.max() == pytest.approx(MOST_IN_ALL), "in long trainings it is this that holds"
