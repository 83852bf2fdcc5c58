"""Q-learning and Sarsa: they find optima, differ where the textbook says so, and name what is wrong."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import catallax as cx
from catallax.lab import baselines

KEY = jax.random.key(0)
GRID = cx.envs.GridWorld(4, 4, goal=(3, 3))
GARNET = cx.envs.Garnet(10, 3, 2, key=jax.random.key(3))


def ratio(env, values):
    best = cx.planning.value_iteration(env).start_value
    return cx.planning.policy_value(env, values.argmax(-1)).start_value / best


@pytest.mark.parametrize("env", [GRID, GARNET], ids=["grid", "garnet"])
@pytest.mark.parametrize(
    ("method", "settings"),
    [
        (baselines.q_learning, {"step": 0.0, "decay": 30.0}),
        (baselines.sarsa, {"step": 0.02, "decay": 30.0, "epsilon": 0.5, "epsilon_decay": 100.0}),
    ],
    ids=["q_learning", "sarsa"],
)
def test_they_find_the_optimum(method, settings, env):
    learned = method(env, ticks=60_000, instances=16, key=KEY, seeds=3, initial=1.0, **settings)
    assert min(ratio(env, values) for values in learned.values) >= 0.97


def test_the_values_of_q_learning_are_those_of_the_optimum():
    learned = baselines.q_learning(GARNET, ticks=200_000, key=KEY, step=0.0, decay=30.0, epsilon=0.3, initial=5.0)
    best = cx.planning.value_iteration(GARNET)
    np.testing.assert_allclose(learned.values.max(1), best.values, atol=0.03 * best.values.max())


def test_sarsa_stays_away_from_the_cliff():
    """Sutton and Barto (2018), example 6.6: it learns the values of who may slip, Q-learning those of who does not."""
    env = cx.envs.CliffWalking(max_steps=500)

    def heights(method):
        learned = method(env, ticks=100_000, instances=4, key=KEY, step=0.1, decay=10.0, epsilon=0.1)
        cell, rows = 36, []
        while cell != 47 and len(rows) < 40:
            cell = int(env.successor[cell, learned.values[cell].argmax(), 0])
            rows.append(cell // 12)
        assert cell == 47
        return min(rows), learned.trace["return_mean"][-20:].mean()

    (near, risky), (far, careful) = heights(baselines.q_learning), heights(baselines.sarsa)
    assert near == 2 and far < near
    assert careful > risky


def test_k_visits_in_one_tick_move_a_value_as_k_visits_in_a_row_would():
    env = cx.envs.Garnet(1, 1, 1, key=KEY, discount=0.9)
    learned = baselines.q_learning(env, ticks=6, instances=3, key=KEY, step=0.1, decay=1e-9)
    # the first visit replaces the initial guess; then three visits at a rate of 0.1 each
    expected = np.array([1.0, 1.0 + (1 - 0.9**3) * 0.9]) * np.asarray(env.reward).item()
    np.testing.assert_allclose(learned.history.ravel(), expected, rtol=1e-5)


@pytest.mark.parametrize(("limit", "worth"), [(1, 10.0), (None, 10.0)])
def test_a_world_whose_clock_ran_out_keeps_its_value(limit, worth):
    stay = cx.envs.Garnet(1, 1, 1, key=KEY, discount=0.9, max_steps=limit)
    learned = baselines.q_learning(stay, ticks=4_000, instances=1, key=KEY, step=0.2)
    np.testing.assert_allclose(learned.values[0, 0] / np.asarray(stay.reward).item(), worth, rtol=1e-3)
    ended = learned.trace["episodes"].sum()
    assert ended == (4_000 if limit else 0)
    assert np.isnan(learned.trace["return_mean"]).all() == (limit is None)


def test_chunks_do_not_change_the_run_and_budgets_are_not_passed():
    one, seven = (baselines.sarsa(GRID, ticks=4_000, instances=24, key=KEY, chunks=c) for c in (1, 7))
    np.testing.assert_array_equal(one.values, seven.values)
    assert one.ticks == seven.ticks == 24 * (4_000 // 24)
    assert len(one.trace["tick"]) == 1 and seven.history.shape == (8, 16, 4)  # 166 ticks are 7 times 23 and 5 more
    np.testing.assert_allclose(one.trace["episodes"].sum(), seven.trace["episodes"].sum())
    np.testing.assert_array_equal(seven.history[-1], seven.values)


def test_seeds_are_independent_runs():
    several = baselines.q_learning(GRID, ticks=2_000, key=KEY, seeds=3, chunks=4)
    alone = baselines.q_learning(GRID, ticks=2_000, key=jax.random.split(KEY, 3)[1], chunks=4)
    np.testing.assert_allclose(several.seed(1).values, alone.values, rtol=1e-6)
    assert several.values.shape == (3, 16, 4) and several.history.shape == (3, 5, 16, 4)
    with pytest.raises(ValueError, match="there are 3 seeds; choose one"):
        _ = several.policy
    with pytest.raises(ValueError, match="one learner only"):
        alone.seed(0)


def test_policies_are_evaluated_like_a_market():
    learned = baselines.q_learning(GRID, ticks=40_000, key=KEY, initial=1.0)
    played = cx.evaluate(learned.policy, GRID, episodes=20, key=KEY)
    assert played.mean_return == pytest.approx(cx.planning.policy_value(GRID, learned.policy).start_value, rel=1e-4)
    lake = cx.envs.FrozenLake("4x4")
    walk = cx.evaluate(baselines.random_walk(lake), lake, episodes=5_000, key=KEY)
    exact = cx.planning.policy_value(lake, np.full((16, 4), 0.25)).start_value
    assert walk.mean_return == pytest.approx(exact, abs=4 * walk.std_error)


def test_ties_are_broken_at_random():
    policy = baselines.Greedy(jax.numpy.asarray([[1.0, 0.0, 1.0]]))
    actions = jax.vmap(policy, (0, None))(jax.random.split(KEY, 200), jax.numpy.asarray(0))
    assert set(np.asarray(actions).tolist()) == {0, 2}


@pytest.mark.parametrize("method", [baselines.q_learning, baselines.sarsa])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ticks": 10}, "ticks=10 is less than one tick in each of instances=64"),
        ({"ticks": 10, "instances": 0}, "instances=0"),
        ({"ticks": 100, "epsilon": 1.5}, r"must lie in \[0, 1\], got epsilon=1.5"),
        ({"ticks": 100, "step": -0.1}, "step=-0.1"),
        ({"ticks": 100, "decay": 0.0}, "must be > 0"),
        ({"ticks": 100, "epsilon_decay": -1.0}, "must be > 0"),
        ({"ticks": 100, "chunks": 0}, "chunks=0"),
        ({"ticks": 100, "seeds": 0}, "seeds=0"),
    ],
)
def test_settings_out_of_range_are_named(method, settings, message):
    with pytest.raises(ValueError, match=f"^{method.__name__}: .*{message}"):
        method(GRID, key=KEY, **settings)


def test_worlds_without_a_table_are_named():
    env = cx.envs.Sensed(cx.envs.Woods1(max_steps=50))
    with pytest.raises(ValueError, match="q_learning: needs Discrete observations and actions, Sensed has Bits"):
        baselines.q_learning(env, ticks=100, key=KEY)


def test_a_random_walk_needs_discrete_actions():
    class Steered(cx.envs.Chain):
        @property
        def action_space(self):
            return cx.core.Box((1,))

    with pytest.raises(ValueError, match="random_walk: needs Discrete actions, Steered has Box"):
        baselines.random_walk(Steered())
