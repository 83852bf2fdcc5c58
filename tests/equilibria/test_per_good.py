"""Goods priced one by one beside goods priced together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.core import Status
from catallax.equilibria import FisherCap, PerGood, SpendCap, ValueCap, solve
from catallax.equilibria.valuations import CES, Diminishing, Linear, Separable

FREE = jnp.full(5, jnp.inf)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


def total(valuation, found):
    return float(jnp.sum(valuation.value(found.bundles)))


def test_additive_valuations_are_priced_as_together(double, rng):
    scale, supply = jnp.asarray(rng.uniform(0.2, 2, (5, 3))), jnp.asarray([1.0, 2.0, 0.5])
    values = Separable(lambda a, x: a * jnp.log1p(3 * x), scale)
    joint = solve(values, supply, FREE, cap=SpendCap(), tol=1e-12)  # no budget binds: both caps mean the same
    for cap in (ValueCap(), SpendCap()):
        alone = solve(values, supply, FREE, cap=cap, method=PerGood())
        assert alone.status == Status.SOLVED and alone.clearing_error <= 1e-12
        np.testing.assert_allclose(alone.prices, joint.prices, rtol=1e-6)
        np.testing.assert_allclose(alone.bundles, joint.bundles, atol=1e-5)


def test_a_good_goes_to_its_highest_bidder(double):
    """Schedules of linear values are steps; equal bidders share."""
    found = solve(
        Linear(jnp.asarray([[4.0, 1.0], [2.0, 3.0], [4.0, 0.0]])), jnp.ones(2), jnp.full(3, jnp.inf), method=PerGood()
    )
    np.testing.assert_allclose(found.prices, [4.0, 3.0], rtol=1e-12)
    np.testing.assert_allclose(found.bundles, [[0.5, 0], [0, 1], [0.5, 0]], atol=1e-12)
    assert found.status == Status.SOLVED


def test_what_complements_lose(double, rng):
    """Priced apart they are worth less than priced together, and the certificate knows; rounds bring them together."""
    values = Diminishing(CES(jnp.asarray(rng.uniform(0.1, 1, (5, 3))), 0.3), 0.5, jnp.asarray(rng.uniform(1, 3, 5)))
    supply = jnp.asarray([1.0, 2.0, 0.5])
    best = total(values, solve(values, supply, FREE, tol=1e-10))
    once, often = (solve(values, supply, FREE, method=PerGood(rounds=rounds)) for rounds in (1, 6))
    lost, later = (1 - total(values, found) / best for found in (once, often))
    assert once.status == Status.NOT_CONVERGED and once.clearing_error <= 1e-9
    assert 1e-4 < lost <= once.gap and later < lost / 2


def test_a_budget_is_split_over_the_goods(double):
    """Half of the money for each of two goods that are worth the same: nobody overspends, and prices hold the money."""
    values, supply = Linear(jnp.full((2, 2), 5.0)), jnp.ones(2)
    found = solve(values, supply, jnp.asarray([1.0, 3.0]), cap=SpendCap(), method=PerGood())
    np.testing.assert_allclose(found.prices, [2.0, 2.0], rtol=1e-9)
    np.testing.assert_allclose(found.payments, [1.0, 3.0], rtol=1e-9)
    capped = solve(values, supply, jnp.asarray([1.0, 3.0]), cap=ValueCap(), method=PerGood())
    np.testing.assert_allclose(capped.prices, [0.0, 0.0], atol=1e-9)


def test_money_that_must_be_spent_is_refused():
    with pytest.raises(TypeError, match="expected ValueCap or SpendCap"):
        solve(Linear(jnp.ones((2, 2))), jnp.ones(2), jnp.ones(2), cap=FisherCap(), method=PerGood())
