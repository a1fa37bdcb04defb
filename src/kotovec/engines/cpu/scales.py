"""How far a round may move a word: smaller steps for the few words that a round meets many times.

All chunks of a round start from the same parameters. A word that occurs once in a round takes the step
that gradient descent would take; one that occurs fifty times would take fifty such steps at once, all
computed from where it stood before the first, and overshoot. The steps of such words are scaled down so
that a round's expected step sizes add up to LIMIT at most. In a large vocabulary these are some dozens
of function words; in a tiny one they may be all words, and without the limit training diverges.

With hierarchical softmax a second limit, MOST_IN_ALL, holds for all rounds of a training together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kotovec.engines.cpu.chunk import CHUNK
from kotovec.engines.cpu.paths import Paths, mean_depth, node_shares
from kotovec.engines.cpu.sampling import kept_counts, kept_shares
from kotovec.engines.cpu.settling import ROUND
from kotovec.models import SkipGram
from kotovec.models.cbow import CBOW
from kotovec.models.negative_sampling import steady_rate

LIMIT = 1.5
"""Most that learning rate times weight of all questions about a word may be in one round."""

MOST_IN_ALL = 4_000
"""Most steps of a row of hierarchical softmax in a whole training, by rates as they fall. The nodes on the
first levels, and the words that stand beside everything, are asked so often that they have long learned what
they can, and go on changing with every context that comes by."""

TOKENS_FOR_CENTRE = 2_000
"""For every so many tokens of a text its rounds have one centre more, up to LONGEST_ROUNDS."""
SHORT_CHUNK = 60
"""Centres in a chunk where rounds are short: there are two of them at least, for two workers."""
FEWEST_CENTRES = 2 * SHORT_CHUNK
LONG_ROUND = 8 * CHUNK
"""From so many centres on the chunks of a round have CHUNK."""
LONG_TEXT = 5_000_000
"""CBOW has few negatives, and in a text of fewer tokens it notices if more centres share them."""
LONGEST_ROUNDS = {
    ("skipgram", "negative_sampling"): ROUND,
    ("cbow", "negative_sampling"): 12,
    ("skipgram", "hierarchical_softmax"): 10,
    ("cbow", "hierarchical_softmax"): 6,
    ("skipgram", "softmax"): 10,
    ("cbow", "softmax"): 10,
}
"""Chunks in a round of a long text. The more there are, the less often workers wait for one another; but the
rows of a round, those of a tree's nodes among them, and what else a worker needs of it should fit the second
cache. A round of full softmax is one step for all words."""
USUAL_STEPS = {"skipgram": 0.3, "cbow": 0.25}
"""Learning rate times context words of a centre, with the default options; CBOW asks about their mean."""


class Round(NamedTuple):
    """How large the rounds of a training are."""

    chunks: int
    centres: int  # in each chunk

    @property
    def tokens(self) -> int:
        """Return how many centres a round has in all."""
        return self.chunks * self.centres


def round_of(model: SkipGram | CBOW, tokens: int) -> Round:
    """Return how large the rounds are in which `model` learns a text of so many tokens.

    In a short text every step counts, and LIMIT holds back many of them; the fewer tokens a round has, the
    fewer are held back. With a wide window or a high learning rate LIMIT is what keeps words steady, and so
    rounds are longer; above the steady rate they are as long as those of a long text.
    """
    most, sampled = LONGEST_ROUNDS[model.name, model.loss], model.loss == "negative_sampling"
    few_negatives = isinstance(model, CBOW) and sampled and tokens < LONG_TEXT
    contexts = model.window + 1 if isinstance(model, SkipGram) else 1
    steps = max(model.learning_rate * contexts / USUAL_STEPS[model.name], 1.0)
    centres = max(tokens / TOKENS_FOR_CENTRE, FEWEST_CENTRES) * steps**2
    if sampled and model.learning_rate > steady_rate(model):
        centres = ROUND * CHUNK
    if few_negatives or centres < min(LONG_ROUND, most * CHUNK):
        return Round(min(int(centres / SHORT_CHUNK), ROUND), SHORT_CHUNK)
    return Round(min(int(centres / (2 * CHUNK)) * 2, most), CHUNK)  # as many for each of two workers


def most_racing(tokens: int, centres: int) -> int:
    """Return how many workers may run freely in a text of so many tokens, with so many centres in a chunk.

    Each has a chunk of its own at any time, so that what was said of rounds holds for their number.
    """
    return max(tokens // (TOKENS_FOR_CENTRE * centres), 2)


def update_scales(
    model: SkipGram | CBOW, counts: npt.NDArray[np.int64], round_tokens: int
) -> npt.NDArray[np.float32]:
    """Return what the changes of the first rows of W are multiplied by, and 1 for all that follow.

    A window reaches (window + 1) / 2 words to each side on average. The kept tokens of a round ask, of
    a word with share s of the kept text and share q of the negatives, in expectation:

    - skip-gram: round_tokens * (window + 1) * s * (1 + K) questions of its row in w_in, and
      round_tokens * (window + 1) * (s + K * q) of its row in w_out;
    - CBOW: round_tokens * s * (1 + K) of w_in (times window + 1 where the gradient is not divided), and
      round_tokens * (s + K * q) of w_out;
    - with tied weights the one row of a word is asked both.
    """
    share = kept_shares(counts, model.sample)
    drawn = counts.astype(np.float64) ** model.negative_exponent
    negative_share = drawn / drawn.sum()
    asked_in = round_tokens * share * (1 + model.negative)
    asked_out = round_tokens * (share + model.negative * negative_share)
    return _limited(model, asked_in, asked_out)


def path_scales(
    model: SkipGram | CBOW, counts: npt.NDArray[np.int64], paths: Paths, round_tokens: int, epochs: int
) -> npt.NDArray[np.float32]:
    """Return the same for hierarchical softmax: words first and then nodes, see paths.py.

    A word's row in w_in is asked as many questions as a path has nodes on average, and a node one for each
    word beneath it. In all rounds together no row takes more than MOST_IN_ALL steps.
    """
    share = kept_shares(counts, model.sample)
    asked_in = round_tokens * share * mean_depth(paths, share)
    asked_out = round_tokens * node_shares(paths, share)
    rounds = epochs * kept_counts(counts, model.sample).sum() / round_tokens
    falling = (1 + model.last_learning_rate / model.learning_rate) / 2
    limit = min(LIMIT, MOST_IN_ALL / (rounds * falling))
    return _limited(model, asked_in, asked_out, limit, interleaved=False)


def softmax_scales(
    model: SkipGram | CBOW, counts: npt.NDArray[np.int64], round_tokens: int
) -> npt.NDArray[np.float32]:
    """Return the same for full softmax, which asks about the right word and, by shares, about all words.

    The shares of all words sum to one, and on average each word's is that of its own share of the text.
    """
    asked_in = asked_out = 2 * round_tokens * kept_shares(counts, model.sample)
    return _limited(model, asked_in, asked_out)


def _limited(
    model: SkipGram | CBOW,
    asked_in: npt.NDArray[Any],
    asked_out: npt.NDArray[Any],
    limit: float = LIMIT,
    *,
    interleaved: bool = True,
) -> npt.NDArray[np.float32]:
    """Return what brings the steps of each row down to a limit, to the last row that needs it, and then 1.

    The two rows of a word stand in W side by side, or not `interleaved`, see paths.py.

    Questions are counted once for each centre; skip-gram asks them for every word of the window, and so does
    CBOW of its inputs where the gradient is not divided.
    """
    contexts = model.window + 1
    if isinstance(model, SkipGram):
        asked_in, asked_out = asked_in * contexts, asked_out * contexts
    elif model.cbow_gradient == "word2vec":
        asked_in = asked_in * contexts
    if model.tied:
        asked = asked_in + asked_out
    elif interleaved:
        asked = np.column_stack([asked_in, asked_out]).ravel()
    else:
        asked = np.concatenate([asked_in, asked_out])
    steps = model.learning_rate * asked
    last = np.flatnonzero(steps > limit).max(initial=-1)
    return np.append(limit / np.maximum(limit, steps[: last + 1]), 1.0).astype(np.float32)
