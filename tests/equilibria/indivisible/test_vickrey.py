"""Vickrey, Clarke and Groves: truth pays best, but not everybody can pay."""

import numpy as np
import pytest
from brute_force import best_welfare

from catallax.equilibria.indivisible import Additive, Assignment, Capped, UnitDemand, VickreyClarkeGroves, XorBids


def without(values, agent):
    return np.where(np.arange(len(values))[:, None] == agent, 0.0, values)


def test_payments_are_what_presence_costs_the_others():
    rng = np.random.default_rng(0)
    for _ in range(4):
        values, wealth = rng.integers(0, 9, (3, 3)), rng.integers(1, 12, 3)
        market = Capped(Additive(values), wealth)
        sale = VickreyClarkeGroves().solve(market)
        assert sale.welfare == best_welfare(market)
        for agent in range(3):
            others = best_welfare(Capped(Additive(without(values, agent)), wealth))
            assert sale.payments[agent] == pytest.approx(others - (sale.welfare - sale.values[agent]), abs=1e-9)
        assert (sale.payments >= 0).all() and (sale.payments <= sale.values).all()
        # capped values are never above wealth, so nor are the payments
        assert VickreyClarkeGroves().solve(market, wealth=wealth).affordable


def test_no_lie_gains_more_than_the_truth():
    rng, gained = np.random.default_rng(1), []
    truth = rng.random((3, 3))
    honest = VickreyClarkeGroves().solve(UnitDemand(truth))
    for _ in range(20):
        told = truth.copy()
        told[0] = rng.random(3)
        sale = VickreyClarkeGroves(Assignment()).solve(UnitDemand(told))
        gained.append((truth[0] * sale.bundles[0]).max() - sale.payments[0])
    assert max(gained) <= honest.values[0] - honest.payments[0] + 1e-9
    assert min(gained) < honest.values[0] - honest.payments[0] - 1e-3  # lies do change something


def test_payments_can_exceed_wealth_and_it_is_reported():
    sale = VickreyClarkeGroves().solve(Additive([[9.0], [7.0]]), wealth=[5.0, 10.0])
    assert sale.payments.tolist() == [7.0, 0.0]
    assert sale.overspent.tolist() == [2.0, 0.0] and not sale.affordable
    assert VickreyClarkeGroves().solve(Additive([[9.0], [7.0]])).affordable


def test_payments_need_not_be_prices_of_goods():
    """Two winners of one good each pay nothing for goods that a third wanted as a pair."""
    sale = VickreyClarkeGroves().solve(XorBids([0, 1, 2], [[1, 1], [1, 0], [0, 1]], [4, 4, 4]))
    assert sale.bundles.sum(1).tolist() == [0, 1, 1] and not sale.payments.any()


@pytest.mark.parametrize("wealth", [[1.0], [1.0, -1.0], [1.0, np.nan]])
def test_wealth_is_one_amount_an_agent(wealth):
    with pytest.raises(ValueError, match=r"VickreyClarkeGroves: (wealth must be|expected the wealth of 2 agents)"):
        VickreyClarkeGroves().solve(Additive([[1.0], [2.0]]), wealth=wealth)
