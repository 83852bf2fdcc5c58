"""What a tabular learner leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key


class Greedy(eqx.Module):
    """The policy of a table: `argmax_a Q(o, a)`, ties broken at random."""

    values: Float[Array, "obs actions"]
    """Credits."""

    def __call__(self, key: Key[Array, ""], obs: Int[Array, ""]) -> Int[Array, ""]:
        """The action at one observation.

        Args:
            key: consumed; breaks ties.
            obs: one observation, no instances axis.
        """
        return best(jax.random.uniform(key, self.values.shape[-1:]), self.values[obs])


def best(lots: Float[Array, " actions"], q: Float[Array, " actions"]) -> Int[Array, ""]:
    """The action of highest value; among equals the one with the highest lot."""
    return jnp.argmax(jnp.where(q == jnp.max(q), lots, -1.0))


@dataclass(frozen=True)
class Learned:
    """What `q_learning` and `sarsa` return; axes `seeds` are there if seeds were asked for."""

    values: Float[np.ndarray, "*seeds obs actions"]
    """Discounted value of each action at each observation, credits."""
    trace: dict[str, np.ndarray]
    """One column per figure, one row per look, named as in `Run.trace`: `tick`, `reward_mean` (credits a
    tick), `episodes`, `return_mean` (undiscounted credits an episode; NaN where none ended); means over seeds."""
    history: Float[np.ndarray, "*seeds time obs actions"]
    """`values` as they were at each row of the trace."""

    @property
    def policy(self) -> Greedy:
        """The greedy policy as `(key, obs) -> action`.

        Raises:
            ValueError: if there are several seeds.
        """
        if self.values.ndim != 2:
            raise ValueError(
                f"Learned.policy: there are {self.values.shape[0]} seeds; choose one, learned.seed(0).policy."
            )
        return Greedy(jnp.asarray(self.values))

    @property
    def ticks(self) -> int:
        """Ticks spent, over all instances (of one seed)."""
        return int(self.trace["tick"][-1])

    def seed(self, number: int) -> Learned:
        """One of the independent learners of a run with seeds; the trace stays that of all.

        Raises:
            ValueError: if there was no `seeds`.
        """
        if self.values.ndim != 3:
            raise ValueError("Learned.seed: there is one learner only; train with seeds=N to get several.")
        return Learned(self.values[number], self.trace, self.history[number])
