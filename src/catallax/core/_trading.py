"""Double auctions: the records that pass between books and traders, and their two contracts."""

from __future__ import annotations

import abc
from typing import NamedTuple

import equinox as eqx
from jaxtyping import Array, Bool, Int, Key, PyTree, UInt32

BUYER, SELLER = 1, -1
"""The sides; a trade at `price` earns `side * (limit - price)`."""

NO_PRICE = 0
"""Stands for no quote; prices are whole ticks, one at least."""


class Limit(NamedTuple):
    """The unit a trader works on now."""

    price: Int[Array, "*agents"]
    """What the unit is worth to a buyer or costs a seller, ticks of the price."""
    side: Int[Array, "*agents"]
    """`BUYER` or `SELLER`."""
    open: Bool[Array, "*agents"]
    """False once every unit is traded; `price` is then that of the last one."""


class Board(NamedTuple):
    """What every trader sees."""

    bid: Int[Array, "*instances"]
    """Highest standing bid, `NO_PRICE` if there is none."""
    ask: Int[Array, "*instances"]
    """Lowest standing ask, `NO_PRICE` if there is none."""
    lowest: Int[Array, "*instances"]
    """Lowest price allowed."""
    highest: Int[Array, "*instances"]
    """Highest price allowed."""


class Quote(NamedTuple):
    """An offer for one unit."""

    agent: Int[Array, "*instances"]
    side: Int[Array, "*instances"]
    """`BUYER` for a bid, `SELLER` for an ask."""
    price: Int[Array, "*instances"]
    valid: Bool[Array, "*instances"]
    """False when the trader had nothing to offer: the book does not change."""


class Trade(NamedTuple):
    """One unit changed hands, or nothing did."""

    happened: Bool[Array, "*instances"]
    price: Int[Array, "*instances"]
    """Paid by the buyer and received by the seller; `NO_PRICE` if nothing happened."""
    buyer: Int[Array, "*instances"]
    """Index on the agents axis, `NOBODY` if nothing happened."""
    seller: Int[Array, "*instances"]
    """Index on the agents axis, `NOBODY` if nothing happened."""


class Shout(NamedTuple):
    """What everybody hears about one quote."""

    price: Int[Array, "*instances"]
    """Of the trade if there was one, else of the quote."""
    side: Int[Array, "*instances"]
    """Side of the trader who quoted."""
    accepted: Bool[Array, "*instances"]
    """Whether it led to a trade."""
    heard: Bool[Array, "*instances"]
    """False when nobody quoted."""


class AbstractDoubleAuction(eqx.Module):
    """How bids and asks for single units meet; money and goods pass from one party to the other whole."""

    @abc.abstractmethod
    def open(self, agents: int) -> PyTree:
        """An empty book for traders numbered `0 … agents - 1`."""

    @abc.abstractmethod
    def best(self, book: PyTree) -> tuple[Int[Array, ""], Int[Array, ""]]:
        """Highest bid and lowest ask that stand, `NO_PRICE` where there is none."""

    @abc.abstractmethod
    def place(self, book: PyTree, quote: Quote) -> tuple[PyTree, Trade]:
        """The book after a quote, and the trade it led to.

        No standing quote of the two parties outlives their trade: it spoke of
        a unit that is gone.
        """


class AbstractTrader(eqx.Module):
    """A kind of trader; its methods work element by element, on one individual or on all of them at once.

    `luck` is a fresh random word for each individual, drawn for a whole
    stretch of quotes at once: that is several times cheaper than a key for
    each of them. `core.uniform` and `core.whole` make numbers of it.
    """

    @abc.abstractmethod
    def init(self, key: Key[Array, ""], side: Int[Array, "*agents"]) -> PyTree:
        """What an individual carries on from quote to quote and from period to period; leaves lead with `*agents`."""

    @abc.abstractmethod
    def quote(
        self, luck: UInt32[Array, "*agents"], state: PyTree, limit: Limit, market: Board
    ) -> Int[Array, "*agents"]:
        """The price it offers for its unit, ticks."""

    def learn(self, luck: UInt32[Array, "*agents"], state: PyTree, limit: Limit, shout: Shout) -> PyTree:
        """Its state after it heard a quote, its own or another's (default: unchanged)."""
        return state
