"""Gymnasium's worlds in a market: the same rules, the same run for the same key, and clear errors."""

from __future__ import annotations

import gc
from functools import partial

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.adapters import FromGymnasium, evaluate_gymnasium
from catallax.lab import RunFolderError

KEY = jax.random.key(0)


def lake(**settings):
    return FromGymnasium("FrozenLake-v1", map_name="4x4", is_slippery=True, **settings)


def society(env, **settings):
    return cx.DeepMarket(cx.agents.Tabular.society(env), cx.auctions.CreditConservingVickrey(), **settings)


@partial(jax.jit, static_argnums=(0, 1, 2))
def play(env, instances, ticks, key):
    """Random actions inside one compiled scan; resets by the caller, as a market does it."""
    start, run = jax.random.split(key)
    state, obs = env.reset_many(jax.random.split(start, instances))

    def body(carry, key):
        state, obs = carry
        act, step_key, reset_key = jax.random.split(key, 3)
        action = jax.random.randint(act, (instances,), 0, env.action_space.n)
        step = env.step_many(jax.random.split(step_key, instances), state, action)
        over = step.terminated | step.truncated
        carry = env.reset_where(jax.random.split(reset_key, instances), over, step.state, step.obs)
        return carry, (obs, action, step.obs, step.reward, step.terminated, step.truncated, carry[1])

    return jax.lax.scan(body, (state, obs), jax.random.split(run, ticks))[1]


@pytest.fixture(scope="module")
def played():
    return [np.asarray(x) for x in play(lake(), 64, 500, KEY)]


def test_frozen_lake_moves_and_pays_like_our_own(played):
    obs, action, after, reward, terminated, _, _ = played
    mdp = cx.envs.FrozenLake("4x4").mdp()
    counts = np.zeros((16, 4, 16))
    np.add.at(counts, (obs.ravel(), action.ravel(), after.ravel()), 1)
    chance = np.zeros((16, 4, 16))
    for branch in range(mdp.successor.shape[2]):
        where = (np.arange(16)[:, None], np.arange(4)[None], mdp.successor[..., branch])
        np.add.at(chance, where, mdp.probability[..., branch])
    total = counts.sum(axis=2, keepdims=True)
    assert not counts[(chance == 0) & (total > 0)].any()
    often = total[..., 0] > 200
    assert often.sum() > 15
    # five standard errors of a share
    assert np.all(np.abs(counts / np.maximum(total, 1) - chance)[often] < 5 * 0.5 / np.sqrt(200))
    np.testing.assert_array_equal(reward, after == 15)
    np.testing.assert_array_equal(terminated, np.isin(after, [5, 7, 11, 12, 15]))


def test_a_step_does_not_reset_and_a_reset_begins_at_the_start(played):
    _, _, after, _, terminated, truncated, following = played
    over = terminated | truncated
    assert over.sum() > 100
    assert np.all(following[over] == 0) and np.all(following[~over] == after[~over])
    assert np.all(np.isin(after[terminated], [5, 7, 11, 12, 15]))


def test_the_same_key_gives_the_same_run_whatever_ran_before(played):
    env = lake()
    first = play(env, 8, 60, jax.random.key(3))
    cx.evaluate(lambda key, obs: jnp.asarray(2, jnp.int32), env, episodes=20, key=KEY)
    second = play(env, 8, 60, jax.random.key(3))
    other = play(env, 8, 60, jax.random.key(4))
    assert jax.tree.all(jax.tree.map(np.array_equal, first, second))
    assert not np.array_equal(first[2], other[2])


def test_time_limit_truncates_and_a_fall_terminates():
    env = FromGymnasium("CartPole-v1", max_episode_steps=30)
    state, _ = env.reset_many(jax.random.split(KEY, 2))
    # one pole is balanced, the other pushed to the right
    obs = state.obs
    ends = []
    for tick in range(31):
        action = jnp.stack([(obs[0, 2] + obs[0, 3] > 0).astype(jnp.int32), jnp.asarray(1, jnp.int32)])
        step = env.step_many(jax.random.split(jax.random.key(tick), 2), state, action)
        state, obs = step.state, step.obs
        ends.append((np.asarray(step.terminated), np.asarray(step.truncated), np.asarray(obs), step.reward))
    fell = next(k for k, end in enumerate(ends) if end[0][1])
    assert 5 < fell < 15 and abs(ends[fell][2][1, 2]) > 0.2
    assert not ends[28][1][0] and ends[29][1][0] and not ends[29][0][0]
    # after the end nothing happens until somebody resets
    np.testing.assert_array_equal(ends[fell][2][1], ends[30][2][1])
    assert float(ends[30][3][1]) == 0.0 and ends[30][0][1] and ends[30][1][0]


