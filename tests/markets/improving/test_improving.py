"""Objective, attribution, adjustment: the laws of each attribution, and that networks improve."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import improving as im

QUALITY = jnp.array([[0.9, 0.2], [0.4, 0.7], [0.3, 0.8], [0.6, 0.5]])
RIVALS = jnp.array([0, 0, 1, 1])


def product(influence, present):
    """Two stages of two suppliers each; value is the product of what the stages deliver."""
    delivered = jax.ops.segment_sum(jnp.sum(influence * QUALITY, 1) * present, RIVALS, 2)
    return delivered[0] * delivered[1]


HERE, EVEN = jnp.ones(4), jnp.full((4, 2), 0.5)
KEY = jax.random.key(0)


@pytest.mark.parametrize("attribution", [im.Shapley(), im.Shapley(orders=3)], ids=["all orders", "drawn orders"])
def test_shapley_values_add_up_to_the_objective(attribution):
    credit, _ = attribution.attribute(KEY, product, EVEN, ())
    np.testing.assert_allclose(credit.worth.sum(), product(EVEN, HERE) - product(EVEN, 0 * HERE), rtol=1e-5)


def test_shapley_values_are_symmetric_and_fair_to_idlers():
    influence = jnp.array([[1.0], [1.0], [2.0], [0.0]])
    credit, _ = im.Shapley().attribute(KEY, lambda w, here: jnp.sum(w[:, 0] * here) ** 2, influence, ())
    # of a square of a sum: w_i times the sum of all
    np.testing.assert_allclose(credit.worth, [4.0, 4.0, 8.0, 0.0], atol=1e-5)


def test_price_times_quantity_is_worth():
    for attribution in (im.Backpropagation(), im.Shapley(), im.LeaveOneOut(), im.EvolutionStrategy(4)):
        credit, _ = attribution.attribute(KEY, product, EVEN, attribution.init(EVEN))
        np.testing.assert_allclose(jnp.sum(credit.rate * EVEN, 1), credit.worth, rtol=1e-5)


def test_leaving_one_out_is_the_gradient_where_the_objective_is_linear_in_each():
    gone, _ = im.LeaveOneOut().attribute(KEY, product, EVEN, ())
    priced, _ = im.Backpropagation().attribute(KEY, product, EVEN, ())
    np.testing.assert_allclose(gone.worth, priced.worth, rtol=1e-5)


def test_evolution_strategies_estimate_the_gradient():
    found, _ = im.EvolutionStrategy(4_000, 0.01).attribute(KEY, product, EVEN, ())
    exact, _ = im.Backpropagation().attribute(KEY, product, EVEN, ())
    np.testing.assert_allclose(found.rate, exact.rate, atol=0.06)


def test_payments_reach_the_gradient_in_as_many_steps_as_there_are_sales():
    def delivered(influence):
        return jax.ops.segment_sum(jnp.sum(influence * QUALITY, 1), RIVALS, 2)

    payments = im.MarketPayments(
        collect=lambda w, posted: QUALITY * posted[RIVALS][:, None],
        quote=lambda w, posted: jnp.stack([delivered(w)[1], delivered(w)[0]]),
        opening=jnp.zeros(2),
    )
    first, memory = payments.attribute(KEY, product, EVEN, payments.init(EVEN))
    second, _ = payments.attribute(KEY, product, EVEN, memory)
    exact, _ = im.Backpropagation().attribute(KEY, product, EVEN, ())
    assert not first.rate.any()
    np.testing.assert_allclose(second.rate, exact.rate, rtol=1e-6)


@pytest.mark.parametrize("adjustment", [im.MultiplicativeWeights(0.5, RIVALS), im.TakeOver(0.2, RIVALS)], ids=str)
def test_shares_stay_shares_and_the_best_suppliers_win(adjustment):
    found = im.SelfImproving(im.Backpropagation(), adjustment).run(KEY, product, EVEN, 100)
    np.testing.assert_allclose(jax.ops.segment_sum(found.influence, RIVALS, 2), 1.0, rtol=1e-4)
    best = float((0.9 + 0.7) * (0.6 + 0.8))
    assert found.values[-1] > 0.99 * best


def test_competition_replaces_the_worst_alone():
    credit = im.Credit(jnp.array([3.0, 1.0, 2.0]), jnp.zeros((3, 1)))
    before = jnp.array([[1.0], [5.0], [2.0]])
    after = im.Competition(0.0, jnp.zeros(3, jnp.int32)).adjust(KEY, before, credit)
    assert after.tolist() == [[1.0], [1.0], [2.0]]


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="orders must be at least 1"):
        im.Shapley(0)
    with pytest.raises(ValueError, match="pass `orders=`"):
        im.Shapley().attribute(KEY, product, jnp.ones((17, 2)), ())
    with pytest.raises(ValueError, match="pairs must be at least 1"):
        im.EvolutionStrategy(0)
