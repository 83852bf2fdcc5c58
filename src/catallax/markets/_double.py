"""The double market: periods of quotes by traders who meet in a book."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental.layout import Layout, with_layout_constraint
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
from catallax.envs import Schedule


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


BLOCK = 128
"""Quotes whose words are drawn at once: they fill the vector units, and little memory."""


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
        schedule: Schedule,
        trader: AbstractTrader,
        auction: AbstractDoubleAuction,
        *,
        quotes: int = 4_000,
    ) -> None:
        """Put traders, their limit prices and a book together.

        Args:
            schedule: what each buyer's units are worth and each seller's cost.
            trader: the kind of all traders.
            auction: how quotes meet.
            quotes: steps in a period.

        Raises:
            ValueError: if there are no quotes, or the schedule is not one that `Schedule.of` takes.
        """
        values, costs, lowest, highest = Schedule.of(*schedule)
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

    def run(self, keys: Key[Array, " markets"], periods: int) -> Sessions:
        """Trade for some periods in independent markets, one for each key."""
        births, lives = jax.vmap(lambda key: split_by(key, "birth", "life"))(keys)
        minds = jax.vmap(lambda key: self.trader.init(key, jnp.asarray(self.sides)))(births)
        days = jax.vmap(lambda key: jax.random.split(key, periods), out_axes=1)(lives)
        # a scan hashes its body, and a module with arrays has no hash
        _, sessions = jax.lax.scan(lambda m, k: self._period(m, k), _last(minds), days)
        return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, -1, 0), sessions)

    def _period(self, minds: PyTree, keys: Key[Array, " markets"]) -> tuple[PyTree, Sessions]:
        """One period, and what the traders carry on; the axis of the markets is the last from here on."""
        start = jax.vmap(self._open, in_axes=-1, out_axes=-1, axis_size=keys.shape[0])(minds)
        count = -(-self.quotes // BLOCK)
        blocks = jax.vmap(lambda key: jax.random.split(key, count), out_axes=1)(keys)
        first = BLOCK * jnp.arange(count)
        end, _ = jax.lax.scan(lambda p, now: (self._stretch(p, *now), None), start, (first, blocks))
        return end.minds, end.sessions

    def _open(self, minds: PyTree) -> _Period:
        """Nothing traded yet."""
        agents = self.sides.shape[0]
        none = jnp.zeros(agents, jnp.int32)
        sessions = Sessions(jnp.full(self.most, NO_PRICE, jnp.int32), none, none)
        first = jnp.asarray(self.limits)[:, 0]
        return _Period(self.auction.open(agents), minds, first, sessions, jnp.asarray(0, jnp.int32))

    def _stretch(self, period: _Period, first: Int[Array, ""], keys: Key[Array, " markets"]) -> _Period:
        """A block of quotes; those beyond the last one do not count."""
        agents, steps = self.sides.shape[0], min(BLOCK, self.quotes)

        def draw(key: Key[Array, ""]) -> tuple[Array, Array, Array]:
            turn, quote, learn = (fused(k) for k in split_by(key, "turn", "quote", "learn"))
            who = whole(jax.random.bits(turn, (steps,)), 0, agents - 1)
            return who, jax.random.bits(quote, (steps,)), jax.random.bits(learn, (steps, agents))

        step = jax.vmap(self._step, in_axes=(-1, None, -1, -1, -1), out_axes=-1)
        draws = (first + jnp.arange(steps), *jax.vmap(draw, out_axes=-1)(keys))
        end, _ = jax.lax.scan(lambda p, now: (_packed(step(p, *now)), None), _packed(period), draws)
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
        own = own._replace(open=own.open & (number < self.quotes))
        bid, ask = self.auction.best(period.book)
        board = Board(bid, ask, *(jnp.asarray(p, jnp.int32) for p in (self.lowest, self.highest)))
        # what many later lines use is computed once
        price, own = fence(number, (self.trader.quote(luck, mind, own, board), own))
        book, trade = self.auction.place(period.book, Quote(agent, own.side, price, own.open))
        trade = fence(number, trade)
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


def _last(tree: PyTree) -> PyTree:
    """The axis of the markets last: neighbours in memory do the same work at the same time."""
    return jax.tree.map(lambda leaf: jnp.moveaxis(leaf, 0, -1), tree)


def _packed(tree: PyTree) -> PyTree:
    """In memory too the last axis is the fastest; left alone, the compiler turns it back and works agent by agent."""
    return jax.tree.map(lambda leaf: with_layout_constraint(leaf, Layout(tuple(range(leaf.ndim)))), tree)
