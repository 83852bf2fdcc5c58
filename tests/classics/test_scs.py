"""SCS: a chain by hand rests where it should, random rules learn somewhat, the books close."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.agents import classifiers as parts
from catallax.classics._scs import SCSLuck, SCSState

RECALL = cx.envs.Coded(cx.envs.DelayedRecall(0))
CHAIN = ["1#0 / 0##", "0## / 1##"]
"""The first rule posts what the detectors show first, the second tells it when the question is shown."""


def system(**settings: object) -> cx.classics.SCS:
    return cx.classics.SCS(wiring=parts.Free(), **{"period": 100, **settings})


@pytest.fixture(scope="module")
def chain():
    alone = system(
        capacity=2, genetic=parts.CrowdingGenetic(share=0.0), brigade=cx.markets.SupplierBrigade(noise=0.0, bid_tax=0.02)
    )  # fmt: skip
    return cx.classics.scs(RECALL, 4_000, 2, system=alone, rules=parts.MessageRules.parse(CHAIN, 10.0))


def test_two_rules_that_pass_a_message_on_are_always_right(chain):
    assert (chain.rewards[:, 1::2] == 1.0).all() and chain.ended[:, 1::2].all() and not chain.ended[:, ::2].any()


def test_the_chain_rests_where_every_rule_gets_what_it_pays(chain):
    reader, teller = 0.1 * (0.25 + 0.125 * 2 / 3), 0.1 * (0.25 + 0.125 / 3)
    last = 1.0 / (teller + 0.02)
    np.testing.assert_allclose(chain.populations.strength[:, 1], last, rtol=1e-5)
    # the first is paid the bid of the second: a discount of bid / (bid + tax) from link to link
    np.testing.assert_allclose(chain.populations.strength[:, 0], teller * last / (reader + 0.02), rtol=1e-5)


def test_a_rule_without_rivals_posts_in_one_slot_alone():
    two, key = system(capacity=2, slots=2), jax.random.key(0)
    world, obs = RECALL.reset(key)
    rules = parts.MessageRules.parse(CHAIN, 10.0)
    shown = jnp.concatenate([(obs << 1) | 1, jnp.zeros(2, jnp.uint32)])
    board = parts.Messages(shown, jnp.zeros(3, jnp.int32), jnp.asarray([True, False, False]))
    luck = SCSLuck(jnp.zeros(rules.strength.shape), jnp.zeros(()), key, (world, obs))
    state, _ = eqx.filter_jit(two.tick)(RECALL, SCSState(rules, board, world), luck)
    # only the first rule reads what the detectors show first
    assert state.messages.posted.tolist() == [True, True, False] and int(state.messages.sender[1]) == 0


@pytest.fixture(scope="module")
def learned():
    return cx.classics.scs(RECALL, 2_000, 2, key=1, system=system(capacity=60, conditions=2, slots=2))


def test_a_key_may_be_given_for_a_number(learned):
    again = cx.classics.scs(RECALL, 2_000, 2, key=jax.random.key(1), system=learned.system)
    np.testing.assert_array_equal(again.rewards, learned.rewards)


def test_rewards_below_zero_are_refused(learned):
    costly = eqx.tree_at(lambda env: env.env.reward, RECALL, -RECALL.env.reward)
    with pytest.raises(
        ValueError, match=r"scs: rewards must be at least 0 credits, .*; got -1\.0; shift or scale them"
    ):
        cx.classics.scs(costly, 2_000, 2, system=learned.system)


def test_the_books_close_to_rounding_with_several_conditions_slots_and_a_generation(learned):
    assert learned.gap() < 1e-6
    assert set(learned.flows) == {"rewards", "children", "bids to the detectors", "taxes", "replaced rules"}
    assert all(np.abs(flow).sum() > 0 for flow in learned.flows.values())
    assert learned.flows["rewards"].sum() <= learned.rewards.sum()
    short = {name: x for name, x in learned.flows.items() if name != "children"}
    assert type(learned)(**{**vars(learned), "flows": short}).gap() > 1e-3


def test_strengths_stay_positive_and_the_population_its_size(learned):
    strength, taken = np.asarray(learned.populations.strength), np.asarray(learned.populations.taken)
    assert (strength[taken] > 0).all() and (strength[~taken] == 0).all() and (taken.sum(1) == 60).all()


def test_bad_arguments_are_named():
    with pytest.raises(TypeError, match="SCS: expected a world with at most 31 Bits"):
        cx.classics.scs(cx.envs.Chain())
    with pytest.raises(ValueError, match="scs: cycles must be at least 1"):
        cx.classics.scs(RECALL, 0)
    with pytest.raises(ValueError, match=r"scs: the system has 400 rules of 1 condition\(s\), got 2 of 1"):
        cx.classics.scs(RECALL, rules=parts.MessageRules.parse(CHAIN))
    long, one = parts.MessageRules.parse(["1#01 / 0##1"]), cx.classics.SCS(capacity=1)
    with pytest.raises(ValueError, match="scs: messages have 3 letters here, got rules that ask for more"):
        cx.classics.scs(RECALL, rules=long, system=one)
    with pytest.raises(ValueError, match="SCS: slots must be at least 1"):
        cx.classics.SCS(slots=0)
    with pytest.raises(ValueError, match=r"SCS: wildcard must lie in \[0, 1\], got nan"):
        cx.classics.SCS(wildcard=float("nan"))
    with pytest.raises(ValueError, match="SCS: initial must be > 0 credits, got -1"):
        cx.classics.SCS(initial=-1.0)
    with pytest.raises(TypeError, match="Coded: needs Discrete"):
        cx.envs.Coded(cx.envs.Multiplexer())
