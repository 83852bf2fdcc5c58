"""Agent dropout: clones stay away together, for a whole episode, as often as stated."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.core import NOBODY
from catallax.markets import AgentDropout, empty_tally

INSTANCES = 32


@pytest.fixture(scope="module")
def days():
    """Who was present before each tick and who won, on a chain whose richest bidders walk left for ever."""
    env = cx.envs.Chain(max_steps=3)
    kinds = [cx.agents.Constant(bid, action=0) for bid in (4.0, 3.0, 2.0, 1.0)]
    agents = cx.Cohort.stack(kinds, clones=2, endowment=1e5)
    market = cx.DeepMarket(agents, cx.auctions.Vickrey(), attendance=AgentDropout(), round_ticks=1)

    @jax.jit
    def play(key):
        def day(state, _):
            after = market.round(env, state, key)[0]
            return after, (state.present, after.pending.winner, state.closing, state.episode_length)

        return jax.lax.scan(day, market.init(env, INSTANCES, key), length=400)

    state, seen = play(jax.random.key(0))
    assert state.ledger.imbalance == 0
    return [np.asarray(x) for x in seen]


def test_the_absent_and_their_clones_never_win(days):
    present, winner, closing, _ = days
    sold = winner != NOBODY
    assert (sold == ~closing).all()
    there = np.take_along_axis(present, np.maximum(winner, 0)[..., None], axis=2)[..., 0]
    assert there[sold].all()
    assert (present[..., ::2] == present[..., 1::2]).all()
    # the best of those who are there wins, so that every one of the first three does at times
    best = present.argmax(2)
    assert (winner[sold] // 2 == best[sold] // 2).all() and set(winner[sold] // 2) == {0, 1, 2}


def test_who_is_present_stays_for_the_episode(days):
    present, _, closing, length = days
    same = (present[1:] == present[:-1]).all(2)
    assert same[length[1:] > 0].all()
    assert not same[closing[:-1]].all()


def test_the_number_away_is_uniform(days):
    present, _, _, length = days
    away = 4 - present[length == 0][:, ::2].sum(1)
    counts = np.bincount(away, minlength=5)
    assert (counts[3:] == 0).all()
    fair = counts[:3].sum() / 3
    assert ((counts[:3] - fair) ** 2 / fair).sum() < 13.8  # chi-square, 2 degrees, p = 0.001


def test_the_dead_are_not_counted():
    living = jnp.asarray([True, False, True, False, True])
    drawn = jax.vmap(AgentDropout().draw, in_axes=(0, None))(jax.random.split(jax.random.key(0), 200), living)
    assert set(np.asarray(drawn).sum(1)) == {2, 3} and not np.asarray(drawn)[:, [1, 3]].any()
    assert AgentDropout().draw(jax.random.key(0), jnp.ones(1, bool)).all()


@pytest.mark.long
def test_who_is_away_does_not_learn():
    class Nobody(cx.markets.AbstractAttendance):
        def draw(self, key, living):
            return jnp.arange(living.shape[0]) != 2

    env = cx.envs.Bandit()
    agents = cx.agents.Network.society(
        env, key=jax.random.key(0), learner=cx.agents.PPO(policy_rate=1e-2), endowment=99.0
    )
    market = cx.DeepMarket(agents, cx.auctions.Vickrey(), attendance=Nobody())
    state = market.init(env, 4, jax.random.key(1))
    after = eqx.filter_jit(lambda s: market.round(env, s, jax.random.key(2))[0])(state)
    bias = np.asarray(after.cohorts[0].individuals.nets.policy[-1][1])
    assert (bias[2] == 0).all() and (bias[[0, 1, 3]] != 0).any(1).all()
    assert after.tally.sales.sum() == empty_tally(4).sales.sum() + 64


def test_newcomers_and_attendance_are_refused_together():
    agents = cx.Cohort.stack([cx.agents.Rule.parse("#", 0, 1.0)])
    with pytest.raises(ValueError, match="attendance and newcomers cannot be combined"):
        cx.DeepMarket(
            agents, cx.auctions.FirstPrice(), newcomers=cx.agents.Outbid(0.1), attendance=cx.markets.AgentDropout()
        )
