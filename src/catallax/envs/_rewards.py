"""The same world in other units: rewards scaled, values shifted."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from catallax.core import AbstractEnv, Step
from catallax.envs._tabular import MDP
from catallax.envs._wrapper import AbstractWrapper
from catallax.envs.planning import problem


class Scaled(AbstractWrapper):
    """Rewards times a factor: `r' = factor * r`, so values scale alike."""

    env: AbstractEnv
    factor: float

    def after(self, state: PyTree, action: PyTree, step: Step) -> Step:
        """The world's, with the reward scaled."""
        return step._replace(reward=step.reward * self.factor)

    def mdp(self) -> MDP:
        """The world's, with the rewards scaled."""
        inner = problem(self.env)
        return inner._replace(reward=inner.reward * float(self.factor))


class Shifted(AbstractWrapper):
    """Every value raised by `by` credits, the optimal policy unchanged.

    Potential shaping with the constant potential `-by` (0 after the end):
    `r' = r + by - discount * by`, and `r' = r + by` on terminal transitions.
    Markets need it for worlds of losses, since no bid is below zero.

    Source: Ng, Harada and Russell (1999).
    """

    env: AbstractEnv
    by: float

    def after(self, state: PyTree, action: PyTree, step: Step) -> Step:
        """The world's, with the shaped reward."""
        kept = jnp.where(step.terminated, 0.0, self.discount * self.by)
        return step._replace(reward=step.reward + self.by - kept)

    def mdp(self) -> MDP:
        """The world's, with the shaped rewards."""
        inner = problem(self.env)
        kept = np.where(inner.terminal, 0.0, inner.discount * float(self.by))
        return inner._replace(reward=inner.reward + float(self.by) - kept)
