"""Evaluation: what episodes bring against what linear algebra says."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx

KEY = jax.random.key(3)


def right(key, obs):
    return jnp.ones((), jnp.int32)


@pytest.fixture(scope="module")
def garnet():
    """A world without end and a policy that is neither good nor certain."""
    env = cx.envs.Garnet(6, 3, 3, key=KEY, discount=0.8)
    chances = np.random.default_rng(0).dirichlet(np.ones(3), 6)
    logits = jnp.log(jnp.asarray(chances, jnp.float32))
    score = cx.evaluate(lambda key, obs: jax.random.categorical(key, logits[obs]), env, episodes=4_000, key=KEY)
    return env, chances, score


def test_a_random_policy_scores_its_exact_value(garnet):
    env, chances, score = garnet
    exact = cx.planning.policy_value(env, chances).start_value
    assert 0 < score.std_error < 0.02 * exact
    assert abs(score.mean_return - exact) < 4 * score.std_error


def test_figures_are_those_of_the_episodes(garnet):
    _, _, score = garnet
    assert score.returns.shape == score.totals.shape == (4_000,)
    assert score.mean_return == pytest.approx(score.returns.mean())
    assert score.std_error == pytest.approx(score.returns.std(ddof=1) / np.sqrt(4_000))
    assert score.mean_total == pytest.approx(score.totals.mean())
    # nothing ends there, and 0.8**62 < 1e-6 is where it stops to matter
    assert (score.finished, score.mean_length) == (0.0, 62.0)


def test_an_episode_stops_when_its_world_does():
    env = cx.envs.Chain()
    score = cx.evaluate(right, env, episodes=3, key=KEY)
    assert score.returns.tolist() == pytest.approx([0.8 * 0.99**4] * 3)
    assert score.totals.tolist() == pytest.approx([0.8] * 3)
    assert (score.mean_length, score.finished) == (5.0, 1.0)
    assert score.mean_return == pytest.approx(cx.planning.policy_value(env, np.ones(6, int)).start_value)
    assert score.std_error == pytest.approx(0.0, abs=1e-7)


def test_the_clock_of_a_world_ends_an_episode_too():
    score = cx.evaluate(lambda key, obs: jnp.zeros((), jnp.int32), cx.envs.Chain(max_steps=7), episodes=2, key=KEY)
    assert (score.mean_length, score.finished, score.mean_total) == (7.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("horizon", "length", "finished", "total"), [(4, 4.0, 0.0, 0.0), (5, 5.0, 1.0, 0.8), (9, 5.0, 1.0, 0.8)]
)
def test_the_horizon_cuts_episodes_off(horizon, length, finished, total):
    score = cx.evaluate(right, cx.envs.Chain(), episodes=2, key=KEY, horizon=horizon)
    assert (score.mean_length, score.finished) == (length, finished)
    assert score.mean_total == pytest.approx(total)


@pytest.mark.parametrize(("discount", "ticks"), [(0.0, 1), (0.5, 20), (1.0, 10_000)])
def test_how_long_it_plays_follows_from_the_discount(discount, ticks):
    env = cx.envs.Duality(discount=discount, max_steps=None)
    score = cx.evaluate(right, env, episodes=1, key=KEY)
    assert score.mean_length == ticks
    assert np.isnan(score.std_error)
    # 0.5 for the way from the first state to the second, then 0.3 for every tick there
    assert score.mean_total == pytest.approx(0.5 + 0.3 * (ticks - 1), rel=1e-3)


def test_a_trained_market_is_played_without_paying_or_learning():
    env = cx.envs.Bandit()
    agents = cx.Cohort.stack([cx.agents.Constant(0.1 * k, k) for k in range(4)])
    market = cx.DeepMarket(agents, cx.auctions.Trembling(cx.auctions.FirstPrice(), 1.0))
    run = cx.train(market, env, ticks=64, instances=4, key=KEY, chunks=1)
    before = run.ledger.wealth.tolist()
    score = cx.evaluate(run.policy, env, episodes=64, key=KEY)
    assert score.returns.tolist() == pytest.approx([0.8] * 64)  # the highest bid, and no trembling
    assert run.ledger.wealth.tolist() == before


def test_same_key_same_score(garnet):
    env, _, _ = garnet
    one, two, other = (
        cx.evaluate(right, env, episodes=16, key=jax.random.key(k), horizon=8).returns.tolist() for k in (1, 1, 2)
    )
    assert one == two != other


@pytest.mark.parametrize("arguments", [{"episodes": 0}, {"horizon": 0}, {"episodes": -3, "horizon": 5}])
def test_nothing_to_play_is_named(arguments):
    with pytest.raises(ValueError, match="evaluate: episodes and horizon must be at least 1, got"):
        cx.evaluate(right, cx.envs.Chain(), key=KEY, **arguments)


def test_a_score_is_put_together_from_episodes():
    score = cx.lab.Score.of(np.array([1.0, 3.0]), np.array([2.0, 6.0]), np.array([4, 5]), np.array([True, False]))
    assert score[:5] == (2.0, pytest.approx(1.0), 4.0, 4.5, 0.5)
    one = cx.lab.Score.of(*(np.ones(1) for _ in range(4)))
    assert np.isnan(one.std_error) and one.mean_return == 1.0
