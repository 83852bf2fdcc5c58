"""The three bid schemes of Economy of Minds: who comes in bids above the others, once or for life."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Sequence

from catallax.core import to_micro
from catallax.language.reasoning._bid_rule import AbstractBidRule, View


class NoviceBid(AbstractBidRule):
    """Their `fixed`: `base + premium` the first time it is asked, `base` ever after.

    Args:
        base: credits.
        premium: credits.

    Source: Economy of Minds (2026), its code.
    """

    def __init__(self, base: float = 0.1, premium: float = 0.01) -> None:
        self.base, self.premium = to_micro(base), to_micro(premium)
        self.novice = True

    def bid(self, view: View, wealth: int) -> int:
        novice, self.novice = self.novice, False
        return self.base + self.premium * novice

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        child = copy.copy(self)
        child.novice = True
        return child


class OutbiddingNovice(AbstractBidRule):
    """Their `fixed_with_eps`, and Baum's rule: the best bid of those who were there before it, and `premium` more, for life.

    It is found the first time it is asked, from the bids of veterans asked before it in that round; `base + premium` if
    there is none. Rules made from each other by `newborn` are of one society.

    Args:
        base: credits.
        premium: credits.

    Source: Economy of Minds (2026), its code; Baum (1999).
    """

    def __init__(self, base: float = 0.1, premium: float = 0.01) -> None:
        self.base, self.premium = to_micro(base), to_micro(premium)
        self.society: weakref.WeakSet[OutbiddingNovice] = weakref.WeakSet()
        self.amount: int | None = None
        self._first = self._last = ("", -1)

    def bid(self, view: View, wealth: int) -> int:
        self._last = view.episode, view.round
        if self.amount is None:
            self._first = self._last
            self.amount = max((peer.amount or 0 for peer in self._awake()), default=self.base) + self.premium
        else:
            self.amount = self.settled(self.amount, wealth)
        return self.amount

    def settled(self, amount: int, wealth: int) -> int:
        """The bid of one that is no novice any more, micro-credits."""
        return amount

    def outbid(self) -> bool:
        """Whether a novice bids more than this one."""
        return True

    def _awake(self) -> list[OutbiddingNovice]:
        return [peer for peer in self.society if peer._last == self._last != peer._first and peer.outbid()]

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        child = copy.copy(self)
        child.amount, child._first, child._last = None, ("", -1), ("", -1)
        child.society.add(child)
        return child


class Tycoon(OutbiddingNovice):
    """Their `holland`: novices bid the best tycoon's bid (else the base) and `premium` more; then the base; tycoons a share of wealth.

    Who once had the threshold is a tycoon for life: `bid = share * wealth`.

    Args:
        share: in [0, 1].
        threshold: credits.
        base: credits.
        premium: credits.

    Raises:
        ValueError: for a share outside [0, 1].

    Source: Economy of Minds (2026), its code; Holland (1985), bids in proportion to strength.
    """

    def __init__(self, share: float = 0.1, threshold: float = 5.0, base: float = 0.1, premium: float = 0.01) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"Tycoon: share lies in [0, 1], got {share}.")
        super().__init__(base, premium)
        self.parts, self.threshold = to_micro(share), to_micro(threshold)
        self.rich = False

    def settled(self, amount: int, wealth: int) -> int:
        self.rich |= wealth >= self.threshold
        return max(self.parts * wealth // 1_000_000, 0) if self.rich else self.base

    def outbid(self) -> bool:
        return self.rich

    def newborn(self, veterans: Sequence[AbstractBidRule]) -> AbstractBidRule:
        child = super().newborn(veterans)
        child.rich = False  # type: ignore[attr-defined]
        return child
