"""Rules as a language, and the entry rules that speak it."""

from __future__ import annotations

from types import SimpleNamespace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from societies import population

import catallax as cx
from catallax.agents import AllOf, Outbid, RisingRule, Sometimes, Strangers
from catallax.agents.languages import GrabsAndDrops, RisingRules, Rules
from catallax.core import NOBODY
from catallax.markets._sales import price_newcomers

KEY = jax.random.key(0)
NAMES = ("hand empty", "1 clean", "2 empty")
LANGUAGE = Rules(NAMES, GrabsAndDrops(3))
WORLD = cx.envs.Sequences(cx.envs.BlocksWorld(4, largest=4), length=3)


def drawn(language, count=400):
    return jax.jit(jax.vmap(lambda key: language.random(key)))(jax.random.split(KEY, count))


def moves(rules) -> np.ndarray:
    return np.asarray(WORLD.moves(rules.action))


def test_random_rules_grab_and_drop_in_turn():
    rules = drawn(LANGUAGE)
    made = moves(rules)
    np.testing.assert_allclose(np.bincount((made >= 0).sum(1), minlength=4)[1:] / 400, 1 / 3, atol=0.08)
    for row in made:
        row = row[row >= 0]
        assert (np.diff(row >= 3) != 0).all()
    assert bool(rules.novice.all())
    cared = [(np.asarray(rules.care)[:, 0] >> bit) & 1 for bit in range(3)]
    assert np.abs(np.mean(cared) - 0.5) < 0.06


def test_mutants_are_near_and_novices():
    rules = drawn(LANGUAGE)
    aged = jax.vmap(lambda rule: rule.priced(jnp.asarray(0.5)))(rules)
    mutants = jax.jit(jax.vmap(lambda key, rule: LANGUAGE.mutate(key, rule)))(
        jax.random.split(jax.random.key(1), 400), aged
    )
    assert bool(mutants.novice.all()) and not bool(aged.novice.any())
    same = np.mean(np.asarray(mutants.action) == np.asarray(rules.action))
    assert 0.5 < same < 0.95
    still = eqx.tree_at(lambda language: language.rate, LANGUAGE, 0.0)
    copies = jax.jit(jax.vmap(lambda key, rule: still.mutate(key, rule)))(
        jax.random.split(jax.random.key(1), 400), aged
    )
    assert (copies.action == rules.action).all() and (copies.care == rules.care).all()
    for row in moves(mutants):
        assert (np.diff(row[row >= 0] >= 3) != 0).all()


def test_a_rule_can_be_read():
    rule = cx.agents.Rule.parse("1#0", int(WORLD.code((0, 4))), 0.5)
    assert LANGUAGE.readable(rule) == "hand empty, not 2 empty: grab 1, drop 2"
    assert LANGUAGE.readable(cx.agents.Rule.parse("###", int(WORLD.code((5,))), 0.5)) == "always: drop 3"


def test_moves_that_a_mutant_adds_go_to_every_stack():
    code = GrabsAndDrops(3)
    short = jnp.asarray(1)
    grown = jax.vmap(lambda key: code.mutate(key, short, 0.15))(jax.random.split(KEY, 6_000))
    second = np.asarray(WORLD.moves(grown))[:, 1]
    shares = np.bincount(second[second >= 0] % 3, minlength=3) / (second >= 0).sum()
    assert (second >= 0).sum() > 300 and np.abs(shares - 1 / 3).max() < 0.06


def test_strangers_come_from_the_house_and_entries_add_up():
    people = population([1.0, 2.0])
    two, three = Strangers(LANGUAGE.random, 1.5, 2), Strangers(LANGUAGE.random, 0.5, 3)
    entry = AllOf((two, Sometimes(three, 0.0)))
    _, born = jax.jit(lambda key: entry.newborns(key, entry.init(key), people))(KEY)
    assert born.valid.tolist() == [True, True, False, False, False]
    assert born.endowment.tolist() == [1.5, 1.5, 0.5, 0.5, 0.5]
    assert born.creator.tolist() == [NOBODY] * 5
    often = jax.jit(jax.vmap(lambda k: Sometimes(three, 0.25).newborns(k, (), people)[1].valid))(
        jax.random.split(KEY, 800)
    )
    assert abs(float(jnp.mean(often)) - 0.25) < 0.04


def test_a_rising_rule_bids_more_for_each_unit_of_the_count():
    language = RisingRules(LANGUAGE, rise=0.5)
    rule = RisingRule(cx.agents.Rule.parse("1##", 2, -1.0), jnp.asarray(0.5))

    def bid(rule, bits, count):
        return float(rule.bid(KEY, SimpleNamespace(bits=jnp.asarray([bits], jnp.uint32), count=jnp.asarray(count))))

    assert [bid(rule, 1, 1), bid(rule, 1, 2), bid(rule, 1, 6), bid(rule, 0, 6)] == [-1.0, 0.0, 2.0, -1.0]
    child = language.mutate(KEY, language.random(KEY))
    assert bool(child.unpriced) and float(child.rise) == 0.5 and not bool(child.priced(jnp.asarray(1.0)).unpriced)
    assert language.readable(child).endswith(", +0.5 per count")


def test_a_rising_newcomer_bids_a_little_more_than_the_best_where_it_first_matches():
    language = RisingRules(Rules(("a",), GrabsAndDrops(1), wildcard=1.0))
    old = eqx.tree_at(
        lambda a: (a.rule.price, a.rule.novice), language.random(KEY), (jnp.asarray(2.0), jnp.asarray(False))
    )
    cohort = cx.Cohort.stack([old, language.random(KEY)], endowment=9.0)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), newcomers=Outbid(0.25))
    env = cx.envs.BlocksCounted(cx.envs.BlocksFeatures(WORLD))
    state = market.init(env, 1, KEY)
    state = state._replace(obs=state.obs._replace(count=jnp.asarray([3])))
    new = price_newcomers(market, state, jax.random.split(KEY, 1)).cohorts[0].individuals
    assert new.rule.price.tolist() == [2.0, 2.25] and not new.rule.novice.any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GrabsAndDrops(0), "GrabsAndDrops: length must lie in"),
        (lambda: Rules(NAMES, wildcard=2.0), r"Rules: wildcard must lie in \[0, 1\]"),
        (lambda: Strangers(LANGUAGE.random, -1.0), "Strangers: allowance must be at least 0"),
        (lambda: AllOf(()), "AllOf: entries must be at least 1"),
        (lambda: Sometimes(Strangers(LANGUAGE.random, 1.0), 1.5), r"Sometimes: chance must lie in \[0, 1\]"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
