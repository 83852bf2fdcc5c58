"""The best allocation, by programs and by trying everything."""

import numpy as np
import pytest
from brute_force import best_welfare

from catallax.equilibria.indivisible import (
    Additive,
    Assignment,
    Capped,
    Mixed,
    UnitDemand,
    WinnerDetermination,
    XorBids,
)


def test_the_program_finds_what_trying_everything_finds():
    rng = np.random.default_rng(0)
    for _ in range(8):
        bundles = rng.random((6, 3)) < 0.6
        bundles[~bundles.any(1), 0] = True
        xor = XorBids(rng.integers(0, 2, 6), bundles, rng.random(6) * 100, agents=2)
        poor = Capped(Additive(rng.random((2, 3)) * 60), rng.random(2) * 100)
        for valuation in (xor, poor, Mixed((xor, poor))):
            found = WinnerDetermination().allocate(valuation)
            assert (found.bundles.sum(0) <= 1).all()
            assert found.welfare == pytest.approx(best_welfare(valuation), rel=1e-9)


def test_caps_need_no_list_of_bundles():
    rng = np.random.default_rng(1)
    values, wealth = rng.integers(1, 20, (4, 30)), np.array([15.0, 40.0, 40.0, 1e3])
    found = WinnerDetermination().allocate(Capped(Additive(values), wealth))
    np.testing.assert_array_equal(found.values, np.minimum((found.bundles * values).sum(1), wealth))
    free = WinnerDetermination().allocate(Additive(values))
    assert free.welfare == values.max(0).sum() > found.welfare > 0.8 * free.welfare


def test_assignment_agrees_with_the_program():
    rng = np.random.default_rng(2)
    for agents, goods in ((3, 5), (5, 3), (4, 4)):
        market = UnitDemand(rng.random((agents, goods)))
        supply = rng.integers(0, 3, goods)
        for absent in (None, 1):
            one = Assignment().allocate(market, supply, absent)
            other = WinnerDetermination().allocate(market, supply, absent)
            assert one.welfare == pytest.approx(other.welfare, rel=1e-12)
            assert (one.bundles.sum(0) <= supply).all() and (one.bundles.sum(1) <= 1).all()
            assert absent is None or not one.bundles[absent].any()


def test_several_units_go_to_several_agents():
    found = WinnerDetermination().allocate(Additive([[5, 1], [4, 0], [3, 9]]), [2, 1])
    assert found.bundles.astype(int).tolist() == [[1, 0], [1, 0], [0, 1]]


def test_what_nobody_wants_stays_with_its_owner():
    for valuation in (Additive(np.zeros((2, 3))), XorBids([], np.zeros((0, 3)), [], agents=2)):
        assert not WinnerDetermination().allocate(valuation).bundles.any()


@pytest.mark.parametrize("supply", [[1, -1], [1, 0.5], [1], [1, np.nan], [1, np.inf]])
def test_supply_is_whole_units(supply):
    for part, valuation in ((WinnerDetermination(), Additive([[1, 2]])), (Assignment(), UnitDemand([[1, 2]]))):
        with pytest.raises(
            ValueError, match=f"{type(part).__name__}: supply must be whole units >= 0 of each of the 2 goods"
        ):
            part.allocate(valuation, supply)


def test_who_wants_several_goods_is_no_assignment():
    with pytest.raises(
        TypeError, match="Assignment: expected UnitDemand, got Additive; WinnerDetermination takes them all"
    ):
        Assignment().allocate(Additive([[1, 2]]))


def test_out_of_time_is_an_error():
    rng = np.random.default_rng(0)
    hard = Capped(Additive(rng.random((12, 60)) + 1), np.full(12, 6.3))
    with pytest.raises(
        TimeoutError, match=r"WinnerDetermination: no proved optimum of 720 bids on 60 goods within 0\.0"
    ):
        WinnerDetermination(seconds=0.0).allocate(hard)
