"""The economy in time, with money: bids, sales, ownership, production and wealth, tick by tick."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from catallax.core import Ledger, Money, money
from catallax.markets.production._adjoints import quote
from catallax.markets.production._clearing import AbstractClearing, SoftmaxClearing
from catallax.markets.production._economy import Bundles, Economy, Shares, Solution
from catallax.markets.production._planner import joined
from catallax.markets.production._solve import solve


class MarketDay(NamedTuple):
    """Everything that changes while an economy trades."""

    ledger: Ledger
    """Accounts of the nodes; utility comes from the world, transport goes to the house."""
    stock: Bundles
    """What each node owns and offers, units."""
    posts: Bundles
    """What each node bids for its inputs, credits per unit."""
    shares: Shares
    """Of the last sale."""


class DayBook(NamedTuple):
    """What happened at one tick."""

    welfare: Float[Array, "*ticks"]
    """Utility less transport, credits."""
    turnover: Float[Array, "*ticks"]
    """Credits that changed hands."""
    unsold: Float[Array, "*ticks"]
    """Units that were offered and not taken, all goods together; copyable ones do not count."""
    short: Int[Array, "*ticks"]
    """Buyers whose money was not enough for what they were offered."""


class Simulator(eqx.Module):
    """Sellers split their stock by the bids, buyers pay out of what they have, firms make the stock of the next tick.

    ```
    pace     p_j <- p_j min(1, wealth_j / what p_j would cost it at the last shares)
    split    s from the bids by the clearing rule      sell   q_ij = s_ij y_i, at p_j, no more than the buyer can pay
    make     x_j = r_j + sum_i q_ij, y_j = f_j(x_j)    earn   the world pays each node its utility U_j(x_j, y_j)
    bid      p_j <- (1 - pace) p_j + pace theta (dU_j/dx + J_j^T (dU_j/dy + sum_k s_jk (p_k - t_jk))), at least 0
    ```
    Money is exact: each amount is rounded once, and all accounts add up to 0 at every tick. Nobody pays more than it has; what a buyer
    cannot pay stays with the seller. Costs (utility below 0) are paid as far as the money goes, and
    transport as far as the bid goes, which the seller pays out of it. Bids for bads are 0.
    """

    clearing: AbstractClearing = SoftmaxClearing()
    pace: float | Float[Array, ""] = 0.5
    """In (0, 1]: how far bids move to what a unit is worth."""
    shade: float | Float[Array, " nodes"] = 1.0
    """`theta`: the part of its value that a buyer bids."""
    keep: float | Float[Array, ""] = 1.0
    """Part of what is not sold that is still there at the next tick."""

    def __check_init__(self) -> None:
        for name in ("pace", "shade"):
            value = getattr(self, name)
            if isinstance(value, float | int) and not 0 < value <= 1:
                raise ValueError(f"Simulator: {name} must lie in (0, 1], got {value}.")
        if isinstance(self.keep, float | int) and not 0 <= self.keep <= 1:
            raise ValueError(f"Simulator: keep must lie in [0, 1], got {self.keep}.")

    def open(self, economy: Economy, cash: Float[Array, " nodes"], *, coin: float = 1.0) -> MarketDay:
        """The first day of an economy that has worked at equal shares until then, without prices: nobody bids yet.

        Args:
            economy: of nodes and edges.
            cash: of each node to begin with, from the house, credits.
            coin: credits per coin of the ledger; larger ones for large economies.
        """
        books = Ledger.open(economy.nodes, coin=coin).endow(jnp.asarray(cash, jnp.float32))
        stock = solve(economy, economy.uniform()).outputs
        return MarketDay(books, stock, jnp.zeros_like(stock), economy.uniform())

    def run(self, economy: Economy, day: MarketDay, ticks: int) -> tuple[MarketDay, DayBook]:
        """Trade for some ticks."""
        return _run(self, economy, day, ticks)

    def tick(self, economy: Economy, day: MarketDay) -> tuple[MarketDay, DayBook]:
        """One sale, one production."""
        splits = economy.choices
        offered = day.stock[economy.source]
        bids = _paced(economy, day, offered)
        net = bids - economy.transport
        shares = joined(splits, self.clearing.split(splits, day.shares, net, offered), day.shares)
        flows, amounts, poor = _afford(economy, day.ledger, shares * offered, bids)
        fees = money.minimum(money.from_credits(jnp.minimum(economy.transport, bids) * flows, day.ledger.coin), amounts)
        books = _pay(economy, day.ledger, amounts, fees)

        x = economy.endowment + jax.ops.segment_sum(flows, economy.target, economy.nodes)
        y = economy.produce(x)
        worth = economy.utility(x, y)
        books = _earn(books, worth)

        sold = economy.splits.total(flows)
        ships = economy.splits.total(jnp.ones_like(flows)) > 0
        left = jnp.where(ships, jnp.maximum(day.stock - sold, 0.0), 0.0)
        posts = self._bid(economy, shares, day.posts, x, y)
        welfare = jnp.sum(worth) - jnp.sum(economy.transport * flows)
        book = DayBook(welfare, jnp.sum(flows * bids), jnp.sum(left), jnp.sum(poor))
        return MarketDay(books, y + self.keep * left, posts, shares), book

    def _bid(self, economy: Economy, shares: Shares, posts: Bundles, x: Bundles, y: Bundles) -> Bundles:
        nothing = jnp.zeros((), x.dtype)
        made = Solution(
            x, y, shares * y[economy.source], nothing, nothing, jnp.asarray(True), jnp.asarray(0), nothing
        )  # fmt: skip
        shade = jnp.broadcast_to(jnp.asarray(self.shade, x.dtype), (economy.nodes,))[:, None]
        fresh = jnp.maximum(shade * quote(economy, shares, made, posts), 0.0)
        return posts + self.pace * (fresh - posts)


@eqx.filter_jit
def _run(simulator: Simulator, economy: Economy, day: MarketDay, ticks: int) -> tuple[MarketDay, DayBook]:
    return jax.lax.scan(lambda now, _: simulator.tick(economy, now), day, None, length=ticks)


def _paced(economy: Economy, day: MarketDay, offered: Shares) -> Shares:
    """Bids, scaled for each buyer so that it could pay for all that the last shares would bring it now."""
    bids = jnp.where(economy.carries, day.posts[economy.target], 0.0)
    bill = jnp.sum(jax.ops.segment_sum(day.shares * offered * bids, economy.target, economy.nodes), 1)
    wealth = jnp.maximum(day.ledger.wealth, 0.0).astype(bill.dtype)
    pacing = jnp.where(bill > wealth, wealth / jnp.where(bill > 0, bill, 1.0), 1.0)
    return bids * pacing[economy.target][:, None]


NEARLY = 1 - 2.0**-16
"""Part of its wealth that a buyer plans to spend when it is short: room for the rounding of many small amounts."""


def _afford(
    economy: Economy, books: Ledger, flows: Shares, bids: Shares
) -> tuple[Shares, Money, Bool[Array, " nodes"]]:
    """Flows that the buyers can pay, the amounts, and who was short of money."""
    bill = jnp.sum(jax.ops.segment_sum(flows * bids, economy.target, economy.nodes), 1)
    wealth = jnp.maximum(books.wealth, 0.0).astype(bill.dtype)
    poor = bill > wealth
    part = jnp.where(poor, NEARLY * wealth / jnp.where(poor, bill, 1.0), 1.0)
    flows = flows * part[economy.target][:, None]
    amounts = money.from_credits(flows * bids, books.coin)
    due = money.total(money.segment_total(amounts, economy.target, economy.nodes))
    # rounding alone can still be too much: then nothing is bought
    out = money.less(books.agents, due)
    kept = out[economy.target][:, None] & jnp.ones_like(economy.carries)
    return jnp.where(kept, 0.0, flows), money.where(kept, money.zeros(kept.shape), amounts), poor | out


def _pay(economy: Economy, books: Ledger, amounts: Money, fees: Money) -> Ledger:
    """Buyers pay sellers, sellers pay the house for transport."""

    def summed(parts: Money, ends: Int[Array, " edges"]) -> Money:
        return money.total(money.segment_total(parts, ends, economy.nodes))

    received = money.subtract(summed(amounts, economy.source), summed(fees, economy.source))
    return books.settle(money.subtract(received, summed(amounts, economy.target)), "house")


def _earn(books: Ledger, worth: Float[Array, " nodes"]) -> Ledger:
    """The world pays utility, and is paid costs as far as there is money."""
    amounts = money.from_credits(worth, books.coin)
    most = money.negate(books.agents)
    return books.settle(money.where(money.less(amounts, most), most, amounts), "world")
