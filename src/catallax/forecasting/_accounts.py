"""Accounts of a market: who holds what, who paid whom, and what everybody gets in the end."""

from __future__ import annotations

import abc
from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from catallax.core import MICRO, Books, to_credits, to_micro
from catallax.forecasting._log import Entry, TradeLog
from catallax.forecasting._mechanism import outcome_number

CLEARING = "clearing"
"""The account between the traders: what it takes in is paid out at the resolution."""


class AbstractMarket(abc.ABC):
    """Traders with accounts; money and shares are whole micro-credits and micro-shares, and all accounts add up to 0, exactly.

    Shares may be negative: what a trader sold without having it. What it could owe is always covered, `cash + shares_i >= 0` in every
    outcome i, and the same for all orders that still stand.
    """

    def __init__(self, outcomes: int) -> None:
        self.outcomes = outcomes
        self.books = Books()
        self.log = TradeLog()
        self.resolution: tuple[int, ...] | None = None
        """Micro-credits that a share of each outcome was worth; None while the market is open, empty when it was called off."""
        self._shares: dict[str, tuple[int, ...]] = {}
        self._outstanding = (0,) * outcomes

    @property
    @abc.abstractmethod
    def prices(self) -> Float[np.ndarray, " outcomes"]:
        """Credits per share."""

    @property
    def traders(self) -> tuple[str, ...]:
        """Everybody with an account."""
        return tuple(self._shares)

    @property
    def trades(self) -> int:
        """How often something was traded."""
        return sum(entry.kind == "trade" for entry in self.log)

    def open(self, trader: str, cash: float) -> None:
        """Give a trader an account with credits from the house.

        Raises:
            ValueError: if there is one already, the name is taken by the market, or the cash is not a number of at least 0.
        """
        self._check_open()
        amount = endow(type(self).__name__, self.books, trader, cash)
        self._shares[trader] = (0,) * self.outcomes
        self.log.append("open", trader, cash=amount)

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
        due = {
            trader: _payout(self._shares[trader], worths) if worths else self._paid(trader) for trader in self.traders
        }
        for trader in sorted(self.traders, key=lambda trader: due[trader]):  # who owes pays first
            self._pay(CLEARING, trader, due[trader])
            self.log.append("resolve", trader, shares=worths, cash=due[trader])
        self._pay(CLEARING, "house", self.books[CLEARING])
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
        held = np.asarray(self._shares_of(trader), np.float64) / MICRO
        return held if self.resolution is None else np.zeros_like(held)

    def wealth(self, trader: str) -> float:
        """Cash, and the positions at the present prices, credits; not what a sale would bring, which moves the price."""
        return self.cash(trader) + float(self.positions(trader) @ self.prices)

    def profit(self, trader: str) -> float:
        """Wealth less what the trader began with, credits.

        Raises:
            ValueError: for somebody without an account.
        """
        self._shares_of(trader)
        began = next(entry.cash for entry in self.log if entry.kind == "open" and entry.trader == trader)
        return self.wealth(trader) - to_credits(began)

    @property
    def imbalance(self) -> int:
        """Sum of all accounts, micro-credits: exactly 0."""
        return self.books.imbalance

    def _steps(self) -> dict[str, Callable[[Entry], object]]:
        """What all markets do again at an entry of a log."""
        return {
            "open": lambda entry: self.open(entry.trader, to_credits(entry.cash)),
            "resolve": self._resolve_again,
        }

    def _resolve_again(self, entry: Entry) -> None:
        """The first such entry pays everybody."""
        if self.resolution is None:
            self.resolve([Fraction(worth, MICRO) for worth in entry.shares] if entry.shares else None)

    def _hand(self, trader: str, shares: Sequence[int]) -> None:
        """Micro-shares to a trader."""
        self._shares[trader] = _sum(self._shares[trader], shares)
        self._outstanding = _sum(self._outstanding, shares)

    def _short(self, shares: Sequence[int], cash: int) -> int:
        """Micro-credits that `clearing` would lack in the worst outcome, were these shares and this cash handed out; what a maker computes in
        doubles may be off by that."""
        return max(0, cash + max(_sum(self._outstanding, shares)) - self.books[CLEARING])

    def _uncovered(self, trader: str, cash: int, shares: Sequence[int]) -> int:
        """Micro-credits that the trader could owe and would not have, with other cash and shares."""
        return max(0, -cash, -cash - min(shares))

    def _pay(self, payer: str, payee: str, amount: int) -> None:
        if amount:
            self.books.transfer(*((payer, payee) if amount > 0 else (payee, payer)), abs(amount))

    def _paid(self, trader: str) -> int:
        return -sum(entry.cash for entry in self.log if entry.kind == "trade" and entry.trader == trader)

    def _worths(self, outcome: int | Sequence[float | int | Fraction]) -> tuple[int, ...]:
        part = type(self).__name__
        if np.ndim(cast(Any, outcome)) == 0:
            happened = outcome_number(part, self.outcomes, outcome)
            return tuple(MICRO * (place == happened) for place in range(self.outcomes))
        worths = tuple(in_micro(part, "what a share is worth", worth) for worth in cast(Sequence[float], outcome))
        if len(worths) != self.outcomes or min(worths) < 0 or sum(worths) != MICRO:
            raise ValueError(
                f"{part}: expected what a share of each of {self.outcomes} outcomes is worth, at least 0 and adding up to 1 "
                f"in micro-credits, got {outcome}."
            )
        return worths

    def _shares_of(self, trader: str) -> tuple[int, ...]:
        return self._shares[account_of(type(self).__name__, self._shares, trader)]

    def _check_open(self) -> None:
        if self.resolution is not None:
            raise ValueError(f"{type(self).__name__}: the market is resolved; open another one.")


def _sum(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _payout(shares: Sequence[int], worths: Sequence[int]) -> int:
    """Micro-credits, to the maker's favour."""
    return sum(share * worth for share, worth in zip(shares, worths, strict=True)) // MICRO


def endow(part: str, books: Books, trader: str, cash: float | int) -> int:
    """Open an account with credits from the house; micro-credits.

    Raises:
        ValueError: if there is one already, the name is taken by the market, or the cash is not a number of at least 0.
    """
    if trader in books:
        raise ValueError(f"{part}: there is an account {trader!r} already; choose another name.")
    amount = in_micro(part, f"the cash of {trader!r}", cash)
    if amount < 0:
        raise ValueError(f"{part}: {trader!r} cannot begin with {cash} credits.")
    books.transfer("house", trader, amount)
    return amount


def in_micro(part: str, name: str, amount: Any) -> int:
    """Micro-credits, see `to_micro`.

    Raises:
        ValueError: naming the part and what is no finite number of credits.
    """
    try:
        return to_micro(amount)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{part}: {name} must be a finite number of credits, got {amount!r}.") from error


def account_of(part: str, traders: Collection[str], trader: str) -> str:
    """The trader, who has an account.

    Raises:
        ValueError: for somebody without one.
    """
    if trader not in traders:
        raise ValueError(f"{part}: {trader!r} has no account; there are {tuple(traders)[:8]}. Call open first.")
    return trader
