"""Worlds that are over when their clock runs out."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from catallax.core import AbstractEnv, Step
from catallax.envs._tabular import MDP
from catallax.envs._wrapper import AbstractWrapper
from catallax.envs.planning import problem


class ClockEnds(AbstractWrapper):
    """The world ends when its clock runs out.

    A world that is cut short by its clock goes on to be worth something, so the house buys it back at the next auction's
    price. One that ends is worth nothing: who holds it then has lost what it paid.

    >>> import jax
    >>> from catallax.envs import TMaze
    >>> maze = ClockEnds(TMaze(1, max_steps=1))
    >>> state, _ = maze.reset(jax.random.key(0))
    >>> step = maze.step(jax.random.key(1), state, jnp.asarray(0))
    >>> bool(step.terminated), bool(step.truncated)
    (True, False)
    """

    env: AbstractEnv

    def after(self, state: Any, action: Any, step: Step) -> Step:
        """The world's step, ended where it would have been truncated."""
        late = step.truncated
        return step._replace(terminated=step.terminated | late, truncated=jnp.zeros_like(late))

    def mdp(self) -> MDP:
        """The world's tables, without the clock."""
        return problem(self.env)
