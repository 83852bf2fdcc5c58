"""XCS in mazes: targets of several steps, books of the walk, food found."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.classics._xcs_maze import _learn

MAZE = cx.envs.Maze(("#####", "#..F#", "#####"), food=1000.0, discount=0.5)
"""Two cells: go east twice."""
SEEDS, PROBLEMS, KEY = 3, 300, 5


@pytest.fixture(scope="module")
def corridor():
    # conditions without `#`: what is learned is a table, whose limit is known exactly
    walk = cx.classics.XCSWalk(cx.classics.maze_system(60, 0.0), limit=4, teleport=3)
    return cx.classics.xcs_maze(MAZE, problems=PROBLEMS, seeds=SEEDS, key=KEY, walk=walk)


def test_predictions_become_the_discounted_values(corridor):
    """Blocked moves included; a target that crossed the end of a problem, or a teleport, would spoil them."""
    q = cx.planning.value_iteration(MAZE).q
    np.testing.assert_allclose(q[1], [500, 500, 1000, 500, 500, 500, 250, 500])
    sensors = np.asarray(MAZE.sensors)[:, 0]
    rules = jax.device_get(corridor.populations)
    alive = rules.numerosity > 0
    assert alive.sum() == SEEDS * 16 and (rules.care[:, 0][alive] == 0xFFFF).all()
    for cell in (0, 1):
        for action in range(8):
            mine = alive & (rules.value[:, 0] == sensors[cell]) & (rules.action == action)
            assert mine.sum(1).tolist() == [1] * SEEDS
            np.testing.assert_allclose(rules.prediction[mine], q[cell, action], rtol=0.05)
    np.testing.assert_allclose(corridor.values[:, :2], [[500.0, 1000.0]] * SEEDS, rtol=0.01)
    assert (corridor.policies[:, :2] == 2).all()
    assert corridor.optimum == corridor.greedy_steps.mean() == 1.5


def test_every_exploit_problem_is_counted(corridor):
    assert corridor.steps.shape == (SEEDS, PROBLEMS) and corridor.curve().shape == (SEEDS, PROBLEMS - 49)
    assert corridor.steps.min() == 1 and corridor.steps.max() <= 4
    assert set(corridor.steps[:, -50:].ravel().tolist()) == {1, 2}
    assert (np.asarray(corridor.populations.numerosity).sum(1) <= 60).all()
    assert len(corridor.table().splitlines()) == SEEDS + 2 and "prediction" in corridor.rules(0, limit=3)
    assert corridor.map(0)["prices"].shape == corridor.map(0)["optimum"].shape == (2,)


def test_a_seed_that_is_done_learns_no_more(corridor):
    """In other company, where all end at another time, it comes to the same."""
    keys = jax.random.split(jax.random.key(KEY), SEEDS)[jnp.zeros(SEEDS, jnp.int32)]
    walk = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32) if isinstance(x, float) else x, corridor.walk)
    alike = _learn(walk, keys, cx.envs.Sensed(MAZE.without_picture()), PROBLEMS)
    for seed in range(SEEDS):
        jax.tree.map(
            lambda a, b, seed=seed: np.testing.assert_array_equal(a[0], b[seed]), corridor.populations, alike.rules
        )
    np.testing.assert_array_equal(alike.steps[1], corridor.steps[0])


def test_rules_made_without_fitness_spoil_nothing(corridor):
    # given as an array, a setting is not checked
    walk = eqx.tree_at(lambda w: w.system.covering.fitness, corridor.walk, jnp.zeros(()))
    found = cx.classics.xcs_maze(MAZE, problems=PROBLEMS, seeds=SEEDS, key=KEY, walk=walk)
    rules = jax.device_get(found.populations)
    for name in ("prediction", "error", "fitness", "niche"):
        assert np.isfinite(getattr(rules, name)).all(), name
    np.testing.assert_allclose(found.values[:, :2], [[500.0, 1000.0]] * SEEDS, rtol=0.01)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"maze": "Maze9"}, "maze must be a Maze or one of Woods1"),
        ({"problems": 0}, "problems must be at least 1"),
        ({"seeds": 0}, "seeds must be at least 1"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        cx.classics.xcs_maze(**arguments)
    with pytest.raises(ValueError, match="XCSWalk: limit must be at least 1 tick"):
        cx.classics.XCSWalk(limit=0)
