"""Economies of activities: the market beside the planner, on numbers worked by hand and on a day of electricity."""

import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.core import Activities
from catallax.equilibria import ActivityMarket

DAY = cx.envs.Dispatch(
    capacity=[3, 5], cost=[10, 40], slope=[1, 2], ramp=[9, 2], worth=[90], fall=[5], most=[[2, 4, 8, 3]], power=2, room=2,
    kept=0.9, start=[0, 30], least=[0, 0.5], hours=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def solved():
    economy = DAY.activities()
    return ActivityMarket(tol=1e-8).solve(economy), cx.planning.best_activities(economy)


def test_the_market_is_at_the_planners_optimum_and_its_prices_are_the_duals(solved):
    market, planner = solved
    assert planner.gap <= 1e-7 and market.gap <= 1e-8 and market.shortage <= 1e-5
    assert market.welfare == pytest.approx(planner.welfare, rel=1e-6)
    np.testing.assert_allclose(market.levels, planner.levels, atol=2e-2)
    np.testing.assert_allclose(market.prices[: DAY.hours], planner.prices[: DAY.hours], atol=1e-2)


def test_the_battery_buys_cheap_sells_dear_and_loses_a_share_both_ways(solved):
    _, planner = solved
    charged, given, held = DAY.amounts(planner.levels)[-3:]
    assert given[2] > 0.5 and charged[2] == pytest.approx(0, abs=1e-6) and held.max() <= DAY.room + 1e-9
    assert 0.9 * charged.sum() == pytest.approx(given.sum(), abs=1e-6)
    price = planner.prices[: DAY.hours]
    assert 0.81 * price[2] >= price[charged > 1e-6].max() - 1e-6
    output = DAY.amounts(planner.levels)[1]
    assert np.abs(np.diff(output, append=output[0])).max() <= 2 + 1e-6  # rights to change are scarce


def test_the_gap_of_a_plan_with_starts_is_what_everybody_misses():
    found = DAY.commitment(steps=3)
    free = cx.envs.Dispatch(capacity=[3, 5], cost=[10, 40], slope=[1, 2], ramp=[9, 9], worth=[90], fall=[5], most=[[2, 4, 8, 3]], power=2,
                            room=2, kept=0.9, hours=4).commitment(steps=3)  # fmt: skip
    assert free.bound == pytest.approx(free.welfare, rel=1e-7) and np.abs(free.uplift).max() < 1e-6
    assert found.welfare < found.bound - 0.1 and (found.uplift >= -1e-6).all()
    assert found.uplift.sum() <= found.bound - found.welfare + 1e-6
    output = DAY.stepped(3).amounts(found.levels)[3:6].sum(0)
    assert (output[~found.on[1]] < 1e-6).all() and (output[found.on[1]] >= 2.5 - 1e-6).all()


def test_a_certificate_sees_what_is_missed_and_what_is_short():
    economy = Activities([[1.0], [-1.0]], [2.0, -5.0], [0.0, 1.0], [10.0, 10.0], [0.0])
    asleep = economy.judged([2.0], [0.0, 0.0])
    assert (asleep.welfare, asleep.bound, asleep.gap, asleep.shortage) == (0.0, 4.5, 1.0, 0.0)
    assert economy.judged([2.0], [2.0, 3.0]).shortage == 1.0
    # what is missing for nothing does not show in the gap
    given_away = economy.judged([0.0], [0.0, 5.0])
    assert (given_away.gap, given_away.shortage) == (0.0, 5.0)


def test_the_planner_finds_small_optima_as_well_as_its_solver_counts():
    draw = np.random.default_rng(98)
    economy = Activities(draw.normal(size=(7, 4)), draw.normal(size=7), draw.uniform(0.1, 1, 7), draw.uniform(0.1, 5, 7), draw.uniform(0, 3, 4))  # fmt: skip
    found = cx.planning.best_activities(economy)
    assert found.gap <= 1e-5 and found.shortage <= 1e-6 and found.welfare <= found.bound + 1e-6


def test_steps_cost_in_every_hour_what_the_curve_costs():
    day = cx.envs.Dispatch(capacity=[[4, 2]], cost=[10], slope=[3], ramp=[9], worth=[90], fall=[0], most=[1], hours=2)
    for economy in (day.activities(), day.stepped(4).activities()):
        made = jnp.where(economy.cost > 0, economy.capacity, 0.0)
        assert float(economy.value(made)) == -(10 * 4 + 3 * 4**2 / 2) - (10 * 2 + 3 * 2**2 / 2)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Activities([[1.0]], [1.0], [-1.0], [1.0], [0.0]), "slope must be at least 0"),
        (lambda: Activities([[1.0]], [1.0], [0.0], [np.inf], [0.0]), "capacity must be finite"),
        (lambda: Activities([[1.0]], [1.0, 2.0], [0.0], [1.0], [0.0]), "1 activities and 1 goods"),
        (lambda: Activities([[1.0]], [1.0], [0.0], [1.0], [0.0]).judged([-1.0], [0.0]), "prices must be at least 0"),
        (lambda: Activities([[1.0]], [1.0], [0.0], [1.0], [0.0]).judged([1.0], [2.0]), "levels must lie between 0"),
        (lambda: ActivityMarket(tol=0.0), "must be above 0"),
        (lambda: cx.envs.Dispatch(capacity=[1], cost=[1], slope=[0], ramp=[1], worth=[1], fall=[0], most=[-1]), "most must be at least 0"),
        (lambda: cx.envs.Dispatch(capacity=[[1, 2]], cost=[1], slope=[0], ramp=[1], worth=[1], fall=[0], most=[1]), "capacity must have the axes"),
    ],
)  # fmt: skip
def test_wrong_economies_are_refused(build, words):
    with pytest.raises(ValueError, match=words):
        build()
