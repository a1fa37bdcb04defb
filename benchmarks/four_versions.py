"""One update of skip-gram with negative sampling in NumPy, in Numba, on the layers and by the engine.

Each version takes a `Stretch` of text and changes W_in and W_out, both (V, H), in place: one step of gradient
descent, taken from the parameters as they stood before. docs/one-update-four-speeds.md explains them, and
four_speeds.py times them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from kotovec.engines.cpu.aiming import aim_at_words
from kotovec.engines.cpu.borrowing import borrow
from kotovec.engines.cpu.chunk import (
    Changes,
    Chunk,
    Parameters,
    first_half,
    first_negative,
    list_rows,
    new_changes,
    padded,
)
from kotovec.engines.cpu.claims import new_claims
from kotovec.engines.cpu.compiling import kernel
from kotovec.engines.cpu.lanes import LANES
from kotovec.engines.cpu.memory import new_matrix
from kotovec.engines.cpu.plan import Plan, new_plan
from kotovec.engines.cpu.skipgram_buffers import SkipGramScratch, new_skipgram_scratch
from kotovec.engines.cpu.updating import update_chunk
from kotovec.engines.reference import skipgram_deltas

TILE = 4

# The same freedom as the engine's: sums may be reordered. NaN and infinity stay what they are.
njit: Any = numba.njit(cache=True, fastmath={"reassoc", "contract", "arcp", "nsz"}, error_model="numpy")


class Stretch(NamedTuple):
    """A chunk of T centres, their windows of at most w words on each side, and M shared negatives."""

    kept: Any  # int32 (T + 2w,) word ids, w of them before the first centre and w after the last one
    left: Any  # int64 (T,), context words before each centre
    right: Any  # int64 (T,), context words after each centre
    negatives: Any  # int32 (M,) word ids
    rate: float  # learning rate
    weight: float  # weight of one shared negative for one positive pair, K / M


def layers_chunk(W_in: Any, W_out: Any, s: Stretch) -> None:
    """Version 1: every question apart, on the layers of the book."""
    w = (len(s.kept) - len(s.left)) // 2
    windows = [(0, 0)] * w + list(zip(s.left.tolist(), s.right.tolist(), strict=True))
    update = skipgram_deltas(
        W_in, W_out, s.kept.tolist(), windows, range(w, len(windows)), s.negatives.tolist(),
        learning_rate=s.rate, negative_weight=s.weight,
    )  # fmt: skip
    W_in += update.w_in
    W_out += update.w_out


def numpy_chunk(W_in: Any, W_out: Any, s: Stretch) -> None:
    """Version 2: all questions of a chunk at once, as products of small matrices."""
    T, Q = len(s.left), len(s.kept)
    w = (Q - T) // 2
    centres = s.kept[w : w + T]
    X, Y, N = W_in[centres], W_out[s.kept], W_out[s.negatives]  # (T, H), (Q, H), (M, H)

    distance = np.arange(Q) - w - np.arange(T)[:, None]  # (T, Q), from each centre to each word
    inside = (distance != 0) & (-s.left[:, None] <= distance) & (distance <= s.right[:, None])
    inside = inside.astype(X.dtype)  # 1 where the word is a context of the centre
    asked = inside @ (s.kept[:, None] != s.negatives).astype(X.dtype)  # (T, M), the pairs that ask it

    G_P = s.rate * inside / (1 + np.exp(X @ Y.T))  # (T, Q), the rate times 1 - sigmoid(score)
    G_N = -s.rate * s.weight * asked / (1 + np.exp(-(X @ N.T)))  # (T, M), times sigmoid(score)

    dX, dY, dN = G_P @ Y + G_N @ N, G_P.T @ X, G_N.T @ X
    add_rows(W_in, centres, dX)
    add_rows(W_out, s.kept, dY)
    add_rows(W_out, s.negatives, dN)


def add_rows(W: Any, word_ids: Any, changes: Any) -> None:
    """Add each change to its word's row; a word that stands twice receives both, as in `Embedding`."""
    positions = word_ids.reshape(-1, 1).astype(np.int64) * W.shape[1] + np.arange(W.shape[1])
    np.add.at(W.reshape(-1), positions.reshape(-1), changes.reshape(-1))


@njit
def loop_chunk(W_in: Any, W_out: Any, s: Stretch) -> None:
    """Version 3, first half: one question after the other, in compiled loops."""
    T, Q, M, H = len(s.left), len(s.kept), len(s.negatives), W_in.shape[1]
    w, number = (Q - T) // 2, W_in.dtype.type
    dX, dY, dN = np.zeros((T, H), W_in.dtype), np.zeros((Q, H), W_in.dtype), np.zeros((M, H), W_in.dtype)
    for i in range(T):
        x = W_in[s.kept[w + i]]
        for q in range(w + i - s.left[i], w + i + s.right[i] + 1):
            if q != w + i:
                learn(x, W_out[s.kept[q]], dX[i], dY[q], number(1), number(s.rate))
        for m in range(M):
            step = -s.rate * s.weight * asked_by(s, i, m)
            learn(x, W_out[s.negatives[m]], dX[i], dN[m], number(-1), number(step))
    add_changes(W_in, W_out, s, dX, dY, dN)


