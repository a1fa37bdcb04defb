"""Two workers drop their copies of what the other has written where that is faster."""

from __future__ import annotations

import numpy as np
import pytest

from kotovec.engines.cpu.dropping import Trials
from kotovec.engines.cpu.half_rounds import DROPS, SCORED
from kotovec.engines.cpu.halves import CONTROL_SIZE


def shares_of_dropping(rates_at, looks):
    """Play `looks` looks, a tenth of a second apart; rates_at(look) are the two ways' chunks a second."""
    control = np.zeros(CONTROL_SIZE, np.int64)
    trials, chunks, dropping = Trials(control), 0.0, []
    for look in range(1, looks + 1):
        chunks += 0.1 * rates_at(look)[control[DROPS]]
        dropping.append(int(control[DROPS]))
        control[SCORED[0]] = chunks
        trials.look(0.1 * look)
    return np.array(dropping)


@pytest.mark.parametrize(("keeping", "dropping", "better"), [(90_000, 80_000, 0), (60_000, 80_000, 1)])
def test_the_faster_way_is_kept_and_the_other_is_tried_now_and_then(keeping, dropping, better):
    ways = shares_of_dropping(lambda look: (keeping, dropping), 160)
    assert ways[0] == 0, "dropping has to prove itself"
    settled = ways[3:]
    assert np.mean(settled == better) > 0.9
    assert 0 < np.mean(settled != better) < 0.1


def test_no_change_where_both_are_as_fast():
    ways = shares_of_dropping(lambda look: (80_000, 81_000), 160)
    assert np.mean(ways == 0) > 0.9


def test_the_way_follows_the_machine():
    ways = shares_of_dropping(lambda look: (90_000, 80_000) if look < 80 else (60_000, 80_000), 160)
    assert np.mean(ways[3:80] == 0) > 0.9
    assert np.mean(ways[100:] == 1) > 0.9


@pytest.mark.parametrize("drops", [0, 1])
def test_nothing_is_dropped_while_one_worker_rests_and_then_it_goes_on_as_before(drops):
    control = np.zeros(CONTROL_SIZE, np.int64)
    trials = Trials(control)
    for look in range(1, 6):  # after the first trial
        trials.look(0.1 * look)
    control[DROPS] = drops
    for _ in range(20):
        trials.rest()
        assert control[DROPS] == 0
    control[SCORED[0]] = 1_000_000
    trials.look(3.0)
    trials.look(3.1)
    assert control[DROPS] == drops


def test_a_look_at_the_same_moment_says_nothing():
    control = np.zeros(CONTROL_SIZE, np.int64)
    trials = Trials(control)
    trials.look(0.0)
    assert control[DROPS] == 0
