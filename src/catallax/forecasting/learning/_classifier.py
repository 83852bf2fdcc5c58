"""A market of classifiers."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_random_state

from catallax.forecasting.clearing import AbstractCallMarket
from catallax.forecasting.clearing._settings import require_settings
from catallax.forecasting.learning import _traders as people
from catallax.forecasting.learning._calibration import best_power, sharpened
from catallax.forecasting.learning._estimator import AbstractMarketClassifier
from catallax.forecasting.learning._rules import rule_of
from catallax.forecasting.learning._trader_market import AbstractTraderMarket
from catallax.forecasting.learning._wealth import Questions, everybody


class MarketClassifier(AbstractTraderMarket, AbstractMarketClassifier):
    """Classifiers trade shares of classes; what they earn on rows that they did not learn from is their say.

    Traders believe their `predict_proba`, raised to a power that corrects who is too sure or too timid, and scaled. In `fit` each trades every row by what a copy of it, trained on the other folds, believes; then it learns
    from all rows, and probabilities are the prices at the wealth that it has by then. Powers and wealth are learned from the same held-out rows, powers first:
    prices of `price_path_` and beliefs of `trade_log_` know that one number a trader from all of them. `partial_fit` leaves powers as they are. With Kelly traders, `eta=1` and one epoch, wealth is the
    posterior of Bayes' rule over traders, which in the end is mostly one of them; a small `eta`, or `schedule="batch"` with some epochs (EM for the
    weights of a mixture), keeps several.

    Attributes: `classes_`, `n_features_in_`; `traders_`, pairs of name and fitted estimator; `powers_`, one a trader; `wealth_`, one a trader, together 1; `wealth_path_`, at
    the beginning and after each question (after each epoch with the batch schedule); `price_path_`, at which each question was traded;
    `trade_log_`, a structured array with a row for each trader at each question: time, sample, trader, belief in and price of what
    happened, wealth before and after.

    Source: Beygelzimer, Langford and Pennock (2012); Storkey (2011); Barbu and Lay (2012), by mechanism; powers, Guo et al. (2017).
    """

    def __init__(
        self,
        traders: str | list = "auto",
        mechanism: str | AbstractCallMarket = "kelly",
        risk: float = 1.0,
        eta: float = 1.0,
        epochs: int = 1,
        schedule: str = "online",
        fit_traders: bool = True,
        cv: Any = 5,
        initial_wealth: Any = "uniform",
        wealth_floor: float = 0.0,
        clip: float = 1e-3,
        calibrate: bool = True,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        """Settings; nothing is checked before `fit`.

        Args:
            traders: pairs of a name and a classifier with `predict_proba`; "auto" is logistic regression, naive Bayes, neighbours, a forest and a small tree.
            mechanism: "kelly", "cara", "isoelastic", "constant", "linear", "aggressive", "lmsr", or a call market, whose settings are one for all or one a trader.
                "cara" is `ProportionalCARA(risk)`; "lmsr" is `SequentialLMSR(0.1)`, whose maker's liquidity `b` is a tenth of all wealth.
            risk: aversion of CARA and isoelastic traders.
            eta: the part of each order that is filled; `1 + eta * gain / wealth` is what wealth is multiplied with.
            epochs: passes over the rows.
            schedule: "online", one row after the other in random order, or "batch", all at once.
            fit_traders: whether traders learn; otherwise they are fitted already, on other rows.
            cv: folds, as scikit-learn understands them; not used without `fit_traders`.
            initial_wealth: "uniform", or one number above 0 for each trader.
            wealth_floor: the part of all wealth that is dealt out in equal parts after each question; keeps everybody in the market.
            clip: beliefs are at least this, before they are scaled to add up to 1; who believes 0 is ruined by one surprise.
            calibrate: whether beliefs are raised to a power, one a trader, that makes them most likely on rows that it did not learn from.
            random_state: as scikit-learn understands it.
            n_jobs: processes for the folds, as scikit-learn understands it.
        """
        self.traders = traders
        self.mechanism = mechanism
        self.risk = risk
        self.eta = eta
        self.epochs = epochs
        self.schedule = schedule
        self.fit_traders = fit_traders
        self.cv = cv
        self.initial_wealth = initial_wealth
        self.wealth_floor = wealth_floor
        self.clip = clip
        self.calibrate = calibrate
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _more(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Traders bet first; those with `partial_fit` go on learning, others keep to what they know."""
        self._go_on(self._resolved(self._questions(X), y, weight), X, y, weight)

    def _fit(
        self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, classes: np.ndarray | None
    ) -> MarketClassifier:
        self.classes_ = np.unique(y) if classes is None else classes
        self.rule_ = rule_of("MarketClassifier", self.mechanism, self.risk)
        self._check_trading()
        if not 0 < self.clip < 0.5:
            raise ValueError(f"MarketClassifier: clip must be above 0 and below 0.5, got {self.clip}.")
        self._labels(y)
        if len(self.classes_) < 2 or len(np.unique(y)) < 2:
            raise ValueError(f"MarketClassifier: there is nothing to bet on: y has 1 class, {np.unique(y)[0]!r}.")
        rng = check_random_state(self.random_state)
        easy = isinstance(self.traders, str) and self.traders == "auto"
        named = auto(rng.randint(2**31 - 1), len(y)) if easy else self._given("predict_proba")
        require_settings("MarketClassifier", self.rule_, len(named))
        if self.fit_traders:
            splits = people.folds(self.cv, X, y, rng)
            beliefs, out = people.held_out(named, X, y, weight, splits, self._believed, self.n_jobs)
            self.traders_ = [(name, self._taught(model, X, y, weight)) for name, model in named]
        else:
            self.traders_ = named
            beliefs, out = self._said(X), np.ones(len(y), bool)
        self._open(len(named), len(self.classes_))
        rows = np.flatnonzero(out)
        counts = np.ones(len(rows)) if weight is None else weight[rows]
        labels = self._labels(y[rows])
        each = range(len(named)) if self.calibrate else ()
        self.powers_ = np.array([best_power(beliefs[rows, i], labels, counts) for i in each] or np.ones(len(named)))
        answered = self._resolved(everybody(self._calibrated(beliefs[rows])), y[rows], counts)
        self._learn(answered, rows, rng)
        self._seen = len(y)
        return self

    def _taught(self, model: Any, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Any:
        if hasattr(model, "partial_fit") and len(np.unique(y)) < len(self.classes_):
            # who goes on learning in parts must expect classes that the first rows lack
            copy: Any = clone(model)
            return copy.partial_fit(X, y, self.classes_, **people.weighted(model, weight))
        return people.fitted(model, X, y, weight)

    def _believed(self, trader: Any, X: np.ndarray) -> np.ndarray:
        return people.probabilities("MarketClassifier", trader, X, self.classes_, self.clip)

    def _said(self, X: np.ndarray) -> np.ndarray:
        return np.stack([self._believed(trader, X) for _, trader in self.traders_], 1)

    def _calibrated(self, said: np.ndarray) -> np.ndarray:
        return people.clipped(sharpened(said, self.powers_), self.clip) if self.calibrate else said

    def _questions(self, X: np.ndarray) -> Questions:
        return everybody(self._calibrated(self._said(X)))


def auto(seed: int, rows: int) -> people.Named:
    """Five traders of different kinds, for a table of some rows."""
    return [
        ("logistic", make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))),
        ("bayes", GaussianNB()),
        ("neighbours", make_pipeline(StandardScaler(), KNeighborsClassifier(max(1, min(15, rows // 4))))),
        ("forest", RandomForestClassifier(random_state=seed)),
        ("tree", DecisionTreeClassifier(max_depth=3, random_state=seed)),
    ]
