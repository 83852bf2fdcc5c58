"""Earn-outs: revenue becomes the λ-return, and every credit of it is booked."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.core import NOBODY, money
from catallax.markets._earn_out import dues
from catallax.markets._learning import Closed
from catallax.markets._state import Pending

TICKS, INSTANCES, DISCOUNT = 24, 3, 0.75


def rounded(x):
    return float(np.rint(x * 2**20) / 2**20)


def by_hand(share, price, reward, resale, ended, valid):
    """One instance, backwards: who gets and who gives what."""
    received, given, later = np.zeros(len(price)), np.zeros(len(price)), None
    for t in reversed(range(len(price))):
        if later is not None and valid[t] and valid[t + 1] and not ended[t]:
            given[t + 1] = rounded(share * later)
            received[t] = rounded(DISCOUNT * given[t + 1])
        later = reward[t] + resale[t] + received[t] - price[t]
    return received, given


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_dues_are_those_of_the_contract(share):
    rng = np.random.default_rng(0)
    pays, price, reward, resale = rng.integers(0, 64, (4, TICKS, INSTANCES)).astype(np.float32) / 64
    ended, valid = rng.random((TICKS, INSTANCES)) < 0.2, rng.random((TICKS, INSTANCES)) < 0.8
    resale = np.where(ended, 0.0, resale).astype(np.float32)
    owners = jnp.zeros((TICKS, INSTANCES), jnp.int32)
    sale = Pending((), (), owners, *map(jnp.asarray, (pays, price, reward, ended, valid)))
    owed = dues(share, DISCOUNT, 1.0, Closed(sale, jnp.asarray(resale)))
    for k in range(INSTANCES):
        received, given = by_hand(share, *(x[:, k] for x in (price, reward, resale, ended, valid)))
        assert np.allclose(owed.received[:, k], received, atol=1e-5)
        assert np.allclose(owed.given[:, k], given, atol=1e-5)


@pytest.mark.parametrize("paid", [1.0, 0.5])
def test_a_full_earn_out_makes_revenue_the_return(paid):
    """Prices cancel, whatever buyers paid: what the first owner takes in is the discounted sum of all rewards."""
    rng = np.random.default_rng(1)
    price, reward = rng.random((TICKS, 1)).astype(np.float32), rng.random((TICKS, 1)).astype(np.float32)
    ended = np.arange(TICKS)[:, None] == TICKS - 1
    resale = np.where(ended, 0.0, DISCOUNT * np.roll(price, -1, axis=0)).astype(np.float32)
    owners = jnp.zeros((TICKS, 1), jnp.int32)
    sale = Pending((), (), owners, *map(jnp.asarray, (paid * price, price, reward, ended, np.ones((TICKS, 1), bool))))
    owed = dues(1.0, DISCOUNT, 1.0, Closed(sale, jnp.asarray(resale)))
    revenue = reward[0, 0] + resale[0, 0] + float(owed.received[0, 0])
    assert revenue == pytest.approx(float(np.sum(reward[:, 0] * DISCOUNT ** np.arange(TICKS))), abs=1e-4)


@pytest.mark.long
def test_the_books_show_every_earn_out():
    """Bidders that never learn trade at the same prices with and without the contract."""
    env = cx.envs.GridWorld(rows=2, cols=3, goal=(1, 2), discount=DISCOUNT)
    agents = cx.Cohort.stack([cx.agents.Constant(0.2 + 0.1 * k, action=k) for k in range(4)], clones=2, endowment=10.0)
    auction = cx.auctions.Trembling(cx.auctions.FirstPrice(), 0.5)
    runs = {}
    for share in (None, 0.5):
        market = cx.DeepMarket(agents, auction, round_ticks=TICKS, earn_out=share)
        state = market.init(env, INSTANCES, jax.random.key(0))
        runs[share] = market.round(env, state, jax.random.key(1), tracked=INSTANCES)
    (plain, sales), (state, same) = runs[None], runs[0.5]
    assert (np.asarray(sales.pays) == np.asarray(same.pays)).all()
    moved = np.zeros(8)
    for k in range(INSTANCES):
        reward, receives, ended, winner = (
            np.asarray(getattr(sales, name))[:, k] for name in ("reward", "receives", "ended", "winner")
        )
        # the last sale of the round is not closed yet
        resale = np.where(ended[:-1], 0.0, receives[1:])
        price = receives[:-1] / DISCOUNT
        received, given = by_hand(0.5, price, reward[:-1], resale, ended[:-1], winner[:-1] != NOBODY)
        np.add.at(moved, winner[:-1], np.where(winner[:-1] != NOBODY, received - given, 0.0))
    difference = money.exact(state.ledger.agents) - money.exact(plain.ledger.agents)
    assert np.abs(moved).max() > 0.1
    assert np.allclose(difference / 2**20, moved, atol=1e-4)
    assert state.ledger.imbalance == 0


def test_tabular_bidders_learn_the_return_from_one_episode():
    """Without the contract a price moves one step back per visit; with it, all the way at once."""
    env = cx.envs.GridWorld(rows=1, cols=5, goal=(0, 4), discount=1.0)

    def valuations(share):
        society = cx.agents.Tabular.society(env, clones=1, initial_bid=0.0, endowment=10.0)
        auction = cx.auctions.Lottery(temperature=1e6)
        market = cx.DeepMarket(society, auction, round_ticks=256, earn_out=share)
        state, _ = market.round(env, market.init(env, 1, jax.random.key(0)), jax.random.key(3))
        assert state.ledger.imbalance == 0
        return np.asarray(state.cohorts[0].individuals.table)

    assert valuations(0.0).max() == pytest.approx(1.0)
    assert np.count_nonzero(valuations(0.0)) < np.count_nonzero(valuations(1.0))


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_bad_share_is_named(share):
    env = cx.envs.Chain()
    with pytest.raises(ValueError, match=r"earn_out must lie in \[0, 1\]"):
        cx.DeepMarket(cx.agents.Tabular.society(env), cx.auctions.FirstPrice(), earn_out=share)
