"""A finished (or interrupted) training run and what one asks of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from catallax.core import AbstractEnv, Discrete, Ledger
from catallax.lab._folder import RunFolder
from catallax.markets import DeepMarket, MarketPolicy, MarketState, policy_of


@dataclass
class Run:
    """What `train` returns."""

    market: DeepMarket
    """As it was before training; the trained society is in `state`."""
    env: AbstractEnv
    state: MarketState
    trace: dict[str, list[float | int]]
    """One column per figure, one row per chunk."""
    folder: RunFolder | None
    compile_seconds: float
    seconds: float
    """Wall-clock seconds of training, without compilation."""
    interrupted: bool = False
    sales: dict[str, np.ndarray] = field(default_factory=dict)
    """The trade log of the tracked instances, one column per field; filled at the end of the run."""

    @property
    def policy(self) -> MarketPolicy:
        """The trained market as `(key, obs) -> action`.

        Raises:
            ValueError: if the run has seeds (it holds as many markets); also `prices` and `greedy`.
        """
        self._check_single("policy")
        return policy_of(self.market, self.state)

    @property
    def ledger(self) -> Ledger:
        """The books; `run.ledger.imbalance` is exactly 0."""
        return self.state.ledger

    @property
    def instances(self) -> int:
        """Parallel worlds."""
        return self.state.owner.shape[-1]

    @property
    def ticks(self) -> int:
        """Ticks spent, over all instances (of one seed)."""
        return int(np.max(np.asarray(self.state.tick))) * self.instances

    def seed(self, number: int) -> Run:
        """One of the independent markets of a run with seeds; its `trace` stays the mean over all of them.

        Raises:
            ValueError: if the run has no seeds.
            IndexError: if it has fewer.
        """
        seeds = self._seeds
        if seeds is None:
            raise ValueError("Run.seed: this run was trained without seeds; use it as it is.")
        if not -seeds <= number < seeds:
            raise IndexError(f"Run.seed: got {number}, expected 0 to {seeds - 1}.")
        state = jax.tree.map(lambda x: x[number], self.state)
        return Run(self.market, self.env, state, self.trace, None, self.compile_seconds, self.seconds, self.interrupted)

    @property
    def _seeds(self) -> int | None:
        return self.state.tick.shape[0] if self.state.tick.ndim else None

    def _check_single(self, name: str) -> None:
        if self._seeds is not None:
            raise ValueError(
                f"Run.{name}: this run holds {self._seeds} independent markets; choose one, run.seed(k).{name}, k = 0 … "
                f"{self._seeds - 1}."
            )

    def prices(self) -> Float[np.ndarray, " states"]:
        """What the world would sell for at each observation, credits.

        Raises:
            TypeError: if observations are not discrete (there is no list of them).
        """
        self._check_single("prices")
        space = self.env.observation_space
        if not isinstance(space, Discrete):
            raise TypeError(f"Run.prices: needs a Discrete observation space, {type(self.env).__name__} has {space}.")
        return np.asarray(_prices(self.policy, space.n))

    def greedy(self) -> np.ndarray:
        """The action taken at each observation (ties broken by a fixed key)."""
        self._check_single("greedy")
        space = self.env.observation_space
        if not isinstance(space, Discrete):
            raise TypeError(f"Run.greedy: needs a Discrete observation space, {type(self.env).__name__} has {space}.")
        return np.asarray(_greedy(self.market, self.state, space.n))

    def record(self, state: MarketState, row: dict[str, Any], seconds: float, ticks: int) -> dict[str, Any]:
        """Take over a chunk's state and append its trace row, which is returned."""
        self.state = state
        self.seconds += seconds
        full = {**row, "seconds": self.seconds, "ticks_per_second": ticks / seconds}
        for name, value in full.items():
            self.trace.setdefault(name, []).append(value)
        return full

    def summary(self) -> str:
        """The run in a few lines of text."""
        return "\n".join(_summary(self))

    def plot(self, name: str) -> Any:
        """A picture of the run as a matplotlib figure: `run.plot("prices").savefig("prices.png")`.

        Args:
            name: one of `catallax.view.names()`; an unknown name raises and lists them.
        """
        from importlib import import_module

        return import_module("catallax.view").plot_run(name, self)


@eqx.filter_jit
def _prices(policy: MarketPolicy, states: int) -> jax.Array:
    keys = jax.random.split(jax.random.key(0), states)
    return jax.vmap(policy.sale)(keys, jnp.arange(states, dtype=jnp.int32)).receives


@eqx.filter_jit
def _greedy(market: DeepMarket, state: MarketState, states: int) -> jax.Array:
    # the policy is made in here, as spendable wealth takes many small steps that are slow one by one
    keys = jax.random.split(jax.random.key(0), states)
    return jax.vmap(policy_of(market, state))(keys, jnp.arange(states, dtype=jnp.int32))


def _summary(run: Run) -> Iterable[str]:
    last = {name: values[-1] for name, values in run.trace.items()}
    yield f"{type(run.market).__name__} on {type(run.env).__name__}: {run.ticks:,} ticks in {run.instances} instances"
    if not last:
        return
    rate = run.ticks / run.seconds if run.seconds else float("nan")
    yield f"  time       {run.seconds:.2f} s + {run.compile_seconds:.2f} s to compile, {rate:,.0f} ticks/s"
    yield f"  price      {last['price_mean']:.4f} credits (opening {last['price_opening']:.4f})"
    yield f"  return     {last['return_mean']:.4f} over {last['length_mean']:.1f} ticks (with exploration)"
    yield (
        f"  wealth     {last['wealth_total']:.1f} credits in all, Gini {last['wealth_gini']:.2f}, "
        f"{last['alive']:.0f} alive, {sum(run.trace['births']):.0f} born, {sum(run.trace['deaths']):.0f} died"
    )
    yield f"  books      imbalance {run.ledger.imbalance} (exact)"
