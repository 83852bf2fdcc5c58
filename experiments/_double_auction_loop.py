"""The rival: the same double auction, told in plain Python as an event loop over objects.

Written for this comparison after the manner of Cliff's Bristol Stock Exchange:
traders are objects, each quote is an order that the book takes or refuses,
and after each quote every trader is asked to respond. It follows the same
rules as the market it is compared with, and leaves out what those do not need
(a time stamp, a tape, a printed book).
"""

from __future__ import annotations

import random
from dataclasses import dataclass


class Trader:
    """Quotes its limit price; the base of the kinds."""

    def __init__(self, buys: bool, limits: list[int], rng: random.Random) -> None:
        self.buys, self.limits, self.rng = buys, limits, rng
        self.done, self.profit = 0, 0
        self.limit = limits[0]

    def new_period(self) -> None:
        """All units come back."""
        self.done = self.profit = 0
        self.limit = self.limits[0]

    @property
    def active(self) -> bool:
        """Whether it has a unit left."""
        return self.done < len(self.limits)

    def quote(self, lowest: int, highest: int) -> int:
        """A price for its unit."""
        return self.limit

    def respond(self, price: int, from_buyer: bool, accepted: bool) -> None:
        """Hear a quote."""

    def settle(self, price: int) -> None:
        """Trade a unit."""
        self.profit += self.limit - price if self.buys else price - self.limit
        self.done += 1
        if self.active:
            self.limit = self.limits[self.done]


class ZIC(Trader):
    """Zero intelligence with a budget."""

    def quote(self, lowest: int, highest: int) -> int:
        """Any price that does not lose."""
        low, high = (lowest, self.limit) if self.buys else (self.limit, highest)
        return low + int(self.rng.random() * (high - low + 1))


class ZIP(Trader):
    """Zero intelligence plus."""

    def __init__(self, buys: bool, limits: list[int], rng: random.Random) -> None:
        super().__init__(buys, limits, rng)
        self.rate, self.momentum = 0.1 + 0.4 * rng.random(), 0.1 * rng.random()
        self.margin = (0.05 + 0.3 * rng.random()) * (-1 if buys else 1)
        self.change = 0.0

    def quote(self, lowest: int, highest: int) -> int:
        """The price it has in mind."""
        return min(max(round(self.limit * (1 + self.margin)), lowest), highest)

    def respond(self, price: int, from_buyer: bool, accepted: bool) -> None:
        """Move towards a target beyond the price heard, if it is this trader's turn to learn."""
        own = round(self.limit * (1 + self.margin))
        if self.buys:
            up = accepted and own >= price
            down = self.active and own <= price and from_buyer != accepted
        else:
            up = accepted and own <= price
            down = self.active and own >= price and from_buyer == accepted
        if up or down:
            sign = 1 if up != self.buys else -1
            target = price * (1 + sign * 0.05 * self.rng.random()) + sign * 0.05 * self.rng.random()
            self.aim(target)

    def aim(self, target: float) -> None:
        """The Widrow-Hoff step with momentum."""
        wanted = self.limit * (1 + self.margin)
        self.change = (1 - self.momentum) * self.rate * (target - wanted) + self.momentum * self.change
        margin = (wanted + self.change) / self.limit - 1
        if (-1 < margin <= 0) if self.buys else margin >= 0:
            self.margin = margin


class Book:
    """One bid and one ask, wiped by every trade."""

    def __init__(self) -> None:
        self.bid: tuple[int, Trader] | None = None
        self.ask: tuple[int, Trader] | None = None

    def place(self, trader: Trader, price: int) -> tuple[int, Trader, Trader] | None:
        """Price, buyer and seller of a trade, or nothing."""
        if trader.buys:
            if self.ask is not None and price >= self.ask[0]:
                trade = (self.ask[0], trader, self.ask[1])
                self.bid = self.ask = None
                return trade
            if self.bid is None or price > self.bid[0]:
                self.bid = (price, trader)
        else:
            if self.bid is not None and price <= self.bid[0]:
                trade = (self.bid[0], self.bid[1], trader)
                self.bid = self.ask = None
                return trade
            if self.ask is None or price < self.ask[0]:
                self.ask = (price, trader)
        return None


@dataclass
class Session:
    """What was traded."""

    prices: list[list[int]]
    """Of each period."""
    profits: list[int]
    """Of all traders, of each period."""


def run(
    kind: type[Trader],
    values: list[list[int]],
    costs: list[list[int]],
    *,
    lowest: int,
    highest: int,
    quotes: int,
    periods: int,
    seed: int,
) -> Session:
    """One market."""
    rng = random.Random(seed)
    traders = [kind(True, row, rng) for row in values] + [kind(False, row, rng) for row in costs]
    session = Session([], [])
    for _ in range(periods):
        book, prices = Book(), []
        for trader in traders:
            trader.new_period()
        for _ in range(quotes):
            trader = traders[int(rng.random() * len(traders))]
            if not trader.active:
                continue
            price = trader.quote(lowest, highest)
            trade = book.place(trader, price)
            if trade is not None:
                price, buyer, seller = trade
                prices.append(price)
            for other in traders:
                other.respond(price, trader.buys, trade is not None)
            if trade is not None:
                buyer.settle(price)
                seller.settle(price)
        session.prices.append(prices)
        session.profits.append(sum(trader.profit for trader in traders))
    return session
