"""A market before a maker that always trades."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, to_credits, to_micro
from catallax.forecasting._accounts import CLEARING, AbstractMarket
from catallax.forecasting._log import Entry
from catallax.forecasting._mechanism import AbstractMaker


class PredictionMarket(AbstractMarket):
    """Traders with accounts before a market maker.

    The house pays in the maker's worst-case loss at the opening; costs are rounded up, so that this is always enough: by a micro-credit, and where
    a double has fewer digits than that by what it lacks. Each trade is checked whole before anything is written.

    >>> from catallax.forecasting import LMSR
    >>> market = PredictionMarket(LMSR(outcomes=2, liquidity=10.0))
    >>> market.open("ann", cash=20.0)
    >>> entry = market.trade("ann", outcome=0, to_price=0.8)
    >>> market.resolve(0)
    >>> round(market.cash("ann"), 3), market.books.imbalance
    (24.7, 0)
    """

    def __init__(self, maker: AbstractMaker) -> None:
        """Open a market.

        Args:
            maker: fresh, or in the state in which it shall begin.
        """
        super().__init__(maker.prices.size)
        self.opening = maker
        """The maker at the opening."""
        self.maker = maker
        """The maker now."""
        self.books.transfer("house", CLEARING, _up(maker.worst_case_loss))

    @property
    def prices(self) -> Float[np.ndarray, " outcomes"]:
        """Credits per share."""
        return np.asarray(self.maker.prices)

    def trade(
        self,
        trader: str,
        outcome: int | None = None,
        *,
        shares: float | Sequence[float] | None = None,
        spend: float | None = None,
        to_price: float | None = None,
        at_most: float | None = None,
        reason: str = "",
    ) -> Entry:
        """Trade with the maker; see `AbstractMechanism.quote` for the wishes.

        Args:
            trader: who.
            outcome: whose shares.
            shares: to the trader.
            spend: credits.
            to_price: where the price shall be.
            at_most: credits; refuse what costs more.
            reason: written in the log.

        Raises:
            ValueError: if the market is resolved, or the trade does not exist, costs more than `at_most`, or could make the trader owe more
                than it has. Nothing has changed then.
        """
        self._check_open()
        wish = np.asarray(shares, np.float64) if isinstance(shares, Sequence) else shares
        quote = self.maker.quote(outcome, shares=wish, spend=spend, to_price=to_price)
        limit = None if at_most is None else to_micro(at_most)
        # shares that were asked for are whole, but for the digits of a double; a price or a spend is not to be passed
        whole = int if shares is None else round
        return self._deal(trader, tuple(whole(x * MICRO) for x in quote.shares.tolist()), limit, reason)

    @classmethod
    def replay(cls, maker: AbstractMaker, log: Sequence[Entry]) -> PredictionMarket:
        """The market that a log tells of, to the last digit.

        Args:
            maker: as it was at the opening.
            log: of that market.

        Raises:
            ValueError: if the log does not fit the maker.
        """
        market = cls(maker)
        market.log.follow("PredictionMarket.replay", log, market._steps())
        return market

    def _steps(self) -> dict[str, Callable[[Entry], object]]:
        return {**super()._steps(), "trade": lambda entry: self._deal(entry.trader, entry.shares, None, entry.reason)}

    def _deal(self, trader: str, bought: tuple[int, ...], limit: int | None, reason: str) -> Entry:
        holds = self._shares_of(trader)
        maker, done = self.maker.apply(self.maker.quote(shares=np.asarray(bought, np.float64) / MICRO))
        cost = _up(done.cost)
        # the digits that a double has not are at the trader's expense, so that everybody can be paid
        rounding = self._short(bought, -cost)
        if rounding > 1e-9 * max(MICRO, abs(cost), *map(abs, bought)):
            raise ValueError(
                f"PredictionMarket: after this trade {type(self.maker).__name__} could lose {to_credits(rounding)} credits more than its "
                f"worst_case_loss of {float(self.opening.worst_case_loss)} at the opening; correct worst_case_loss or cost."
            )
        cost += rounding
        after = tuple(have + more for have, more in zip(holds, bought, strict=True))
        left = self.books[trader] - cost
        if limit is not None and cost > limit:
            raise ValueError(
                f"PredictionMarket: the trade costs {to_credits(cost)} credits, {trader!r} pays at most {to_credits(limit)}."
            )
        if missing := self._uncovered(trader, left, after):
            raise ValueError(
                f"PredictionMarket: {trader!r} has {self.cash(trader)} credits and shares {[to_credits(x) for x in holds]}; the trade costs "
                f"{to_credits(cost)} and could leave {to_credits(missing)} credits unpaid. Trade less."
            )
        self._pay(trader, CLEARING, cost)
        self._hand(trader, bought)
        self.maker = maker
        before, prices = (tuple(np.asarray(x).tolist()) for x in (done.before, done.after))
        return self.log.append("trade", trader, shares=bought, cash=-cost, before=before, after=prices, reason=reason)


def _up(amount: Any) -> int:
    """Micro-credits, to the maker's favour."""
    return math.ceil(Fraction(float(amount)) * MICRO)
