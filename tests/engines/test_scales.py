"""The limit on a round's steps counts every question that is asked of a row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import kotovec as kv
from kotovec.engines.cpu.scales import update_scales

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
