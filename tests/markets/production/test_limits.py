"""Limits on flows, and links that come and go."""

import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import production as pn

METHOD = pn.PrimalDual(pn.MirrorAscent(0.3), rounds=200)


def test_a_limit_that_binds_drives_a_wedge_between_prices(double, split):
    """Not more than 0.5 to the second consumer: its price is higher by the dual, `4 / (2 sqrt .5) - 3 / (2 sqrt .5)`."""
    economy = split.economy
    limits = pn.Limits.on_flows(economy, jnp.asarray([[0.9], [0.5]]))
    found = METHOD.fit(economy, split.half, limits)
    assert found.converged and found.excess <= 1e-6
    np.testing.assert_allclose(found.shares[:, 0], 0.5, atol=1e-5)
    np.testing.assert_allclose(found.duals, [0, 0.5 / np.sqrt(0.5)], atol=1e-4)


def test_a_limit_that_does_not_bind_changes_nothing(double, split):
    limits = pn.Limits.on_flows(split.economy, jnp.asarray([[0.9], [0.9]]))
    found = METHOD.fit(split.economy, split.half, limits)
    assert found.converged and found.duals.tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found.shares, split.best, atol=1e-5)


def test_stores_and_budgets_against_the_conditions_of_kuhn_and_tucker(double):
    """Two goods, two consumers; one has little room, or little money at given costs."""
    nodes = [
        pn.Resource([1.0, 1.0]),
        pn.Consumer(pn.PowerUtility([3.0, 1.0])),
        pn.Consumer(pn.PowerUtility([1.0, 2.0])),
    ]
    economy = pn.Economy(nodes, [(0, 1), (0, 2)], 2)
    rows = {
        "store": (pn.Limits.on_stores(economy, jnp.asarray([jnp.inf, 0.6, jnp.inf])), np.ones(2)),
        "budget": (pn.Limits.on_spending(economy, jnp.asarray([jnp.inf, 0.6, jnp.inf]), jnp.asarray([1.0, 2.0])), np.array([1.0, 2.0])),
    }  # fmt: skip
    for limits, cost in rows.values():
        found = pn.PrimalDual(pn.MirrorAscent(0.2)).fit(economy, economy.uniform(), limits)
        assert found.converged
        got = np.asarray(found.shares)
        np.testing.assert_allclose(cost @ got[0], 0.6, atol=1e-5)
        worth = [np.array([3.0, 1.0]), np.array([1.0, 2.0])]
        gap = 0.5 * worth[0] / np.sqrt(got[0]) - 0.5 * worth[1] / np.sqrt(got[1])
        np.testing.assert_allclose(gap, found.duals[1] * cost, atol=1e-3)


def test_limits_that_leave_no_way_are_told(double, split):
    limits = pn.Limits.on_flows(split.economy, jnp.asarray([[0.3], [0.3]]))
    found = METHOD.fit(split.economy, split.half, limits)
    assert not found.converged and found.excess > 0.1


def test_limits_are_not_negative(double, split):
    with pytest.raises(ValueError, match="at least 0"):
        pn.Limits.on_flows(split.economy, jnp.asarray([[-1.0], [1.0]]))


@pytest.fixture(scope="module")
def market():
    """Three sellers, six buyers, all pairs possible; each seller can reach its own two cheaply, the others at a cost."""
    buyers = [pn.Consumer(pn.LogUtility([1.0 + 0.1 * k], 0.2)) for k in range(6)]
    edges = [(i, 3 + j) for i in range(3) for j in range(6)]
    cost = np.array([[0.0 if j // 2 == i else 2.0 + 0.1 * j] for i in range(3) for j in range(6)])
    return pn.Economy([pn.Resource([1.0])] * 3 + buyers, edges, transport=cost)


def grown(economy, kappa):
    """From one link for each seller, to a buyer of somebody else."""
    shares = jnp.zeros((18, 1)).at[jnp.array([2, 10, 12])].set(1.0)
    rule = pn.GrowthRule(kappa, drop=1e-3, first=1e-2)
    return rule, rule.fit(pn.Planner(pn.MirrorAscent(0.5)), economy, shares, rounds=25, steps=40)


def test_links_grow_where_they_pay(market):
    """The hidden best set of links is found; all candidates together are no better."""
    _, found = grown(market, 0.0)
    best = pn.Planner(pn.MirrorAscent(0.5)).fit(market, market.uniform(), 1_500)
    np.testing.assert_allclose(found.welfare[-1], best.welfare[-1], rtol=1e-4)
    wanted = np.asarray(best.shares) > 1e-3
    assert wanted.sum() == 6
    assert (np.asarray(found.economy.carries) == wanted).all()


@pytest.mark.long
def test_costlier_links_are_fewer_and_cost_at_most_kappa_a_unit(market):
    best = pn.Planner(pn.MirrorAscent(0.5)).fit(market, market.uniform(), 1_500).welfare[-1]
    counts = []
    for kappa in (0.0, 6.5, 20.0):
        rule, found = grown(market, kappa)
        outputs = pn.solve(found.economy, found.shares).outputs
        assert best - found.welfare[-1] <= pn.bound_on_missing(rule, market, found.shares, outputs) + 1e-3
        counts.append(int(found.edges[-1]))
    assert counts[0] >= counts[1] > counts[2]


def test_growth_settings():
    with pytest.raises(ValueError, match="drop < first"):
        pn.GrowthRule(drop=0.1, first=0.01)
