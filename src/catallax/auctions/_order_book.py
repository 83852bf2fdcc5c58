"""Double auction with a lasting order book: best price first, then first come."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Int

from catallax.core import BUYER, NO_PRICE, NOBODY, SELLER, AbstractDoubleAuction, Quote, Trade

_FAR = jnp.iinfo(jnp.int32).max


class Orders(NamedTuple):
    """One order at most for each trader."""

    side: Int[Array, " agents"]
    """`BUYER`, `SELLER`, 0 for no order."""
    price: Int[Array, " agents"]
    """Ticks."""
    time: Int[Array, " agents"]
    """Number of the quote that brought it."""
    clock: Int[Array, ""]
    """Quotes so far."""


class OrderBook(AbstractDoubleAuction):
    """Orders last until they trade or their owner quotes again: `argmin (price, time)` of the asks sells first.

    A new bid at or above the lowest ask trades at that ask's price (a new ask
    at or below the highest bid alike); otherwise it rests in the place of its
    owner's earlier order and loses that one's place in the queue. A trade
    takes the orders of its two parties alone.

    Source: price-time priority as in Cliff's Bristol Stock Exchange, where a
    trader also has one order at most.
    """

    def open(self, agents: int) -> Orders:
        """No orders."""
        none = jnp.zeros(agents, jnp.int32)
        return Orders(none, none, none, jnp.asarray(0, jnp.int32))

    def best(self, book: Orders) -> tuple[Int[Array, ""], Int[Array, ""]]:
        """The top of either side."""
        bid = jnp.max(jnp.where(book.side == BUYER, book.price, NO_PRICE))
        ask = jnp.min(jnp.where(book.side == SELLER, book.price, _FAR))
        return bid, jnp.where(ask == _FAR, NO_PRICE, ask)

    def place(self, book: Orders, quote: Quote) -> tuple[Orders, Trade]:
        """Trade or rest; see `AbstractDoubleAuction.place`."""
        bid, ask = self.best(book)
        buys = quote.side == BUYER
        against = jnp.where(buys, ask, bid)
        crosses = jnp.where(buys, quote.price >= ask, quote.price <= bid)
        happened = quote.valid & (against != NO_PRICE) & crosses
        agents = jnp.arange(book.side.shape[0], dtype=jnp.int32)
        owner = self._first(book, -quote.side, against, agents)
        trade = Trade(
            happened,
            jnp.where(happened, against, NO_PRICE),
            jnp.where(happened, jnp.where(buys, quote.agent, owner), NOBODY),
            jnp.where(happened, jnp.where(buys, owner, quote.agent), NOBODY),
        )
        gone = happened & ((agents == owner) | (agents == quote.agent))
        rests = quote.valid & ~happened & (agents == quote.agent)
        return Orders(
            jnp.where(gone, 0, jnp.where(rests, quote.side, book.side)),
            jnp.where(rests, quote.price, book.price),
            jnp.where(rests, book.clock, book.time),
            book.clock + 1,
        ), trade

    def _first(
        self, book: Orders, side: Int[Array, ""], price: Int[Array, ""], agents: Int[Array, " agents"]
    ) -> Int[Array, ""]:
        """Owner of the oldest order of a side at a price; times differ, so exactly one is the oldest."""
        queue: Bool[Array, " agents"] = (book.side == side) & (book.price == price)
        oldest = jnp.min(jnp.where(queue, book.time, _FAR))
        # an argmin over a few lanes is slower than a masked sum
        return jnp.sum(jnp.where(queue & (book.time == oldest), agents, 0), dtype=jnp.int32)