def test_one_world_alone():
    env = FromGymnasium("CartPole-v1")
    state, obs = jax.jit(env.reset)(KEY)
    step = jax.jit(env.step)(KEY, state, jnp.asarray(1, jnp.int32))
    assert obs.shape == step.obs.shape == (4,) and step.reward.shape == step.terminated.shape == ()
    assert float(step.obs[1]) > float(obs[1])


@pytest.mark.long
def test_a_market_learns_the_lake_far_above_chance():
    env = lake()
    run = cx.train(society(env), env, ticks=16_384, instances=32, key=KEY, chunks=2)
    assert run.ledger.imbalance == 0
    random = evaluate_gymnasium(
        lambda key, obs: jax.random.randint(key, (), 0, 4), "FrozenLake-v1", episodes=200, map_name="4x4"
    )
    assert random.mean_total < 0.1
    inside = cx.evaluate(run.policy, env, episodes=200, key=jax.random.key(1))
    outside = evaluate_gymnasium(run.policy, "FrozenLake-v1", episodes=200, discount=0.99, map_name="4x4")
    assert inside.mean_total > 0.5 and outside.mean_total > 0.5
    assert inside.finished == outside.finished == 1.0
    spread = np.hypot(inside.std_error, outside.std_error)
    assert abs(inside.mean_return - outside.mean_return) < 5 * spread


def test_the_same_key_trains_the_same_market_and_evaluation_does_not_disturb_it():
    env = lake()
    settings = {"ticks": 16 * 8 * 12, "instances": 8, "key": KEY, "chunks": 3}
    one = cx.train(society(env), env, **settings)

    def look(row):
        cx.evaluate(lambda key, obs: jnp.asarray(1, jnp.int32), env, episodes=5, key=KEY, horizon=7)
        return False

    two = cx.train(society(env), env, stop=look, **settings)
    np.testing.assert_array_equal(one.ledger.wealth, two.ledger.wealth)
    np.testing.assert_array_equal(one.state.world.obs, two.state.world.obs)


@pytest.mark.long
def test_independent_seeds():
    env = lake()
    run = cx.train(society(env), env, ticks=16 * 4 * 6, instances=4, key=KEY, seeds=2, chunks=2)
    alone = cx.train(society(env), env, ticks=16 * 4 * 6, instances=4, key=jax.random.split(KEY, 2)[1], chunks=2)
    np.testing.assert_array_equal(run.seed(1).ledger.wealth, alone.ledger.wealth)


@pytest.mark.long
def test_a_resumed_run_truncates_the_open_episodes_and_goes_on(tmp_path):
    settings = {"instances": 4, "key": KEY, "chunks": 2, "folder": tmp_path / "run", "tracked": 4}
    env = lake()
    first = cx.train(society(env), env, ticks=16 * 4 * 4, **settings)
    again = lake()
    second = cx.train(society(again), again, ticks=16 * 4 * 8, resume=True, **settings)
    assert second.ticks == 2 * first.ticks and second.ledger.imbalance == 0
    tick, obs = second.sales["tick"], second.sales["obs"]
    resumed = 16 * 4
    # the worlds stand still for one tick, are sold once more, and begin anew
    np.testing.assert_array_equal(obs[tick == resumed], obs[tick == resumed + 1])
    assert np.all(obs[tick == resumed + 2] == 0)
    with pytest.raises(RunFolderError, match="another env"):
        other = FromGymnasium("FrozenLake-v1", map_name="4x4", is_slippery=False)
        cx.train(society(other), other, ticks=16 * 4 * 8, resume=True, **settings)


def test_a_wrapper_passes_the_host_on():
    inner = FromGymnasium("CliffWalking-v1", max_episode_steps=50)
    env = cx.envs.Shifted(cx.envs.Scaled(inner, 0.01), by=1.0)
    run = cx.train(society(env), env, ticks=16 * 4 * 4, instances=4, key=KEY, chunks=2)
    assert run.ledger.imbalance == 0


