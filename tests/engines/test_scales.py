"""The limit on a round's steps counts every question that is asked of a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu.paths import DEPTH, START, new_paths, row_of_step
from kotovec.engines.cpu.scales import LIMIT, path_scales, update_scales
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


def test_the_nodes_of_a_tree_stand_behind_all_words_and_take_steps_for_the_words_beneath_them():
    model, tokens = kv.CBOW(sample=0, learning_rate=10.0, loss="hierarchical_softmax"), 960
    share, paths = COUNTS / COUNTS.sum(), new_paths(HuffmanTree(COUNTS))
    asked = np.zeros(2 * len(COUNTS))
    asked[: len(COUNTS)] = share * (share @ paths.words[:, DEPTH])
    for word, part in enumerate(share):
        first = paths.words[word, START]
        asked[row_of_step(paths.steps[first : first + paths.words[word, DEPTH]])] += part
    scales = path_scales(model, COUNTS, paths, tokens)
    assert len(scales) == len(asked), (
        "all rows but the last, which is no node's, must be limited; then comes 1"
    )
    np.testing.assert_allclose(scales[:-1], LIMIT / (10.0 * tokens * asked[:-1]), rtol=1e-5)
    assert asked[len(COUNTS)] == pytest.approx(1), "everybody visits the root"
    assert scales[-1] == 1
