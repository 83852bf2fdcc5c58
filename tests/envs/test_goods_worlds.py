"""Worlds of goods: their planners, and that owners reach their own part alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.envs import Foraging, OneTechniqueATick, Rights, Subtasks, SupplyChain, TakingTurns


def test_a_bundle_sets_the_level_and_the_rest_stays_in_part():
    chain = SupplyChain([[1.0, 2.0, 0.0]], [[0.0, 0.0, 3.0]], [1.0, 1.0, 0.0], [0.0, 0.5, 1.0])
    np.testing.assert_allclose(chain.transform(None, jnp.array([4.0, 4.0, 1.0]), 0), [0.0, 0.0, 7.0])
    np.testing.assert_allclose(chain.transform(None, jnp.array([1.0, 4.0, 0.0]), 0), [0.0, 1.0, 3.0])


def test_the_planner_shares_a_scarce_good_as_incomes_say():
    chain = SupplyChain([[1.0, 0, 0], [1.0, 0, 0]], [[0, 1.0, 0], [0, 0, 2.0]], [4.0, 0, 0], [0, 1.0, 1.0])
    best = chain.steady_state(np.array([0.0, 3.0, 1.0]))
    np.testing.assert_allclose(best.consumed, [0.0, 3.0, 2.0], atol=1e-5)
    np.testing.assert_allclose(best.levels, [3.0, 1.0], atol=1e-5)
    np.testing.assert_allclose(best.prices, [1.0, 1.0, 0.5], atol=1e-5)


def test_at_the_planners_prices_what_runs_earns_what_it_pays_and_nothing_more():
    village, income = SupplyChain.village(), np.array([0, 0, 0, 0, 0.5, 3.0, 1.0])
    best = village.steady_state(income)
    profit = (np.asarray(village.outputs) - np.asarray(village.inputs)) @ best.prices
    np.testing.assert_allclose(profit[best.levels > 1e-6], 0.0, atol=1e-5)
    assert np.all(profit <= 1e-5)
    np.testing.assert_allclose(best.prices[4:] * best.consumed[4:], income[4:], rtol=1e-4)


def test_each_right_is_a_subtask_of_its_own():
    tasks = Subtasks([1, 0, 1], ways=2)
    cx.check_env(tasks)
    keys = jax.random.split(jax.random.key(0), 3)
    state, _ = tasks.reset_many(keys)
    np.testing.assert_array_equal(tasks.step_many(keys, state, jnp.array([1, 1, 1])).reward, [1.0, 0.0, 1.0])
    with pytest.raises(ValueError, match="right must be ways 0 to 1"):
        Subtasks([2], ways=2)


def test_what_cannot_be_made_has_no_plan():
    chain = SupplyChain([[1.0, 0, 1.0]], [[0, 1.0, 0]], [4.0, 0, 0], [0, 1.0, 1.0])
    with pytest.raises(ArithmeticError, match="no steady state was found"):
        chain.steady_state(np.array([0.0, 1.0, 0.0]))


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (([[1.0, -1.0]], [[0.0, 1.0]], [1.0, 0.0], [0.0, 1.0]), "inputs must be at least 0"),
        (([[1.0, 0.0]], [[0.0, 0.0]], [1.0, 0.0], [0.0, 1.0]), "every technique needs outputs"),
        (([[1.0, 0.0]], [[0.0, 1.0]], [1.0, 0.0], [0.0, 1.5]), "keeps must be at most 1"),
        (([[1.0]], [[0.0, 1.0]], [1.0, 0.0], [0.0, 1.0]), "axes techniques and goods"),
    ],
)
def test_impossible_economies_are_refused(amounts, said):
    with pytest.raises(ValueError, match=said):
        SupplyChain(*amounts)


def test_a_body_gathers_and_delivers_in_its_own_region_alone():
    world = Foraging([[1, 3], [3, 1]], side=2)
    bodies, _ = world.right.reset_many(jax.random.split(jax.random.key(0), 2))
    keys = jax.random.split(jax.random.key(1), 2)
    right, work, left = 3, 4, 2
    made = []
    for first in (right, work, left, work):
        step = world.right.step_many(keys, bodies, jnp.array([first, right]))
        # the second body, which walks into the wall, is where it was
        assert int(step.state.region[1]) == 1 and int(step.state.place[1]) == 1 and int(step.state.load[1]) == 0
        bodies, made = step.state, [*made, np.asarray(step.info["made"])]
    np.testing.assert_array_equal(sum(made), [[1.0, 0.0], [0.0, 0.0]])


def test_the_foraging_planner_sends_each_body_to_what_lies_near():
    np.testing.assert_allclose(Foraging.far_and_near(4).steady_state(np.ones(2)), [0.5, 0.5], atol=1e-5)
    with pytest.raises(ValueError, match="places must be cells 1 to 8"):
        Foraging([[0, 1]])
    with pytest.raises(ValueError, match="two resources lie in one place"):
        Foraging([[2, 2]])


def test_worlds_for_deep_markets_keep_the_contract_of_environments():
    world = Foraging.far_and_near(2)
    cx.check_env(world.right)
    cx.check_env(TakingTurns(world.right, 2))
    village = SupplyChain.village()
    cx.check_env(OneTechniqueATick(village, jnp.ones(7)))


def test_rights_are_at_least_one():
    with pytest.raises(ValueError, match="rights must be at least 1"):
        Rights(cx.envs.Bandit(), 0)
