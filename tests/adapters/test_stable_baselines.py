"""PPO and DQN as rivals: they learn, their curves say when, the same seed gives the same curve."""

from __future__ import annotations

import numpy as np
import pytest

from catallax.adapters import train_dqn, train_ppo

pytest.importorskip("stable_baselines3")


@pytest.mark.long
@pytest.mark.parametrize(("train", "seed"), [(train_ppo, 1), (train_dqn, 0)])
def test_rivals_learn_cartpole(train, seed):
    _, curve = train("CartPole-v1", 30_000, seed=seed, target=100, every=1_024, episodes=3)
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


def test_dqn_explores_over_the_same_ticks_whatever_its_budget():
    one, other = (train_dqn("CartPole-v1", ticks, seed=0, episodes=1, exploration_ticks=64)[0] for ticks in (256, 512))
    assert 256 * one.exploration_fraction == 512 * other.exploration_fraction == 64
    assert (one.batch_size, one.gamma, one.gradient_steps, one.train_freq.frequency) == (64, 0.99, 128, 256)
    free, _ = train_dqn("CartPole-v1", 256, episodes=1, exploration_fraction=0.7, n_envs=2)
    assert (free.exploration_fraction, free.n_envs) == (0.7, 2)
    assert one.exploration_final_eps == 0.04 and one.policy_kwargs["net_arch"] == [256, 256]


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        train_ppo("CartPole-v1", 0)
    with pytest.raises(ValueError, match="at least 1"):
        train_dqn("CartPole-v1", 10, episodes=0)
