"""ZI-U: a trader without a budget, who quotes any price there is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractTrader, Board, Limit


class ZIU(AbstractTrader):
    """Quotes a price drawn evenly from all that are allowed: `U{lowest, …, highest}`.

    Source: Gode and Sunder (1993), zero-intelligence unconstrained; recalled.
    """

    def init(self, key: Key[Array, ""], side: Int[Array, "*agents"]) -> tuple[()]:
        """It carries nothing."""
        return ()

    def quote(self, key: Key[Array, ""], state: tuple[()], limit: Limit, market: Board) -> Int[Array, "*agents"]:
        """Any price, a loss or not; see `AbstractTrader.quote`."""
        return whole(jax.random.uniform(key, limit.price.shape), market.lowest, market.highest)


def whole(
    uniform: Float[Array, "*agents"], low: Int[Array, "*#agents"], high: Int[Array, "*#agents"]
) -> Int[Array, "*agents"]:
    """A whole number drawn evenly from `low … high`, out of a draw from [0, 1).

    `jax.random.randint` draws twice and divides; for a few hundred prices one
    draw of 23 bits is as even as anybody can tell, and it is the hottest line.
    """
    return low + jnp.floor(uniform * (high - low + 1)).astype(jnp.int32)