@njit
def learn(x: Any, y: Any, dx: Any, dy: Any, sign: Any, step: Any) -> None:
    """Ask one question: the score of rows x and y, and what each of them learns from it."""
    score = x.dtype.type(0)
    for d in range(len(x)):
        score += x[d] * y[d]
    g = step / (x.dtype.type(1) + np.exp(sign * score))
    for d in range(len(x)):
        dx[d] += g * y[d]
        dy[d] += g * x[d]


@njit
def asked_by(s: Stretch, i: int, m: int) -> int:
    """Return how many pairs of centre i ask negative m: those whose context is another word."""
    w = (len(s.kept) - len(s.left)) // 2
    pairs = 0
    for q in range(w + i - s.left[i], w + i + s.right[i] + 1):
        pairs += (q != w + i) & (s.kept[q] != s.negatives[m])
    return pairs


@njit
def add_changes(W_in: Any, W_out: Any, s: Stretch, dX: Any, dY: Any, dN: Any) -> None:
    """Add every row of changes to the row of its word."""
    w = (len(s.kept) - len(s.left)) // 2
    for i in range(len(s.left)):
        W_in[s.kept[w + i]] += dX[i]
    for q in range(len(s.kept)):
        W_out[s.kept[q]] += dY[q]
    for m in range(len(s.negatives)):
        W_out[s.negatives[m]] += dN[m]


@njit
def tile_chunk(W_in: Any, W_out: Any, s: Stretch) -> None:
    """Version 3, second half: the same, four centres by four words at a time."""
    X, Z, band, N = gathered(W_in, W_out, s)
    dX, dZ, S = np.zeros_like(X), np.zeros_like(Z), np.zeros((len(X), len(Z)), X.dtype)
    tiles_of_scores(S, X, Z, band, N)
    scores_to_gradients(S, s, band, N)
    tiles_of_changes(dX, dZ, S, X, Z, band, N)
    add_changes(W_in, W_out, s, dX, dZ, dZ[N:])


@njit
def tiles_of_scores(S: Any, X: Any, Z: Any, band: int, N: int) -> None:
    """S = X @ Z.T, where somebody will read it: each centre with its neighbours and with all negatives."""
    for i in range(0, len(X), TILE):
        for k in range(i, i + band, TILE):
            tile_of_scores(S, i, k, X, Z)
        for k in range(N, len(Z), TILE):
            tile_of_scores(S, i, k, X, Z)


@njit
def tiles_of_changes(dX: Any, dZ: Any, G: Any, X: Any, Z: Any, band: int, N: int) -> None:
    """DX = G @ Z and dZ = G.T @ X, where G is not zero."""
    for i in range(0, len(X), TILE):
        for k in range(i, i + band, TILE):
            tile_of_sums(dX, i, G, Z, k)
            tile_of_sums(dZ, k, G.T, X, i)
        for k in range(N, len(Z), TILE):
            tile_of_sums(dX, i, G, Z, k)
            tile_of_sums(dZ, k, G.T, X, i)


@njit
def whole_tiles(number: int) -> int:
    """Return `number` rounded up to a multiple of TILE."""
    return (number + TILE - 1) // TILE * TILE


@njit
def gathered(W_in: Any, W_out: Any, s: Stretch) -> tuple[Any, Any, int, int]:
    """Return X, the centres' rows, and Z, those of the contexts and, from row N on, of the negatives.

    Between X, Z and N stands `band`, the number of positions that four neighbouring centres see together.
    """
    T, Q, M, H = len(s.left), len(s.kept), len(s.negatives), W_in.shape[1]
    w = (Q - T) // 2
    band = whole_tiles(TILE + 2 * w)
    N = whole_tiles(T) + band
    X, Z = np.zeros((whole_tiles(T), H), W_in.dtype), np.zeros((N + whole_tiles(M), H), W_in.dtype)
    for i in range(T):
        X[i] = W_in[s.kept[w + i]]
    for q in range(Q):
        Z[q] = W_out[s.kept[q]]
    for m in range(M):
        Z[N + m] = W_out[s.negatives[m]]
    return X, Z, band, N


