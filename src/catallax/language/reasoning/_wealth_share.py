"""Bids in proportion to wealth."""

from __future__ import annotations

from catallax.core import to_micro
from catallax.language.reasoning._bid_rule import AbstractBidRule, View


class WealthShare(AbstractBidRule):
    """A share of wealth: `bid = share * wealth` once `wealth >= threshold`, else `below`.

    Args:
        share: in [0, 1].
        threshold: credits.
        below: bid under the threshold, credits.

    Raises:
        ValueError: for figures outside their range.

    Source: Holland (1985), bids in proportion to strength; the threshold is of Economy of Minds (2026, `holland`).
    """

    def __init__(self, share: float, threshold: float = 0.0, below: float = 0.0) -> None:
        if not 0 <= share <= 1 or not threshold >= 0 or not below >= 0:
            raise ValueError(f"WealthShare: share in [0, 1], the others >= 0, got {share}, {threshold}, {below}.")
        self.parts = round(share * 1_000_000)
        self.threshold, self.below = to_micro(threshold), to_micro(below)

    def bid(self, view: View, wealth: int) -> int:
        return self.parts * wealth // 1_000_000 if wealth >= self.threshold else self.below
