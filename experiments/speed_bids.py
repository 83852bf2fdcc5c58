"""Agent-bids per second of rule agents beside the same algorithm in vectorised NumPy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.core import Bits, Discrete, Step
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    sizes: tuple[int, ...] = (64, 1_024, 16_384, 262_144)
    """Numbers of agents."""
    instances: tuple[int, ...] = (1, 64)
    """Numbers of parallel worlds."""
    bids: float = 1e9
    """About so many agent-bids are timed per case."""
    repeats: int = 5
    """The best of so many measurements counts, on both sides."""


READ = 21
"""Bytes of a rule agent that every auction reads: condition 8, price 4, account 8, alive 1."""


class Scramble(cx.core.AbstractEnv):
    """32 bits that a linear congruence moves on; bit 20 pays one credit."""

    discount: float = 1.0

    @property
    def observation_space(self) -> Bits:
        """One word."""
        return Bits(32)

    @property
    def action_space(self) -> Discrete:
        """Added to the state."""
        return Discrete(4)

    def reset(self, key):
        """Always the same start."""
        state = jnp.full(1, 12345, jnp.uint32)
        return state, state

    def step(self, key, state, action):
        """Move on."""
        state = state * jnp.uint32(1664525) + jnp.uint32(1013904223) + action.astype(jnp.uint32)
        reward = ((state[0] >> 20) & 1).astype(jnp.float32)
        return Step(state, state, reward, jnp.asarray(False), jnp.asarray(False), {})


def society(size: int) -> cx.agents.Rule:
    """Random rules that care about two bits each, on average."""
    rng = np.random.default_rng(0)
    care = np.bitwise_and.reduce(rng.integers(0, 2**32, (4, size, 1), dtype=np.uint32), axis=0)
    return jax.vmap(cx.agents.Rule)(
        jnp.asarray(rng.integers(0, 2**32, (size, 1), dtype=np.uint32)),
        jnp.asarray(care),
        jnp.asarray(rng.integers(0, 4, size), jnp.int32),
        jnp.asarray(rng.random(size), jnp.float32),
        jnp.zeros(size, bool),
    )


Clock = Callable[[], float]
"""Measures once: seconds per tick of one world."""


def ours(config: Config, size: int, instances: int) -> Clock:
    """The market, compiled."""
    market = cx.DeepMarket(cx.Cohort(society(size), jnp.ones(size, bool), 10.0), cx.auctions.FirstPrice())
    env, key = Scramble(), jax.random.key(0)
    rounds = max(2, round(config.bids / (size * instances + 20_000) / market.round_ticks))
    go = eqx.filter_jit(lambda s: jax.lax.fori_loop(0, rounds, lambda _, x: market.round(env, x, key)[0], s))
    state = jax.block_until_ready(go(market.init(env, instances, key)))

    def clock() -> float:
        nonlocal state
        began = time.perf_counter()
        state = jax.block_until_ready(go(state))
        spent = time.perf_counter() - began
        assert state.ledger.audit() == 0
        return spent / (rounds * market.round_ticks * instances)

    return clock


def theirs(config: Config, size: int) -> Clock:
    """The same market in a NumPy loop, one world."""
    rules = society(size)
    value, care = np.asarray(rules.value)[:, 0], np.asarray(rules.care)[:, 0]
    price, action, rng = np.asarray(rules.price), np.asarray(rules.action), np.random.default_rng(1)
    ticks = max(20, round(config.bids / 30 / (size + 5_000)))

    def clock() -> float:
        wealth, owner, state, house = np.full(size, 10.0, np.float32), -1, 12345, 0.0
        began = time.perf_counter()
        for _ in range(ticks):
            bids = np.where(((np.uint32(state) ^ value) & care) == 0, price, np.float32(-1.0))
            np.minimum(bids, wealth, out=bids)
            highest = bids.max()
            if highest < 0:
                owner, state = -1, 12345
                continue
            ties = np.flatnonzero(bids == highest)
            winner = ties[0] if ties.size == 1 else ties[rng.integers(ties.size)]
            wealth[winner] -= highest
            if owner >= 0:
                wealth[owner] += highest
            else:
                house += highest
            state = (state * 1664525 + 1013904223 + int(action[winner])) & 0xFFFFFFFF
            wealth[winner] += (state >> 20) & 1
            owner = winner
        return (time.perf_counter() - began) / ticks

    return clock


def run(config: Config, context: Context) -> Report:
    """Every size, one world and many, beside NumPy in the same run."""
    findings, table = (
        [],
        ["| agents | worlds | us per tick of one world | agent-bids/s | x NumPy |", "|---|---|---|---|---|"],
    )
    seconds = {}
    for size in config.sizes:
        clocks = {"NumPy": theirs(config, size), **{str(n): ours(config, size, n) for n in config.instances}}
        # in turns, so that a busy moment of the machine falls on everybody
        readings = [{name: clock() for name, clock in clocks.items()} for _ in range(config.repeats)]
        best = {name: min(reading[name] for reading in readings) for name in clocks}
        for name, spent in best.items():
            seconds[size, name] = spent
            table.append(
                f"| {size:,} | {name} | {1e6 * spent:.2f} | {size / spent:.3g} | {best['NumPy'] / spent:.1f} |"
            )
        findings += [finding(size, n, best["NumPy"] / best[str(n)], size / best[str(n)]) for n in config.instances]
    grown = market_state(1_024)
    memory = sum(leaf.nbytes for leaf in jax.tree.leaves(grown)) / 1_024
    findings.append(Finding("j", "memory per rule agent, all accounts and registers", "", f"{memory:.0f} bytes"))
    return Report(findings, text="\n".join([*table, "", limits(config, seconds)]))


def finding(size: int, instances: int, ratio: float, rate: float) -> Finding:
    """One row, with the requirement where there is one."""
    asked = size == 64 or size >= 16_384
    wanted = (4.0 if size == 64 else 1.0) if instances == 1 else (10.0 if size == 64 else 2.0)
    return Finding(
        "j",
        f"{size:,} rule agents, {instances} world{'s' if instances > 1 else ''}, beside NumPy",
        f">= {wanted:g} x" if asked else "",
        f"{ratio:.1f} x; {rate:.3g} agent-bids/s",
        bool(ratio >= wanted) if asked else None,
    )


def limits(config: Config, seconds: dict[tuple[int, str], float]) -> str:
    """What the smallest market costs a tick, and what every agent adds, beside what reading memory costs."""
    small, large = min(config.sizes), max(config.sizes)
    lines = [
        "| worlds | us per tick, smallest market | ns per further agent | GB/s read in that time |",
        "|---|---|---|---|",
    ]
    for n in config.instances:
        fixed = seconds[small, str(n)]
        each = (seconds[large, str(n)] - fixed) / (large - small)
        lines.append(f"| {n} | {1e6 * fixed:.2f} | {1e9 * each:.3f} | {READ / each / 1e9:.1f} |")
    return "\n".join(
        [
            *lines,
            "",
            f"An auction reads {READ} bytes of every rule agent, and adding up an array four times as large as the largest "
            f"market reads {reading(4 * READ * large) / 1e9:.1f} GB/s here, on one core. A market that reads much less is held up by "
            "something else than memory bandwidth: by the start of its compiled loops when it is small (dispatch), by its "
            "arithmetic when it is large.",
        ]
    )


def reading(size: int) -> float:
    """Bytes per second of a sum over so many bytes."""
    block = np.ones(size // 8, np.int64)
    began = time.perf_counter()
    for _ in range(20):
        block.sum()
    return 20 * block.nbytes / (time.perf_counter() - began)


def market_state(size: int) -> object:
    """Everything that grows with the number of agents."""
    market = cx.DeepMarket(cx.Cohort(society(size), jnp.ones(size, bool), 10.0), cx.auctions.FirstPrice())
    state = market.init(Scramble(), 1, jax.random.key(0))
    return state.cohorts, state.ledger.agents, state.ledger.spoke, state.lives
