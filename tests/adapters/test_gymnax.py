"""gymnax's worlds in a market: time limit and natural end told apart, the physics of Gymnasium."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.adapters import FromGymnasium, FromGymnax

gymnax = pytest.importorskip("gymnax")
KEY = jax.random.key(0)


def balance(obs):
    """Keeps a pole up for longer than anybody looks."""
    return (obs @ jnp.asarray([0.1, 0.5, 3.0, 1.0]) > 0).astype(jnp.int32)


def last_step(env, policy, ticks):
    """Every step of one episode, without resets."""

    def body(carry, key):
        state, obs = carry
        step = env.step(key, state, policy(obs))
        return (step.state, step.obs), step

    return jax.jit(lambda: jax.lax.scan(body, env.reset(KEY), jax.random.split(KEY, ticks))[1])()


@pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1", "MountainCarContinuous-v0", "FrozenLake-misc"])
def test_conforms(name):
    cx.check_env(FromGymnax(name), steps=10)


def test_the_time_limit_truncates():
    step = last_step(FromGymnax("CartPole-v1"), balance, 501)
    assert not np.any(step.terminated)
    np.testing.assert_array_equal(np.flatnonzero(step.truncated), [499, 500])
    assert np.all(np.asarray(step.reward) == 1.0)


def test_a_fall_terminates():
    step = last_step(FromGymnax("CartPole-v1"), lambda obs: jnp.asarray(1, jnp.int32), 12)
    first = int(np.argmax(step.terminated))
    assert step.terminated[first] and 7 <= first <= 11 and not np.any(step.truncated)
    # the observation is of the final state: nothing was reset
    assert abs(float(step.obs[first, 2])) > 0.2095


class OlderCartPole:
    """The contract of gymnax before 1.0: `done` holds the time limit too, and nothing tells them apart."""

    def __init__(self, both=False):
        self.world = gymnax.make("CartPole-v1")[0]
        self.default_params = self.world.default_params.replace(max_steps_in_episode=50)
        self.name, self.both = "OlderCartPole", both
        self.reset_env = self.world.reset_env
        self.observation_space, self.action_space = self.world.observation_space, self.world.action_space

    def is_terminal(self, state, params):
        return self.world.is_terminated(state, params) | (state.time >= params.max_steps_in_episode)

    def step_env(self, key, state, action, params):
        obs, state, reward, terminated, info = self.world.step_env(key, state, action, params)
        if self.both:
            return obs, state, reward, terminated, state.time >= params.max_steps_in_episode, info
        return obs, state, reward, self.is_terminal(state, params), info


@pytest.mark.parametrize("both", [False, True])
def test_older_and_other_contracts(both):
    env = FromGymnax(OlderCartPole(both))
    step = last_step(env, balance, 50)
    assert not np.any(step.terminated) and np.flatnonzero(step.truncated).tolist() == [49]
    step = last_step(env, lambda obs: jnp.asarray(0, jnp.int32), 12)
    assert np.any(step.terminated) and not np.any(step.truncated)


def test_both_bridges_have_the_same_physics():
    pure, host = FromGymnax("CartPole-v1"), FromGymnasium("CartPole-v1")
    there, obs = host.reset(KEY)
    here, _ = pure.reset(KEY)
    here = here.replace(x=obs[0], x_dot=obs[1], theta=obs[2], theta_dot=obs[3])
    for tick, action in enumerate(np.random.default_rng(0).integers(0, 2, 60)):
        one, two = (
            env.step(KEY, state, jnp.asarray(action, jnp.int32)) for env, state in ((pure, here), (host, there))
        )
        np.testing.assert_allclose(one.obs, two.obs, atol=1e-4)
        assert one[2:5] == two[2:5], tick
        if one.terminated:
            break
        here, there = one.state, two.state
    assert tick > 5 and one.terminated


@pytest.mark.long
def test_a_market_learns_the_lake():
    env = FromGymnax("FrozenLake-misc", is_slippery=True)
    market = cx.DeepMarket(cx.agents.Tabular.society(env), cx.auctions.CreditConservingVickrey())
    run = cx.train(market, env, ticks=30_000, instances=32, key=KEY, chunks=2)
    assert run.ledger.imbalance == 0
    assert cx.evaluate(run.policy, env, episodes=500, key=KEY).mean_total > 0.5
    ours = cx.evaluate(run.policy, cx.envs.FrozenLake("4x4", max_steps=100), episodes=500, key=KEY)
    assert ours.mean_total > 0.5


def test_the_description_names_no_address():
    assert " at 0x" not in repr(FromGymnax("CartPole-v1")) and "CartPole-v1" in repr(FromGymnax("CartPole-v1"))


def test_wrong_use_is_refused_at_once():
    with pytest.raises(ValueError, match=r"cannot make 'NoSuchWorld-v0'.*registered_envs"):
        FromGymnax("NoSuchWorld-v0")
    with pytest.raises(ValueError, match="discount must lie in"):
        FromGymnax("CartPole-v1", discount=-0.1)
