"""Double auction with one standing bid and one standing ask, wiped by every trade."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Int

from catallax.core import BUYER, NO_PRICE, NOBODY, AbstractDoubleAuction, Quote, Trade


class StandingQuotes(NamedTuple):
    """The best bid and the best ask, and whose they are."""

    bid: Int[Array, "*instances"]
    """Ticks, `NO_PRICE` if there is none."""
    bidder: Int[Array, "*instances"]
    ask: Int[Array, "*instances"]
    """Ticks, `NO_PRICE` if there is none."""
    asker: Int[Array, "*instances"]


class SingleQuoteBook(AbstractDoubleAuction):
    """A quote must beat the one that stands, `bid' > bid` or `ask' < ask`, or it is ignored.

    When bid and ask cross, one unit changes hands at the price of the earlier
    quote, and both quotes are wiped.

    Source: Gode and Sunder (1993); recalled, not read again.

    >>> import catallax as cx
    >>> book, rule = cx.auctions.SingleQuoteBook().open(2), cx.auctions.SingleQuoteBook()
    >>> ask = cx.core.Quote(1, cx.core.SELLER, 60, True)
    >>> book, _ = rule.place(book, cx.core.Quote(*map(jnp.asarray, ask)))
    >>> book, trade = rule.place(book, cx.core.Quote(*map(jnp.asarray, (0, cx.core.BUYER, 90, True))))
    >>> int(trade.price), [int(p) for p in rule.best(book)]
    (60, [0, 0])
    """

    def open(self, agents: int) -> StandingQuotes:
        """Nothing stands."""
        price, nobody = jnp.asarray(NO_PRICE, jnp.int32), jnp.asarray(NOBODY, jnp.int32)
        return StandingQuotes(price, nobody, price, nobody)

    def best(self, book: StandingQuotes) -> tuple[Int[Array, ""], Int[Array, ""]]:
        """The two quotes that stand."""
        return book.bid, book.ask

    def place(self, book: StandingQuotes, quote: Quote) -> tuple[StandingQuotes, Trade]:
        """Trade, stand or be ignored; see `AbstractDoubleAuction.place`."""
        buys, sells = quote.valid & (quote.side == BUYER), quote.valid & (quote.side != BUYER)
        lifts = buys & (book.ask != NO_PRICE) & (quote.price >= book.ask)
        hits = sells & (book.bid != NO_PRICE) & (quote.price <= book.bid)
        trade = Trade(
            lifts | hits,
            jnp.where(lifts, book.ask, jnp.where(hits, book.bid, NO_PRICE)),
            jnp.where(lifts, quote.agent, jnp.where(hits, book.bidder, NOBODY)),
            jnp.where(lifts, book.asker, jnp.where(hits, quote.agent, NOBODY)),
        )
        bids = buys & (quote.price > book.bid)
        asks = sells & ((book.ask == NO_PRICE) | (quote.price < book.ask))

        def stand(better: Array, new: Array, old: Array, none: int) -> Array:
            return jnp.where(trade.happened, none, jnp.where(better, new, old))

        return StandingQuotes(
            stand(bids, quote.price, book.bid, NO_PRICE),
            stand(bids, quote.agent, book.bidder, NOBODY),
            stand(asks, quote.price, book.ask, NO_PRICE),
            stand(asks, quote.agent, book.asker, NOBODY),
        ), trade
