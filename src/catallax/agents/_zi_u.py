"""ZI-U: a trader without a budget, who quotes any price there is."""

from __future__ import annotations

from jaxtyping import Array, Int, Key, UInt32

from catallax.core import AbstractTrader, Board, Limit, whole


class ZIU(AbstractTrader):
    """Quotes a price drawn evenly from all that are allowed: `U{lowest, …, highest}`.

    Source: Gode and Sunder (1993), zero-intelligence unconstrained; recalled.
    """

    def init(self, key: Key[Array, ""], side: Int[Array, "*agents"]) -> tuple[()]:
        """It carries nothing."""
        return ()

    def quote(
        self, luck: UInt32[Array, "*agents"], state: tuple[()], limit: Limit, market: Board
    ) -> Int[Array, "*agents"]:
        """Any price, a loss or not; see `AbstractTrader.quote`."""
        return whole(luck, market.lowest, market.highest)
