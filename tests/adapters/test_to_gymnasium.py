"""Our worlds in Gymnasium, and our policies in its loop."""

from __future__ import annotations

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import catallax as cx
from catallax.adapters import FromGymnasium, ToGymnasium, evaluate_gymnasium


@pytest.mark.parametrize(
    "env",
    [cx.envs.FrozenLake("4x4", max_steps=20), cx.envs.TMaze(2), cx.envs.Sensed(cx.envs.Woods1())],
    ids=lambda env: type(env).__name__,
)
def test_gymnasium_is_content(env):
    check_env(ToGymnasium(env), skip_render_check=True)


def test_a_seed_decides_the_episode_and_the_next_one_differs():
    def episode(world, seed):
        seen = [world.reset(seed=seed)[0]]
        for _ in range(30):
            obs, _, terminated, truncated, _ = world.step(2)
            seen.append(obs)
            if terminated or truncated:
                break
        return seen

    world = ToGymnasium(cx.envs.FrozenLake(max_steps=30), seed=5)
    first, second, third = episode(world, None), episode(world, None), episode(world, 5)
    assert first == third != second
    assert all(isinstance(obs, int) for obs in first)


def test_ends_are_kept_apart():
    world = ToGymnasium(cx.envs.FrozenLake("4x4", slippery=False, max_steps=3))
    world.reset(seed=0)
    ends = [world.step(action)[1:4] for action in (0, 0, 0)]
    assert ends == [(0.0, False, False), (0.0, False, False), (0.0, False, True)]
    world.reset(seed=0)
    assert [world.step(action)[1:4] for action in (1, 2)] == [(0.0, False, False), (0.0, True, False)]


def test_there_and_back_is_the_same_world():
    world = ToGymnasium(FromGymnasium("CartPole-v1"))
    obs, _ = world.reset(seed=1)
    plain = gymnasium.make("CartPole-v1")
    plain.reset(seed=0)
    plain.unwrapped.state = obs.astype(np.float64)
    for action in (0, 1, 1, 0, 1):
        here, there = world.step(action), plain.step(action)
        np.testing.assert_allclose(here[0], there[0], atol=1e-5)
        assert here[1:4] == there[1:4]


def test_a_step_needs_a_reset():
    with pytest.raises(RuntimeError, match="step before reset"):
        ToGymnasium(cx.envs.Chain()).step(0)


def test_evaluation_counts_every_episode_once():
    def right(key, obs):
        return jnp.asarray(1, jnp.int32)

    # pushed one way, every pole falls within a dozen ticks
    score = evaluate_gymnasium(right, "CartPole-v1", episodes=21, instances=8, discount=0.5)
    assert score.returns.shape == score.totals.shape == (21,)
    assert 8 <= score.mean_total <= 11 and score.mean_length == score.mean_total
    np.testing.assert_allclose(score.returns, 2 * (1 - 0.5**score.totals))
    again = evaluate_gymnasium(right, "CartPole-v1", episodes=21, instances=21)
    np.testing.assert_array_equal(score.totals, again.totals)


def test_evaluation_refuses_nonsense():
    policy = jax.tree_util.Partial(lambda key, obs: 0)
    with pytest.raises(ValueError, match="at least 1"):
        evaluate_gymnasium(policy, "CartPole-v1", episodes=0)
    with pytest.raises(ValueError, match="cannot make"):
        evaluate_gymnasium(policy, "NoSuchWorld-v0")
