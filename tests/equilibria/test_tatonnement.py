"""Tâtonnement: where it gets to, and where it does not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.core import Status
from catallax.equilibria import (
    AdditiveAdjustment,
    ExcessDemandNewton,
    FisherCap,
    MultiplicativeAdjustment,
    SpendCap,
    Tatonnement,
    ValueCap,
    demand,
    exchange,
    exchange_excess,
    solve,
)
from catallax.equilibria.valuations import CES, CobbDouglas, Diminishing, Leontief, Linear

CYCLE = [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]
"""Each wants two of three goods together, in Scarf's pattern."""


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize(
    "adjustment", [AdditiveAdjustment(0.02), MultiplicativeAdjustment(0.2)], ids=lambda a: type(a).__name__
)
def test_gross_substitutes_are_found(double, rng, adjustment):
    weights, endowments = jnp.asarray(rng.uniform(0.1, 1, (6, 3))), jnp.asarray(rng.uniform(0, 1, (6, 3)))
    exact = exchange(CES(weights, 3.0), endowments, method=ExcessDemandNewton())
    slow = exchange(CES(weights, 3.0), endowments, method=Tatonnement(adjustment, 1e-8))
    assert slow.status == Status.SOLVED and slow.gap <= 1e-8 and slow.iterations > exact.iterations
    np.testing.assert_allclose(slow.prices, exact.prices, rtol=1e-6)


def test_fixed_incomes_are_found(double, rng):
    weights, budgets, supply = (
        jnp.asarray(rng.uniform(0.1, 1, (6, 3))),
        jnp.asarray(rng.uniform(0.2, 1, 6)),
        jnp.ones(3),
    )
    exact = solve(CobbDouglas(weights), supply, budgets, cap=FisherCap(), tol=1e-12)
    slow = solve(CobbDouglas(weights), supply, budgets, cap=FisherCap(), method=Tatonnement(tol=1e-8))
    assert slow.status == Status.SOLVED
    np.testing.assert_allclose(slow.prices, exact.prices, rtol=1e-6)


@pytest.mark.parametrize("cap", [ValueCap(), SpendCap()], ids=lambda cap: type(cap).__name__)
def test_complements_are_found_where_incomes_are_fixed(double, cap):
    """The pattern of Scarf's economy, but quasi-linear buyers: prices descend a convex function."""
    buyers = Diminishing(Leontief(jnp.asarray(CYCLE)), 0.5, jnp.asarray([1.0, 2.0, 1.5]))
    method = Tatonnement(AdditiveAdjustment(0.05), 1e-9)
    found = solve(buyers, jnp.asarray([1.0, 0.8, 1.2]), jnp.full(3, jnp.inf), cap=cap, method=method)
    assert found.status == Status.SOLVED and found.gap <= 1e-9 and found.clearing_error <= 1e-9


def test_scarfs_economy_is_not(double):
    """The same complements, incomes from the sale of one good each: prices walk away from the only equilibrium."""
    needs, owned = jnp.asarray(CYCLE), jnp.eye(3)
    auctioneer = Tatonnement(AdditiveAdjustment(0.05), steps=5_000)
    begin = jnp.asarray([1.1, 1.0, 0.95])
    prices = auctioneer.path(lambda p: exchange_excess(Leontief(needs), owned, p), begin, 5_000)
    assert prices.shape == (5_001, 3)
    np.testing.assert_array_equal(prices[0], begin)
    away = jnp.linalg.norm(prices / jnp.sum(prices, 1, keepdims=True) - 1 / 3, axis=1)
    assert away[-1] > 2 * away[0]
    # and round it: each good is the dearest at some time
    assert set(np.asarray(jnp.argmax(prices, 1))) == {0, 1, 2}
    unequal = exchange(Leontief(needs), jnp.diag(jnp.asarray([1.0, 1.1, 0.9])), method=auctioneer)
    assert unequal.status == Status.NOT_CONVERGED and unequal.gap > 1e-3


@pytest.mark.parametrize("cap", [ValueCap(), SpendCap(), FisherCap()], ids=lambda cap: type(cap).__name__)
def test_demand_is_best(double, rng, cap):
    """Against drawn bundles; level, where the budget binds and where it does not."""
    needs = jnp.asarray(rng.uniform(0.1, 1, (6, 3)))
    prices, budgets = jnp.asarray([0.5, 1.0, 0.8]), jnp.asarray([0.01, 0.05, 0.2, 0.3, 1.0, 9.0])
    for valuation in (CES(needs, 0.5), Diminishing(CES(needs, 3.0), 0.6, 1.5)):
        best = demand(valuation, prices, budgets, cap)
        others = (
            jnp.asarray(rng.dirichlet(np.ones(3), (4_000, 6)))
            / prices[None, None, :]
            * (budgets[None, :] * rng.uniform(0, 1.5, (4_000, 6)))[..., None]
        )

        def gain(bundles, valuation=valuation):
            value, paid = valuation.value(bundles), bundles @ prices
            if isinstance(cap, ValueCap):
                return jnp.minimum(value, budgets) - paid
            return jnp.where(
                paid <= budgets * (1 + 1e-9), value - (0 if isinstance(cap, FisherCap) else paid), -jnp.inf
            )

        assert np.all(jnp.max(jax.vmap(gain)(others), 0) <= gain(best) + 1e-9)


def test_what_has_no_single_best_bundle_is_refused():
    with pytest.raises(TypeError, match="CES with a high elasticity"):
        demand(Linear(jnp.ones((2, 2))), jnp.ones(2), jnp.ones(2), FisherCap())


def test_diminishing_needs_an_exponent_below_one():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Diminishing(Leontief(jnp.ones((2, 2))), 1.0)
