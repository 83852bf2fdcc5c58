"""Hayek with memory: the books, the switches, and what a hand-written society of Post systems can do."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

import catallax as cx
from catallax.agents import Enumeration, RuleFamily, Seasons
from catallax.classics import HayekWithMemory, hayek_with_memory
from catallax.classics._played import played
from catallax.core import Population

MAZE = cx.envs.TMaze(1, discount=0.9)
SMALL = HayekWithMemory(agents=8, instances=2, births=1, season=2, rest=2)


@pytest.mark.slow  # half a minute of compilation; the experiment's small run raises as well if the books do not close
def test_books_close_and_a_subsidy_leaves_buyers_richer():
    runs = [
        hayek_with_memory(MAZE, system=replace(SMALL, subsidy=share), looks=2, seasons=2, episodes=4, seeds=2)
        for share in (0.0, 1.0)
    ]
    for run in runs:
        assert run.curve.shape == (2, 2) and len(run.success) == 2 and run.ticks == 2 * 2 * 4 * 2
        assert run.state.ledger.audit() == 0  # a subsidy is the house's, in the open
        assert len(run.agents(limit=3).splitlines()) == 3 and "->" in run.agents()
    charged, free = (float(jax.vmap(lambda book: jnp.sum(book.wealth))(run.state.ledger).sum()) for run in runs)
    assert free > charged


def test_a_society_that_remembers_turns_right():
    language = SMALL.language(MAZE)
    texts = {
        "o0 m0 -> a0": 0.5, "o1 m0 -> a0 m1": 0.5, "o2 m0 -> a0": 0.6, "o2 m1 -> a0 m1": 0.6,
        "o3 m0 -> a1": 0.9, "o3 m1 -> a2": 0.9,
    }  # fmt: skip
    tabulate = jax.jit(language.tabulate)
    society = cx.Cohort.stack([tabulate(language.language.parse(t, price=p)) for t, p in texts.items()])

    def policy(key, obs):
        winner = jnp.argmax(society.bids(key, obs))
        return society.act(key, obs, winner)

    totals, lengths = jax.jit(lambda k: played(policy, SMALL.world(MAZE), k, 50))(jax.random.key(0))
    assert totals.tolist() == [1.0] * 50 and lengths.tolist() == [3] * 50


def test_seasons_open_and_close():
    rule = Seasons(Enumeration(RuleFamily.build(1, 2), 1.0, per_round=2), births=4, rest=6)
    blank = jnp.zeros(3)
    for tick, born in {2: True, 4: True, 6: False, 10: False, 12: True}.items():
        seen = Population(blank > 0, *[blank] * 5, individuals=None, price=jnp.zeros(()), tick=jnp.asarray(tick))
        _, newborns = rule.newborns(jax.random.key(0), rule.init(jax.random.key(0)), seen)
        assert newborns.valid.tolist() == [born] * 2, tick
    with pytest.raises(ValueError, match="births must be at least 1"):
        Seasons(rule, births=0, rest=1)


def test_shares_are_checked():
    with pytest.raises(ValueError, match="HayekWithMemory: subsidy must lie in"):
        hayek_with_memory(MAZE, system=replace(SMALL, subsidy=2.0), seeds=1)


def test_a_world_without_numbers_is_refused():
    with pytest.raises(ValueError, match="HayekWithMemory: needs Discrete observations and actions, got Bits"):
        SMALL.language(cx.envs.Multiplexer(2))
