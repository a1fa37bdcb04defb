"""The map keeps near words near, and its labels off each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kotovec.explore.labels import overlapping, place_labels
from kotovec.explore.layout import group, lay_out


def three_bunches(seed: int = 5, each: int = 12, size: int = 50) -> np.ndarray:
    """Rows in three bunches of like direction, (36, 50)."""
    generator = np.random.default_rng(seed)
    middles = generator.normal(size=(3, size))
    noise = 0.4 * generator.normal(size=(3, each, size))
    return (middles[:, None] + noise).reshape(3 * each, size).astype(np.float32)


def test_the_nearest_on_the_map_are_of_the_same_bunch():
    points = lay_out(three_bunches())
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (distances.argmin(axis=1) // 12 == np.arange(36) // 12).all()


def test_the_length_of_a_vector_does_not_move_its_word():
    rows = three_bunches()
    stretched = rows * np.linspace(0.5, 8.0, len(rows), dtype=np.float32)[:, None]
    np.testing.assert_allclose(lay_out(stretched), lay_out(rows), atol=1e-3)


def test_the_same_rows_give_the_same_map():
    rows = three_bunches()
    assert lay_out(rows).tobytes() == lay_out(rows.copy()).tobytes()


def test_the_widest_direction_lies_along_the_sheet():
    points = lay_out(three_bunches())
    assert points[:, 0].std() >= points[:, 1].std()
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-9)


def test_few_equal_or_empty_rows_still_find_a_place():
    for rows in (np.eye(1, 4), np.eye(2, 4), np.eye(3, 4), np.ones((9, 4)), np.zeros((9, 4))):
        points = lay_out(rows.astype(np.float32))
        assert points.shape == (len(rows), 2)
        assert np.isfinite(points).all()


def test_bunches_become_groups_and_the_largest_is_group_0():
    rows = three_bunches()[3:]  # nine of the first bunch, twelve of the others
    labels = group(rows, 3)
    assert set(labels[:9]) == {2}
    assert {labels[9], labels[21]} == {0, 1}
    assert (labels[9:21] == labels[9]).all()
    assert (labels[21:] == labels[21]).all()


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 40))
def test_labels_with_room_all_find_a_place_clear_of_each_other(seed, count):
    generator = np.random.default_rng(seed)
    sizes = generator.uniform([20, 8], [60, 12], size=(count, 2))
    canvas = (1000.0, 800.0)
    centres, found = place_labels(generator.uniform(-50, 150, size=(count, 2)), sizes, canvas)
    assert found.all()
    assert not overlapping(centres, sizes).any()
    assert (centres >= sizes / 2 - 1e-9).all()
    assert (centres <= np.array(canvas) - sizes / 2 + 1e-9).all()


def test_labels_that_are_clear_stay_where_they_are():
    centres = np.array([[20.0, 20.0], [50.0, 20.0]])
    placed, found = place_labels(centres, np.array([[20.0, 10.0], [20.0, 10.0]]), (100.0, 100.0))
    assert (placed == centres).all()
    assert found.all()


def test_where_there_is_no_room_the_earlier_labels_stay():
    centres, sizes = np.full((3, 2), 5.0), np.array([[8.0, 8.0], [8.0, 8.0], [20.0, 2.0]])
    assert place_labels(centres, sizes, (10.0, 10.0))[1].tolist() == [True, False, False]
