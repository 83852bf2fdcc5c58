"""Independent tasks of one step, each with a right way of its own to do it."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from catallax.core import AbstractEnv, Discrete, Step


class Subtasks(AbstractEnv):
    """One of some tasks is shown; the right one of its ways pays a credit, and it is over.

    As the private world of rights, right k is task k.

    >>> tasks = Subtasks([1, 0], ways=2)
    >>> tasks.observation_space.n, tasks.action_space.n
    (2, 2)
    """

    right: Int[Array, " tasks"]
    """The way that pays, for each task."""
    ways: int
    discount: float

    def __init__(self, right: Any, ways: int, discount: float = 0.0) -> None:
        given = np.asarray(right)
        if given.ndim != 1 or not given.size or not ((given >= 0) & (given < ways)).all():
            raise ValueError(f"Subtasks: right must be ways 0 to {ways - 1} with the axis tasks, got {given.tolist()}.")
        self.right, self.ways, self.discount = jnp.asarray(given, jnp.int32), ways, discount

    @property
    def observation_space(self) -> Discrete:
        """The task."""
        return Discrete(self.right.shape[0])

    @property
    def action_space(self) -> Discrete:
        """The way to do it."""
        return Discrete(self.ways)

    def reset(self, key: Key[Array, ""]) -> tuple[Int[Array, ""], Int[Array, ""]]:
        """A task drawn at random."""
        task = jax.random.randint(key, (), 0, self.right.shape[0], jnp.int32)
        return task, task

    def reset_many(self, keys: Key[Array, " tasks"]) -> tuple[Int[Array, " tasks"], Int[Array, " tasks"]]:
        """Where there are as many copies as tasks, each has its own; else they are drawn."""
        if keys.shape[0] != self.right.shape[0]:
            return jax.vmap(self.reset)(keys)
        tasks = jnp.arange(keys.shape[0], dtype=jnp.int32)
        return tasks, tasks

    def step(self, key: Key[Array, ""], state: Int[Array, ""], action: Int[Array, ""]) -> Step:
        """Judge and end."""
        reward = jnp.where(action == self.right[state], 1.0, 0.0)
        return Step(state, state, reward, jnp.asarray(True), jnp.asarray(False), {})
