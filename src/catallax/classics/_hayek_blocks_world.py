"""The Hayek machine learns Blocks World from the final reward alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool

from catallax.agents._settings import at_least
from catallax.classics._hayek import Hayek, Look, spread, winners
from catallax.classics._per_seed import PerSeed
from catallax.classics._solved import solved
from catallax.classics._tongues import LANGUAGES, Tongue, level
from catallax.core import AbstractEnv, split_by
from catallax.markets import MarketPolicy, MarketState, policy_of, raise_fault

ROOM = 16
"""Stacks are at least so high while learning, so that several sizes share one program."""


class HayekResult(NamedTuple):
    """What the seeds have learned."""

    tongue: Tongue
    economy: Hayek
    states: MarketState
    """Leading axis `seeds`."""
    looks: Look
    """Axes `seeds`, `looks`."""
    level: np.ndarray
    """Largest size solved well; axes `seeds`, `looks`."""
    ticks: np.ndarray
    """At each look."""
    solved: dict[int, PerSeed]
    """Share of fresh instances solved, learning off, by number of blocks."""
    seconds: float
    """Wall time of learning, compilation included."""

    def test(self, blocks: int, episodes: int = 100, *, key: int = 0) -> np.ndarray:
        """Share of fresh instances of one size that each seed solves, learning off; axis `seeds`."""
        (test,) = split_by(jax.random.key(key), "test")
        size = jnp.asarray(blocks)
        # a few capacities only: every one is a program of its own
        env = self.tongue.world(next(c for c in (ROOM, 200, blocks) if c >= blocks), size, size, learning=False)
        policies = _policies(self.economy, self.tongue.language, self.states)
        keys = jax.random.split(test, self.states.tick.shape[0])
        return np.asarray(_test(policies, env, keys, episodes)).mean(1)

    def part(self, seeds: slice) -> HayekResult:
        """The same for some of the seeds."""
        kept = (self.economy, self.states, self.looks, self.level)
        economy, states, looks, level = jax.tree.map(lambda leaf: leaf[seeds], kept)
        solved = {n: PerSeed(np.asarray(share)[seeds]) for n, share in self.solved.items()}
        return self._replace(economy=economy, states=states, looks=looks, level=level, solved=solved)

    def table(self) -> str:
        """A line per seed and one for all."""
        sizes = list(self.solved)
        births = np.asarray(self.looks.births).sum(1)
        head = "seed  births  rules  level" + "".join(f"  {f'{n} blocks':>10}" for n in sizes)
        lines = [f"{head}   (share of fresh instances solved)"]
        for seed in range(births.size):
            shares = "".join(f"  {self.solved[n][seed]:10.2f}" for n in sizes)
            alive = int(np.asarray(self.looks.alive)[seed, -1])
            lines.append(f"{seed:>4}  {births[seed]:6,}  {alive:5}  {self.level[seed, -1]:5.1f}{shares}")
        for n in sizes:
            low, high = self.solved[n].interval()
            lines.append(
                f"{n} blocks: mean {self.solved[n].mean():.3f} [{low:.3f}, {high:.3f}], median {self.solved[n].median():.3f}"
            )
        return "\n".join(lines)

    def rules(self, seed: int, limit: int = 16) -> str:
        """The agents of one seed that won most, as text, with wins, wealth above the credit line and price (credits)."""
        state = jax.tree.map(lambda leaf: leaf[seed], self.states)
        return winners(state, self.economy.credit[seed], self.tongue.language.readable, limit)


def hayek_blocks_world(
    blocks: int = 8,
    language: str | Tongue = "rules",
    seeds: int = 3,
    *,
    ticks: int = 60_000,
    tests: Sequence[int] | None = None,
    episodes: int = 100,
    looks: int = 20,
    key: int = 0,
    economy: Hayek | None = None,
) -> HayekResult:
    """Let Hayek machines learn Blocks World from nobody, all seeds in one program.

    Args:
        blocks: largest number of blocks to learn on; the curriculum leads there.
        language: a name from `LANGUAGES` ("rules" see features, "rising rules" also bid more for each correct
            block, "patterns" match the colours at the tops with variables, "s-expressions" and "post" see the board), or a tongue.
        seeds: independent economies.
        ticks: of learning.
        tests: numbers of blocks to test on, learning off; by default `blocks`.
        episodes: per test and seed.
        looks: points of the curves.
        key: seed of the seeds.
        economy: settings; a number may be an array over the axis `seeds`, so that settings are compared in one program.

    Raises:
        ValueError: on an unknown language or a count below 1.

    Source: Baum (1996, 1999).
    """
    tests = (blocks,) if tests is None else tuple(tests)
    tongue = _spoken(language)
    economy = Hayek() if economy is None else economy
    rounds = ticks // (economy.round_ticks * looks) if looks else 0
    counts = {"blocks": blocks, "seeds": seeds, "episodes": episodes, "looks": looks, "tests": min(tests, default=0)}
    at_least("hayek_blocks_world", 1, **counts, **{"ticks per look and round": rounds})
    began = time.perf_counter()
    keys = jax.random.split(jax.random.key(key), seeds)
    settings = spread(economy, seeds)
    env = tongue.world(max(ROOM, blocks), jnp.asarray(blocks))
    states, seen, reached = _learn(settings, tongue.language, env, keys, jnp.asarray(rounds), looks)
    raise_fault(states, "BlocksWorld")
    jax.block_until_ready(states.tick)
    at = np.arange(1, looks + 1) * rounds * economy.round_ticks
    seen, reached = jax.tree.map(np.asarray, (seen, reached))
    learned = HayekResult(tongue, settings, states, seen, reached, at, {}, time.perf_counter() - began)
    return learned._replace(solved={n: PerSeed(learned.test(n, episodes, key=key)) for n in tests})


def _spoken(language: str | Tongue) -> Tongue:
    if isinstance(language, Tongue):
        return language
    if language not in LANGUAGES:
        raise ValueError(
            f"hayek_blocks_world: language must be one of {', '.join(LANGUAGES)} or a Tongue, got {language!r}."
        )
    return LANGUAGES[language]()


@eqx.filter_jit
def _learn(economy: Hayek, language, env: AbstractEnv, keys: Array, rounds: Array, looks: int) -> tuple:
    def one(settings: Hayek, key: Array) -> tuple:
        return settings.learn(key, language, env, rounds, looks, lambda _, state, __: level(env, state.world))

    return jax.vmap(one)(economy, keys)


@eqx.filter_jit
def _policies(economy: Hayek, language, states: MarketState) -> MarketPolicy:
    return eqx.filter_vmap(lambda settings, state: policy_of(settings.market(language), state))(economy, states)


@eqx.filter_jit
def _test(policies: MarketPolicy, env: AbstractEnv, keys: Array, episodes: int) -> Bool[Array, "seeds episodes"]:
    one = partial(solved, env=env, episodes=episodes)
    return eqx.filter_vmap(lambda policy, key: one(policy, key=key), in_axes=(eqx.if_array(0), 0))(policies, keys)
