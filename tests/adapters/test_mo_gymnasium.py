"""Worlds of mo-gymnasium: ours are theirs, step by step, and their vectors come through the adapter."""

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.adapters import FromGymnasium, numbered
from catallax.envs import CONCAVE_SEA, Objectives

WORLDS = {
    "deep-sea-treasure-v0": ((11, 11), Objectives.deep_sea),
    "deep-sea-treasure-concave-v0": ((11, 11), lambda: Objectives.deep_sea(CONCAVE_SEA)),
    "resource-gathering-v0": ((5, 5, 2, 2), Objectives.gathering),
}


@pytest.mark.parametrize("name", WORLDS)
def test_our_tables_are_what_their_world_does(name):
    pytest.importorskip("mo_gymnasium", reason="needs the extra `bench`")
    sizes, build = WORLDS[name]
    ours, theirs = build(), gymnasium.make(f"mo_gymnasium:{name}", disable_env_checker=True).unwrapped
    mdp, earned, rng = ours.env.mdp(), np.asarray(ours.earned), np.random.default_rng(0)
    tried, risky = np.zeros(mdp.successor.shape, int), np.zeros(2, int)
    obs, _ = theirs.reset(seed=0)
    for _ in range(6_000):
        state, action = np.ravel_multi_index(tuple(obs), sizes), int(rng.integers(4))
        obs, amounts, terminated, _, _ = theirs.step(action)
        branch = int(earned[mdp.successor[state, action, 0]].tolist() != amounts.tolist())
        after = mdp.successor[state, action, min(branch, mdp.successor.shape[2] - 1)]
        assert mdp.observation[after] == np.ravel_multi_index(tuple(obs), sizes)
        np.testing.assert_allclose(amounts, earned[after], rtol=1e-6)
        assert terminated == mdp.terminal[state, action, min(branch, mdp.successor.shape[2] - 1)]
        tried[state, action] += 1
        if mdp.probability[state, action, 0] < 1:
            risky[branch] += 1
        if terminated:
            obs, _ = theirs.reset()
    assert (tried[..., 0] > 0).sum() > 60
    if risky.sum():
        assert abs(risky[1] / risky.sum() - 0.1) < 5 * 0.3 / np.sqrt(risky.sum())


def test_a_vector_of_rewards_comes_through_the_adapter():
    pytest.importorskip("mo_gymnasium", reason="needs the extra `bench`")
    env = FromGymnasium(numbered("mo_gymnasium:deep-sea-treasure-v0", (11, 11)))
    keys = jax.random.split(jax.random.key(0), 2)
    state, obs = env.reset_many(keys)
    step = env.step_many(keys, state, jnp.array([1, 3], jnp.int32))
    np.testing.assert_array_equal(obs, [0, 0])
    np.testing.assert_array_equal(step.obs, [11, 1])
    np.testing.assert_allclose(step.info["objectives"], [[0.7, -1.0], [0.0, -1.0]], rtol=1e-6)
    np.testing.assert_array_equal(step.reward, [0.0, 0.0])
    np.testing.assert_array_equal(step.terminated, [True, False])


def test_a_vector_that_was_not_announced_is_named():
    class Silent(gymnasium.Env):
        observation_space = action_space = gymnasium.spaces.Discrete(2)

        def reset(self, *, seed=None, options=None):
            return 0, {}

        def step(self, action):
            return 0, np.zeros(2), False, False, {}

    env = FromGymnasium(Silent)
    state, _ = env.reset(jax.random.key(0))
    with pytest.raises(Exception, match=r"reward has axes.*reward_space"):
        jax.block_until_ready(env.step(jax.random.key(0), state, jnp.asarray(0, jnp.int32)))
