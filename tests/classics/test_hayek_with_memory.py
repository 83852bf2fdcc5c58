"""Hayek with memory: it learns to remember, the books close, and what a hand-written society of Post systems can do."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import pytest

import catallax as cx
from catallax.classics import HayekWithMemory, hayek_with_memory
from catallax.classics._played import played

MAZE = cx.envs.TMaze(1, max_steps=6)
SYSTEM = HayekWithMemory()


@pytest.mark.long
def test_societies_learn_to_remember_and_cannot_without_a_register():
    run = hayek_with_memory(MAZE, ticks=60_000, looks=5, episodes=40, seeds=4)
    assert run.curve.shape == (4, 5) and run.ticks.tolist() == [12_000 * k for k in range(1, 6)]
    assert run.success.median() == 1.0, run.curve
    assert run.states.ledger.audit() == 0
    told = run.part(slice(1, 3)).agents(0, limit=3).splitlines()
    assert run.part(slice(1, 3)).success.values.tolist() == run.success.values[1:3].tolist()
    assert len(told) == 4 and "->" in told[1]
    blind = hayek_with_memory(MAZE, system=replace(SYSTEM, symbols=0), ticks=20_000, looks=2, episodes=400, seeds=2)
    assert blind.success.values.max() < 0.6


def test_a_society_that_remembers_turns_right():
    language = SYSTEM.language(MAZE)
    texts = {
        "o0 m0 -> a0": 0.5, "o1 m0 -> a0 m1": 0.5, "o2 m0 -> a0": 0.6, "o2 m1 -> a0 m1": 0.6,
        "o3 m0 -> a1": 0.9, "o3 m1 -> a2": 0.9,
    }  # fmt: skip
    tabulate = jax.jit(language.tabulate)
    society = cx.Cohort.stack([tabulate(language.language.parse(t, price=p)) for t, p in texts.items()])

    def policy(key, obs):
        winner = jnp.argmax(society.bids(key, obs))
        return society.act(key, obs, winner)

    totals, lengths = jax.jit(lambda k: played(policy, SYSTEM.world(MAZE), k, 50))(jax.random.key(0))
    assert totals.tolist() == [1.0] * 50 and lengths.tolist() == [3] * 50


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
