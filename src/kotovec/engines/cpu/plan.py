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
from kotovec.engines.cpu.memory import new_array
from kotovec.engines.cpu.random_bits import below, bits_at, high_half, low_half

SLICE = 8192
"""The most positions in one slice; a short text is cut into SLICES shorter ones."""
SLICES = 16
"""Slices planned together, a block."""
_DRAWN = 128
"""Tokens whose random numbers are drawn together, in whole vectors."""


def slice_length(tokens: int) -> int:
    """Return the positions in one slice of a text of so many tokens."""
    return min(SLICE, -(-tokens // SLICES))


class Text(NamedTuple):
    """What the corpus and the vocabulary say, N tokens, S sentences, V words."""

    token_ids: Any  # int32 (N,)
    sentence_offsets: Any  # int64 (S + 1,)
    keep: Any  # uint32 (V,), see sampling.keep_thresholds
    negative_ends: Any  # uint32 (V,), see sampling.negative_ladder
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
    draws: Any  # uint32 (SLICES, _DRAWN), what decides whether a few tokens are kept
    reaches: Any  # int16 (SLICES, _DRAWN), how far their windows reach


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
        draws=new_array((SLICES, _DRAWN), np.uint32),
        reaches=new_array((SLICES, _DRAWN), np.int16),
    )


@helper
def _is_kept(text: Text, key: np.uint64, position: int) -> bool:
    draw = high_half(bits_at(key, position))
    return draw <= np.uint64(text.keep[text.token_ids[position]])


@helper
def _draw(draws: np.ndarray, reaches: np.ndarray, key: np.uint64, first: int, window: int) -> None:
    """Draw the random numbers of the positions from `first` on."""
    for k in range(_DRAWN):
        bits = bits_at(key, first + k)
        draws[k] = np.uint32(high_half(bits))
        reaches[k] = np.int16(1 + below(low_half(bits), window))


@helper
def _keep(
    token_ids: np.ndarray,
    drawn: tuple[np.ndarray, np.ndarray],
    keep: np.ndarray,
    plan: tuple[np.ndarray, np.ndarray, np.ndarray],
    before: int,
) -> int:
    """Write down some tokens of a sentence, if they are kept; return how many are.

    `drawn` are their random numbers and reaches, and `plan` where words, left and right go; `before` of the
    sentence's tokens were kept before. Places are unsigned numbers: none of them is counted from the end.
    """
    (draws, reaches), (kept, left, right) = drawn, plan
    at, already = np.uint64(0), np.int64(before)
    for k in range(np.uint64(len(token_ids))):
        word_id, reach = np.uint64(token_ids[k]), np.int64(reaches[k])
        # Whether a token is kept nobody can predict: so all is written, and kept by going on.
        kept[at] = token_ids[k]
        left[at] = min(reach, already + np.int64(at))
        right[at] = reaches[k]
        at += np.uint64(draws[k] <= keep[word_id])
    return int(at)


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
    draws, reaches = plan.draws[row], plan.reaches[row]
    at = window
    sentence_end, drawn_end, position = offsets[sentence + 1], first, first
    while position < last:
        while position == sentence_end:
            _end_sentence(plan, row, max(start, window), at, window)
            start = at
            sentence += 1
            sentence_end = offsets[sentence + 1]
        if position == drawn_end:
            _draw(draws, reaches, key, position, window)
            drawn_end += _DRAWN
        end, k = min(min(sentence_end, drawn_end), last), _DRAWN - (drawn_end - position)
        drawn = draws[k:], reaches[k:]
        at += _keep(token_ids[position:end], drawn, keep, (kept[at:], left[at:], right[at:]), at - start)
        position = end
    plan.centres[row] = at - window

    end = at
    position = last
    while position < sentence_end and end < at + window:
        if _is_kept(text, key, position):
            plan.kept[row, end] = text.token_ids[position]
            end += 1
        position += 1
    plan.high[row] = end
    _end_sentence(plan, row, max(start, window), end, window)
