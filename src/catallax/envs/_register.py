"""A register that agents can read and write: memory for worlds that hide things."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key, PyTree

from catallax.core import AbstractEnv, Discrete, Step
from catallax.envs._tabular import MDP


class Remembered(NamedTuple):
    """State of a world with a register."""

    world: PyTree
    symbol: Int[Array, ""]


class Register(AbstractEnv):
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
    def discount(self) -> float:
        """The world's."""
        return self.env.discount

    @property
    def observation_space(self) -> Discrete:
        """What is seen, times symbols."""
        return Discrete(_size(self.env.observation_space) * self.symbols)

    @property
    def action_space(self) -> Discrete:
        """Moves, times symbols and "leave it"."""
        return Discrete(_size(self.env.action_space) * (self.symbols + 1))

    def reset(self, key: Key[Array, ""]) -> tuple[Remembered, Int[Array, ""]]:
        """A fresh world with symbol 0."""
        world, obs = self.env.reset(key)
        symbol = jnp.zeros((), jnp.int32)
        return Remembered(world, symbol), obs * self.symbols + symbol

    def step(self, key: Key[Array, ""], state: Remembered, action: Int[Array, ""]) -> Step:
        """Move, then write."""
        move, write = action // (self.symbols + 1), action % (self.symbols + 1)
        step = self.env.step(key, state.world, move)
        symbol = jnp.where(write == self.symbols, state.symbol, write).astype(jnp.int32)
        return step._replace(state=Remembered(step.state, symbol), obs=step.obs * self.symbols + symbol)

    def mdp(self) -> MDP:
        """The product of world and register."""
        inner: MDP = self.env.mdp()  # pyright: ignore[reportAttributeAccessIssue] - planning checks for it
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
