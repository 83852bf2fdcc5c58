"""The double market: periods of quotes by traders who meet in a book."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key, PyTree, UInt32

from catallax.core import (
    BUYER,
    NO_PRICE,
    NOBODY,
    SELLER,
    AbstractDoubleAuction,
    AbstractTrader,
    Board,
    Limit,
    Quote,
    Shout,
    Trade,
    fence,
    fused,
    split_by,
    whole,
)


class Sessions(NamedTuple):
    """What was traded, period by period; prices and profits in ticks."""

    prices: Int[Array, "*markets periods trades"]
    """Of each trade in order, `NO_PRICE` after the last one."""
    profit: Int[Array, "*markets periods agents"]
    """Buyers first: value less price, or price less cost, of the units traded."""
    traded: Int[Array, "*markets periods agents"]
    """Units."""


class _Period(NamedTuple):
    """What changes from quote to quote."""

    book: PyTree
    minds: PyTree
    limit: Int[Array, " agents"]
    sessions: Sessions
    trades: Int[Array, ""]


class DoubleMarket(eqx.Module):
    """Buyers and sellers of single units; in each step one trader, drawn evenly, quotes a price for its next unit.

    A trader without units left lets its turn pass. Units and book are new in
    each period; what the traders learnt goes on. Goods and money only change
    hands: `profit` over all agents is the value less the cost of the units
    traded, whatever the prices, in whole numbers.
    """

    limits: Int[np.ndarray, "agents units"]
    """Buyers first; the last unit again in the last column."""
    units: Int[np.ndarray, " agents"]
    sides: Int[np.ndarray, " agents"]
    lowest: int
    highest: int
    trader: AbstractTrader
    auction: AbstractDoubleAuction
    quotes: int = eqx.field(static=True)
    """Steps in a period."""
    most: int = eqx.field(static=True)
    """Trades that a period can have."""

    def __init__(
        self,
        values: Int[np.ndarray, "buyers units"],
        costs: Int[np.ndarray, "sellers others"],
        trader: AbstractTrader,
        auction: AbstractDoubleAuction,
        *,
        quotes: int = 4_000,
        lowest: int = 1,
        highest: int = 200,
    ) -> None:
        """Put traders, their limit prices and a book together.

        Args:
            values: what each buyer's units are worth, ticks, best first.
            costs: what each seller's units cost, ticks, best first.
            trader: the kind of all traders.
            auction: how quotes meet.
            quotes: steps in a period.
            lowest: price allowed.
            highest: price allowed.

        Raises:
            ValueError: if there are no quotes.
        """
        if quotes < 1:
            raise ValueError(f"DoubleMarket: quotes must be at least 1, got {quotes}.")
        wide = max(values.shape[1], costs.shape[1]) + 1
        tables = [np.pad(table, ((0, 0), (0, wide - table.shape[1])), "edge") for table in (values, costs)]
        self.limits = np.concatenate(tables).astype(np.int32)
        count = [len(values), len(costs)]
        self.units = np.repeat([values.shape[1], costs.shape[1]], count).astype(np.int32)
        self.sides = np.repeat([BUYER, SELLER], count).astype(np.int32)
        self.lowest, self.highest = lowest, highest
        self.trader, self.auction = trader, auction
        self.quotes, self.most = quotes, min(values.size, costs.size)

    def run(self, key: Key[Array, ""], periods: int) -> Sessions:
        """Trade for some periods in one market."""
        birth, life = split_by(key, "birth", "life")
        minds = self.trader.init(birth, jnp.asarray(self.sides))
        # a scan hashes its body, and a module with arrays has no hash
        _, sessions = jax.lax.scan(lambda m, k: self._period(m, k), minds, jax.random.split(life, periods))
        return sessions

    def _period(self, minds: PyTree, key: Key[Array, ""]) -> tuple[PyTree, Sessions]:
        """One period, and what the traders carry on."""
        agents = self.sides.shape[0]
        none = jnp.zeros(agents, jnp.int32)
        sessions = Sessions(jnp.full(self.most, NO_PRICE, jnp.int32), none, none)
        first = jnp.asarray(self.limits)[:, 0]
        start = _Period(self.auction.open(agents), minds, first, sessions, jnp.asarray(0, jnp.int32))
        blocks = jax.random.split(key, self.quotes // self._block)
        end, _ = jax.lax.scan(lambda p, k: (self._stretch(p, k), None), start, blocks)
        return end.minds, end.sessions

    @property
    def _block(self) -> int:
        """Quotes whose words are drawn at once: they fill the vector units, and little memory."""
        return max(size for size in range(1, 129) if self.quotes % size == 0)

    def _stretch(self, period: _Period, key: Key[Array, ""]) -> _Period:
        """A block of quotes."""
        turn, quote, learn = (fused(k) for k in split_by(key, "turn", "quote", "learn"))
        agents, steps = self.sides.shape[0], self._block
        who = whole(jax.random.bits(turn, (steps,)), 0, agents - 1)
        words = jax.random.bits(quote, (steps,)), jax.random.bits(learn, (steps, agents))
        end, _ = jax.lax.scan(lambda p, now: (self._step(p, *now), None), period, (jnp.arange(steps), who, *words))
        return end

    def _step(
        self,
        period: _Period,
        number: Int[Array, ""],
        agent: Int[Array, ""],
        luck: UInt32[Array, ""],
        lucks: UInt32[Array, " agents"],
    ) -> _Period:
        """One trader quotes, two may trade, all hear of it."""
        limit = Limit(period.limit, jnp.asarray(self.sides), period.sessions.traded < self.units)
        own, mind = jax.tree.map(lambda leaf: leaf[agent], (limit, period.minds))
        bid, ask = self.auction.best(period.book)
        board = Board(bid, ask, *(jnp.asarray(p, jnp.int32) for p in (self.lowest, self.highest)))
        price = fence(number, self.trader.quote(luck, mind, own, board))
        book, trade = fence(number, self.auction.place(period.book, Quote(agent, own.side, price, own.open)))
        shout = Shout(jnp.where(trade.happened, trade.price, price), own.side, trade.happened, own.open)
        minds = self.trader.learn(lucks, period.minds, limit, shout)
        return self._settle(period._replace(book=book, minds=minds), limit, trade)

    def _settle(self, period: _Period, limit: Limit, trade: Trade) -> _Period:
        """Hand over one unit and its price."""
        agents = jnp.arange(self.sides.shape[0])
        # nobody's number is on no agent, so nothing moves without a trade
        buys, sells = agents == trade.buyer, agents == trade.seller
        party = buys | sells
        prices, profit, traded = period.sessions
        place = (jnp.arange(self.most) == period.trades) & trade.happened

        def following(agent: Array) -> Array:
            agent = jnp.where(agent == NOBODY, 0, agent)
            return jnp.asarray(self.limits)[agent, traded[agent] + 1]

        return period._replace(
            limit=jnp.where(buys, following(trade.buyer), jnp.where(sells, following(trade.seller), limit.price)),
            sessions=Sessions(
                jnp.where(place, trade.price, prices),
                profit + jnp.where(party, limit.side * (limit.price - trade.price), 0),
                traded + party,
            ),
            trades=period.trades + trade.happened,
        )
