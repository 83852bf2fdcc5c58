"""A market of traders with each other: a book of orders, and if there is one a maker beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, to_credits
from catallax.forecasting._accounts import CLEARING, AbstractMarket
from catallax.forecasting._constant_product import ConstantProduct
from catallax.forecasting._log import Entry
from catallax.forecasting._mechanism import AbstractMaker
from catallax.forecasting._order_book import NO, YES, Fill, Order, OrderBook

MAKER = "maker"
"""The reason of a trade with the maker; one with an order names its number."""


class OrderBookMarket(AbstractMarket):
    """Traders with accounts who place orders on a question with two outcomes.

    An order meets the best that stands, oldest first, at the standing price; where a maker asks less than the best order, the maker is traded
    with until it does not. What is left stands. One of the same trader that it meets is taken away. All that a trader could owe is covered: in the worst outcome, with the worst of its orders filled,
    netted over the whole market.

    >>> market = OrderBookMarket()
    >>> for name in ("ann", "bob"):
    ...     market.open(name, cash=10.0)
    >>> market.place("ann", outcome=0, shares=5.0, price=0.6)
    []
    >>> [entry.trader for entry in market.place("bob", outcome=1, shares=5.0, price=0.45)]
    ['bob', 'ann']
    >>> market.positions("bob").tolist(), market.cash("bob")
    ([0.0, 5.0], 8.0)
    """

    def __init__(self, ticks: int = 100, maker: AbstractMaker | None = None) -> None:
        """Open a market.

        Args:
            ticks: in a credit.
            maker: of two outcomes and without a fee, trades beside the book; the house pays in its worst-case loss.

        Raises:
            ValueError: for another maker, or ticks that do not divide a million.
        """
        super().__init__(2)
        if maker is not None and maker.prices.shape != (2,):
            raise ValueError(f"OrderBookMarket: the maker must have 2 outcomes, it has {maker.prices.shape[0]}.")
        if isinstance(maker, ConstantProduct) and maker.fee > 0:
            raise ValueError(
                "OrderBookMarket: a maker with a fee costs more than its price, which orders with a limit are compared with; set fee=0."
            )
        self.book = OrderBook(ticks)
        self.maker = maker
        self.books.transfer(
            "house", CLEARING, 0 if maker is None else math.ceil(Fraction(float(maker.worst_case_loss)) * MICRO)
        )

    @property
    def prices(self) -> Float[np.ndarray, " outcomes"]:
        """Of the maker, or else the middle of the book."""
        return self.book.prices if self.maker is None else np.asarray(self.maker.prices)

    @property
    def trades(self) -> int:
        """How often something was traded; between two traders it is one trade, with a row in the log for each."""
        rows = [entry for entry in self.log if entry.kind == "trade"]
        return len(rows) - sum(entry.reason != MAKER for entry in rows) // 2

    @property
    def orders(self) -> tuple[Order, ...]:
        """All that stand."""
        return (*self.book.bids, *self.book.asks)

    def place(self, trader: str, outcome: int, *, shares: float, price: float, reason: str = "") -> list[Entry]:
        """Place an order.

        Args:
            trader: who.
            outcome: 0 or 1.
            shares: to buy; negative: to sell.
            price: the most to pay for a share, or the least to get, credits, on a tick.
            reason: written in the log.

        Returns:
            What was traded at once, a row for each side; the number of the order is that of its own row, the last of the kind "order" in the log.

        Raises:
            ValueError: if the market is resolved, price or size are off the grid, or the trader could owe more than it has. Nothing has changed.
        """
        self._check_open()
        order = self._order(trader, outcome, shares, price)
        self.book._check(order)
        # own orders that this one will take away stand on the other side, whose worst outcome it cannot make worse
        if missing := self._missing(trader, (*(o for o in self.orders if o.trader == trader), order)):
            raise ValueError(
                f"OrderBookMarket: {trader!r} has {self.cash(trader)} credits; with this order it could owe {to_credits(missing)} more. "
                "Place a smaller one, or cancel others."
            )
        signed = tuple((order.size if order.buys else -order.size) * (place == YES) for place in (YES, NO))
        self.log.append("order", trader, shares=signed, before=(order.tick / self.book.ticks,), reason=reason)
        return self._matched(order)

    def cancel(self, trader: str, number: int) -> bool:
        """Take an order away; whether it still stood. To do it twice changes nothing.

        Raises:
            ValueError: if it is somebody else's.
        """
        self._check_open()
        found = [order for order in self.orders if order.number == number]
        if not found:
            return False
        if found[0].trader != trader:
            raise ValueError(f"OrderBookMarket: order {number} belongs to {found[0].trader!r}, not to {trader!r}.")
        self.book = self.book.without(number)
        self.log.append("cancel", trader, reason=str(number))
        return True

    @classmethod
    def replay(cls, log: Sequence[Entry], ticks: int = 100, maker: AbstractMaker | None = None) -> OrderBookMarket:
        """The market that a log tells of, from its accounts, orders and cancellations.

        Raises:
            ValueError: if the log does not fit.
        """
        market = cls(ticks, maker)
        market.log.follow("OrderBookMarket.replay", log, market._steps())
        return market

    def _steps(self) -> dict[str, Callable[[Entry], object]]:
        return {
            **super()._steps(),
            "order": self._place_again,
            "trade": lambda entry: None,  # follows from orders
            "cancel": lambda entry: self.cancel(entry.trader, int(entry.reason)),
        }

    def _place_again(self, entry: Entry) -> None:
        self.place(entry.trader, YES, shares=entry.shares[0] / MICRO, price=entry.before[0], reason=entry.reason)

    def _order(self, trader: str, outcome: int, shares: float, price: float) -> Order:
        self._shares_of(trader)
        if outcome not in (YES, NO) or not (math.isfinite(shares) and math.isfinite(price)):
            raise ValueError(
                f"OrderBookMarket: expected outcome 0 or 1, finite shares and price, got {outcome}, {shares}, {price}."
            )
        tick = round(price * self.book.ticks)
        if abs(tick - price * self.book.ticks) > 1e-6:
            raise ValueError(f"OrderBookMarket: a price is a multiple of 1/{self.book.ticks} credit, got {price}.")
        tick, buys = (tick, shares > 0) if outcome == YES else (self.book.ticks - tick, shares < 0)
        return Order(len(self.log), trader, buys, tick, self.book._lots(abs(shares)))

    def _missing(self, trader: str, orders: tuple[Order, ...]) -> int:
        """Micro-credits that could be owed: bids lose where the first outcome does not happen, asks where it does."""
        bids = sum(order.size // self.book.ticks * order.tick for order in orders if order.buys)
        asks = sum(order.size // self.book.ticks * (self.book.ticks - order.tick) for order in orders if not order.buys)
        (yes, no), cash = self._shares[trader], self.books[trader]
        return max(0, asks - cash - yes, bids - cash - no)

    def _matched(self, order: Order) -> list[Entry]:
        """Trade with whoever is best until the order is done or meets nobody; the rest stands."""
        done: list[Entry] = []
        while order.size:
            # one standing order at a time: behind it the maker may be better
            fill = self.book.first(order)
            if self.maker is not None and (size := self._from_maker(self.maker, order, fill)):
                done.append(self.log[-1])
            elif fill is not None:
                size = fill.size
                done += self._fill(order, fill)
            else:
                self.book = self.book.standing(order)
                break
            order = order._replace(size=order.size - size)
        return done

    def _fill(self, order: Order, fill: Fill) -> list[Entry]:
        before = self.prices
        self.book = self.book.filled(fill)
        if not fill.size:
            self.log.append("cancel", order.trader, reason=str(fill.order.number))
            return []
        cash = fill.size // self.book.ticks * fill.order.tick
        sides = [(order.trader, order.buys), (fill.order.trader, fill.order.buys)]
        changes = [
            (trader, *self._change(trader, fill.size if buys else -fill.size, -cash if buys else cash))
            for trader, buys in sides
        ]
        for trader, _, credits in sorted(changes, key=lambda change: change[2]):  # who pays goes first
            self._pay(CLEARING, trader, credits)
        return [self._traded(trader, shares, credits, before, fill.order.number) for trader, shares, credits in changes]

    def _from_maker(self, maker: AbstractMaker, order: Order, fill: Fill | None) -> int:
        """Trade with the maker as far as it is better than the limit and the best order; the size, 0 where it is not."""
        outcome = YES if order.buys else NO
        ticks = [order.tick] if fill is None else [order.tick, fill.order.tick]
        limit = min(ticks) if order.buys else self.book.ticks - max(ticks)
        if not float(maker.prices[outcome]) < limit / self.book.ticks:
            return 0
        offered = float(maker.quote(outcome, to_price=limit / self.book.ticks).shares[outcome])
        size = min(order.size, int(offered * MICRO) // self.book.ticks * self.book.ticks)
        if not size:
            return 0
        before = self.prices
        bundle = np.zeros(2)
        bundle[outcome] = size / MICRO
        moved, trade = maker.apply(maker.quote(shares=bundle))
        cost = math.ceil(Fraction(float(trade.cost)) * MICRO)
        # to buy the second outcome is to sell the first and to be paid a credit for it
        shares, credits = self._change(
            order.trader, size if order.buys else -size, -cost if order.buys else size - cost
        )
        # rounded up it may be no better than the limit, and where doubles end not enough for the others
        if Fraction(cost, size) > Fraction(limit, self.book.ticks) or self._short(shares, credits):
            return 0
        self.maker = moved
        self._pay(CLEARING, order.trader, credits)
        self._traded(order.trader, shares, credits, before, -1)
        return size

    def _change(self, trader: str, size: int, cash: int) -> tuple[tuple[int, int], int]:
        """Changes of shares and cash once complete sets are minted for what is short and merged for what is held twice."""
        yes, no = self._shares[trader]
        sets = -min(yes + size, no)
        return (size + sets, sets), cash - sets

    def _traded(self, trader: str, shares: tuple[int, int], credits: int, before: np.ndarray, number: int) -> Entry:
        self._hand(trader, shares)
        with_ = MAKER if number < 0 else f"order {number}"
        prices = (tuple(before.tolist()), tuple(self.prices.tolist()))
        return self.log.append(
            "trade", trader, shares=shares, cash=credits, before=prices[0], after=prices[1], reason=with_
        )
