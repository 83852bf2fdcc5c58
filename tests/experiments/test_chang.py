"""What the experiments on Chang et al. (2020) say of numbers that are known."""

from __future__ import annotations

import sys
from types import SimpleNamespace

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


def test_seeds_that_never_get_there_count_as_later_than_any_budget():
    rooms = sys.modules[load_experiment("two_rooms").run.__module__]
    early, late, never = [0.0, 0.9, 0.9], [0.0, 0.0, 0.9], [0.0, 0.0, 0.0]

    def soon(*rows):
        return rooms.soon(SimpleNamespace(ticks=np.asarray([100, 200, 300]), returns=np.asarray(rows)), 0.8)

    assert soon(early, late, never) == "after 300 options (median seed; 2 of 3 seeds get there)"
    assert soon(early, never, never) == "never (median seed; 1 of 3 seeds get there)"


def test_the_baseline_without_chance_takes_the_likeliest_action():
    rotation = sys.modules[load_experiment("mental_rotation").run.__module__]
    logs = jnp.log(jnp.asarray([0.3, 0.5, 0.2]))
    policy = SimpleNamespace(read=lambda obs: obs, log_probabilities=lambda inputs: logs)
    assert int(rotation.Likeliest(policy)(KEY, None)) == 1
