"""Zero-intelligence traders in a continuous double auction, thousands of markets at once."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from catallax.agents import ZIC
from catallax.auctions import SingleQuoteBook
from catallax.core import AbstractDoubleAuction, AbstractTrader, as_key
from catallax.envs import Schedule
from catallax.markets import (
    DoubleMarket,
    Sessions,
    allocative_efficiency,
    mean_price,
    price_path,
    smiths_alpha,
)


@dataclass(frozen=True)
class ZeroIntelligence:
    """What the traders made of a schedule; axes are `markets` and `periods`."""

    schedule: Schedule
    prices: Int[np.ndarray, "markets periods trades"]
    """Of each trade in order, ticks; 0 after the last one."""
    profit: Int[np.ndarray, "markets periods agents"]
    """Ticks, buyers first."""
    traded: Int[np.ndarray, "markets periods agents"]
    """Units, buyers first."""

    @property
    def efficiency(self) -> Float[np.ndarray, "markets periods"]:
        """Gains over the most there are, 1 at best."""
        return allocative_efficiency(self.profit, self.schedule.surplus)

    @property
    def mean_price(self) -> Float[np.ndarray, "markets periods"]:
        """Ticks; NaN in a period without trades."""
        return mean_price(self.prices)

    @property
    def alpha(self) -> Float[np.ndarray, "markets periods"]:
        """Smith's alpha about the middle of the competitive prices, per cent; NaN in a period without trades."""
        return smiths_alpha(self.prices, self.schedule.price)

    @property
    def trades(self) -> Int[np.ndarray, "markets periods"]:
        """Units that changed hands."""
        return (self.prices > 0).sum(-1)

    def path(self, period: int = -1) -> Float[np.ndarray, " trades"]:
        """Mean price over markets of the first, second, … trade of a period, ticks."""
        return price_path(self.prices[:, period])

    def table(self) -> str:
        """Efficiency, price and alpha of the first and the last period, a line each.

        The competitive price is the middle of the competitive prices.
        """
        low, high = self.schedule.prices
        lines = [f"competitive price {low} to {high} ticks, quantity {self.schedule.quantity}"]
        for name, period in (("first", 0), ("last", -1)):
            lines.append(
                f"{name} period: efficiency {100 * self.efficiency[:, period].mean():.1f} %, "
                f"price {np.nanmean(self.mean_price[:, period]):.1f}, alpha {np.nanmean(self.alpha[:, period]):.1f} %, "
                f"{self.trades[:, period].mean():.1f} trades"
            )
        return "\n".join(lines)


def zero_intelligence(
    schedule: Schedule,
    *,
    traders: AbstractTrader | None = None,
    book: AbstractDoubleAuction | None = None,
    periods: int = 6,
    markets: int = 1_000,
    quotes: int = 4_000,
    key: Key[Array, ""] | int = 0,
) -> ZeroIntelligence:
    """Let traders of one kind trade a schedule in independent markets.

    In each step of a period one trader, drawn evenly, quotes a price for the
    unit it works on; the book says whether that is a trade.

    Args:
        schedule: limit prices of all units.
        traders: their kind, `ZIC()` if not given.
        book: how quotes meet, `SingleQuoteBook()` if not given.
        periods: trading periods of a market; what traders learn lasts, units come back.
        markets: independent markets.
        quotes: steps in a period.
        key: of all markets, or a number.

    Raises:
        ValueError: if a count is less than one.

    Source: Gode and Sunder (1993); Cliff (1997) for ZIP.

    >>> import catallax as cx
    >>> result = cx.classics.zero_intelligence(cx.envs.FLAT_SUPPLY, periods=1, markets=20, quotes=2_000)
    >>> bool(result.efficiency.mean() > 0.98), bool(result.mean_price.mean() > 80)
    (True, True)
    """
    for name, count in (("periods", periods), ("markets", markets), ("quotes", quotes)):
        if count < 1:
            raise ValueError(f"zero_intelligence: {name} must be at least 1, got {count}.")
    market = DoubleMarket(
        schedule,
        ZIC() if traders is None else traders,
        SingleQuoteBook() if book is None else book,
        quotes=quotes,
    )
    keys = jax.random.split(as_key(key), markets)
    parts = -(-markets // _TOGETHER)
    size = -(-markets // parts)
    # nobody waits for a part before all are under way, so that every core has work; the last part may count twice
    starts = [min(part * size, markets - size) for part in range(parts)]
    runs = [_run(market, keys[start : start + size], periods) for start in starts]
    new = [part * size - start for part, start in enumerate(starts)]
    joined = (np.concatenate([np.asarray(leaf)[n:] for leaf, n in zip(leaves, new)]) for leaves in zip(*runs))
    return ZeroIntelligence(schedule, *joined)


_TOGETHER = 1_000
"""Markets in one program: more do not fit into the caches near a core."""


@eqx.filter_jit
def _run(market: DoubleMarket, keys: Key[Array, " markets"], periods: int) -> Sessions:
    """One program for every schedule of the same size."""
    return market.run(keys, periods)
