"""A register that agents can read and write: memory for worlds that hide things."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, PyTree

from catallax.core import AbstractEnv, Discrete, Step
from catallax.envs._tabular import MDP
from catallax.envs._wrapper import AbstractWrapper
from catallax.envs.planning import problem


class Remembered(NamedTuple):
    """State of a world with a register."""

    world: PyTree
    symbol: Int[Array, "*batch"]


class Register(AbstractWrapper):
    """The world with one symbol beside it, kept until somebody overwrites it.

    `observation = seen * symbols + symbol`; `action = move * (symbols + 1) + write`,
    where `write == symbols` leaves the register alone. The register is part of
    the world that is sold, so a writer is paid by whoever values what it wrote.

    Source: Kwee, Hutter and Schmidhuber (2001).
    """

    env: AbstractEnv
    symbols: int = eqx.field(static=True, default=2)

    def __check_init__(self) -> None:
        spaces = (self.env.observation_space, self.env.action_space)
        if not all(isinstance(space, Discrete) for space in spaces):
            raise ValueError(f"Register: needs Discrete observations and actions, got {spaces}.")
        if self.symbols < 2:
            raise ValueError(f"Register: symbols must be at least 2, got {self.symbols}.")

    @property
    def observation_space(self) -> Discrete:
        """What is seen, times symbols."""
        return Discrete(_size(self.env.observation_space) * self.symbols)

    @property
    def action_space(self) -> Discrete:
        """Moves, times symbols and "leave it"."""
        return Discrete(_size(self.env.action_space) * (self.symbols + 1))

    def begin(self, world: PyTree, seen: Int[Array, "*batch"]) -> tuple[Remembered, Int[Array, "*batch"]]:
        """A fresh world with symbol 0."""
        return self._show(world, seen, jnp.zeros_like(seen, jnp.int32))

    def world(self, state: Remembered) -> PyTree:
        """The world's state."""
        return state.world

    def seen(self, state: Remembered, obs: Int[Array, "*batch"]) -> Int[Array, "*batch"]:
        """What is seen but for the symbol."""
        return obs // self.symbols

    def move(self, action: Int[Array, "*batch"]) -> Int[Array, "*batch"]:
        """The action but for the writing."""
        return action // (self.symbols + 1)

    def after(self, state: Remembered, action: Int[Array, "*batch"], step: Step) -> Step:
        """The world's step, then the writing."""
        write = action % (self.symbols + 1)
        symbol = jnp.where(write == self.symbols, state.symbol, write).astype(jnp.int32)
        state, obs = self._show(step.state, step.obs, symbol)
        return step._replace(state=state, obs=obs)

    def _show(self, world: PyTree, seen: Array, symbol: Array) -> tuple[Remembered, Array]:
        return Remembered(world, symbol), seen * self.symbols + symbol

    def mdp(self) -> MDP:
        """The product of world and register."""
        inner = problem(self.env)
        n, m = self.symbols, inner.successor.shape[1]

        def stretch(table: np.ndarray) -> np.ndarray:
            return np.repeat(np.repeat(table, n, axis=0), n + 1, axis=1)

        held = np.tile(np.arange(n), inner.start.shape[0])[:, None]
        write = np.tile(np.arange(n + 1), m)[None, :]
        symbol = np.where(write == n, held, write)[:, :, None]
        start = np.zeros(inner.start.shape[0] * n)
        start[::n] = inner.start
        seen = np.repeat(inner.observation, n) * n + held[:, 0]
        return MDP(
            stretch(inner.successor) * n + symbol,
            stretch(inner.probability),
            stretch(inner.reward),
            stretch(inner.terminal),
            start,
            inner.discount,
            seen,
        )


def _size(space: object) -> int:
    assert isinstance(space, Discrete)  # checked when the register was made
    return space.n
