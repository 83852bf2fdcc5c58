"""Monolithic PPO: learns a chain, goes on where it stood, says what is wrong."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.lab.baselines import ppo
from catallax.lab.baselines._ppo import _traced

CHAIN = cx.envs.Chain()
KEY = jax.random.key(0)
QUICK = cx.agents.PPO(policy_rate=1e-2, entropy=0.01)
SIZES = {"ticks": 8_192, "batch": 512, "instances": 16, "looks": 2, "seeds": 3, "key": KEY, "learner": QUICK}


@pytest.fixture(scope="module")
def learned():
    return ppo(CHAIN, **SIZES)


def test_it_learns_to_walk_right(learned):
    assert learned.returns.shape == (3, 2) and learned.ticks.tolist() == [4_096, 8_192]
    assert learned.returns[:, 1].min() > 0.78
    policy = learned.policy(1)
    assert (np.asarray(policy.log_probabilities(jnp.arange(5)))[:, 1] > -0.2).all()
    assert int(policy(KEY, jnp.asarray(2))) in (0, 1)


def test_it_goes_on_where_it_stood(learned):
    again = ppo(CHAIN, **{**SIZES, "after": learned})
    assert again.returns[:, 0].min() > 0.78
    assert np.asarray(again.progress.rounds).tolist() == [32] * 3
    with pytest.raises(ValueError, match=r"seeds=2, but `after` holds 3 learners"):
        ppo(CHAIN, **{**SIZES, "seeds": 2, "after": learned})
    with pytest.raises(ValueError, match=r"`after` learned in .* same observations and actions"):
        ppo(cx.envs.Duality(), **{**SIZES, "after": learned})


def test_advantages_are_discounted_sums_that_stop_at_ends():
    gap = jnp.asarray([[1.0], [2.0], [4.0], [8.0]])
    over = jnp.asarray([[False], [True], [False], [False]])
    np.testing.assert_allclose(_traced(gap, over, jnp.full((4, 1), 0.5))[:, 0], [2.0, 2.0, 8.0, 8.0])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="ticks at least batch x looks"):
        ppo(CHAIN, **{**SIZES, "ticks": 512})
