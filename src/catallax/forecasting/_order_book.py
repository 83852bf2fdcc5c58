"""A limit order book of a question with two outcomes; prices are whole ticks, sizes whole micro-shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO
from catallax.forecasting._mechanism import Trade

YES, NO = 0, 1


Room = Callable[[int, int, int], int]
"""From the price of the next order and what was taken, size and cost, to how much of it may be taken, micro-shares."""
ALL = 1 << 62


def up_to_shares(goal: int) -> Room:
    """So many micro-shares."""
    return lambda price, size, cost: goal - size


def up_to_credits(goal: int) -> Room:
    """So many micro-credits times ticks."""
    return lambda price, size, cost: (goal - cost) // price


def up_to_price(goal: int) -> Room:
    """All that costs no more than so many ticks."""
    return lambda price, size, cost: ALL if price <= goal else 0


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

    def placed(self, order: Order) -> tuple[OrderBook, list[Fill]]:
        """The book after an order: what it meets is filled at the standing price, the rest stands.

        Standing orders of the same trader that it would meet are taken away.

        Raises:
            ValueError: for a price or size outside of the grid.
        """
        self._check(order)
        left, fills, gone = order.size, [], set()
        for stands in self.asks if order.buys else self.bids:
            if left == 0 or not (stands.tick <= order.tick if order.buys else stands.tick >= order.tick):
                break
            if stands.trader == order.trader:
                gone.add(stands.number)
                continue
            fills.append(Fill(stands, min(left, stands.size)))
            left -= fills[-1].size
        book = self.filled(fills)
        for number in gone:
            book = book.without(number)
        return (book._with(order._replace(size=left)) if left else book), fills

    def filled(self, fills: Sequence[Fill]) -> OrderBook:
        """The book less fills."""
        taken = {fill.order.number: fill.size for fill in fills}

        def rest(orders: tuple[Order, ...]) -> tuple[Order, ...]:
            smaller = (order._replace(size=order.size - taken.get(order.number, 0)) for order in orders)
            return tuple(order for order in smaller if order.size)

        return replace(self, bids=rest(self.bids), asks=rest(self.asks)) if taken else self

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

        Raises:
            ValueError: where not exactly one of the three is given, there is no such outcome, or too little is offered.
        """
        given = [wish for wish in (shares, spend, to_price) if wish is not None]
        if len(given) != 1 or outcome not in (YES, NO) or not np.isfinite(given[0]):
            raise ValueError(
                f"OrderBook.quote: expected the outcome 0 or 1 with one finite number of shares, spend or to_price, got outcome={outcome}, "
                f"shares={shares}, spend={spend}, to_price={to_price}."
            )
        buys, room = self._wish(shares, spend, to_price)
        fills = self._met(outcome, buys, room)
        size, cost = (
            sum(fill.size for fill in fills),
            sum(self._price(fill.order, outcome) * fill.size for fill in fills),
        )
        if shares is not None and size < (asked := self._lots(abs(shares))):
            side = "offered" if buys else "wanted"
            raise ValueError(f"OrderBook: {size / MICRO} shares of outcome {outcome} are {side}, not {asked / MICRO}.")
        sign = 1 if buys else -1
        bundle = np.zeros(2)
        bundle[outcome] = sign * size / MICRO
        return Trade(bundle, np.asarray(sign * cost / (MICRO * self.ticks)), self.prices, self.filled(fills).prices)

    def apply(self, trade: Trade) -> tuple[OrderBook, Trade]:
        """The book after a quoted trade, and the trade.

        Raises:
            ValueError: if the book has changed, so that it would cost something else.
        """
        outcome = int(np.argmax(np.abs(trade.shares)))
        now = self.quote(outcome, shares=float(trade.shares[outcome]))
        if abs(now.cost - trade.cost) > 1e-12:
            raise ValueError(
                f"OrderBook: the book has changed since the quote: {float(trade.cost)} credits then, {float(now.cost)} now; quote again."
            )
        buys, room = self._wish(float(trade.shares[outcome]), None, None)
        return self.filled(self._met(outcome, buys, room)), now

    def _wish(self, shares: float | None, spend: float | None, to_price: float | None) -> tuple[bool, Room]:
        """Whether to buy, and how much of the next order at most."""
        if shares is not None:
            return shares >= 0, up_to_shares(self._lots(abs(shares)))
        if spend is not None:
            return spend >= 0, up_to_credits(int(abs(spend) * MICRO) * self.ticks)
        return True, up_to_price(int(np.floor(np.round((to_price or 0.0) * self.ticks, 9))))

    def _met(self, outcome: int, buys: bool, room: Room) -> list[Fill]:
        """Fills of an order that takes, at any price. To buy the second outcome is to sell the first."""
        fills: list[Fill] = []
        size = cost = 0
        for order in self.asks if buys == (outcome == YES) else self.bids:
            price = self._price(order, outcome)
            part = min(order.size, room(price, size, cost)) // self.ticks * self.ticks
            if part <= 0:
                break
            fills.append(Fill(order, part))
            if part < order.size:
                break
            size, cost = size + part, cost + part * price
        return fills

    def _lots(self, shares: float) -> int:
        """Micro-shares, a multiple of the ticks, so that every price is a whole number of micro-credits."""
        return round(shares * MICRO / self.ticks) * self.ticks

    def _price(self, order: Order, outcome: int) -> int:
        """Ticks for a share of an outcome."""
        return order.tick if outcome == YES else self.ticks - order.tick

    def _with(self, order: Order) -> OrderBook:
        if order.buys:
            return replace(self, bids=tuple(sorted((*self.bids, order), key=lambda o: (-o.tick, o.number))))
        return replace(self, asks=tuple(sorted((*self.asks, order), key=lambda o: (o.tick, o.number))))

    def _check(self, order: Order) -> None:
        if not 0 < order.tick < self.ticks:
            raise ValueError(
                f"OrderBook: a price is 1 to {self.ticks - 1} ticks of 1/{self.ticks} credit, got {order.tick}."
            )
        if order.size <= 0 or order.size % self.ticks:
            raise ValueError(f"OrderBook: a size is a multiple of {self.ticks} micro-shares above 0, got {order.size}.")
