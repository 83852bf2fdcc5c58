"""Constant agents: always the same bid and the same action."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from catallax.core import AbstractAgent


class Constant(AbstractAgent):
    """Bids `amount` whatever it sees and does `action` when it wins."""

    amount: float
    """Credits; negative: never takes part."""
    action: PyTree

    def bid(self, key: Key[Array, ""], obs: PyTree) -> Float[Array, ""]:
        """The amount, credits."""
        return jnp.asarray(self.amount, jnp.float32)

    def act(self, key: Key[Array, ""], obs: PyTree) -> PyTree:
        """The action."""
        return jnp.asarray(self.action)
