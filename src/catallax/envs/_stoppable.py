"""Dynamic depth: an action that delivers the world and stops."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree

from catallax.core import AbstractEnv, Discrete, Step, choose
from catallax.envs._wrapper import AbstractWrapper


class Shown(NamedTuple):
    """State of a world that may be stopped, with what is seen of it."""

    world: PyTree
    obs: PyTree


class Stoppable(AbstractWrapper):
    """The world with one more action, the last: sell to the consumer and stop.

    Stopping leaves what is seen as it is, pays no reward of its own and terminates;
    what that is worth is for consumers to say (`agents.Buyer`).
    """

    env: AbstractEnv

    def __check_init__(self) -> None:
        if not isinstance(self.env.action_space, Discrete):
            raise ValueError(f"Stoppable: needs Discrete actions, got {self.env.action_space}.")

    @property
    def action_space(self) -> Discrete:
        """The world's actions, then stop."""
        assert isinstance(self.env.action_space, Discrete)
        return Discrete(self.env.action_space.n + 1)

    def begin(self, world: PyTree, seen: PyTree) -> tuple[Shown, PyTree]:
        """The world's."""
        return Shown(world, seen), seen

    def world(self, state: Shown) -> PyTree:
        """The world's state."""
        return state.world

    def move(self, action: Int[Array, "*batch"]) -> Int[Array, "*batch"]:
        """The world takes its first action where it is stopped; the result is not shown."""
        return jnp.where(self._stops(action), 0, action)

    def after(self, state: Shown, action: Int[Array, "*batch"], step: Step) -> Step:
        """The world's step, or the end."""
        stop = self._stops(action)
        obs = jax.tree.map(partial(choose, stop), state.obs, step.obs)
        reward = jnp.where(stop, 0.0, step.reward)
        # the world behind a stop has moved on, as a world on a host must; nobody looks at it again
        return Step(Shown(step.state, obs), obs, reward, step.terminated | stop, step.truncated & ~stop, step.info)

    def _stops(self, action: Int[Array, "*batch"]) -> Array:
        return action == self.action_space.n - 1
