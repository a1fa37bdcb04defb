"""Labels that do not lie on each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]

RING_WIDTH = 4.0  # in the unit of the canvas; a finer search would not be seen
PLACES_ON_A_RING = 32


def place_labels(
    centres: Boxes, sizes: Boxes, canvas: tuple[float, float]
) -> tuple[Boxes, npt.NDArray[np.bool_]]:
    """Move boxes to the nearest place that is free; earlier boxes choose first.

    Args:
        centres: float64 (n, 2), where the boxes want to be, in the unit of the canvas.
        sizes: float64 (n, 2), width and height, with the gap that is to stay between boxes.
        canvas: width and height.

    Returns:
        Centres, float64 (n, 2), and which boxes found a place, bool (n,).

    Example:
        >>> wishes, sizes = np.array([[50.0, 50.0], [50.0, 50.0]]), np.array([[20.0, 10.0], [20.0, 10.0]])
        >>> places, found = place_labels(wishes, sizes, (100.0, 100.0))
        >>> places.round().tolist(), found.tolist()
        ([[50.0, 50.0], [70.0, 44.0]], [True, True])
    """
    placed, found = centres.copy(), np.zeros(len(centres), dtype=bool)
    steps = _steps(float(np.hypot(*canvas)))
    for label, (wish, size) in enumerate(zip(centres, sizes, strict=True)):
        low, high = size / 2, np.asarray(canvas) - size / 2
        if (low > high).any():
            continue
        wish = np.clip(wish, low, high)
        # Most labels find room close by; the far rings are looked at only when they must be.
        for block in np.array_split(steps, [1, 500, 3000]):
            places = wish + block
            inside = ((places >= low) & (places <= high)).all(axis=1)
            free = inside & ~_covered(places, size, placed[found], sizes[found])
            if free.any():
                placed[label], found[label] = places[free.argmax()], True
                break
    return placed, found


def overlapping(centres: Boxes, sizes: Boxes, tolerance: float = 1e-6) -> npt.NDArray[np.bool_]:
    """Return which pairs of boxes overlap by more than the tolerance, bool (n, n)."""
    gaps = np.abs(centres[:, None] - centres[None])
    deep: Boxes = (sizes[:, None] + sizes[None]) / 2 - gaps
    return np.asarray((deep.min(axis=2) > tolerance) & ~np.eye(len(centres), dtype=bool))


def _steps(reach: float) -> Boxes:
    """Return steps away from a wish, nearest first, in rings that are twice as wide as high."""
    radii = np.arange(1, int(reach / RING_WIDTH) + 2) * RING_WIDTH
    # Each ring is turned a little against the one before, so that the rings do not line up into spokes.
    turned = 0.382 * np.arange(len(radii))[:, None]
    turns = 2 * np.pi * (turned + np.arange(PLACES_ON_A_RING) / PLACES_ON_A_RING)
    rings = radii[:, None, None] * np.stack([np.cos(turns), 0.5 * np.sin(turns)], axis=2)
    return np.concatenate([np.zeros((1, 2)), rings.reshape(-1, 2)])


def _covered(places: Boxes, size: Boxes, others: Boxes, other_sizes: Boxes) -> npt.NDArray[np.bool_]:
    """Return which places for one box would cover another box, bool (places,)."""
    gaps = np.abs(places[:, None] - others[None])
    deep: Boxes = (size + other_sizes) / 2 - gaps
    return np.asarray((deep.min(axis=2, initial=np.inf) > 0).sum(axis=1) > 0)
