"""What markets of whole estimators have in common: wealth, its paths and the log."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from catallax.forecasting.learning import _traders as people
from catallax.forecasting.learning._records import trades
from catallax.forecasting.learning._rules import require_part
from catallax.forecasting.learning._wealth import Learned, Questions, all_at_once, one_after_the_other

SCHEDULES = {"online": one_after_the_other, "batch": all_at_once}


class AbstractTraderMarket(BaseEstimator):
    """Keeps `wealth_`, `wealth_path_`, `price_path_` and `trade_log_` of traders that are estimators, `traders_`."""

    traders: Any
    fit_traders: bool
    schedule: str
    epochs: int
    eta: float
    wealth_floor: float
    initial_wealth: Any
    rule_: Any
    wealth_: np.ndarray
    traders_: people.Named

    def _check_trading(self) -> None:
        part = type(self).__name__
        require_part(part, "eta", self.eta)
        require_part(part, "wealth_floor", self.wealth_floor, open_=False)
        if self.epochs < 1:
            raise ValueError(f"{part}: epochs must be at least 1, got {self.epochs}.")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"{part}: schedule must be one of {', '.join(SCHEDULES)}, got {self.schedule!r}.")

    def _given(self, method: str) -> people.Named:
        """Traders that the user brought."""
        named = people.require_traders(type(self).__name__, self.traders, method)
        if not self.fit_traders:
            for _, trader in named:
                check_is_fitted(trader)
        return named

    def _open(self, traders: int, outcomes: int) -> None:
        """Wealth at the beginning, and empty books."""
        wealth = np.ones(traders) if isinstance(self.initial_wealth, str) else np.asarray(self.initial_wealth, float)
        named = isinstance(self.initial_wealth, str) and self.initial_wealth != "uniform"
        if named or wealth.shape != (traders,) or not np.all(np.isfinite(wealth) & (wealth > 0)):
            raise ValueError(
                f"{type(self).__name__}: initial_wealth must be 'uniform' or {traders} numbers above 0, got {self.initial_wealth!r}."
            )
        self.wealth_ = wealth / wealth.sum()
        self.wealth_path_ = self.wealth_[None]
        self.price_path_ = np.zeros((0, outcomes))
        self.trade_log_ = None

    def _learn(self, questions: Questions, rows: np.ndarray, rng: np.random.RandomState) -> None:
        """Trade all epochs."""
        for _ in range(self.epochs):
            order = rng.permutation(len(rows)) if self.schedule == "online" else np.arange(len(rows))
            self._turn(SCHEDULES[self.schedule], questions.taken(order), rows[order])

    def _go_on(self, questions: Questions, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Trade in the order of the rows, and then let those learn who can."""
        self._turn(one_after_the_other, questions, self._seen + np.arange(len(y)))
        self._seen += len(y)
        if self.fit_traders:
            for _, trader in self.traders_:
                if hasattr(trader, "partial_fit"):
                    trader.partial_fit(X, y, **people.weighted(trader, weight))

    def _turn(self, trade: Any, questions: Questions, samples: np.ndarray) -> None:
        found: Learned = trade(self.rule_, self.wealth_, questions, self.eta, self.wealth_floor)
        rows = trades(questions, found, samples, start=len(self.price_path_))
        self.trade_log_ = rows if self.trade_log_ is None else np.concatenate([self.trade_log_, rows]).view(type(rows))
        self.wealth_ = found.wealth
        path = found.after if trade is one_after_the_other else found.wealth[None]
        self.wealth_path_ = np.concatenate([self.wealth_path_, path])
        self.price_path_ = np.concatenate([self.price_path_, found.prices])

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.traders_)
