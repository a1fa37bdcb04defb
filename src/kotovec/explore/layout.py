"""From many dimensions to two: near words near each other, on a plane."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]


def lay_out(rows: npt.NDArray[np.float32], neighbours: int = 5, rounds: int = 300) -> Points:
    """Place every row on a plane so that distances follow the paths between neighbours.

    Straight distances in a hundred dimensions are nearly all alike, and a plane that obeys them is a
    round cloud. So distances are first measured along a graph that joins each word to its nearest
    ones (Isomap, Tenenbaum et al. 2000); then the plane is fitted to them, short ones counting most
    (stress majorization, Gansner et al. 2004), beginning from the two principal axes.

    Args:
        rows: float32 (n, H), one vector a word.
        neighbours: how many nearest words each is joined to.
        rounds: of fitting; each is one product of (n, n) with (n, 2).

    Returns:
        Float64 (n, 2), centred on the origin, the widest direction along x. The same rows give
        the same points.
    """
    count = len(rows)
    if count < 3:
        return np.column_stack([np.arange(count, dtype=np.float64), np.zeros(count)])
    unit = _unit(rows)
    wanted = _path_lengths(unit, min(neighbours, count - 1))
    return _upright(_fit(_principal_plane(unit, wanted), wanted, rounds))


def group(rows: npt.NDArray[np.float32], groups: int) -> npt.NDArray[np.int64]:
    """Sort rows into groups of like direction (Ward linkage of unit vectors).

    Args:
        rows: float32 (n, H).
        groups: how many, at most.

    Returns:
        Int64 (n,), from 0; the largest group is 0.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(rows) < 2:
        return np.zeros(len(rows), dtype=np.int64)
    labels = fcluster(linkage(_unit(rows), method="ward"), groups, criterion="maxclust")
    _, inverse, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.asarray(rank[inverse], dtype=np.int64)


def _unit(rows: npt.NDArray[np.float32]) -> Points:
    """Return the rows at length 1, as float64; a zero row stays zero."""
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(lengths > 0, lengths, 1.0))


def _path_lengths(unit: Points, neighbours: int) -> Points:
    """Return the length of the shortest path between every two rows, (n, n)."""
    from scipy.sparse.csgraph import shortest_path

    # Squared, near pairs come nearer still: groups show as groups, with room between them.
    straight = np.maximum(1.0 - unit @ unit.T, 1e-3) ** 2
    np.fill_diagonal(straight, 0.0)
    nearest = np.argsort(straight, axis=1, kind="stable")[:, 1 : neighbours + 1]
    graph = np.zeros_like(straight)
    rows = np.arange(len(unit))[:, None]
    graph[rows, nearest] = straight[rows, nearest]
    paths = shortest_path(np.maximum(graph, graph.T), directed=False)
    # Islands of the graph: keep them apart by a little more than the longest path within any.
    longest = paths[np.isfinite(paths)].max()
    return np.asarray(np.where(np.isfinite(paths), paths, 1.3 * longest))


def _principal_plane(unit: Points, wanted: Points) -> Points:
    """Return classical scaling of the wanted distances: where the fitting begins, (n, 2)."""
    squares = wanted**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1, keepdims=True) + squares.mean()
    values, axes = np.linalg.eigh(-0.5 * centred)
    return np.asarray(axes[:, :-3:-1] * np.sqrt(np.maximum(values[:-3:-1], 1e-12)))


def _fit(points: Points, wanted: Points, rounds: int) -> Points:
    """Move points until their distances are the wanted ones, as far as a plane allows."""
    weights = np.zeros_like(wanted)
    apart = wanted > 0
    weights[apart] = wanted[apart] ** -2.0
    laplacian = np.diag(weights.sum(axis=1)) - weights
    inverse = np.linalg.pinv(laplacian)
    pull = weights * wanted
    for _ in range(rounds):
        distances = np.linalg.norm(points[:, None] - points[None], axis=2)
        ratio = np.where(distances > 1e-12, -pull / np.maximum(distances, 1e-12), 0.0)
        np.fill_diagonal(ratio, 0.0)
        np.fill_diagonal(ratio, -ratio.sum(axis=1))
        points = inverse @ (ratio @ points)
    return points


def _upright(points: Points) -> Points:
    """Turn the plane: centre at the origin, widest along x, and signs that do not depend on chance."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ axes.T
    extremes = turned[np.abs(turned).argmax(axis=0), [0, 1]]
    return np.asarray(turned * np.where(extremes < 0, -1.0, 1.0))