@njit
def tile_of_scores(S: Any, i: int, k: int, X: Any, Z: Any) -> None:
    """S[i:i+4, k:k+4] = X[i:i+4] @ Z[k:k+4].T, the sixteen sums in local variables."""
    x0, x1, x2, x3 = X[i], X[i + 1], X[i + 2], X[i + 3]
    z0, z1, z2, z3 = Z[k], Z[k + 1], Z[k + 2], Z[k + 3]
    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = X.dtype.type(0)
    s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = X.dtype.type(0)
    for h in range(X.shape[1]):
        a0, a1, a2, a3, b0, b1, b2, b3 = x0[h], x1[h], x2[h], x3[h], z0[h], z1[h], z2[h], z3[h]
        s00, s01, s02, s03 = s00 + a0 * b0, s01 + a0 * b1, s02 + a0 * b2, s03 + a0 * b3
        s10, s11, s12, s13 = s10 + a1 * b0, s11 + a1 * b1, s12 + a1 * b2, s13 + a1 * b3
        s20, s21, s22, s23 = s20 + a2 * b0, s21 + a2 * b1, s22 + a2 * b2, s23 + a2 * b3
        s30, s31, s32, s33 = s30 + a3 * b0, s31 + a3 * b1, s32 + a3 * b2, s33 + a3 * b3
    S[i, k], S[i, k + 1], S[i, k + 2], S[i, k + 3] = s00, s01, s02, s03
    S[i + 1, k], S[i + 1, k + 1], S[i + 1, k + 2], S[i + 1, k + 3] = s10, s11, s12, s13
    S[i + 2, k], S[i + 2, k + 1], S[i + 2, k + 2], S[i + 2, k + 3] = s20, s21, s22, s23
    S[i + 3, k], S[i + 3, k + 1], S[i + 3, k + 2], S[i + 3, k + 3] = s30, s31, s32, s33


@njit
def tile_of_sums(C: Any, i: int, G: Any, Z: Any, k: int) -> None:
    """C[i:i+4] += G[i:i+4, k:k+4] @ Z[k:k+4], four products for each sum that is loaded and stored."""
    z0, z1, z2, z3 = Z[k], Z[k + 1], Z[k + 2], Z[k + 3]
    for r in range(i, i + TILE):
        g0, g1, g2, g3 = G[r, k], G[r, k + 1], G[r, k + 2], G[r, k + 3]
        sums = C[r]
        for h in range(len(sums)):
            sums[h] += g0 * z0[h] + g1 * z1[h] + g2 * z2[h] + g3 * z3[h]


@njit
def scores_to_gradients(S: Any, s: Stretch, band: int, N: int) -> None:
    """Turn the scores of a chunk into the same factors as `learn` does; 0 outside the windows."""
    w, number = (len(s.kept) - len(s.left)) // 2, S.dtype.type
    one = number(1)
    for i in range(len(s.left)):
        start = i // TILE * TILE
        for k in range(start, start + band):
            inside = w + i - s.left[i] <= k <= w + i + s.right[i] and k != w + i
            S[i, k] = number(s.rate) / (one + np.exp(S[i, k])) if inside else number(0)
        for m in range(len(s.negatives)):
            step = number(-s.rate * s.weight * asked_by(s, i, m))
            S[i, N + m] = step / (one + np.exp(-S[i, N + m]))


@kernel
def engine_chunk(
    times: int, parameters: Parameters, plan: Plan, chunk: Chunk, negatives: np.ndarray,
    listed: np.ndarray, changes: Changes, work: SkipGramScratch,
) -> None:  # fmt: skip
    """Version 4: let the engine learn from one chunk, `times` times, and add the changes at once."""
    parameters, plan, changes, work = borrow(parameters), borrow(plan), borrow(changes), borrow(work)
    for _ in range(times):
        list_rows(plan, chunk, work.window, 2, False, listed)
        for m in range(len(negatives)):
            listed[first_negative(work.window) + m] = 2 * negatives[m] + 1
        aim_at_words(changes, parameters, listed)
        update_chunk(work, parameters, plan, chunk, listed, listed, changes)


class Engine:
    """What version 4 needs: a worker's buffers, and both matrices in the one that the engine keeps."""

    def __init__(self, W_in: Any, W_out: Any, s: Stretch) -> None:
        """Copy the matrices, and write the stretch as the engine's plan of a slice."""
        T, Q, H, M = len(s.left), len(s.kept), W_in.shape[1], len(s.negatives)
        w, D, dtype, self.size = (Q - T) // 2, padded(H, LANES), W_in.dtype, H
        self.parameters = Parameters(
            new_matrix(2 * len(W_in), D, dtype),
            np.ones(1, dtype),
            new_claims(2 * len(W_in)),
            new_matrix(0, D, dtype),  # the plain gradient
        )
        self.parameters.W[0::2, :H], self.parameters.W[1::2, :H] = W_in, W_out
        plan = new_plan(w)
        plan.kept[0, :Q] = s.kept
        plan.left[0, w : w + T], plan.right[0, w : w + T] = s.left, s.right
        plan.low[0], plan.high[0], plan.centres[0] = 0, Q, T
        chunk = Chunk(0, w, T, s.rate, s.weight, False, True, 0)
        changes, work = new_changes(w, M, D, dtype), new_skipgram_scratch(w, M, H, first_half(H), dtype)
        listed = np.zeros(len(changes.rows.at), np.int32)
        self.rest = (plan, chunk, s.negatives, listed, changes, work)

    def update(self, times: int = 1) -> None:
        """Learn from the chunk."""
        engine_chunk(times, self.parameters, *self.rest)

    def matrices(self) -> tuple[Any, Any]:
        """Return W_in and W_out."""
        W = self.parameters.W[:, : self.size]
        return W[0::2], W[1::2]
