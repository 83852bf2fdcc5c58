"""Hayek with memory: Post systems that bid, act and write into a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from catallax.agents._settings import at_least
from catallax.agents.languages import PostSystems, Signs, Tabulated
from catallax.classics._hayek import Hayek, Look, spread, winners
from catallax.classics._per_seed import PerSeed
from catallax.classics._solved import solved
from catallax.core import AbstractEnv, Discrete, split_by
from catallax.envs import ClockEnds, Register
from catallax.levies import ComputationTax
from catallax.markets import DeepMarket, MarketState, policy_of, raise_fault


class HayekWithMemory(eqx.Module):
    """A Hayek machine of Post systems, and a register that they may read and write.

    The observation is `(what is seen, symbol)`, the action `(move, write or leave)`. Since it takes several agents to
    get anywhere, the last newcomer tried on a failed instance stays.

    Source: Kwee, Hutter and Schmidhuber (2001); every size and amount is ours.
    """

    economy: Hayek = Hayek(
        agents=64, round_ticks=4, strangers=12, mutants=4, attempts=10, boards=32, accept_last=True,
        epsilon=0.003, credit=3.0, upkeep=1e-5, patience=3_000,
    )  # fmt: skip
    symbols: int = eqx.field(static=True, default=2)
    """Of the register; 0 for none."""
    rules: int = eqx.field(static=True, default=1)
    """Of an agent."""
    width: int = eqx.field(static=True, default=2)
    """Longest side of a rule."""
    tax: Any = 1e-5
    """Credits per step of computing."""

    def world(self, env: AbstractEnv) -> AbstractEnv:
        """The world with its register; it ends when its clock runs out, so that nobody is paid for a failure."""
        kept = Register(env, self.symbols) if self.symbols else env  # pyright: ignore[reportCallIssue] - made by equinox
        return ClockEnds(kept)  # pyright: ignore[reportCallIssue]

    def language(self, env: AbstractEnv) -> Tabulated:
        """Post systems over the letters of a world."""
        seen, moves = env.observation_space, env.action_space
        if not (isinstance(seen, Discrete) and isinstance(moves, Discrete)):
            raise ValueError(f"HayekWithMemory: needs Discrete observations and actions, got {seen} and {moves}.")
        signs = Signs(seen.n, moves.n, self.symbols)
        systems = PostSystems(signs, rules=self.rules, width=self.width, variables=0, spare=0, fresh=0.0)
        return Tabulated(systems, signs.observations)

    def learn(
        self, key: Key[Array, ""], env: AbstractEnv, rounds: Any, looks: int, episodes: int
    ) -> tuple[MarketState, Look, Array]:
        """One society from nobody; each look measures the share of `episodes` that earned something."""
        world = self.world(env)
        learn_key, test_key = split_by(key, "learn", "test")

        def success(market: DeepMarket, state: MarketState, number: Array) -> Array:
            return jnp.mean(solved(policy_of(market, state), world, jax.random.fold_in(test_key, number), episodes))

        # put in afterwards: it may be traced
        tax = eqx.tree_at(lambda levy: levy.rate, ComputationTax(0.0), self.tax)
        return self.economy.learn(learn_key, self.language(env), world, rounds, looks, success, tax)


@dataclass(frozen=True)
class Remembering:
    """What the societies have learned."""

    system: HayekWithMemory
    """With a setting per seed."""
    env: AbstractEnv
    states: MarketState
    """At the end; leading axis `seeds`."""
    looks: Look
    """Axes `seeds`, `looks`."""
    curve: Float[np.ndarray, "seeds looks"]
    """Share of the episodes that earned something."""
    ticks: np.ndarray
    """At each look."""

    @property
    def success(self) -> PerSeed:
        """At the end."""
        return PerSeed(self.curve[:, -1])

    def part(self, seeds: slice) -> Remembering:
        """The same for some of the seeds."""
        kept = (self.system, self.states, self.looks, self.curve)
        system, states, looks, curve = jax.tree.map(lambda leaf: leaf[seeds], kept)
        return Remembering(system, self.env, states, looks, curve, self.ticks)

    def agents(self, seed: int = 0, limit: int = 8) -> str:
        """The agents of a seed that won most, as text, with wins, wealth above the credit line and price (credits)."""
        state = jax.tree.map(lambda leaf: leaf[seed], self.states)
        readable = self.system.language(self.env).readable
        return winners(state, self.system.economy.credit[seed], readable, limit)


def hayek_with_memory(
    env: AbstractEnv,
    *,
    system: HayekWithMemory | None = None,
    ticks: int = 400_000,
    looks: int = 20,
    episodes: int = 200,
    seeds: int = 10,
    key: int = 0,
) -> Remembering:
    """Societies of Post systems in a world that hides things, many seeds in one program.

    Args:
        env: a world with numbered observations and actions.
        system: the society's settings; a number of its economy may be an array over the axis `seeds`.
        ticks: of learning.
        looks: how often success is measured, evenly.
        episodes: played per look and seed.
        seeds: independent societies.
        key: seed of the whole run.

    Raises:
        ValueError: if the world's observations or actions are not numbered, or a count is below 1.
        MarketError: if the books do not close.

    Source: Kwee, Hutter and Schmidhuber (2001). Their worlds and figures are not known to us.
    """
    system = HayekWithMemory() if system is None else system
    rounds = ticks // (system.economy.round_ticks * looks) if looks else 0
    counts = {"seeds": seeds, "episodes": episodes, "looks": looks, "ticks per look and round": rounds}
    at_least("hayek_with_memory", 1, **counts)
    keys = jax.random.split(jax.random.key(key), seeds)
    system = spread(system, seeds)
    states, seen, curve = _all_seeds(system, env, keys, jnp.asarray(rounds), looks, episodes)
    raise_fault(states, type(env).__name__)
    at = np.arange(1, looks + 1) * rounds * system.economy.round_ticks
    seen, curve = jax.tree.map(np.asarray, (seen, curve))
    return Remembering(system, env, states, seen, curve, at)


@eqx.filter_jit
def _all_seeds(
    systems: HayekWithMemory, env: AbstractEnv, keys: Array, rounds: Array, looks: int, episodes: int
) -> tuple[MarketState, Look, Array]:
    return jax.vmap(lambda system, key: system.learn(key, env, rounds, looks, episodes))(systems, keys)
