"""Finite worlds: tables of successors, probabilities, rewards and ends."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import AbstractEnv, Discrete, Step


class MDP(NamedTuple):
    """A finite decision problem on the host; axes `states actions branches` unless said."""

    successor: Int[np.ndarray, "states actions branches"]
    probability: Float[np.ndarray, "states actions branches"]
    reward: Float[np.ndarray, "states actions branches"]
    """Credits."""
    terminal: Bool[np.ndarray, "states actions branches"]
    """The episode ends on this transition."""
    start: Float[np.ndarray, " states"]
    """Probability of starting in each state."""
    discount: float
    observation: Int[np.ndarray, " states"]
    """What is seen of each state."""


class Place(NamedTuple):
    """State of a tabular world."""

    cell: Int[Array, ""]
    time: Int[Array, ""]
    """Ticks since the start."""


class TabularEnv(AbstractEnv):
    """A world given by its tables; named worlds are functions or subclasses that fill them in."""

    successor: Int[Array, "states actions branches"]
    cumulative: Float[Array, "states actions branches"]
    """Cumulative branch probabilities."""
    reward: Float[Array, "states actions branches"]
    """Credits."""
    terminal: Bool[Array, "states actions branches"]
    start_cells: Int[Array, " starts"]
    start_cumulative: Float[Array, " starts"]
    observation: Int[Array, " states"]
    discount: float
    max_steps: int | None = eqx.field(static=True)
    """Ticks after which an episode is truncated; None: never."""
    observations: int = eqx.field(static=True)
    picture: Any = eqx.field(static=True)
    """A `Grid` for worlds with a map, else None."""

    @classmethod
    def of(cls, name: str, mdp: MDP, *, max_steps: int | None = None) -> TabularEnv:
        """A world from your own tables.

        Args:
            name: for error messages.
            mdp: the decision problem.
            max_steps: ticks after which an episode is truncated; None: never.

        Raises:
            ValueError: naming what is wrong with the tables.
        """
        return TabularEnv(**tables(name, mdp, max_steps=max_steps))

    @property
    def observation_space(self) -> Discrete:
        """Indices of what is seen."""
        return Discrete(self.observations)

    @property
    def action_space(self) -> Discrete:
        """Indices of the actions."""
        return Discrete(self.successor.shape[1])

    def reset(self, key: Key[Array, ""]) -> tuple[Place, Int[Array, ""]]:
        """Start in a cell drawn from the start distribution."""
        if self.start_cells.shape[0] == 1:
            cell = self.start_cells[0]
        else:
            cell = self.start_cells[_pick(jax.random.uniform(key), self.start_cumulative)]
        return Place(cell, jnp.zeros((), jnp.int32)), self.observation[cell]

    def step(self, key: Key[Array, ""], state: Place, action: Int[Array, ""]) -> Step:
        """Follow one branch."""
        branch = 0
        if self.successor.shape[2] > 1:
            branch = _pick(jax.random.uniform(key), self.cumulative[state.cell, action])
        where = (state.cell, action, branch)
        cell, time = self.successor[where], state.time + 1
        late = jnp.asarray(False) if self.max_steps is None else time >= self.max_steps
        return Step(Place(cell, time), self.observation[cell], self.reward[where], self.terminal[where], late, {})

    def mdp(self) -> MDP:
        """The world's tables in double precision on the host; time limits are not part of them."""
        start = np.zeros(self.successor.shape[0])
        start[np.asarray(self.start_cells)] = np.diff(np.asarray(self.start_cumulative, np.float64), prepend=0.0)
        return MDP(
            np.asarray(self.successor),
            np.diff(np.asarray(self.cumulative, np.float64), prepend=0.0, axis=2),
            np.asarray(self.reward, np.float64),
            np.asarray(self.terminal),
            start / start.sum(),
            float(self.discount),
            np.asarray(self.observation),
        )


def tables(
    name: str,
    mdp: MDP,
    *,
    max_steps: int | None = None,
    picture: Any = None,
) -> dict[str, Any]:
    """The fields of a `TabularEnv` from a decision problem, checked.

    Raises:
        ValueError: naming the world and what is wrong with its tables.
    """
    if not 0 <= mdp.discount <= 1:
        raise ValueError(f"{name}: discount must lie in [0, 1], got {mdp.discount}.")
    if not np.allclose(mdp.probability.sum(2), 1.0, atol=1e-6):
        raise ValueError(f"{name}: branch probabilities must add up to 1 for every state and action.")
    if max_steps is not None and max_steps < 1:
        raise ValueError(f"{name}: max_steps must be at least 1 or None, got {max_steps}.")
    starts = np.flatnonzero(mdp.start)
    return {
        "successor": jnp.asarray(mdp.successor, jnp.int32),
        "cumulative": jnp.asarray(np.cumsum(mdp.probability, axis=2), jnp.float32),
        "reward": jnp.asarray(mdp.reward, jnp.float32),
        "terminal": jnp.asarray(mdp.terminal, bool),
        "start_cells": jnp.asarray(starts, jnp.int32),
        "start_cumulative": jnp.asarray(np.cumsum(mdp.start[starts]), jnp.float32),
        "observation": jnp.asarray(mdp.observation, jnp.int32),
        "discount": mdp.discount,
        "max_steps": max_steps,
        "observations": int(mdp.observation.max()) + 1,
        "picture": picture,
    }


def deterministic(
    successor: np.ndarray, reward: np.ndarray, terminal: np.ndarray, start: np.ndarray, discount: float
) -> MDP:
    """A fully observed problem with one branch; arguments have axes `states actions`."""
    return MDP(
        successor[:, :, None],
        np.ones((*successor.shape, 1)),
        reward[:, :, None].astype(np.float64),
        terminal[:, :, None],
        start / start.sum(),
        discount,
        np.arange(successor.shape[0]),
    )


def _pick(uniform: Float[Array, ""], cumulative: Float[Array, " branches"]) -> Int[Array, ""]:
    # the last branch takes what rounding leaves over
    return jnp.sum(uniform >= cumulative[:-1], dtype=jnp.int32)
