"""ZI-C: a trader with a budget and nothing else, who never quotes a loss."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Int, Key, UInt32

from catallax.core import BUYER, AbstractTrader, Board, Limit, whole


class ZIC(AbstractTrader):
    """Quotes a price drawn evenly from those that do not lose: buyers `U{lowest, …, v}`, sellers `U{c, …, highest}`.

    Source: Gode and Sunder (1993), zero-intelligence with budget constraint.
    """

    def init(self, key: Key[Array, ""], side: Int[Array, "*agents"]) -> tuple[()]:
        """It carries nothing."""
        return ()

    def quote(
        self, luck: UInt32[Array, "*agents"], state: tuple[()], limit: Limit, market: Board
    ) -> Int[Array, "*agents"]:
        """A price on the right side of the limit; see `AbstractTrader.quote`."""
        buys = limit.side == BUYER
        low = jnp.where(buys, market.lowest, limit.price)
        high = jnp.where(buys, limit.price, market.highest)
        return whole(luck, low, high)
