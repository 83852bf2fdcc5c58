"""Consumers: what they pay for, how long their purse lasts, and that the books close."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from societies import Wages, constants, rounds

import catallax as cx
from catallax.agents import Buyer, ObjectiveBuyer, Patron, Subscriber
from catallax.core import Ledger, money


def likes(cell):
    return lambda obs: jnp.where(obs == cell, 8.0, 0.0)


@pytest.mark.parametrize("kind", [Subscriber, Buyer])
@pytest.mark.parametrize(
    ("obs", "delivered", "wealth", "pays"), [(2, True, 4.0, 1.0), (2, True, 64.0, 8.0), (1, True, 64.0, 0.0)]
)
def test_what_a_state_is_worth_to_them(kind, obs, delivered, wealth, pays):
    consumer = kind(10.0, 0.0, likes(2), pace=0.25)
    told = consumer.value(jnp.asarray(obs), jnp.asarray(wealth), jnp.asarray(delivered))
    assert (
        float(told)
        == float(jax.jit(consumer.value)(jnp.asarray(obs), jnp.asarray(wealth), jnp.asarray(delivered)))
        == pays
    )


@pytest.mark.parametrize(("kind", "pays"), [(Subscriber, 8.0), (Buyer, 0.0)])
def test_only_subscribers_pay_on_the_way(kind, pays):
    consumer = kind(10.0, 0.0, likes(2))
    assert float(consumer.value(jnp.asarray(2), jnp.asarray(64.0), jnp.asarray(False))) == pays


def shop(*consumers, instances=1, count=4, env=None, bids=(0.0,)):
    cohort = cx.Cohort.stack(constants(*bids), endowment=1.0)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), consumers=consumers, round_ticks=1)
    return rounds(market, env or Wages((0.0,)), instances, count)


def purses(states) -> list[list[float]]:
    return [(money.exact(state.ledger.consumers) / 2**20).tolist() for state in states]


def test_a_purse_is_spent_at_its_pace_and_filled_by_its_income():
    states = shop(Subscriber(8.0, 0.0, likes(0), pace=0.5), Subscriber(4.0, 1.0, likes(0)), Buyer(1.0, 0.25, likes(5)))
    assert purses(states) == [[8, 4, 1], [4, 1, 1.25], [2, 1, 1.5], [1, 1, 1.75], [0.5, 1, 2]]
    # what was paid is the winner's, on top of its credit and four sales at nothing
    assert float(states[-1].ledger.wealth[0]) == 1 + (8 - 0.5) + 4 + 3 * 1
    assert int(states[-1].ledger.imbalance) == 0
    # the house gave the incomes and the wealth at the start
    assert int(money.exact(states[-1].ledger.house)) == -(1 + 8 + 4 + 1 + 4 * 1.25) * 2**20


def test_a_patron_pays_in_proportion_to_its_liking_and_never_more_than_it_has():
    patron = Patron(8.0, 0.0, jnp.array([0.5, 4.0]), pace=0.5)
    pays = [float(patron.value(jnp.asarray(obs), jnp.asarray(8.0), jnp.asarray(False))) for obs in (0, 1)]
    assert pays == [2.0, 8.0]
    states = shop(Patron(8.0, 0.0, jnp.array([1.0, 0.0]), pace=0.5), Patron(2.0, 1.0, jnp.array([0.0, 1.0])))
    assert purses(states) == [[8, 2], [4, 3], [2, 4], [1, 5], [0.5, 6]]
    assert int(states[-1].ledger.imbalance) == 0
    with pytest.raises(ValueError, match="pace"):
        Patron(1.0, 0.0, jnp.zeros(1), pace=2.0)


def test_a_purse_is_never_overdrawn_by_many_worlds_at_once():
    states = shop(Subscriber(2.0, 0.0, likes(0)), instances=4, count=3)
    assert purses(states) == [[2.0], [0.0], [0.0], [0.0]]
    assert [state.ledger.imbalance for state in states] == [0] * 4


def test_a_world_is_sold_to_the_buyer_when_it_is_worth_most():
    """Walking on is worth nothing until the third cell, where stopping sells the world."""
    env = cx.envs.Stoppable(cx.envs.Chain(reward=0.0, discount=1.0))
    walk = cx.agents.Scripted(lambda p, obs: jnp.where(obs < 3, 0.5, -1.0), lambda p, obs: 1, jnp.asarray(0))
    stop = cx.agents.Scripted(lambda p, obs: jnp.where(obs == 3, 0.75, -1.0), lambda p, obs: 2, jnp.asarray(0))
    market = cx.DeepMarket(
        (cx.Cohort.stack([walk], endowment=4.0), cx.Cohort.stack([stop], endowment=4.0)),
        cx.auctions.FirstPrice(),
        consumers=[Buyer(6.0, 0.0, likes(3), pace=0.5)],
        round_ticks=4,
    )
    start, first, second = rounds(market, env, 1, 2)
    assert [int(s.tally.episodes.sum()) for s in (start, first, second)] == [0, 1, 2]
    assert purses([start, first, second]) == [[6.0], [3.0], [1.5]]
    # the walker paid the house 0.5 a round and got 0.75; the stopper paid 0.75 and got half the purse
    assert second.ledger.wealth.tolist() == [4 + 2 * 0.25, 4 - 2 * 0.75 + 3 + 1.5]
    assert second.ledger.imbalance == 0


def test_agents_learn_what_consumers_pay_for():
    env = Wages((0.0, 0.0, 0.0))
    served = cx.DeepMarket(
        cx.agents.Tabular.society(env),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), 0.5),
        consumers=[Subscriber(1.0, 1.0, lambda obs: jnp.asarray(0.5))],
    )
    state = rounds(served, env, 1, 4)[-1]
    assert np.asarray(state.cohorts[0].individuals.table) == pytest.approx(0.5)


@pytest.mark.parametrize("worth", [-1.0, float("nan"), float("inf")])
def test_a_value_that_is_no_payment_is_named(worth):
    state = shop(Subscriber(8.0, 0.0, lambda obs: jnp.asarray(worth), pace=0.5), count=1)[-1]
    if worth == float("inf"):  # capped by the pace
        assert purses([state]) == [[4.0]]
        return
    with pytest.raises(
        cx.markets.MarketError, match=r"a consumer's value is NaN, infinite or negative \(tick 0, instance 0\)"
    ):
        cx.markets.raise_fault(state, "Wages")
    assert state.ledger.imbalance == 0


def test_a_purse_beyond_what_integers_hold_is_named():
    ledger = Ledger.open(1, consumers=1)
    for _ in range(2):
        ledger = ledger.pay_income(jnp.asarray([2.0**29]))
        assert ledger.audit() == 0
    with pytest.raises(OverflowError, match="larger `coin`"):
        ledger.pay_income(jnp.asarray([2.0**29])).audit()


@pytest.mark.parametrize("kind", [Subscriber, Buyer])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 0.0, likes(0)), "wealth must be at least 0, got -1.0"),
        ((1.0, float("nan"), likes(0)), "income must be at least 0, got nan"),
        ((1.0, 0.0, likes(0), 1.5), r"pace must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_settings_are_named(kind, arguments, message):
    with pytest.raises(ValueError, match=f"{kind.__name__}: {message}"):
        kind(*arguments)


def test_each_buyer_pays_for_its_own_objective():
    two = cx.envs.Objectives(cx.envs.Bandit([0.0]), jnp.array([[2.0, -1.0]]), ("gain", "loss"))
    buyers = (ObjectiveBuyer(16.0, 0.0, objective=0, price=2.0), ObjectiveBuyer(16.0, 0.0, objective=1, lift=3.0))
    assert purses(shop(*buyers, env=two, count=2)) == [[16, 16], [12, 14], [8, 12]]
