"""The simple kinds of agents: each keeps the contract and its own promise."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from societies import Wages, rounds

import catallax as cx
from catallax.agents import Constant, Linear, Rule, Scripted, Tabular, pack
from catallax.core import ABSTAIN, AbstractAgent, Box, ConformanceError, Experience

KEY = jax.random.key(0)
CHAIN = cx.envs.Chain()
MAZE = cx.envs.Sensed(cx.envs.Woods1())


def first(cohort: cx.Cohort) -> AbstractAgent:
    return jax.tree.map(lambda leaf: leaf[0], cohort.individuals)


CELL, BITS = jnp.asarray(3, jnp.int32), jnp.asarray([0b1011], jnp.uint32)
KINDS = {
    "constant": (Constant(0.5, 1), CELL),
    "scripted": (Scripted(lambda obs: 0.1 * obs, lambda obs: obs % 2), CELL),
    "scripted with parameters": (Scripted(lambda p, obs: p[obs], lambda p, obs: 1, jnp.arange(6.0)), CELL),
    "rule": (Rule.parse("1#01", 1, 0.5), BITS),
    "linear, cells": (first(Linear.society(CHAIN)), CELL),
    "linear, bits": (first(Linear.society(MAZE)), BITS),
    "tabular": (first(Tabular.society(CHAIN)), CELL),
}


@pytest.mark.parametrize("name", KINDS)
def test_conforms(name):
    agent, obs = KINDS[name]
    cx.check_agent(agent, obs)
    assert float(agent.expected_bid(obs)) == pytest.approx(float(agent.bid(KEY, obs)))


class Wide(Constant):
    def bid(self, key, obs):
        return jnp.full(3, self.amount)


class Growing(Constant):
    def learn(self, key, experience):
        return type(self)(self.amount, jnp.zeros(2))


@pytest.mark.parametrize(
    ("agent", "clause"),
    [
        (Wide(1.0, 0), r"Wide: bid has axes \(3,\), expected a scalar"),
        (Constant(float("nan"), 0), "Constant: bid is nan, expected a finite number of credits"),
        (Growing(1.0, 0), "Growing: learn changed the shapes of the agent"),
    ],
)
def test_what_breaks_the_contract_is_named(agent, clause):
    with pytest.raises(ConformanceError, match=clause):
        cx.check_agent(agent, CELL)


def test_an_agent_is_checked_with_an_observation():
    with pytest.raises(TypeError, match=r"needs an observation; call check_agent\(agent, obs\)"):
        cx.core.check_part(Constant(1.0, 0))


def test_scripted_agents_do_what_their_functions_say():
    def bid(number, obs):
        return number

    def act(number, obs):
        return 2 * number

    cohort = cx.Cohort.stack([Scripted(bid, act, jnp.asarray(k, jnp.int32)) for k in range(3)])
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), round_ticks=1)
    state = rounds(market, Wages((0.0, 0.0, 0.0, 0.0, 7.0)), 2, 1)[-1]
    # the third bids 2 and does action 4, which pays 7
    assert state.pending.pays.tolist() == [2.0, 2.0]
    assert state.pending.reward.tolist() == [7.0, 7.0]


@pytest.mark.parametrize(
    ("condition", "obs", "matches"),
    [("1#01", "1101", True), ("1#01", "1001", True), ("1#01", "1011", False), ("#" * 40, "01" * 20, True)]
    + [("#" * 39 + "1", "0" * 39 + bit, bit == "1") for bit in "01"],
)
def test_a_rule_bids_where_it_matches(condition, obs, matches):
    rule = Rule.parse(condition, action=2, price=0.75)
    seen = pack(jnp.asarray([letter == "1" for letter in obs]))
    assert float(rule.bid(KEY, seen)) == (0.75 if matches else ABSTAIN)
    assert int(rule.act(KEY, seen)) == 2
    assert rule.condition(len(condition)) == condition


def test_mutants_differ_in_about_as_many_places_as_asked():
    parent = Rule.parse("01#" * 20, action=1, price=0.5)
    children = jax.vmap(lambda k: parent.mutate(k, 60, 4, rate=0.2, wildcard=0.5))(jax.random.split(KEY, 500))
    one = jax.tree.map(lambda leaf: leaf[0], children)
    assert bool(one.novice) and float(one.price) == 0.0
    written = [jax.tree.map(lambda leaf, k=k: leaf[k], children).condition(60) for k in range(100)]
    changed = np.mean([[a != b for a, b in zip(w, "01#" * 20, strict=True)] for w in written])
    # a redrawn place is #, 0, 1 with 0.5, 0.25, 0.25: two thirds of the places keep their letter with 0.25, the others 0.5
    expected = 0.2 * (2 / 3 * 0.75 + 1 / 3 * 0.5)
    assert abs(changed - expected) < 4 * np.sqrt(expected * (1 - expected) / 6000)
    assert abs((children.action != 1).mean() - 0.2 * 0.75) < 4 * np.sqrt(0.15 * 0.85 / 500)
    same = parent.mutate(KEY, 60, 4, rate=0.0)
    assert same.condition(60) == parent.condition(60) and int(same.action) == 1
    # bits nobody cares for are 0, so that equal conditions are equal words
    assert not (children.value & ~children.care).any()


def test_priced_for_life():
    rule = Rule.parse("#", 0, 0.0, novice=True).priced(jnp.asarray(0.25))
    assert (float(rule.price), bool(rule.unpriced)) == (0.25, False)


def lesson(obs, won, revenue):
    count = len(won)
    zeros = jnp.zeros(count)
    return Experience(
        obs, zeros, jnp.asarray(won), zeros, jnp.asarray(revenue, jnp.float32), zeros, jnp.arange(count) < count - 1
    )


def test_linear_valuations_move_towards_what_winning_brought():
    agent = first(Linear.society(CHAIN, initial_bid=1.0, step=0.5))
    assert float(agent.bid(KEY, jnp.asarray(2))) == 1.0
    # won at cell 2, lost at cell 4, and a last row that does not count
    told = lesson(jnp.asarray([2, 4, 2]), [True, False, True], [3.0, 100.0, 100.0])
    taught = agent.learn(KEY, told)
    assert float(taught.bid(KEY, jnp.asarray(2))) == 2.0  # half the error of 2, over two features of 1
    assert float(taught.bid(KEY, jnp.asarray(4))) == 1.5  # through the constant
    for _ in range(40):
        taught = taught.learn(KEY, told)
    assert float(taught.bid(KEY, jnp.asarray(2))) == pytest.approx(3.0)
    unmoved = agent.learn(KEY, lesson(jnp.asarray([2, 4, 2]), [False] * 3, [3.0, 100.0, 100.0]))
    assert (unmoved.weights == agent.weights).all()


def test_a_negative_valuation_is_no_negative_bid():
    agent = first(Linear.society(CHAIN, initial_bid=-1.0))
    assert float(agent.bid(KEY, CELL)) == 0.0


def test_linear_bidders_price_the_chain_as_tabular_ones_do():
    market = cx.DeepMarket(
        Linear.society(CHAIN, step=0.5, clones=2),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), 0.3),
        round_ticks=64,
    )
    run = cx.train(market, CHAIN, ticks=40_960, instances=16, key=KEY, chunks=1)
    best = cx.planning.value_iteration(CHAIN)
    assert (run.greedy()[:5] == 1).all()
    np.testing.assert_allclose(run.prices()[:5], best.values[:5], atol=0.03)
    assert run.ledger.audit() == 0


class Steered(Wages):
    @property
    def action_space(self) -> Box:
        return Box((2,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear.society(Steered((0.0,))), "Linear.society: needs Discrete actions, Steered has"),
        (lambda: Tabular.society(MAZE), "Tabular.society: needs Discrete observations and actions, Sensed has"),
        (lambda: Tabular.society(CHAIN, step=2.0), r"step must lie in \[0, 1\]"),
        (lambda: Tabular.society(CHAIN, decay=0.0), "decay be > 0"),
        (lambda: Rule.parse("012", 0, 0.0), "expected a string over 0, 1 and #, got '012'"),
        (lambda: Rule.parse("", 0, 0.0), "expected a string over 0, 1 and #"),
        (lambda: cx.Cohort.stack([]), "expected at least one individual; use Cohort.empty"),
        (lambda: cx.Cohort.stack([Constant(1.0, 0)], clones=0), "clones must be at least 1, got 0"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
