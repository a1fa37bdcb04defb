"""Kept tokens and windows: the same as a plain Python walk over the sentences, wherever slices end."""

from __future__ import annotations

import numpy as np
import pytest
from calling import callable_part

from kotovec.engines.cpu.plan import SLICE, Text, new_plan, plan_slice
from kotovec.engines.cpu.random_bits import bits_at, stream_key
from kotovec.engines.cpu.sampling import keep_thresholds

plan_slice, bits_at = callable_part(plan_slice), callable_part(bits_at)
KEY = stream_key(3, 0, 0)
WORDS = 40


def text_of(lengths, seed=0):
    """A text with sentences of the given lengths, skewed so that subsampling has work to do."""
    rng = np.random.default_rng(seed)
    ids = np.minimum(rng.geometric(0.15, sum(lengths)) - 1, WORDS - 1).astype(np.int32)
    counts = np.bincount(ids, minlength=WORDS) + 1
    nothing = np.zeros(0)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return Text(ids, offsets, keep_thresholds(counts, 0.02), nothing, nothing)


def oracle(text, window):
    """Return {position: (word id, words before, words after)} of every kept token, sentence by sentence."""
    found = {}
    for start, end in zip(text.sentence_offsets[:-1], text.sentence_offsets[1:], strict=True):
        kept = []
        for position in range(start, end):
            bits = int(bits_at(KEY, position))
            if bits >> 32 <= int(text.keep[text.token_ids[position]]):
                kept.append((position, 1 + ((bits & 0xFFFFFFFF) * window >> 32)))
        for at, (position, reach) in enumerate(kept):
            before, after = min(reach, at), min(reach, len(kept) - 1 - at)
            found[position] = (int(text.token_ids[position]), before, after)
    return found


TEXTS = {
    "one sentence over three slices": [2 * SLICE + 100],
    "sentences of every small length, empty ones too": [n % 9 for n in range(3000)],
    "long and short": [7000, 1, 0, 0, 3, 2500, 1, 1, 9000, 2],
    "a sentence that ends with its slice": [SLICE, 50, SLICE - 50, 3],
    "empty sentences at both ends": [0, 0, 30, 0, 40, 0, 0],
}


@pytest.mark.parametrize("window", [1, 5, 30])
@pytest.mark.parametrize("lengths", TEXTS.values(), ids=TEXTS.keys())
def test_every_slice_agrees_with_the_sentences(lengths, window):
    text = text_of(lengths)
    truth = oracle(text, window)
    words_in_order = [truth[position][0] for position in sorted(truth)]
    plan, seen = new_plan(window), 0
    for row, first in enumerate(range(0, len(text.token_ids), SLICE)):
        last = min(first + SLICE, len(text.token_ids))
        plan_slice(text, plan, row, first, last, window, KEY)
        expected = [truth[position] for position in range(first, last) if position in truth]
        centres = slice(window, window + int(plan.centres[row]))
        got = zip(plan.kept[row, centres], plan.left[row, centres], plan.right[row, centres], strict=True)
        assert [tuple(map(int, each)) for each in got] == expected
        # Around the centres stand their neighbours, as far as the plan says.
        low, high = int(plan.low[row]), int(plan.high[row])
        start = seen - (window - low)
        assert plan.kept[row, low:high].tolist() == words_in_order[start : start + high - low]
        for at in range(centres.start, centres.stop):
            assert at - plan.left[row, at] >= low
            assert at + plan.right[row, at] < high
        seen += int(plan.centres[row])
    assert seen == len(truth)


def test_an_empty_slice_has_no_centres():
    plan = new_plan(5)
    plan.centres[0] = 99
    plan_slice(text_of([10]), plan, 0, 8192, 10, 5, KEY)
    assert plan.centres[0] == 0
