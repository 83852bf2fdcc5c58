"""Bids that do not change."""

from __future__ import annotations

from catallax.core import to_micro
from catallax.language.reasoning._bid_rule import AbstractBidRule, View


class FixedBid(AbstractBidRule):
    """The same bid for every state.

    Args:
        amount: credits.

    Raises:
        ValueError: for a negative amount.
    """

    def __init__(self, amount: float) -> None:
        if not amount >= 0:
            raise ValueError(f"FixedBid: amount is at least 0 credits, got {amount}.")
        self.amount = to_micro(amount)

    def bid(self, view: View, wealth: int) -> int:
        return self.amount
