"""Budgets, and the firm that trades for all traders within them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from catallax.induction._day import Day, Strategy


class BudgetLadder:
    """Budgets `b_j = lowest 2^j` credits, each trader copied to all of them with weights `2^-(j + 1)`.

    With a single budget traders are ruined for good by what their open shares could cost, or by the luck of others, until the last one left
    sets the price. Higher budgets carry those who are right but had bad luck.

    >>> BudgetLadder(levels=3).budgets.tolist(), BudgetLadder(levels=3).weights.tolist()
    ([1.0, 2.0, 4.0], [0.5, 0.25, 0.125])
    """

    def __init__(self, levels: int = 8, lowest: float = 1.0) -> None:
        """
        Args:
            levels: number of budgets, 1 to 40.
            lowest: the first, credits, above 0.

        Raises:
            ValueError: for other numbers.
        """
        if not 1 <= levels <= 40 or not 0 < lowest < np.inf:
            raise ValueError(f"BudgetLadder: expected 1 to 40 levels and a budget above 0, got {levels} and {lowest}.")
        self.budgets: Float[np.ndarray, " levels"] = lowest * 2.0 ** np.arange(levels)
        self.weights: Float[np.ndarray, " levels"] = 2.0 ** -np.arange(1, levels + 1)


class Accounts(NamedTuple):
    """Cash and shares; each past trade was paid at the price of its own day."""

    cash: Float[np.ndarray, "*owners"]
    """Credits, with what decided sentences paid."""
    held: Float[np.ndarray, "*owners carried"]
    """Shares of each sentence that is not decided."""

    def worth(self, truth: Bool[np.ndarray, "worlds carried"]) -> Float[np.ndarray, "*owners worlds"]:
        """`W(sum_i T_i)` in each world, credits."""
        return self.cash[..., None] + self.held @ truth.T.astype(np.float64)

    def carrying(self, columns: int) -> Accounts:
        """With room for more sentences, so that there are so many."""
        more = columns - self.held.shape[-1]
        return Accounts(self.cash, np.concatenate([self.held, np.zeros((*self.cash.shape, more))], -1))

    def paid(self, told: Float[np.ndarray, " carried"]) -> Accounts:
        """After decided sentences paid 1 or 0; those with NaN are kept."""
        done = ~np.isnan(told)
        return Accounts(self.cash + self.held[..., done] @ told[done], self.held[..., ~done])

    def after(self, shares: Float[np.ndarray, "*owners traded"], prices: np.ndarray, columns: np.ndarray) -> Accounts:
        """After a trade in some of the columns."""
        held = self.held.copy()
        held[..., columns] += shares
        return Accounts(self.cash - shares @ prices, held)


class Firm(NamedTuple):
    """The trading firm on one day: `T(V) = sum_k sum_b weight_kb Budgeter_b(T_k)(V)`.

    `Budgeter_b(T) = T min_W 1 / max(1, -W(T) / (b + W(past)))` over the plausible worlds W, and nothing for ever once `W(past) <= -b`
    in one of them. Worlds that agree on the sentences traded today differ in the past alone, so the poorest of each such group decides.
    """

    names: tuple[str, ...]
    strategies: Sequence[Strategy]
    weights: Float[np.ndarray, "traders levels"]
    """0 where the budget is used up."""
    patterns: Float[np.ndarray, "patterns sentences"]
    """Truths that the sentences of today can have together."""
    per_room: Float[np.ndarray, "traders levels patterns"]
    """`1 / (b + W(past))`, of the poorest world of the pattern, per credit."""

    @classmethod
    def of_day(
        cls,
        names: tuple[str, ...],
        strategies: Sequence[Strategy],
        day: Day,
        past: Float[np.ndarray, "traders worlds"],
        ladder: BudgetLadder,
        alive: Bool[np.ndarray, "traders levels"],
        weights: Float[np.ndarray, " traders"],
    ) -> Firm:
        """
        Args:
            names: of the traders.
            strategies: of the traders, in their order.
            day: that begins.
            past: what each trader is worth in each plausible world, without budget, credits.
            ladder: budgets.
            alive: budgets that never were used up.
            weights: of the traders.
        """
        codes, first, group = _groups(day.truth)
        poorest = np.stack([past[:, group == code].min(1) for code in range(len(codes))], 1)
        room = ladder.budgets[None, :, None] + poorest[:, None, :]
        # a budget that rounding left at 0 is used up
        open_ = alive & (room.min(-1) > 0)
        return cls(
            names,
            strategies,
            np.where(open_, weights[:, None] * ladder.weights, 0.0),
            day.truth[first].astype(np.float64),
            1.0 / np.where(open_[..., None], room, 1.0),
        )

    def shares(self, prices: Float[np.ndarray, " sentences"]) -> Float[np.ndarray, "traders sentences"]:
        """What the traders would buy without budgets.

        Raises:
            ValueError: if a demand is not a finite number for each sentence.
        """
        shares = np.concatenate([strategy(prices) for strategy in self.strategies])
        if shares.shape != (len(self.names), prices.size):
            raise ValueError(
                f"LogicalInductor: {len(self.names)} traders must say how much they buy of {prices.size} sentences, got an array "
                f"of shape {shares.shape}."
            )
        if not np.isfinite(shares.sum()):
            wrong = self.names[int(np.argmin(np.isfinite(shares).all(1)))]
            raise ValueError(f"LogicalInductor: trader {wrong!r} is not finite at the prices {prices.round(6)}.")
        return shares

    def scales(
        self, shares: Float[np.ndarray, "traders sentences"], prices: Float[np.ndarray, " sentences"]
    ) -> Float[np.ndarray, "traders levels"]:
        """The part of its trade that each budget lets through, 0 to 1."""
        loss = (shares @ prices)[:, None] - shares @ self.patterns.T
        return 1.0 / np.maximum(1.0, (loss[:, None, :] * self.per_room).max(-1))

    def __call__(self, prices: Float[np.ndarray, " sentences"]) -> Float[np.ndarray, " sentences"]:
        """What the firm buys."""
        shares = self.shares(prices)
        return (self.weights * self.scales(shares, prices)).sum(1) @ shares


def _groups(truth: Bool[np.ndarray, "worlds sentences"]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct rows, the first world that has each, and the group of every world."""
    if truth.shape[1] <= 62:
        rows = truth @ (1 << np.arange(truth.shape[1], dtype=np.int64))
        return np.unique(rows, return_index=True, return_inverse=True)
    return np.unique(truth, axis=0, return_index=True, return_inverse=True)
