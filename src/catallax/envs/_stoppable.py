"""Dynamic depth: an action that delivers the world and stops."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, PyTree

from catallax.core import AbstractEnv, Discrete, Space, Step


class Stoppable(AbstractEnv):
    """The world with one more action, the last: sell to the consumer and stop.

    Stopping leaves the state as it is, pays no reward of its own and terminates;
    what it is worth is for consumers to say (`agents.Buyer`).
    """

    env: AbstractEnv

    def __check_init__(self) -> None:
        if not isinstance(self.env.action_space, Discrete):
            raise ValueError(f"Stoppable: needs Discrete actions, got {self.env.action_space}.")

    @property
    def discount(self) -> float:
        """The world's."""
        return self.env.discount

    @property
    def observation_space(self) -> Space:
        """The world's."""
        return self.env.observation_space

    @property
    def action_space(self) -> Discrete:
        """The world's actions, then stop."""
        assert isinstance(self.env.action_space, Discrete)
        return Discrete(self.env.action_space.n + 1)

    def reset(self, key: Key[Array, ""]) -> tuple[tuple[PyTree, PyTree], PyTree]:
        """The world's; the state also holds what is seen."""
        world, obs = self.env.reset(key)
        return (world, obs), obs

    def step(self, key: Key[Array, ""], state: tuple[PyTree, PyTree], action: Int[Array, ""]) -> Step:
        """The world's step, or the end."""
        world, obs = state
        stop = action == self.action_space.n - 1
        step = self.env.step(key, world, jnp.where(stop, 0, action))

        def choose(stay: Array, go: Array) -> Array:
            return jnp.where(stop, stay, go)

        world, seen = jax.tree.map(choose, (world, obs), (step.state, step.obs))
        reward = jnp.where(stop, 0.0, step.reward)
        return Step((world, seen), seen, reward, step.terminated | stop, step.truncated & ~stop, step.info)
