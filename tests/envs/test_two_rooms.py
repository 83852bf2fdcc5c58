"""Two rooms: what is seen, what pays, and the scripted options."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.envs._two_rooms import FORWARD, LEFT, RIGHT, TOGGLE, Rooms

KEY = jax.random.key(0)
ENV = cx.envs.TwoRooms()


def at(row, column, facing, *, shut=True, goals=((2, 9), (4, 10))) -> Rooms:
    return Rooms(
        *map(jnp.int32, (row, column, facing)), jnp.asarray(not shut), jnp.asarray(goals, jnp.int32), jnp.int32(0)
    )


def after(state, *actions):
    for action in actions:
        step = ENV.step(KEY, state, jnp.int32(action))
        state = step.state
    return step


def test_one_walks_through_the_open_door_alone():
    assert int(after(at(3, 5, 0), FORWARD).state.column) == 5
    assert int(after(at(3, 5, 0), TOGGLE, FORWARD, FORWARD).state.column) == 7
    assert int(after(at(2, 5, 0), TOGGLE, FORWARD).state.column) == 5  # a wall
    turned = after(at(3, 5, 0), RIGHT, RIGHT, RIGHT, LEFT).state
    assert int(turned.facing) == 2


def test_the_tasks_goal_pays_as_in_minigrid():
    step = after(at(2, 7, 0, shut=False), FORWARD, FORWARD)
    assert (bool(step.terminated), float(step.reward)) == (True, pytest.approx(1 - 0.9 * 2 / 100))
    blue = cx.envs.TwoRooms(task=2)
    assert float(blue.step(KEY, at(2, 8, 0, shut=False), jnp.int32(FORWARD)).reward) == 0.0
    assert bool(blue.step(KEY, at(4, 9, 0, shut=False), jnp.int32(FORWARD)).terminated)


def test_the_view_turns_with_the_agent_and_ends_at_the_shut_door():
    seen = np.asarray(ENV.view(at(3, 5, 0)))
    assert seen.shape == (7, 7, 3) and (seen[:5] == 0).all()  # nothing behind wall and door
    np.testing.assert_allclose(seen[5, 3], [4 / 8, 0, 1])  # the shut red door, right ahead
    through = np.asarray(ENV.view(at(3, 5, 0, shut=False)))
    np.testing.assert_allclose(through[5, 3], [4 / 8, 0, 0])
    # green at (2, 9): four ahead, one to the left when facing east
    np.testing.assert_allclose(through[2, 2], [1, 0.5, 0])
    west = np.asarray(ENV.view(at(2, 10, 2, shut=False)))
    np.testing.assert_allclose(west[5, 3], [1, 0.5, 0])
    north = np.asarray(ENV.view(at(5, 10, 3, shut=False)))
    np.testing.assert_allclose(north[5, 3], [1, 1, 0])  # blue one ahead, at (4, 10)


@pytest.fixture(scope="module")
def play():
    env = cx.envs.Options(ENV, cx.envs.ReachColours())

    @jax.jit
    def one(keys, option_one, option_two):
        def each(key):
            state, _ = env.reset(key)
            first = env.step(key, state, option_one)
            second = env.step(key, first.state, option_two)
            return first, second

        return jax.vmap(each)(keys)

    keys = jax.random.split(KEY, 100)
    return lambda first, second: one(keys, jnp.int32(first), jnp.int32(second))


def test_red_then_green_is_the_way(play):
    first, second = play(0, 1)
    assert first.state.open.all() and (first.state.column == 6).all() and not first.terminated.any()
    assert second.terminated.all() and (second.reward > 0.6).all()
    steps = np.asarray(first.info["steps"] + second.info["steps"])
    np.testing.assert_array_equal(steps, second.state.time)
    later = np.asarray(second.info["steps"]) - 1
    np.testing.assert_allclose(second.reward, (1 - 0.9 * steps / 100) * 0.99**later, rtol=1e-5)


def test_what_is_seen_after_an_option_belongs_to_its_last_state(play):
    for step in play(0, 1):
        np.testing.assert_array_equal(step.obs, jax.jit(jax.vmap(ENV.view))(step.state))


def test_goals_behind_the_shut_door_are_out_of_reach(play):
    first, second = play(2, 1)
    assert (first.info["steps"] == 30).all() and not first.state.open.any() and (second.reward == 0).all()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: cx.envs.TwoRooms(task=0), "TwoRooms: task must be 1"),
        (lambda: cx.envs.TwoRooms(max_steps=0), "TwoRooms: max_steps must be at least 1"),
        (lambda: cx.envs.Options(ENV, cx.envs.ReachColours(), longest=0), "Options: longest must be at least 1"),
    ],
)
def test_bad_settings_are_named(make, says):
    with pytest.raises(ValueError, match=says):
        make()
