"""Books on the host: whole micro-credits, two sides to every entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

MICRO = 1_000_000
"""Micro-credits in a credit."""


class Books:
    """Accounts of whole micro-credits; every movement is a transfer from one account to another.

    `sum of all balances = 0`, always: `house` falls as it endows. Python's integers have no end, so nothing overflows.

    >>> books = Books()
    >>> books.transfer("house", "ann", to_micro(10))
    >>> books["ann"], books.imbalance
    (10000000, 0)
    """

    def __init__(self) -> None:
        self._balances: dict[str, int] = {"house": 0}

    def __getitem__(self, account: str) -> int:
        """Balance, micro-credits.

        Raises:
            KeyError: for an account that was never opened.
        """
        if account not in self._balances:
            raise KeyError(f"Books: no account {account!r}; open it with a transfer to it. There are {list(self)[:8]}.")
        return self._balances[account]

    def __iter__(self) -> Iterator[str]:
        return iter(self._balances)

    def __contains__(self, account: object) -> bool:
        return account in self._balances

    @property
    def balances(self) -> Mapping[str, int]:
        """A copy of all balances, micro-credits."""
        return dict(self._balances)

    def transfer(self, payer: str, payee: str, amount: int) -> None:
        """Move micro-credits; all or nothing. The payee's account is opened where there is none.

        Args:
            payer: only `house` may fall below 0.
            payee: another account.
            amount: micro-credits, at least 0.

        Raises:
            TypeError: if the amount is not whole.
            ValueError: if it is negative, goes nowhere, or is more than the payer has.
        """
        if isinstance(amount, bool) or not isinstance(amount, int):
            raise TypeError(f"Books: amounts are whole micro-credits, got {amount!r}; use to_micro.")
        if amount < 0:
            raise ValueError(f"Books: {payer!r} was to pay {amount} micro-credits; swap payer and payee instead.")
        if payer == payee:
            raise ValueError(f"Books: {payer!r} cannot pay itself.")
        balance = self[payer]
        if payer != "house" and balance < amount:
            raise ValueError(f"Books: {payer!r} has {to_credits(balance)} credits and was to pay {to_credits(amount)}.")
        self._balances[payer] = balance - amount
        self._balances[payee] = self._balances.get(payee, 0) + amount

    @property
    def imbalance(self) -> int:
        """Sum of all balances, micro-credits: exactly 0."""
        return sum(self._balances.values())


def to_micro(amount: float | int | Fraction) -> int:
    """Credits in whole micro-credits, to the nearest.

    Raises:
        ValueError: if the amount is not finite.
    """
    try:
        return round(Fraction(amount) * MICRO)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"expected a finite number of credits, got {amount}.") from error


def to_credits(amount: int) -> float:
    """Micro-credits in credits."""
    return amount / MICRO
