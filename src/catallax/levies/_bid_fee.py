"""Fee per bid: taking part costs."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import AbstractLevy, Tick


class BidFee(AbstractLevy):
    """Every bid costs the same, won or lost: `due = fee * bids placed`, at most the agent's wealth."""

    fee: float | Float[Array, ""]
    """Credits per bid."""

    def __check_init__(self) -> None:
        if isinstance(self.fee, float | int) and not self.fee >= 0:
            raise ValueError(f"BidFee: fee must be >= 0 credits, got {self.fee}.")

    def collect(self, key: Key[Array, ""], wealth: Float[Array, " agents"], tick: Tick) -> Float[Array, " agents"]:
        """Credits due from each agent."""
        return jnp.minimum(self.fee * tick.bids_placed, wealth)
