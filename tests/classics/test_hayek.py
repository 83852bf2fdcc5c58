"""The Hayek machine on Blocks World: it learns, its books close, and a market of hand-written rules solves any size."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.classics import Hayek, Tongue
from catallax.classics._hayek_blocks_world import LANGUAGES, _test
from catallax.envs import BlocksWorld
from catallax.markets import policy_of

KEY = jax.random.key(0)
WRITTEN = (
    ("hand empty, not 1 clean", "grab 1, drop 2"),
    ("hand empty, 1 clean, top 2 needed", "grab 2, drop 1"),
    ("hand empty, 1 clean, not top 2 needed, top 3 needed", "grab 3, drop 1"),
    ("hand empty, 1 clean, not top 2 needed, not top 3 needed, not 2 empty", "grab 2, drop 3"),
    ("hand empty, 1 clean, not top 3 needed, 2 empty", "grab 3"),
    ("not hand empty, hand needed, 1 clean", "drop 1"),
    ("not hand empty, not hand needed, not 3 empty", "drop 2, grab 3"),
    ("not hand empty, not hand needed, 3 empty", "drop 2"),
)
"""Dig through stack 2 with an empty hand, and back with a full one: the hand remembers the direction."""


def rule(tongue: Tongue, condition: str, moves: str) -> cx.agents.Rule:
    names = tongue.language.names
    letters = ["#"] * len(names)
    for part in condition.split(", "):
        letters[names.index(part.removeprefix("not "))] = "0" if part.startswith("not ") else "1"
    digits = [int(move[-1]) + 3 * move.startswith("drop") for move in moves.split(", ")]
    return cx.agents.Rule.parse("".join(letters), sum(d * 7**k for k, d in enumerate(digits)), 0.5)


@pytest.fixture(scope="module")
def learned():
    return cx.classics.hayek_blocks_world(
        3, seeds=2, ticks=640, looks=2, tests=(2,), episodes=8, economy=Hayek(agents=24)
    )


@pytest.mark.long
def test_hand_written_rules_in_the_market_solve_every_instance():
    tongue = LANGUAGES["rules"]()
    rules = [rule(tongue, *line) for line in WRITTEN]
    assert [tongue.language.readable(r) for r in rules] == [": ".join(line) for line in WRITTEN]
    market = cx.DeepMarket(cx.Cohort.stack(rules, endowment=9.0), cx.auctions.FirstPrice())
    env = tongue.world(12, 12, 12, learning=False)
    policy = policy_of(market, market.init(env, 1, KEY))
    stacked = jax.tree.map(lambda leaf: leaf[None] if eqx.is_array(leaf) else leaf, policy)
    assert bool(_test(stacked, env, KEY[None], 40).all())
    # without the rule that turns round, nobody bids at an empty stack 2, and nothing is won there
    mute = eqx.tree_at(lambda p: p.cohorts[0].alive, stacked, stacked.cohorts[0].alive.at[0, 4].set(False))
    assert not bool(_test(mute, env, KEY[None], 40).all())


def test_books_close_and_looks_add_up(learned):
    assert learned.states.ledger.imbalance == 0
    assert learned.ticks.tolist() == [320, 640]
    above = jax.vmap(lambda ledger: ledger.wealth)(learned.states.ledger) - learned.economy.credit[:, None]
    wealth = np.where(learned.states.cohorts[0].alive, above, 0.0).sum(1)
    np.testing.assert_allclose(learned.looks.wealth[:, -1], wealth, rtol=1e-5)
    assert (learned.looks.alive[:, -1] == np.asarray(learned.states.cohorts[0].alive).sum(1)).all()
    assert (learned.looks.births.sum(1) > 0).all() and (learned.looks.undone.sum(1) > 0).all()


def test_the_result_can_be_read(learned):
    text = learned.table()
    assert "2 blocks" in text and len(text.splitlines()) == 4
    assert ": grab" in learned.rules(0) or ": drop" in learned.rules(0)
    half = learned.part(slice(1, 2))
    np.testing.assert_array_equal(half.solved[2].values, learned.solved[2].values[1:])
    assert half.rules(0) == learned.rules(1)


@pytest.mark.long
def test_settings_may_differ_by_seed_and_principles_can_be_left_out():
    subsidy, keep = jnp.asarray([0.0, 1.0, 0.0]), jnp.asarray([1.0, 0.0, 0.0])
    economy = Hayek(agents=24, subsidy=subsidy, property=keep, upkeep=0.0)
    result = cx.classics.hayek_blocks_world(3, seeds=3, ticks=6_400, looks=2, tests=(2,), episodes=8, economy=economy)
    assert result.states.ledger.imbalance == 0
    # who buys and sells for nothing and pays no rent has gained what it was rewarded with, whole credits
    states, purse = result.states, result.economy.credit + result.economy.allowance
    gained = jax.vmap(lambda ledger: ledger.wealth)(states.ledger) - purse[:, None]
    broken = jnp.where(states.cohorts[0].alive, jnp.abs(gained - jnp.round(gained)), 0.0).max(1)
    assert broken[1] < 1e-3 < min(broken[0], broken[2]) and gained[1].max() >= 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"language": "latin"},
            "language must be one of rules, rising rules, patterns, s-expressions, post or a Tongue, got 'latin'",
        ),
        ({"seeds": 0}, "seeds must be at least 1, got 0"),
        ({"tests": (0,)}, "tests must be at least 1"),
        ({"ticks": 10}, "ticks per look and round must be at least 1"),
        ({"economy": lambda: Hayek(property=3.0)}, "Hayek: property must be at least 0, at most 1, got 3.0"),
        ({"economy": lambda: Hayek(credit=-5.0)}, "Hayek: credit must be at least 0, got -5.0"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        cx.classics.hayek_blocks_world(**{k: v() if callable(v) else v for k, v in settings.items()})


def test_tests_are_worlds_of_one_size():
    tongue = LANGUAGES["patterns"]()
    state, obs = tongue.world(6, 5, 5, learning=False).reset_many(jax.random.split(KEY, 50))
    assert obs.shape == (50, 1) and (state.board.heights[:, 0] == 5).all()
    assert isinstance(tongue.world(6, 5).env.env.env, BlocksWorld)
