"""Bets that are called off unless a condition holds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.forecasting._lmsr import LMSR
from catallax.forecasting._log import Entry
from catallax.forecasting._market import PredictionMarket
from catallax.forecasting.scoring._forecasts import finite


class ConditionalMarket:
    """One `LMSR` over conditions and outcomes together, in which `P(o | d)` is traded and `P(d)` left alone.

    Who moves `P(. | d)` from p to r holds `b ln(r_o / p_o)` shares of each pair (d, o) and none of the others: free of charge, and
    worth nothing unless d holds. That the bet on o given d does not touch `P(d)` is special to this maker (Hanson 2007, "Logarithmic
    market scoring rules for modular combinatorial information aggregation").

    >>> market = ConditionalMarket(("build", "wait"), ("profit", "loss"), liquidity=10.0)
    >>> market.accounts.open("ann", cash=20.0)
    >>> entry = market.bet("ann", "profit", given="build", to_price=0.7)
    >>> market.given("build").round(6).tolist(), market.given("wait").tolist(), market.conditions_prices.round(6).tolist()
    ([0.7, 0.3], [0.5, 0.5], [0.5, 0.5])
    >>> market.resolve("wait", "loss")
    >>> abs(round(market.accounts.profit("ann"), 5))
    0.0
    """

    def __init__(
        self,
        conditions: Sequence[Hashable],
        outcomes: Sequence[Hashable],
        liquidity: float,
        prior: Any = None,
    ) -> None:
        """Open a market.

        Args:
            conditions: names, of which exactly one will hold.
            outcomes: names, of which exactly one will happen.
            liquidity: `b`, credits per nat.
            prior: opening prices of the pairs, axes `conditions outcomes`, above 0; by default all alike.

        Raises:
            ValueError: for names that are not different, or a prior that is no distribution with full support: a condition of price 0 is
                impossible, and nothing can be bet on what happens under it.
        """
        self.conditions, self.outcomes = (
            names_of("ConditionalMarket", "conditions", conditions),
            names_of("ConditionalMarket", "outcomes", outcomes),
        )
        shape = len(self.conditions), len(self.outcomes)
        table = None if prior is None else finite("ConditionalMarket", "prior", prior)
        if table is not None and (table.shape != shape or not np.all(table > 0)):
            raise ValueError(
                f"ConditionalMarket: expected a prior above 0 of the shape {shape}, got {prior}: a condition of price 0 is impossible."
            )
        flat = None if table is None else table.reshape(-1)
        self.accounts = PredictionMarket(LMSR(shape[0] * shape[1], liquidity, flat))
        """Traders, money and all other bets: shares of the pairs, the outcomes of the first condition first."""

    @property
    def prices(self) -> Float[np.ndarray, "conditions outcomes"]:
        """`P(d, o)`."""
        return self.accounts.prices.reshape(len(self.conditions), len(self.outcomes))

    @property
    def conditions_prices(self) -> Float[np.ndarray, " conditions"]:
        """`P(d)`."""
        return self.prices.sum(1)

    def given(self, condition: Hashable) -> Float[np.ndarray, " outcomes"]:
        """`P(. | d)`.

        Raises:
            ValueError: for an unknown condition, or one whose price has fallen to 0.
        """
        row = self.prices[place("ConditionalMarket", "condition", self.conditions, condition)]
        if not row.min() > 0:
            raise ValueError(f"ConditionalMarket: the market holds {condition!r} for impossible; its prices are {row}.")
        return row / row.sum()

    def payoffs(self, outcome: Hashable, given: Hashable, to_price: float) -> Float[np.ndarray, "conditions outcomes"]:
        """What a bet pays, credits: `b ln(p' / p)` if condition and outcome come true, `b ln((1 - p') / (1 - p))` if the condition alone, 0 if not.

        Args:
            outcome: whose price shall move, the others keeping their proportions.
            given: the condition.
            to_price: where `P(o | d)` shall be.

        Raises:
            ValueError: for unknown names, or a price that is not above 0 and below 1.
        """
        column = place("ConditionalMarket", "outcome", self.outcomes, outcome)
        before = self.given(given)[column]
        if not 0 < to_price < 1:
            raise ValueError(f"ConditionalMarket: a price can be brought anywhere above 0 and below 1, got {to_price}.")
        table = np.zeros((len(self.conditions), len(self.outcomes)))
        row = table[self.conditions.index(given)]
        row[:] = np.log1p(-to_price) - np.log1p(-before)
        row[column] = np.log(to_price) - np.log(before)
        return float(self._maker.liquidity) * table

    def bet(self, trader: str, outcome: Hashable, given: Hashable, to_price: float, reason: str = "") -> Entry:
        """Move `P(o | d)`; see `payoffs`.

        Raises:
            ValueError: as `payoffs`, and as `PredictionMarket.trade` where the trader could not pay. Nothing has changed then.
        """
        shares = self.payoffs(outcome, given, to_price).reshape(-1).tolist()
        return self.accounts.trade(trader, shares=shares, reason=reason)

    def resolve(self, condition: Hashable, outcome: Hashable) -> None:
        """Pay everybody; bets under other conditions pay nothing.

        Raises:
            ValueError: for unknown names, or if the market is resolved already.
        """
        row = place("ConditionalMarket", "condition", self.conditions, condition)
        column = place("ConditionalMarket", "outcome", self.outcomes, outcome)
        self.accounts.resolve(row * len(self.outcomes) + column)

    @property
    def _maker(self) -> LMSR:
        maker = self.accounts.maker
        assert isinstance(maker, LMSR)
        return maker


def names_of(part: str, what: str, names: Sequence[Hashable]) -> tuple[Hashable, ...]:
    """Names, at least two and all different.

    Raises:
        ValueError: for others.
    """
    if isinstance(names, str) or len(names) < 2 or len(set(names)) < len(names):
        raise ValueError(f"{part}: expected at least 2 different {what}, got {names!r}.")
    return tuple(names)


def place(part: str, what: str, names: tuple[Hashable, ...], name: Hashable) -> int:
    """Where a name stands.

    Raises:
        ValueError: for a name that is none of them.
    """
    if name not in names:
        raise ValueError(f"{part}: there is no {what} {name!r}; there are {', '.join(map(repr, names))}.")
    return names.index(name)
