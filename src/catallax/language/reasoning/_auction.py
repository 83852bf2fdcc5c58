"""Who gets the state, at what price: integer rules for one good on the host."""

from __future__ import annotations

import abc
import random
from collections.abc import Sequence
from typing import NamedTuple


class Bid(NamedTuple):
    """One thinker's bid."""

    bidder: str
    group: str
    """Its owner; bids of one group do not raise each other's price."""
    amount: int
    """Micro-credits."""


class Sold(NamedTuple):
    """A sale of the state."""

    winner: str
    pays: int
    """Micro-credits."""
    receives: int
    """What the seller gets; the operator bears the difference."""


class AbstractStateAuction(abc.ABC):
    """A rule that sells one state."""

    @abc.abstractmethod
    def sell(self, bids: Sequence[Bid], reserve: int, luck: random.Random) -> Sold | None:
        """The sale, or None without a bid of at least the reserve.

        Args:
            bids: amounts in micro-credits.
            reserve: lowest price, micro-credits.
            luck: breaks ties.
        """


class Owner(NamedTuple):
    """Who sells the state."""

    name: str
    group: str
    """To whom it belongs."""


def among_own(sold: Sold, seller: Owner, bids: Sequence[Bid]) -> Sold:
    """The sale as it is posted: between accounts of one owner both sides have the same price, and the operator bears nothing.

    `pays = receives`, what the rule grants the seller, as far as the buyer bid; without it an owner that buys from itself
    under `Vickrey` is paid the difference for nothing, round after round.

    >>> among_own(Sold("a", 3, 9), Owner("a", "a"), [Bid("a", "a", 9), Bid("b", "b", 3)])
    Sold(winner='a', pays=9, receives=9)
    """
    if sold.pays == sold.receives:
        return sold
    bid = next(bid for bid in bids if bid.bidder == sold.winner)
    if bid.group != seller.group:
        return sold
    price = sold.receives if sold.winner == seller.name else min(sold.receives, bid.amount)
    return Sold(sold.winner, price, price)


def ranked(bids: Sequence[Bid], reserve: int, luck: random.Random) -> tuple[Bid, int] | None:
    """The highest bid, ties drawn at random, and the highest of the other groups; at least the reserve both.

    >>> ranked([Bid("a", "a", 3), Bid("b", "b", 9), Bid("c", "b", 7)], 0, random.Random(0))
    (Bid(bidder='b', group='b', amount=9), 3)
    """
    if not bids:
        return None
    top = max(bid.amount for bid in bids)
    if top < reserve:
        return None
    among = [bid for bid in bids if bid.amount == top]
    winner = among[0] if len(among) == 1 else among[int(luck.random() * len(among))]
    second = max((bid.amount for bid in bids if bid.group != winner.group), default=reserve)
    return winner, max(second, reserve)


class FirstPrice(AbstractStateAuction):
    """The highest bidder pays its bid to the seller: `pays = receives = b_(1)`.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Algorithm 1.
    """

    def sell(self, bids: Sequence[Bid], reserve: int, luck: random.Random) -> Sold | None:
        ranking = ranked(bids, reserve, luck)
        return ranking and Sold(ranking[0].bidder, ranking[0].amount, ranking[0].amount)


class CreditConservingVickrey(AbstractStateAuction):
    """The highest bidder pays the second bid to the seller: `pays = receives = b_(2)`.

    Where a state has one suitor its price is the reserve, and the work before it earns nothing: it needs rivals.

    Source: Chang et al. (2020), payment rule `ccv`.
    """

    def sell(self, bids: Sequence[Bid], reserve: int, luck: random.Random) -> Sold | None:
        ranking = ranked(bids, reserve, luck)
        return ranking and Sold(ranking[0].bidder, ranking[1], ranking[1])


class Vickrey(AbstractStateAuction):
    """The highest bidder pays the second bid, the seller gets the highest: `pays = b_(2)`, `receives = b_(1)`.

    The operator bears the difference, so a seller and a buyer of different groups that are friends can milk it: for closed
    societies only. Within one group there is no difference (`pays = receives = b_(1)`).

    Source: Vickrey (1961); Chang et al. (2020), payment rule `v`.
    """

    def sell(self, bids: Sequence[Bid], reserve: int, luck: random.Random) -> Sold | None:
        ranking = ranked(bids, reserve, luck)
        return ranking and Sold(ranking[0].bidder, ranking[1], ranking[0].amount)


class Trembling(AbstractStateAuction):
    """With probability `rate` a bidder drawn at random gets the state for its own bid, at the operator's expense.

    The seller still gets what the inner rule grants: exploration does not move prices.

    Args:
        auction: the rule otherwise.
        rate: per sale, in [0, 1].

    Raises:
        ValueError: for a rate outside [0, 1].
    """

    def __init__(self, auction: AbstractStateAuction, rate: float) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(f"Trembling: rate must lie in [0, 1], got {rate}.")
        self.auction, self.rate = auction, rate

    def sell(self, bids: Sequence[Bid], reserve: int, luck: random.Random) -> Sold | None:
        calm = self.auction.sell(bids, reserve, luck)
        if calm is None or luck.random() >= self.rate:
            return calm
        drawn = luck.choice([bid for bid in bids if bid.amount >= reserve])
        return Sold(drawn.bidder, drawn.amount, calm.receives)


class RandomWinner(AbstractStateAuction):
    """Whoever is drawn among the bids of at least the reserve pays its bid: what is left of a market without its choice."""

    def sell(self, bids: Sequence[Bid], reserve: int, luck: random.Random) -> Sold | None:
        among = [bid for bid in bids if bid.amount >= reserve]
        if not among:
            return None
        drawn = luck.choice(among)
        return Sold(drawn.bidder, drawn.amount, drawn.amount)
