"""The same world in other units: rewards scaled, values shifted."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, PyTree

from catallax.core import AbstractEnv, Space, Step
from catallax.envs._tabular import MDP


class Scaled(AbstractEnv):
    """Rewards times a factor: `r' = factor * r`, so values scale alike."""

    env: AbstractEnv
    factor: float

    @property
    def discount(self) -> float:
        """The world's."""
        return self.env.discount

    @property
    def observation_space(self) -> Space:
        """The world's."""
        return self.env.observation_space

    @property
    def action_space(self) -> Space:
        """The world's."""
        return self.env.action_space

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """The world's."""
        return self.env.reset(key)

    def step(self, key: Key[Array, ""], state: PyTree, action: PyTree) -> Step:
        """The world's, with the reward scaled."""
        return self._scale(self.env.step(key, state, action))

    def reset_many(self, keys: Key[Array, " instances"]) -> tuple[PyTree, PyTree]:
        """The world's."""
        return self.env.reset_many(keys)

    def reset_where(
        self, keys: Key[Array, " instances"], mask: Array, state: PyTree, obs: PyTree
    ) -> tuple[PyTree, PyTree]:
        """The world's."""
        return self.env.reset_where(keys, mask, state, obs)

    def step_many(self, keys: Key[Array, " instances"], state: PyTree, action: PyTree) -> Step:
        """The world's, with the rewards scaled."""
        return self._scale(self.env.step_many(keys, state, action))

    def _scale(self, step: Step) -> Step:
        return step._replace(reward=step.reward * self.factor)

    def mdp(self) -> MDP:
        """The world's, with the rewards scaled."""
        inner: MDP = self.env.mdp()  # pyright: ignore[reportAttributeAccessIssue] - planning checks for it
        return inner._replace(reward=inner.reward * float(self.factor))


class Shifted(AbstractEnv):
    """Every value raised by `by` credits, the optimal policy unchanged.

    Potential shaping with the constant potential `-by` (0 after the end):
    `r' = r + by - discount * by`, and `r' = r + by` on terminal transitions.
    Markets need it for worlds of losses, since no bid is below zero.

    Source: Ng, Harada and Russell (1999).
    """

    env: AbstractEnv
    by: float

    @property
    def discount(self) -> float:
        """The world's."""
        return self.env.discount

    @property
    def observation_space(self) -> Space:
        """The world's."""
        return self.env.observation_space

    @property
    def action_space(self) -> Space:
        """The world's."""
        return self.env.action_space

    def reset(self, key: Key[Array, ""]) -> tuple[PyTree, PyTree]:
        """The world's."""
        return self.env.reset(key)

    def step(self, key: Key[Array, ""], state: PyTree, action: PyTree) -> Step:
        """The world's, with the shaped reward."""
        return self._shift(self.env.step(key, state, action))

    def reset_many(self, keys: Key[Array, " instances"]) -> tuple[PyTree, PyTree]:
        """The world's."""
        return self.env.reset_many(keys)

    def reset_where(
        self, keys: Key[Array, " instances"], mask: Array, state: PyTree, obs: PyTree
    ) -> tuple[PyTree, PyTree]:
        """The world's."""
        return self.env.reset_where(keys, mask, state, obs)

    def step_many(self, keys: Key[Array, " instances"], state: PyTree, action: PyTree) -> Step:
        """The world's, with the shaped rewards."""
        return self._shift(self.env.step_many(keys, state, action))

    def _shift(self, step: Step) -> Step:
        kept = jnp.where(step.terminated, 0.0, self.discount * self.by)
        return step._replace(reward=step.reward + self.by - kept)

    def mdp(self) -> MDP:
        """The world's, with the shaped rewards."""
        inner: MDP = self.env.mdp()  # pyright: ignore[reportAttributeAccessIssue] - planning checks for it
        kept = np.where(inner.terminal, 0.0, inner.discount * float(self.by))
        return inner._replace(reward=inner.reward + float(self.by) - kept)
