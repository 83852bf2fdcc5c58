"""What the experiments on Chang et al. (2020) say of numbers that are known."""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.classics import PerSeed, societal_values
from catallax.lab import load_experiment

KEY = jax.random.key(0)
NEAR, FAR = PerSeed([0.10, 0.11, 0.12]), PerSeed([0.30, 0.33, 0.31])


@pytest.fixture(scope="module")
def bids():
    return sys.modules[load_experiment("societal_bids").run.__module__]


def ordered(bids, **errors):
    signed = {rule: PerSeed(-x.values) for rule, x in errors.items()}
    returns = {rule: PerSeed([0.8, 0.8, 0.8]) for rule in errors}
    return bids.order("chain", "highest bid", errors, signed, returns)


def test_ccv_comes_closest_or_not(bids):
    reached, missed = (
        ordered(bids, ccv=NEAR, v=FAR, bb=FAR),
        ordered(bids, ccv=NEAR, v=FAR, bb=PerSeed([0.1, 0.2, 0.1])),
    )
    assert (reached.required, reached.reached) == ("ccv < v and ccv < bb", True)
    assert missed.reached is False
    assert "bb - ccv +0.023 [-0.020, +0.090]" in missed.measured
    assert "highest bid - value: ccv -0.110" in missed.measured
    assert "mean return: ccv 0.800 [0.800, 0.800], v 0.800" in missed.measured


def test_equal_errors_ask_nothing(bids):
    told = ordered(bids, ccv=NEAR, v=NEAR)
    assert (told.required, told.reached) == ("", None)
    assert "v: equal to ccv to the last digit" in told.measured
    partly = ordered(bids, ccv=NEAR, v=NEAR, bb=FAR)
    assert (partly.required, partly.reached) == ("ccv < bb", True)


def test_a_clock_that_ends_the_world_keeps_its_values(bids):
    env, chain = bids.WORLDS["chain, source's clock"], cx.envs.Chain()
    np.testing.assert_array_equal(societal_values(env), societal_values(chain))
    state, _ = env.reset(KEY)
    ends = []
    for _ in range(20):
        step = env.step(KEY, state, jnp.int32(0))
        state = step.state
        ends.append((bool(step.terminated), bool(step.truncated)))
    assert ends == [(False, False)] * 19 + [(True, False)]


def test_half_of_duality_lies_in_the_middle_of_the_bids(bids):
    assert np.nanmax(societal_values(bids.WORLDS["duality, half"])) == pytest.approx(0.4, abs=1e-3)
