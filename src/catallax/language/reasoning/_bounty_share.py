"""Bids in proportion to the bounty."""

from __future__ import annotations

from catallax.language.reasoning._bid_rule import AbstractBidRule, View


class BountyShare(AbstractBidRule):
    """A share of the bounty: `bid = share * bounty`, rounded down to whole micro-credits.

    Args:
        share: in [0, 1].

    Raises:
        ValueError: for another share.
    """

    def __init__(self, share: float) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"BountyShare: share is in [0, 1], got {share}.")
        self.parts = round(share * 1_000_000)

    def bid(self, view: View, wealth: int) -> int:
        return self.parts * view.question.bounty // 1_000_000
