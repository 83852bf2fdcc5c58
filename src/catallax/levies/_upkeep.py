"""Upkeep: everybody pays the same for being there."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick


class Upkeep(AbstractLevy):
    """Every agent pays a fixed amount per tick, at most what it has: `due = min(amount, w)`.

    Source: the rent of Baum's Hayek machine (1996), there charged per instance.
    """

    amount: float | Float[Array, ""]
    """Credits per tick."""

    def __check_init__(self) -> None:
        if isinstance(self.amount, float | int) and not self.amount >= 0:
            raise ValueError(f"Upkeep: amount must be >= 0 credits, got {self.amount}.")

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        return jnp.minimum(self.amount, wealth)
