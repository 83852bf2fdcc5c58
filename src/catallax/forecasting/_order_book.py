"""A limit order book of a question with two outcomes; prices are whole ticks, sizes whole micro-shares."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, to_micro
from catallax.forecasting._mechanism import Trade, outcome_number

YES, NO = 0, 1
NOBODY = "\0"
"""Who takes in a quote; has no orders of its own."""


class Order(NamedTuple):
    """An order that stands: to buy or sell the first outcome. To buy the second at c is to sell the first at 1 - c."""

    number: int
    """Its place in time."""
    trader: str
    buys: bool
    tick: int
    """Worst price, in ticks."""
    size: int
    """Micro-shares."""

    def meets(self, other: Order) -> bool:
        """Whether an order of the other side is no worse than this one's price."""
        return other.tick <= self.tick if self.buys else other.tick >= self.tick


class Fill(NamedTuple):
    """Part of a standing order that was taken."""

    order: Order
    """As it stood before."""
    size: int
    """Micro-shares."""


@dataclass(frozen=True)
class OrderBook:
    """Standing orders, best first, and among equals the oldest; immutable.

    A buyer of the first outcome and a buyer of the second whose prices add up to 1 or more make a complete set (mint), two sellers undo one
    (merge): with one book for both outcomes this is an ordinary match.

    >>> book = OrderBook().placed(Order(0, "ann", False, 60, 5_000_000))[0]
    >>> trade = book.quote(0, shares=2.0)
    >>> float(trade.cost), book.apply(trade)[0].asks[0].size
    (1.2, 3000000)
    """

    ticks: int = 100
    """Ticks in a credit."""
    bids: tuple[Order, ...] = ()
    """Highest first."""
    asks: tuple[Order, ...] = ()
    """Lowest first."""

    def __post_init__(self) -> None:
        if not (self.ticks >= 2 and MICRO % self.ticks == 0):
            raise ValueError(f"OrderBook: ticks must divide {MICRO} and be at least 2, got {self.ticks}.")

    @property
    def prices(self) -> Float[np.ndarray, " outcomes"]:
        """The middle between the best orders, 1 - it; where a side is empty its end of the range counts."""
        low = self.bids[0].tick if self.bids else 0
        high = self.asks[0].tick if self.asks else self.ticks
        middle = (low + high) / (2 * self.ticks)
        return np.asarray([middle, 1 - middle])

    @property
    def state(self) -> tuple[tuple[Order, ...], tuple[Order, ...]]:
        """Bids and asks."""
        return self.bids, self.asks

    @property
    def worst_case_loss(self) -> Float[np.ndarray, ""]:
        """0: the house has no part in it."""
        return np.zeros(())

    def depth(self, buys: bool) -> Float[np.ndarray, "levels 2"]:
        """Price in credits and shares at each level of a side, best first."""
        levels: dict[int, int] = {}
        for order in self.bids if buys else self.asks:
            levels[order.tick] = levels.get(order.tick, 0) + order.size
        return np.asarray([(tick / self.ticks, size / MICRO) for tick, size in levels.items()]).reshape(-1, 2)

    def first(self, order: Order) -> Fill | None:
        """What an order meets next; of an order of the same trader it takes nothing."""
        best = next(iter(self._facing(order.buys)), None)
        if best is None or not order.meets(best):
            return None
        return Fill(best, 0 if best.trader == order.trader else min(order.size, best.size))

    def filled(self, fill: Fill) -> OrderBook:
        """The book less a fill; an order that met one of the same trader is gone."""
        if fill.size in (0, fill.order.size):
            return self.without(fill.order.number)

        def rest(orders: tuple[Order, ...]) -> tuple[Order, ...]:
            same = fill.order.number
            return tuple(o._replace(size=o.size - fill.size) if o.number == same else o for o in orders)

        return replace(self, bids=rest(self.bids), asks=rest(self.asks))

    def taken(self, order: Order) -> tuple[OrderBook, list[Fill], Order]:
        """The book after an order took what it meets, at the standing prices; what it took, and what is left of it."""
        book, fills = self, []
        while order.size and (fill := book.first(order)):
            book, order = book.filled(fill), order._replace(size=order.size - fill.size)
            fills += [fill] if fill.size else []
        return book, fills, order

    def placed(self, order: Order) -> tuple[OrderBook, list[Fill]]:
        """The book after an order: what it meets is filled at the standing price, the rest stands.

        Standing orders of the same trader that it would meet are taken away.

        Raises:
            ValueError: for a price or size outside of the grid.
        """
        self._check(order)
        book, fills, rest = self.taken(order)
        return (book.standing(rest) if rest.size else book), fills

    def standing(self, order: Order) -> OrderBook:
        """The book with an order that meets nobody."""
        if order.buys:
            return replace(self, bids=tuple(sorted((*self.bids, order), key=lambda o: (-o.tick, o.number))))
        return replace(self, asks=tuple(sorted((*self.asks, order), key=lambda o: (o.tick, o.number))))

    def without(self, number: int) -> OrderBook:
        """The book without an order; as it is where there is none."""

        def rest(orders: tuple[Order, ...]) -> tuple[Order, ...]:
            return tuple(order for order in orders if order.number != number)

        return replace(self, bids=rest(self.bids), asks=rest(self.asks))

    def quote(
        self,
        outcome: int,
        *,
        shares: float | None = None,
        spend: float | None = None,
        to_price: float | None = None,
    ) -> Trade:
        """What taking from the book would be; see `AbstractMechanism.quote`.

        Towards a price all is bought that costs no more, or sold that pays no less; nothing where the price lies between the best orders.

        A spend is met but for less than the price of a lot of `ticks` micro-shares, which is left.

        Raises:
            ValueError: where not exactly one of the three is given, there is no such outcome, the price is not between 0 and 1, or too little
                is offered.
        """
        given = [wish for wish in (shares, spend, to_price) if wish is not None]
        if len(given) != 1 or not np.isfinite(given[0]):
            raise ValueError(
                f"OrderBook.quote: expected one finite number of shares, spend or to_price, got shares={shares}, spend={spend}, "
                f"to_price={to_price}."
            )
        outcome = outcome_number("OrderBook.quote", 2, outcome)
        if shares is not None:
            order = self._whole(outcome, float(shares))
        elif spend is not None:
            order = self._taker(outcome, spend >= 0, self._affordable(outcome, float(spend)))
        else:
            order = self._towards(outcome, float(given[0]))
        return self._dealt(order, outcome)[1]

    def apply(self, trade: Trade) -> tuple[OrderBook, Trade]:
        """The book after a quoted trade, and the trade.

        Raises:
            ValueError: if the book has changed, so that it would cost something else, or for shares of both outcomes.
        """
        if np.shape(trade.shares) != (2,) or not np.all(np.isfinite(trade.shares)) or np.all(trade.shares):
            raise ValueError(
                f"OrderBook: a trade has a finite number of shares of one of the 2 outcomes, got {trade.shares}; take one outcome after the other."
            )
        outcome = int(np.argmax(np.abs(trade.shares)))
        after, now = self._dealt(self._whole(outcome, float(trade.shares[outcome])), outcome)
        if abs(now.cost - trade.cost) > 1e-12:
            raise ValueError(
                f"OrderBook: the book has changed since the quote: {float(trade.cost)} credits then, {float(now.cost)} now; quote again."
            )
        return after, now

    def _dealt(self, order: Order, outcome: int) -> tuple[OrderBook, Trade]:
        """The book after an order took what it meets, and that in shares of an outcome."""
        after, fills, _ = self.taken(order)
        size = sum(fill.size for fill in fills)
        cost = sum(self._price(fill.order.tick, outcome) * fill.size for fill in fills)
        sign = 1 if order.buys == (outcome == YES) else -1
        bundle = np.zeros(2)
        bundle[outcome] = sign * size / MICRO
        return after, Trade(bundle, np.asarray(sign * cost / (MICRO * self.ticks)), self.prices, after.prices)

    def _taker(self, outcome: int, buys: bool, size: int) -> Order:
        """An order that takes at any price. To buy the second outcome is to sell the first."""
        up = buys == (outcome == YES)
        return Order(-1, NOBODY, up, self.ticks - 1 if up else 1, size)

    def _whole(self, outcome: int, shares: float) -> Order:
        """A taker of so many shares, all of which the book has.

        Raises:
            ValueError: if it has fewer.
        """
        order = self._taker(outcome, shares >= 0, self._lots(abs(shares)))
        if order.size > (most := sum(standing.size for standing in self._facing(order.buys))):
            side = "offered" if shares >= 0 else "wanted"
            raise ValueError(
                f"OrderBook: {most / MICRO} shares of outcome {outcome} are {side}, not {order.size / MICRO}."
            )
        return order

    def _facing(self, buys: bool) -> tuple[Order, ...]:
        """What a buyer or a seller of the first outcome meets."""
        return self.asks if buys else self.bids

    def _towards(self, outcome: int, price: float) -> Order:
        """Of two takers, one that buys up to a price and one that sells down to it, the one that meets somebody."""
        if not 0 < price < 1:
            raise ValueError(f"OrderBook.quote: a price can be brought anywhere above 0 and below 1, got {price}.")
        goal = round((price if outcome == YES else 1 - price) * self.ticks, 9)
        up = Order(-1, NOBODY, True, math.floor(goal), sum(order.size for order in self.asks))
        down = Order(-1, NOBODY, False, math.ceil(goal), sum(order.size for order in self.bids))
        return up if self.first(up) else down

    def _affordable(self, outcome: int, spend: float) -> int:
        """Micro-shares for so many credits, or to be sold for so many; what is left buys nothing at a worse price.

        Raises:
            ValueError: if all that stands costs or brings less.
        """
        whole, size = to_micro(abs(spend)) * self.ticks, 0
        left = whole
        for order in self._facing((spend >= 0) == (outcome == YES)):
            price = self._price(order.tick, outcome)
            part = min(order.size, left // price // self.ticks * self.ticks)
            left, size = left - part * price, size + part
            if part < order.size:
                return size
        if left:
            does = "offered for" if spend >= 0 else "wanted for"
            raise ValueError(
                f"OrderBook: {size / MICRO} shares of outcome {outcome} are {does} {(whole - left) / self.ticks / MICRO} credits in all, "
                f"not {abs(spend)}."
            )
        return size

    def _lots(self, shares: float) -> int:
        """Micro-shares, a multiple of the ticks, so that every price is a whole number of micro-credits."""
        return round(shares * MICRO / self.ticks) * self.ticks

    def _price(self, tick: int, outcome: int) -> int:
        """Ticks for a share of an outcome."""
        return tick if outcome == YES else self.ticks - tick

    def _check(self, order: Order) -> None:
        if not 0 < order.tick < self.ticks:
            raise ValueError(
                f"OrderBook: a price is 1 to {self.ticks - 1} ticks of 1/{self.ticks} credit, got {order.tick}."
            )
        if order.size <= 0 or order.size % self.ticks:
            raise ValueError(f"OrderBook: a size is a multiple of {self.ticks} micro-shares above 0, got {order.size}.")
