"""ZCS: learns somewhat, keeps honest books, says what is wrong."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import catallax as cx


@pytest.fixture(scope="module")
def woods():
    return cx.classics.zcs(cx.envs.Sensed(cx.envs.Woods1(food=1000.0)), ticks=10_000, seeds=3, key=3)


def test_it_finds_food_far_sooner_than_at_random_and_later_than_possible(woods):
    early = np.array([curve[0] for curve in woods.steps(20)])
    late = np.asarray(woods.final_steps(500))
    assert (late < early / 2).all() and (late > 1.6875).all()
    assert late.mean() < 0.2 * cx.planning.random_walk_steps(cx.envs.Woods1())


def test_the_books_close_to_rounding(woods):
    assert woods.gap() < 1e-6
    assert woods.strength.shape == (3, 41) and (woods.strength[:, 0] == 400 * 20.0).all()
    # only a fifth of each reward enters
    np.testing.assert_allclose(woods.flows["rewards"].sum(1), 0.2 * woods.rewards.sum(1), rtol=1e-5)
    for name, sign in (("discounts", -1), ("unclaimed first buckets", -1), ("taxes", -1), ("deleted rules", -1), ("made by covering", 1)):  # fmt: skip
        assert (sign * woods.flows[name] >= 0).all() and np.abs(woods.flows[name]).sum() > 0, name
    text = woods.books().splitlines()
    assert len(text) == 9 and text[-1].startswith("strength at the end")


def test_a_leak_left_out_of_the_books_would_be_seen(woods):
    short = {name: x for name, x in woods.flows.items() if name != "deleted rules"}
    assert type(woods)(**{**vars(woods), "flows": short}).gap() > 1e-3


def test_the_population_keeps_its_size_and_no_strength_is_negative(woods):
    rules = woods.populations
    assert (np.asarray(rules.taken).sum(1) == 400).all()
    assert (np.asarray(rules.strength) >= 0).all() and not (np.asarray(rules.value) & ~np.asarray(rules.care)).any()


def test_the_same_key_gives_the_same_run(woods):
    world, key = cx.envs.Sensed(cx.envs.Woods1(food=1000.0)), jax.random.key(3)
    again = cx.classics.zcs(world, ticks=10_000, seeds=3, key=key)
    np.testing.assert_array_equal(again.rewards, woods.rewards)


def test_rewards_below_zero_are_refused():
    costly = cx.envs.Sensed(cx.envs.Woods1(food=-1000.0))
    with pytest.raises(
        ValueError, match=r"zcs: rewards must be at least 0 credits, .*; got -1000\.0; shift or scale them"
    ):
        cx.classics.zcs(costly, ticks=10_000, seeds=3)


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match="ZCS: expected a world with Bits"):
        cx.classics.zcs(cx.envs.Chain())
    with pytest.raises(ValueError, match="zcs: ticks must be at least 1"):
        cx.classics.zcs(cx.envs.Multiplexer(), ticks=0)
    with pytest.raises(ValueError, match="zcs: seeds must be at least 1"):
        cx.classics.zcs(cx.envs.Multiplexer(), seeds=0)
    with pytest.raises(ValueError, match="ZCS: capacity must be at least 3"):
        cx.classics.ZCS(capacity=2)
    with pytest.raises(ValueError, match="ZCS: initial must be > 0"):
        cx.classics.ZCS(initial=0.0)
