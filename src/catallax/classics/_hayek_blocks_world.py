"""The Hayek machine learns Blocks World from the final reward alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Key, PyTree

from catallax.classics._hayek import Hayek, Look, spread
from catallax.classics._per_seed import PerSeed
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
    """Axes `seeds`, `looks`; measured is the largest size solved well."""
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
        economy, states, looks = jax.tree.map(lambda leaf: leaf[seeds], (self.economy, self.states, self.looks))
        solved = {n: PerSeed(np.asarray(share)[seeds]) for n, share in self.solved.items()}
        return self._replace(economy=economy, states=states, looks=looks, solved=solved)

    def table(self) -> str:
        """A line per seed and one for all."""
        sizes = list(self.solved)
        births = np.asarray(self.looks.births).sum(1)
        level = np.asarray(self.looks.measured)[:, -1]
        head = "seed  births  rules  level" + "".join(f"  {f'{n} blocks':>10}" for n in sizes)
        lines = [f"{head}   (share of fresh instances solved)"]
        for seed in range(births.size):
            shares = "".join(f"  {self.solved[n][seed]:10.2f}" for n in sizes)
            alive = int(np.asarray(self.looks.alive)[seed, -1])
            lines.append(f"{seed:>4}  {births[seed]:6,}  {alive:5}  {level[seed]:5.1f}{shares}")
        for n in sizes:
            low, high = self.solved[n].interval()
            lines.append(
                f"{n} blocks: mean {self.solved[n].mean():.3f} [{low:.3f}, {high:.3f}], median {self.solved[n].median():.3f}"
            )
        return "\n".join(lines)

    def rules(self, seed: int, limit: int = 16) -> str:
        """The agents of one seed that won most, as text, with wins, wealth above the credit line and price (credits)."""
        state = jax.tree.map(lambda leaf: leaf[seed], self.states)
        alive, wins = np.asarray(state.cohorts[0].alive), np.asarray(state.lives.wins)
        above = np.asarray(state.ledger.wealth - self.economy.credit[seed])
        lines = ["    wins   above  price  agent"]
        for slot in np.argsort(-wins * alive, kind="stable")[: min(limit, int((alive & (wins > 0)).sum()))]:
            agent = jax.tree.map(lambda leaf, slot=slot: leaf[slot], state.cohorts[0].individuals)
            lines.append(
                f"{wins[slot]:8,}  {above[slot]:6.2f}  {float(agent.price):5.3f}  {self.tongue.language.readable(agent)}"
            )
        return "\n".join(lines)


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
    for name, count in {**counts, "ticks per look and round": rounds}.items():
        if count < 1:
            raise ValueError(f"hayek_blocks_world: {name} must be at least 1, got {count}.")
    began = time.perf_counter()
    keys = jax.random.split(jax.random.key(key), seeds)
    settings = spread(economy, seeds)
    env = tongue.world(max(ROOM, blocks), jnp.asarray(blocks))
    states, seen = _learn(settings, tongue.language, env, keys, jnp.asarray(rounds), looks)
    raise_fault(states, "BlocksWorld")
    jax.block_until_ready(states.tick)
    at = np.arange(1, looks + 1) * rounds * economy.round_ticks
    learned = HayekResult(tongue, settings, states, jax.tree.map(np.asarray, seen), at, {}, time.perf_counter() - began)
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
    """Whether each episode was solved; an auction in which nobody bids ends it."""

    def one(policy: MarketPolicy, key: Key[Array, ""]) -> Array:
        reset, play = jax.random.split(key)
        state, obs = env.reset_many(jax.random.split(reset, episodes))

        def unfinished(carry: tuple) -> Array:
            return ~jnp.all(carry[2])

        def advance(carry: tuple[PyTree, PyTree, Array, Array, Array]) -> tuple:
            state, obs, over, paid, time = carry
            keys = jax.random.split(jax.random.fold_in(play, time), episodes)
            sale = jax.vmap(policy.sale)(keys, obs)
            action = jax.vmap(policy)(keys, obs)
            step = env.step_many(keys, state, action)
            goes = ~over & (sale.winner >= 0)
            paid = paid | (goes & (step.reward > 0))
            return step.state, step.obs, ~goes | step.terminated, paid, time + 1

        off = jnp.zeros(episodes, bool)
        return jax.lax.while_loop(unfinished, advance, (state, obs, off, off, jnp.zeros((), jnp.int32)))[3]

    return eqx.filter_vmap(one, in_axes=(eqx.if_array(0), 0))(policies, keys)
