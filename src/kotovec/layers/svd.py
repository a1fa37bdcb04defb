"""Singular values: a decomposition that is the same on every machine, and a fast one of the largest few."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .checks import Array, Seed, checked_whole, real_numbers

# A word whose part in a group of columns is at least this share of the largest one may fix an axis: small
# enough for the first word to be chosen as a rule, large enough not to enlarge errors of rounding much.
SHARE = 0.1


def canonical_svd(M: npt.ArrayLike, tolerance: float = 1e-6) -> tuple[Array, Array, Array]:
    """Return U, S, V with M = U S V, as `np.linalg.svd` does, but with one answer where that has many.

    **Why do my word vectors look different from the book's?** Because U is not unique. A column of U and the
    row of V that belongs to it may both be negated, and their product is the same. Worse, where two singular
    values are equal, their two columns may be turned in their plane by any angle. The PPMI matrix of "you say
    goodbye and i say hello ." has the singular values 3.168, 3.168, 2.703, 2.703, 1.514, 1.514, 0: all in
    pairs, because every word has neighbours only of the other of two kinds (say, and, "." on one side; you,
    goodbye, i, hello on the other). So each version of NumPy may draw another picture, and all are right.

    This function turns each group of equal singular values to one fixed position. In words: the first word
    (row of U) that has a part in the group lies on the positive half of the group's first axis; the next word
    that does not lie on that axis alone has a positive second coordinate, and so on. "Has a part" means at
    least a tenth of the largest. A group of one column is only given its sign that way.

    Args:
        M: (m, n) numbers, such as what `ppmi` returns. The work grows with the cube of the size: 1,000 words
            take seconds, and for more there is `randomized_svd`.
        tolerance: a share of the largest singular value; neighbours that differ by less count as equal, and
            what is smaller counts as 0.

    Returns:
        U (m, m) with orthogonal columns, S (min(m, n),) from large to small, and V (n, n) with orthogonal
        rows, in the dtype of `M` (float64 for integers).

    Raises:
        ValueError: `M` is not of shape (m, n).

    The book's section 2.4.3 uses `np.linalg.svd`.

    >>> from .counting import create_co_matrix, ppmi
    >>> U, S, V = canonical_svd(ppmi(create_co_matrix([0, 1, 2, 3, 4, 1, 5, 6], vocab_size=7)))
    >>> (S + 0).round(3)
    array([3.168, 3.168, 2.703, 2.703, 1.514, 1.514, 0.   ], dtype=float32)
    >>> U[[0, 1], :2].round(3) + 0   # "you" lies on the first axis and "say" on the second
    array([[0.341, 0.   ],
           [0.   , 0.598]], dtype=float32)
    """
    matrix = _matrix(M, "canonical_svd")
    dtype = matrix.dtype
    U, S, V = np.linalg.svd(matrix.astype(np.float64))
    smallest = tolerance * S[0]
    rank = int(np.sum(smallest < S))
    gaps = np.flatnonzero(-np.diff(S[:rank]) > smallest) + 1
    for start, stop in pairwise([0, *gaps.tolist(), rank]):
        turn = _turn(U[:, start:stop])
        U[:, start:stop] = U[:, start:stop] @ turn
        V[start:stop] = turn.T @ V[start:stop]
    # What is multiplied by 0, or by nothing at all, turns on either side by itself.
    U[:, rank:] = U[:, rank:] @ _turn(U[:, rank:])
    V[rank:] = _turn(V[rank:].T).T @ V[rank:]
    return U.astype(dtype), S.astype(dtype), V.astype(dtype)


def randomized_svd(
    M: npt.ArrayLike, n_components: int, n_iter: int = 5, random_state: Seed = None
) -> tuple[Array, Array, Array]:
    """Return the largest singular values and their vectors, without computing the others.

    M is multiplied by a few random vectors more than are wanted, and by itself again and again, which leaves
    a small space in which the largest singular vectors lie almost completely. The SVD is then one of that
    small space: (10,000, 10,000) numbers take seconds, where all singular values would take many minutes.

    Args:
        M: (m, n) float.
        n_components: k, how many singular values to return.
        n_iter: how often to multiply by M and its transpose; more is more exact.
        random_state: makes the random vectors, and so the result, repeatable; an int or a NumPy Generator.

    Returns:
        U (m, k), S (k,) from large to small and V (k, n). Each column of U has its sign fixed as in
        `canonical_svd`.

    Raises:
        ValueError: `M` is not of shape (m, n), or has fewer rows or columns than `n_components`.
        TypeError: `n_components` or `n_iter` is not whole.

    The book's section 2.4.5 takes the function of this name from scikit-learn; Halko, Martinsson and Tropp
    2011, arXiv 0909.4061, algorithms 4.4 and 5.1.

    >>> import numpy as np
    >>> M = np.outer([1.0, 2.0], [3.0, 4.0]) + np.outer([2.0, -1.0], [0.4, -0.3])
    >>> U, S, V = randomized_svd(M, n_components=1, random_state=1)
    >>> S.round(3), U.round(3).ravel()
    (array([11.18]), array([0.447, 0.894]))
    """
    matrix = _matrix(M, "randomized_svd")
    checked_whole(n_iter, "n_iter", "randomized_svd", least=0)
    if not 1 <= checked_whole(n_components, "n_components", "randomized_svd", least=0) <= min(matrix.shape):
        raise ValueError(
            f"The n_components of randomized_svd must lie between 1 and the {min(matrix.shape)} singular "
            f"values that M {matrix.shape} has, got {n_components}."
        )
    width = min(n_components + 10, *matrix.shape)  # ten vectors more than wanted catch what the wanted miss
    rng = np.random.default_rng(random_state)
    space = matrix @ rng.standard_normal((matrix.shape[1], width)).astype(matrix.dtype)
    for _ in range(n_iter):
        # Made orthogonal each time; otherwise all vectors would turn towards the first singular vector.
        space = matrix @ np.linalg.qr(matrix.T @ space).Q
    Q = np.linalg.qr(space).Q  # (m, width)
    small, S, V = np.linalg.svd(Q.T @ matrix, full_matrices=False)
    U = Q @ small[:, :n_components]
    signs = np.array([_turn(column[:, np.newaxis])[0, 0] for column in U.T], dtype=U.dtype)
    return U * signs, S[:n_components], V[:n_components] * signs[:, np.newaxis]


def _turn(columns: Array) -> Array:
    """Return the rotation (k, k) after which `columns` (m, k) times it stand in the canonical position."""
    k = columns.shape[1]
    turn = np.zeros((k, k), dtype=columns.dtype)
    rest = columns.copy()  # what of each row does not lie along the axes found so far
    for axis in range(k):
        lengths = np.linalg.norm(rest, axis=1)
        word = int(np.argmax(lengths >= SHARE * lengths.max()))
        direction = rest[word] / lengths[word]
        turn[:, axis] = direction
        rest -= np.outer(rest @ direction, direction)
    return turn


def _matrix(M: npt.ArrayLike, owner: str) -> Array:
    matrix = real_numbers(M)
    if matrix.ndim != 2 or matrix.size == 0:
        raise ValueError(f"{owner} takes a matrix of shape (m, n), got shape {matrix.shape}.")
    if not np.isfinite(matrix).all():
        row = int(np.argmin(np.isfinite(matrix).all(axis=1)))
        raise ValueError(f"{owner} takes finite numbers, but row {row} of M holds NaN or infinity.")
    return matrix
