"""The market on all combinations with one number for each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from catallax.forecasting.combinatorial._joint import AbstractJointMarket
from catallax.forecasting.combinatorial._tree import MOST
from catallax.forecasting.combinatorial._variables import Evidence


class DenseMarket(AbstractJointMarket):
    """The market as it is defined, on a table over all combinations: the reference for all others, and free to link any variables.

    >>> market = DenseMarket({"rain": 2, "wet": 2}, liquidity=10.0)
    >>> market.open("ann", cash=20.0)
    >>> edit = market.edit("ann", "wet", to=0.9, given={"rain": 1})
    >>> market.probability("wet").round(3).tolist(), market.probability("rain", given={"wet": 1}).round(3).tolist()
    ([0.3, 0.7], [0.357, 0.643])
    """

    def _begin(self, factors: list[tuple[tuple[int, ...], np.ndarray]]) -> None:
        sizes = self.variables.sizes
        if math.prod(sizes) > MOST:
            raise ValueError(
                f"{self._name}: {len(sizes)} variables have {math.prod(sizes):,} combinations, more than {MOST:,}; use JunctionTreeMarket."
            )
        opening = np.zeros(sizes)
        for scope, table in factors:
            opening += np.expand_dims(table, [v for v in range(len(sizes)) if v not in scope])
        self._opening = opening - _log_sum(opening, ())
        self._log_prices = self._opening
        self._assets: dict[str, np.ndarray] = {}
        self._excluded = np.zeros(sizes, bool)

    def _log_least_opening(self) -> float:
        return float(self._opening.min())

    def _check_scope(self, scope: tuple[int, ...]) -> None:
        """Any variables go together."""

    def _log_chances(self, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        return _log_sum(self._seen(np.where(self._excluded, -np.inf, self._log_prices), evidence), scope)

    def _log_floors(self, trader: str, scope: tuple[int, ...], evidence: Evidence) -> np.ndarray:
        return np.asarray(self._left(trader, evidence).min(axis=self._others(scope)))

    def _log_total(self, evidence: Evidence) -> float:
        return float(self._log_chances((), evidence))

    def _log_floor(self, trader: str, evidence: Evidence) -> float:
        return float(self._left(trader, evidence).min())

    def _log_worst(self, trader: str, evidence: Evidence) -> dict[int, int]:
        left = self._left(trader, evidence)
        return dict(enumerate(int(state) for state in np.unravel_index(left.argmin(), left.shape)))

    def _log_mean(self, trader: str, evidence: Evidence) -> float:
        chances = self._log_chances(tuple(range(len(self.variables))), evidence)
        weights = np.exp(chances - chances.max())
        return float((weights * self._assets[trader]).sum() / weights.sum())

    def _log_assets(self, trader: str, cell: tuple[int, ...]) -> float:
        return float(self._assets[trader][cell])

    def _log_moved(self, cell: tuple[int, ...]) -> float:
        return float(self._log_prices[cell] - self._opening[cell])

    def _endow(self, trader: str, amount: float) -> None:
        self._assets[trader] = np.full(self.variables.sizes, amount)

    def _scale(self, trader: str, scope: tuple[int, ...], ratio: np.ndarray) -> None:
        ratio = np.expand_dims(ratio, self._others(scope))
        self._log_prices = self._log_prices + ratio
        self._assets[trader] = self._assets[trader] + ratio

    def _rule_out(self, variable: int, possible: np.ndarray) -> None:
        self._excluded = self._excluded | np.expand_dims(~possible, self._others((variable,)))

    def _left(self, trader: str, evidence: Evidence) -> np.ndarray:
        """Assets where they can still be had."""
        seen = self._seen(np.where(self._excluded, -np.inf, 0.0), evidence)
        return np.where(seen == -np.inf, np.inf, self._assets[trader])

    def _seen(self, table: np.ndarray, evidence: Evidence) -> np.ndarray:
        for variable, likelihood in evidence:
            table = table + np.expand_dims(likelihood, self._others((variable,)))
        return table

    def _others(self, scope: Sequence[int]) -> tuple[int, ...]:
        return tuple(v for v in range(len(self.variables)) if v not in scope)


def _log_sum(table: np.ndarray, scope: Sequence[int]) -> np.ndarray:
    """Joined over all axes that are not in `scope`."""
    top = table.max()
    if top == -np.inf:
        return np.full([table.shape[v] for v in scope], -np.inf)
    with np.errstate(divide="ignore"):
        return np.asarray(
            top + np.log(np.exp(table - top).sum(axis=tuple(v for v in range(table.ndim) if v not in scope)))
        )
