"""Tabular agents: one valuation for every observation."""

from __future__ import annotations

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractAgent, AbstractEnv, Cohort, Discrete, Experience


class Tabular(AbstractAgent):
    """Bids what winning has been worth to it: `q(o) <- q(o) + a_n (reward + resale - q(o))`.

    The step size of the n-th visit is `a_n = max(step, 1 / (1 + (n - 1) / decay))`:
    the first visit replaces the initial guess; `step=0, decay=1` averages, exactly
    as long as no observation is visited twice in one batch.
    k visits in one batch move by `1 - (1 - a_n)**k` towards their mean.
    A negative valuation is bid as 0.

    Source: with clones, the tabular limit of Chang et al. (2020).
    """

    table: Float[Array, " obs"]
    """Valuation of winning at each observation, credits."""
    visits: Int[Array, " obs"]
    action: Int[Array, ""]
    step: Float[Array, ""]
    """Smallest step size, in [0, 1]."""
    decay: Float[Array, ""]
    """Visits after which the step size has halved."""
    ceiling: Float[Array, ""]
    """Highest bid, credits."""

    def bid(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Float[Array, ""]:
        """Its valuation, clipped to [0, ceiling], credits."""
        return jnp.clip(self.table[obs], 0.0, self.ceiling)

    def act(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Int[Array, ""]:
        """Its one action."""
        return self.action

    def learn(self, key: Key[Array, ""], experience: Experience) -> Tabular:
        """Move the valuations of the worlds it owned towards what they brought."""
        rows = experience.won & experience.valid
        obs = jnp.where(rows, experience.obs, self.table.shape[0])
        before = self.visits[experience.obs]
        visits = self.visits.at[obs].add(1, mode="drop")
        k = jnp.maximum(visits[experience.obs] - before, 1)
        step = jnp.maximum(self.step, 1.0 / (1.0 + before / self.decay))
        share = (1.0 - (1.0 - step) ** k) / k
        change = share * (experience.reward + experience.resale - self.table[experience.obs])
        return eqx.tree_at(lambda a: (a.table, a.visits), self, (self.table.at[obs].add(change, mode="drop"), visits))

    @classmethod
    def society(
        cls,
        env: AbstractEnv,
        *,
        clones: int = 2,
        initial_bid: float = 1.0,
        step: float = 0.05,
        decay: float = 1.0,
        ceiling: float = float("inf"),
        endowment: float = 100.0,
    ) -> Cohort:
        """One primitive per action of a world with discrete observations and actions.

        Args:
            env: the world.
            clones: accounts per primitive that share its table; with 2, prices are values.
            initial_bid: valuation before the first visit, credits; an upper bound on the
                return makes the society try everything.
            step: smallest step size.
            decay: visits after which the step size has halved.
            ceiling: highest bid, credits.
            endowment: credits each clone starts with, per instance.

        Raises:
            ValueError: if observations or actions are not `Discrete`, or a setting is out of range.
        """
        seen, moves = env.observation_space, env.action_space
        if not (isinstance(seen, Discrete) and isinstance(moves, Discrete)):
            raise ValueError(
                f"Tabular.society: needs Discrete observations and actions, {type(env).__name__} has {seen} and "
                f"{moves}; use agents.Linear, agents.Network or agents.Rule."
            )
        if not (0 <= step <= 1 and decay > 0):
            raise ValueError(f"Tabular.society: step must lie in [0, 1] and decay be > 0, got {step} and {decay}.")
        individuals = [
            cls(
                jnp.full(seen.n, initial_bid, jnp.float32),
                jnp.zeros(seen.n, jnp.int32),
                jnp.asarray(action, jnp.int32),
                jnp.asarray(step, jnp.float32),
                jnp.asarray(decay, jnp.float32),
                jnp.asarray(ceiling, jnp.float32),
            )
            for action in range(moves.n)
        ]
        return Cohort.stack(individuals, clones=clones, endowment=endowment)