def test_a_register_beside_a_hosted_world_is_kept_within_and_cleared_between_episodes():
    env = cx.envs.Register(FromGymnasium("FrozenLake-v1", map_name="4x4", max_episode_steps=5), symbols=3)
    run = cx.train(society(env), env, ticks=16 * 4 * 8, instances=4, key=KEY, chunks=2, tracked=4)
    sales = run.sales
    order = np.lexsort((sales["tick"], sales["instance"]))
    obs, action, instance = (sales[name][order] for name in ("obs", "action", "instance"))
    symbol, write, same = obs % 3, action % 4, instance[1:] == instance[:-1]
    expected = np.where(write == 3, symbol, write)[:-1]
    started = (symbol[1:] == 0) & (obs[1:] // 3 == 0)
    assert np.all((symbol[1:] == expected)[same] | started[same])
    assert (expected != 0)[same & ~started].any() and run.ledger.imbalance == 0


def test_a_hosted_world_may_be_stopped_before_its_end():
    env = cx.envs.Stoppable(FromGymnasium("Taxi-v4" if "Taxi-v4" in gymnasium.registry else "Taxi-v3"))
    keys, stop = jax.random.split(KEY, 4), env.action_space.n - 1
    state, obs = env.reset_many(keys)
    step = env.step_many(keys, state, jnp.asarray([stop, 0, 0, stop], jnp.int32))
    assert step.terminated.tolist() == [True, False, False, True]
    np.testing.assert_array_equal(step.obs[jnp.asarray([0, 3])], obs[jnp.asarray([0, 3])])
    state, obs = env.reset_where(keys, step.terminated, step.state, step.obs)
    begun = obs
    step = env.step_many(keys, state, jnp.full(4, stop, jnp.int32))
    np.testing.assert_array_equal(step.obs, begun)
    state, obs = env.reset_where(keys, step.terminated, step.state, step.obs)
    # a taxi that turns into a wall stays: what is shown is where the world on the host begins
    after = env.step_many(keys, state, jnp.full(4, 4, jnp.int32))
    assert np.all(np.asarray(after.obs) // 20 == np.asarray(obs) // 20)


def test_worlds_are_closed_with_the_object():
    closed = []

    class Counted(gymnasium.Wrapper):
        def close(self):
            closed.append(self)
            super().close()

    env = FromGymnasium(lambda: Counted(gymnasium.make("FrozenLake-v1")))
    play(env, 3, 4, KEY)
    del env
    jax.clear_caches()
    gc.collect()
    assert len(closed) >= 3


def test_a_state_is_stepped_once():
    env = lake()
    state, _ = env.reset(KEY)
    env.step(KEY, state, jnp.asarray(0, jnp.int32))
    with pytest.raises(Exception, match=r"HostError.*FrozenLake.*a state can be stepped once"):
        jax.block_until_ready(env.step(KEY, state, jnp.asarray(0, jnp.int32)))
    state, _ = env.reset(KEY)
    env.close()
    with pytest.raises(Exception, match=r"HostError.*were closed"):
        jax.block_until_ready(env.step(KEY, state, jnp.asarray(0, jnp.int32)))


class Failing(gymnasium.Env):
    """Fails in the way it is told on its fifth step."""

    observation_space = gymnasium.spaces.Discrete(3)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, way="raise"):
        self.way = way
        self.ticks = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.ticks = 0
        return (0 if self.way != "unseeded" else np.random.default_rng().integers(3)), {}

    def step(self, action):
        self.ticks += 1
        if self.ticks >= 5 and self.way == "raise":
            raise FileNotFoundError("the engine is gone")
        return 1, (float("nan") if self.ticks >= 5 else 0.0), self.way == "unseeded", False, {}


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("raise", "Failing.*step raised FileNotFoundError: the engine is gone"),
        ("nan", "Failing.*reward is nan"),
        ("unseeded", "Failing.*gave two different observations"),
    ],
)
def test_what_goes_wrong_on_the_host_is_told_in_words(way, words):
    env = FromGymnasium(Failing, way=way)
    with pytest.raises(Exception, match=words):
        cx.train(society(env), env, ticks=16 * 4 * 4, instances=4, key=KEY, chunks=1)


def test_wrong_use_is_refused_at_once():
    with pytest.raises(ValueError, match=r"cannot make 'NoSuchWorld-v0'.*pprint_registry"):
        FromGymnasium("NoSuchWorld-v0")
    with pytest.raises(ValueError, match="discount must lie in"):
        lake(discount=1.5)
    with pytest.raises(ValueError, match="Autoreset"):
        FromGymnasium(lambda: gymnasium.wrappers.Autoreset(gymnasium.make("CartPole-v1")))
    with pytest.raises(TypeError, match="use reset_many"):
        jax.vmap(lake().reset)(jax.random.split(KEY, 3))
