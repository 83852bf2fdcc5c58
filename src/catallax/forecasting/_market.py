"""A market with accounts: who holds what, who paid whom, and what everybody gets in the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, Books, to_credits, to_micro
from catallax.forecasting._log import Entry, TradeLog
from catallax.forecasting._mechanism import AbstractMaker


class PredictionMarket:
    """Traders with accounts before a market maker; money and shares are whole micro-credits and micro-shares.

    What a trader could owe is always covered: `cash + shares_i >= 0` in every outcome i. The house pays in the maker's worst-case
    loss at the opening; shares are rounded towards 0 and costs up, so that this is always enough. Each trade is checked whole before
    anything is written, and every account adds up to 0 with the house, exactly.

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
        self.opening = maker
        """The maker at the opening."""
        self.maker = maker
        """The maker now."""
        self.books = Books()
        self.books.transfer("house", "maker", _up(maker.worst_case_loss))
        self.log = TradeLog()
        self.resolution: tuple[int, ...] | None = None
        """Micro-credits that a share of each outcome was worth; None while the market is open, empty when it was called off."""
        self._shares: dict[str, tuple[int, ...]] = {}

    @property
    def traders(self) -> tuple[str, ...]:
        """Everybody with an account."""
        return tuple(self._shares)

    @property
    def prices(self) -> Float[np.ndarray, " outcomes"]:
        """Credits per share."""
        return np.asarray(self.maker.prices)

    def open(self, trader: str, cash: float) -> None:
        """Give a trader an account with credits from the house.

        Raises:
            ValueError: if there is one already, the name is taken by the market, or the cash is not a number of at least 0.
        """
        self._check_open()
        if trader in self.books:
            raise ValueError(f"PredictionMarket: there is an account {trader!r} already; choose another name.")
        amount = to_micro(cash)
        if amount < 0:
            raise ValueError(f"PredictionMarket: {trader!r} cannot begin with {cash} credits.")
        self.books.transfer("house", trader, amount)
        self._shares[trader] = (0,) * self.prices.size
        self.log.append("open", trader, cash=amount)

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
        return self._deal(trader, tuple(int(x * MICRO) for x in quote.shares.tolist()), limit, reason)

    def resolve(self, outcome: int | Sequence[float | int | Fraction] | None) -> None:
        """Pay everybody and close.

        Args:
            outcome: what happened; or what a share of each outcome is worth, adding up to 1; or None to call all trades off, so that
                everybody gets back what it paid.

        Raises:
            ValueError: if the market is resolved already or there is no such outcome.
        """
        self._check_open()
        worths = () if outcome is None else self._worths(outcome)
        for trader in self.traders:
            due = _payout(self._shares[trader], worths) if worths else self._paid(trader)
            self._pay("maker", trader, due)
            self.log.append("resolve", trader, shares=worths, cash=due)
        self.books.transfer("maker", "house", self.books["maker"])
        self.resolution = worths

    def cash(self, trader: str) -> float:
        """Credits on the account.

        Raises:
            ValueError: for somebody without one.
        """
        self._shares_of(trader)
        return to_credits(self.books[trader])

    def positions(self, trader: str) -> Float[np.ndarray, " outcomes"]:
        """Shares of each outcome; 0 once the market is resolved.

        Raises:
            ValueError: for somebody without an account.
        """
        held = np.asarray(self._shares_of(trader)) / MICRO
        return held if self.resolution is None else np.zeros_like(held)

    def wealth(self, trader: str) -> float:
        """Cash, and the positions at the present prices, credits; not what a sale would bring, which moves the price."""
        return self.cash(trader) + float(self.positions(trader) @ self.prices)

    def profit(self, trader: str) -> float:
        """Wealth less what the trader began with, credits."""
        began = next(entry.cash for entry in self.log if entry.kind == "open" and entry.trader == trader)
        return self.wealth(trader) - to_credits(began)

    @property
    def imbalance(self) -> int:
        """Sum of all accounts, micro-credits: exactly 0."""
        return self.books.imbalance

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
        for entry in log:
            if entry.kind == "open":
                market.open(entry.trader, to_credits(entry.cash))
            elif entry.kind == "trade":
                market._deal(entry.trader, entry.shares, None, entry.reason)
            elif market.resolution is None:
                market.resolve([Fraction(worth, MICRO) for worth in entry.shares] if entry.shares else None)
        for ours, theirs in zip(market.log, log, strict=True):
            if ours != theirs:
                raise ValueError(
                    f"PredictionMarket.replay: with this maker entry {ours.number} is {ours}, the log has {theirs}."
                )
        return market

    def _deal(self, trader: str, bought: tuple[int, ...], limit: int | None, reason: str) -> Entry:
        holds = self._shares_of(trader)
        maker, done = self.maker.apply(self.maker.quote(shares=np.asarray(bought) / MICRO))
        cost = _up(done.cost)
        after = tuple(have + more for have, more in zip(holds, bought, strict=True))
        left = self.books[trader] - cost
        if limit is not None and cost > limit:
            raise ValueError(
                f"PredictionMarket: the trade costs {to_credits(cost)} credits, {trader!r} pays at most {to_credits(limit)}."
            )
        missing = -min(left, left + min(after))
        if missing > 0:
            raise ValueError(
                f"PredictionMarket: {trader!r} has {self.cash(trader)} credits and shares {[to_credits(x) for x in holds]}; the trade costs "
                f"{to_credits(cost)} and could leave {to_credits(missing)} credits unpaid. Trade less."
            )
        self._pay(trader, "maker", cost)
        self._shares[trader], self.maker = after, maker
        before, prices = (tuple(np.asarray(x).tolist()) for x in (done.before, done.after))
        return self.log.append("trade", trader, shares=bought, cash=-cost, before=before, after=prices, reason=reason)

    def _pay(self, payer: str, payee: str, amount: int) -> None:
        if amount:
            self.books.transfer(*((payer, payee) if amount > 0 else (payee, payer)), abs(amount))

    def _paid(self, trader: str) -> int:
        return -sum(entry.cash for entry in self.log if entry.kind == "trade" and entry.trader == trader)

    def _worths(self, outcome: int | Sequence[float | int | Fraction]) -> tuple[int, ...]:
        outcomes = self.prices.size
        if isinstance(outcome, int | np.integer):
            if not 0 <= outcome < outcomes:
                raise ValueError(f"PredictionMarket: there are the outcomes 0 to {outcomes - 1}, got {outcome}.")
            return tuple(MICRO * (place == outcome) for place in range(outcomes))
        worths = tuple(to_micro(worth) for worth in outcome)
        if len(worths) != outcomes or min(worths) < 0 or sum(worths) != MICRO:
            raise ValueError(
                f"PredictionMarket: expected what a share of each of {outcomes} outcomes is worth, at least 0 and adding up to 1 "
                f"in micro-credits, got {tuple(outcome)}."
            )
        return worths

    def _shares_of(self, trader: str) -> tuple[int, ...]:
        if trader not in self._shares:
            raise ValueError(
                f"PredictionMarket: {trader!r} has no account; there are {self.traders[:8]}. Call open first."
            )
        return self._shares[trader]

    def _check_open(self) -> None:
        if self.resolution is not None:
            raise ValueError("PredictionMarket: the market is resolved; open another one.")


def _up(amount: Any) -> int:
    """Micro-credits, to the maker's favour."""
    return math.ceil(Fraction(float(amount)) * MICRO)


def _payout(shares: Sequence[int], worths: Sequence[int]) -> int:
    """Micro-credits, to the maker's favour."""
    return sum(share * worth for share, worth in zip(shares, worths, strict=True)) // MICRO
