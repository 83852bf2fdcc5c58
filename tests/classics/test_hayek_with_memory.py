"""Hayek with memory: it learns to remember, the books close, and what a hand-written society of Post systems can do."""

from __future__ import annotations

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.classics import HayekWithMemory, hayek_with_memory
from catallax.classics._solved import solved
from catallax.core import split_by
from catallax.markets import MarketPolicy

MAZE = cx.envs.TMaze(1, max_steps=6)
SYSTEM = HayekWithMemory()
KEY = jax.random.key(0)


@pytest.mark.long
def test_societies_learn_to_remember():
    """Two economies as they are, then two that are closed: nobody is there, and where nobody bids nothing is earned."""
    economy = replace(SYSTEM.economy, attempts=jnp.asarray([10, 10, 10, 10, 0, 0]))
    run = hayek_with_memory(MAZE, system=replace(SYSTEM, economy=economy), ticks=60_000, looks=5, episodes=40, seeds=6)
    assert run.curve.shape == (6, 5) and run.ticks.tolist() == [12_000 * k for k in range(1, 6)]
    open_, closed = run.part(slice(0, 4)), run.part(slice(4, 6))
    assert open_.success.median() == 1.0, run.curve
    assert closed.system.economy.attempts.tolist() == [0, 0] and not closed.curve.any()
    assert run.states.ledger.audit() == 0
    told = open_.agents(int(np.argmax(open_.success)), limit=3).splitlines()
    assert len(told) == 4 and "->" in told[1] and closed.agents().count("\n") == 0


def test_a_society_that_remembers_turns_right_and_one_that_has_nobody_for_a_world_does_not():
    language = SYSTEM.language(MAZE)
    texts = {
        "o0 m0 -> a0": 0.5, "o1 m0 -> a0 m1": 0.5, "o2 m0 -> a0": 0.6, "o2 m1 -> a0 m1": 0.6,
        "o3 m0 -> a1": 0.9, "o3 m1 -> a2": 0.9,
    }  # fmt: skip
    tabulate = jax.jit(language.tabulate)
    society = cx.Cohort.stack([tabulate(language.language.parse(t, price=p)) for t, p in texts.items()])
    world = SYSTEM.world(MAZE)

    @jax.jit
    def play(alive):
        there = eqx.tree_at(lambda c: c.alive, society, alive)
        return solved(MarketPolicy((there,), cx.auctions.FirstPrice(), jnp.full(6, 9.0), 1.0), world, KEY, 50)

    cues = np.asarray(world.reset_many(jax.random.split(split_by(KEY, "reset")[0], 50))[1]) // 2
    assert play(jnp.ones(6, bool)).all() and 0 < cues.mean() < 1
    # nobody in the corridor, where action 0, the one of an empty sale, would be right
    assert not play(jnp.asarray([True, True, False, False, True, True])).any()
    assert play(jnp.asarray([True] * 5 + [False])).tolist() == (cues == 0).tolist()


def test_a_world_whose_clock_has_run_out_is_bought_by_nobody():
    world = SYSTEM.world(MAZE)
    state, _ = world.reset(KEY)
    step = jax.jit(lambda s: world.step(KEY, s, jnp.asarray(3)))
    for _ in range(6):
        out = step(state)
        state = out.state
    assert bool(out.terminated) and not bool(out.truncated) and float(out.reward) == 0.0


def test_a_world_without_numbers_is_refused():
    with pytest.raises(ValueError, match="HayekWithMemory: needs Discrete observations and actions, got Bits"):
        SYSTEM.language(cx.envs.Multiplexer(2))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"seeds": 0}, "seeds must be at least 1, got 0"),
        ({"ticks": 70, "looks": 20}, "ticks per look and round must be"),
    ],
)
def test_counts_are_checked(wrong, says):
    with pytest.raises(ValueError, match=f"hayek_with_memory: {says}"):
        hayek_with_memory(MAZE, **wrong)
