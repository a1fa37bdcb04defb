"""From token ids to kept tokens and their windows, one slice of the text at a time.

A slice is a fixed span of positions in the corpus. Whatever is random about a position (is the token
kept, how wide is its window) depends only on (seed, epoch, position), so a slice can be planned by any
worker at any time. Sentences follow one another without gaps: a window simply ends where its sentence
does, and short sentences cost as little as long ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kotovec.engines.cpu.compiling import helper
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.random_bits import below, bits_at, high_half, low_half

SLICE = 8192
"""The most positions in one slice; a short text is cut into SLICES shorter ones."""
SLICES = 16
"""Slices planned together, a block."""


def slice_length(tokens: int) -> int:
    """Return the positions in one slice of a text of so many tokens."""
    return min(SLICE, -(-tokens // SLICES))


class Text(NamedTuple):
    """What the corpus and the vocabulary say, N tokens, S sentences, V words."""

    token_ids: Any  # int32 (N,)
    sentence_offsets: Any  # int64 (S + 1,)
    keep: Any  # uint32 (V,), see sampling.keep_thresholds
    negative_ends: Any  # uint32 (V + LANES,), see sampling.negative_ladder
    negative_guide: Any  # int32 (2 ** GUIDE_BITS,)


class Plan(NamedTuple):
    """The kept tokens of SLICES slices, L = SLICE + 2 * window + LANES.

    The centres of slice s are kept[s, window : window + centres[s]]; around them, in
    kept[s, low[s] : high[s]], stand the kept tokens of the same sentences that their windows may reach.
    """

    kept: Any  # int32 (SLICES, L), word ids
    left: Any  # int16 (SLICES, L), context words before each centre
    right: Any  # int16 (SLICES, L), context words after each centre
    low: Any  # int64 (SLICES,)
    high: Any  # int64 (SLICES,)
    centres: Any  # int64 (SLICES,)


def new_plan(window: int) -> Plan:
    """Return an empty plan for windows of up to `window` tokens on each side."""
    length = SLICE + 2 * window + LANES  # whole vectors may be read from any centre on
    return Plan(
        kept=np.zeros((SLICES, length), np.int32),
        left=np.zeros((SLICES, length), np.int16),
        right=np.zeros((SLICES, length), np.int16),
        low=np.zeros(SLICES, np.int64),
        high=np.zeros(SLICES, np.int64),
        centres=np.zeros(SLICES, np.int64),
    )


@helper
def _is_kept(text: Text, key: np.uint64, position: int) -> bool:
    draw = high_half(bits_at(key, position))
    return draw <= np.uint64(text.keep[text.token_ids[position]])


@helper
def _end_sentence(plan: Plan, row: int, start: int, end: int, window: int) -> None:
    """Cut the windows that would reach past `end`, the place after the sentence's last kept token."""
    for at in range(max(start, end - window), end):
        plan.right[row, at] = min(plan.right[row, at], np.int16(end - 1 - at))


@helper
def _sentence_at(offsets: np.ndarray, position: int) -> int:
    """Return the sentence that holds `position`; empty ones hold none."""
    low, high = 0, len(offsets) - 1  # offsets[low] <= position < offsets[high]
    while high - low > 1:
        middle = (low + high) // 2
        if offsets[middle] <= position:
            low = middle
        else:
            high = middle
    return low


@helper
def plan_slice(text: Text, plan: Plan, row: int, first: int, last: int, window: int, key: np.uint64) -> None:
    """Fill row `row` of the plan from the positions first .. last - 1 of the corpus."""
    plan.centres[row] = 0
    plan.low[row] = window
    plan.high[row] = window
    if first >= last:
        return
    offsets = text.sentence_offsets
    sentence = _sentence_at(offsets, first)

    start = window
    position = first - 1
    while position >= offsets[sentence] and start > 0:
        if _is_kept(text, key, position):
            start -= 1
            plan.kept[row, start] = text.token_ids[position]
        position -= 1
    plan.low[row] = start

    # The fields of a borrowed bundle are read anew after every store; these are read once.
    token_ids, keep = text.token_ids, text.keep
    kept, left, right = plan.kept[row], plan.left[row], plan.right[row]
    # Unsigned: a signed place may be counted from the end, and ruling that out takes four instructions.
    at = np.uint64(window)
    sentence_end = offsets[sentence + 1]
    for position in range(first, last):
        while position == sentence_end:
            _end_sentence(plan, row, max(start, window), np.int64(at), window)
            start = int(np.int64(at))  # signed: with an unsigned one differences would be floats
            sentence += 1
            sentence_end = offsets[sentence + 1]
        bits = bits_at(key, position)
        word_id = token_ids[np.uint64(position)]
        # Whether a token is kept nobody can predict: so all is written, and kept by going on.
        reach = 1 + below(low_half(bits), window)
        kept[at] = word_id
        left[at] = min(reach, np.int64(at) - start)
        right[at] = reach
        at += np.uint64(high_half(bits) <= np.uint64(keep[np.uint64(word_id)]))
    end = np.int64(at)
    plan.centres[row] = end - window

    position = last
    while position < sentence_end and end < at + window:
        if _is_kept(text, key, position):
            plan.kept[row, end] = text.token_ids[position]
            end += 1
        position += 1
    plan.high[row] = end
    _end_sentence(plan, row, max(start, window), end, window)
