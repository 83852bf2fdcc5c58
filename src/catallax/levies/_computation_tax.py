"""Computation tax: programs pay for the steps they take."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick


class ComputationTax(AbstractLevy):
    """Every agent pays for its computing time, bid or no bid: `due = rate * effort`, at most its wealth.

    Steps are those of the agent's language (`AbstractAgent.effort`), at every world
    that is for sale. Programs that go round in circles die of it.

    Source: Kwee, Hutter and Schmidhuber (2001) speak of a small tax in proportion to
    computing time; its rate is not known to us.
    """

    rate: float | Float[Array, ""]
    """Credits per step."""
    asks_effort: ClassVar[bool] = True

    def __check_init__(self) -> None:
        if isinstance(self.rate, float | int) and not self.rate >= 0:
            raise ValueError(f"ComputationTax: rate must be >= 0 credits per step, got {self.rate}.")

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        return jnp.minimum(self.rate * tick.effort, wealth)
