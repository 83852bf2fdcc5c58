"""PPO as a rival: it learns, its curve says when, the same seed gives the same curve."""

from __future__ import annotations

import numpy as np
import pytest

from catallax.adapters import CARTPOLE, ticks_to_reach, train_ppo

pytest.importorskip("stable_baselines3")


def test_ppo_learns_cartpole():
    curve = ticks_to_reach("CartPole-v1", 100, ticks=30_000, seed=1, every=1_024, episodes=3)
    assert curve.ticks[0] == 0 and curve.returns[0] < 100
    assert curve.reached == curve.ticks[-1] and curve.returns[-1] >= 100
    assert np.all(np.diff(curve.ticks) == 1_024)


def test_the_same_seed_gives_the_same_curve_and_the_budget_is_looked_at_last():
    one, two = (train_ppo("CartPole-v1", 512, seed=1, every=200, episodes=2)[1] for _ in range(2))
    np.testing.assert_array_equal(one.returns, two.returns)
    assert one.ticks.tolist() == [0, 256, 512] and one.reached is None


def test_defaults_are_the_tuned_ones():
    model, _ = train_ppo("CartPole-v1", 1, seed=0, episodes=1)
    assert (model.n_envs, model.n_steps, model.batch_size, model.n_epochs) == (8, 32, 256, 20)
    assert (model.gamma, model.gae_lambda, model.ent_coef) == (0.98, 0.8, 0.0)
    assert model.clip_range(0.5) == pytest.approx(0.1) and model.lr_schedule(0.5) == pytest.approx(5e-4)
    assert CARTPOLE["learning_rate"] == 1e-3


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        train_ppo("CartPole-v1", 0)
