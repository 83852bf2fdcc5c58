"""A market of regressors, whose prices are a distribution."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, check_random_state, validate_data

from catallax.forecasting._intervals import IntervalLMSR
from catallax.forecasting.learning import _traders as people
from catallax.forecasting.learning._number_markets import KERNELS, LEAST, MECHANISMS, Table
from catallax.forecasting.learning._rules import require_answers
from catallax.forecasting.learning._trader_market import AbstractTraderMarket
from catallax.forecasting.learning._wealth import Questions, everybody, explained


class RegressionExplanation(NamedTuple):
    """Who expects what for each row, and what that stakes."""

    names: tuple[str, ...]
    expected: np.ndarray
    """Axes `rows`, `traders`, units of the target."""
    deviation: np.ndarray
    """Of each trader's belief, units of the target."""
    paid: Any
    """Credits staked, axes `rows`, `traders`; all wealth together is 1."""
    earned: np.ndarray | None
    """Credits gained with the numbers given; None without."""


class MarketRegressor(RegressorMixin, AbstractTraderMarket):
    """Regressors trade on a number; what they earn on rows that they did not learn from is their say.

    A trader believes a normal distribution around its `predict`, as wide as the residuals of its held-out predictions. By mechanism: "density", Kelly
    traders at every number at once, `c(t) = sum w_m h_m(t)`, paid `h_m / c` at the number, or averaged over a normal kernel around it; "interval", traders of
    logarithmic utility one after the other before an `LMSR` over `grid` bins; "gaussian", CARA traders of the number and its square, whose price is one
    normal distribution.

    Attributes: as of `MarketClassifier`; `deviations_`, one a trader, units of the target; prices of `price_path_` are densities at the nodes of the
    kernel, prices of bins, or moments, in deviations of the target.

    Source: density and kernel, Lay and Barbu (2012); securities of moments, Abernethy, Kutty, Lahaie and Sami (2014); intervals, derived.
    """

    def __init__(
        self,
        traders: str | list = "auto",
        mechanism: str = "density",
        kernel: str = "delta",
        bandwidth: float = 0.2,
        grid: int = 64,
        risk: float = 1.0,
        eta: float = 1.0,
        epochs: int = 1,
        schedule: str = "online",
        fit_traders: bool = True,
        cv: Any = 5,
        initial_wealth: Any = "uniform",
        wealth_floor: float = 0.0,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        """Settings; nothing is checked before `fit`.

        Args:
            traders: pairs of a name and a regressor; "auto" is ridge regression, neighbours, a forest and a small tree.
            mechanism: "density", "interval", whose maker's liquidity `b` is a tenth of all wealth, or "gaussian".
            kernel: "delta" or "gaussian", of the density market.
            bandwidth: deviation of the kernel, in deviations of the target.
            grid: bins of the interval market, a power of 2.
            risk: aversion of the traders of the gaussian market.
            eta: the part of each order that is filled.
            epochs: passes over the rows.
            schedule: "online", one row after the other in random order, or "batch", all at once.
            fit_traders: whether traders learn; otherwise they are fitted already, on other rows.
            cv: folds, as scikit-learn understands them.
            initial_wealth: "uniform", or one number above 0 for each trader.
            wealth_floor: the part of all wealth that is dealt out in equal parts after each question.
            random_state: as scikit-learn understands it.
            n_jobs: processes for the folds, as scikit-learn understands it.
        """
        self.traders = traders
        self.mechanism = mechanism
        self.kernel = kernel
        self.bandwidth = bandwidth
        self.grid = grid
        self.risk = risk
        self.eta = eta
        self.epochs = epochs
        self.schedule = schedule
        self.fit_traders = fit_traders
        self.cv = cv
        self.initial_wealth = initial_wealth
        self.wealth_floor = wealth_floor
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> MarketRegressor:
        """Learn beliefs and wealth.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: finite numbers, one a sample.
            sample_weight: how many times a sample counts. Wealth is multiplied as many times; a trader that takes no weights learns without.

        Raises:
            ValueError: on settings or tables that make no sense, by name.
        """
        X, y, weight = self._begin(X, y, sample_weight, reset=True)
        self._check()
        rng = check_random_state(self.random_state)
        if len(y) < 2:
            raise ValueError(f"MarketRegressor: expected at least 2 rows, got n_samples={len(y)}.")
        easy = isinstance(self.traders, str) and self.traders == "auto"
        named = auto(rng.randint(2**31 - 1), len(y)) if easy else self._given("predict")
        if self.fit_traders:
            splits = people.folds(self.cv, X, y, rng, labels=False)
            said, out = people.held_out(named, X, y, weight, splits, _predicted, self.n_jobs, labels=False)
            self.traders_ = [(name, people.fitted(model, X, y, weight, labels=False)) for name, model in named]
        else:
            self.traders_ = named
            said, out = self._predictions(X), np.ones(len(y), bool)
        rows = np.flatnonzero(out)
        counts = np.ones(len(rows)) if weight is None else weight[rows]
        self._scale(y[rows], said[rows], counts)
        table = self._table(said[rows], y[rows])
        self._open(len(named), self._questions(table).beliefs.shape[2])
        self._learn(self._questions(table)._replace(weight=counts), rows, rng)
        self._seen = len(y)
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MarketRegressor:
        """Trade more rows in their order, and then learn from them: traders with `partial_fit` go on, others keep to what they know.

        The first call is a `fit`. The unit and the deviations of beliefs stay those of the first call.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: finite numbers, one a sample.
            sample_weight: how many times a sample counts.

        Raises:
            ValueError: on tables that make no sense, by name.
        """
        if not hasattr(self, "wealth_"):
            return self.fit(X, y, sample_weight)
        X, y, weight = self._begin(X, y, sample_weight, reset=False)
        questions = self._questions(self._table(self._predictions(X), y))
        self._go_on(questions._replace(weight=np.ones(len(y)) if weight is None else weight), X, y, weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The expected number, one a sample."""
        found = self._distribution(X)  # first of all: it says whether there is a model
        return self._centre + self._unit * found.mean()

    def predict_cdf(self, X: Any, values: Any) -> np.ndarray:
        """Probability of at most a value; axes `samples`, `values`.

        Args:
            X: finite numbers, axes `samples`, `features`.
            values: the same for every sample, or an axis `samples` first.

        Raises:
            ValueError: for values of other shapes, or that are no numbers.
        """
        found = self._distribution(X)
        return found.cdf(self._scaled(values, X))

    def predict_density(self, X: Any, values: Any) -> np.ndarray:
        """Probability per unit of the target at a value; axes `samples`, `values`.

        Args:
            X: finite numbers, axes `samples`, `features`.
            values: the same for every sample, or an axis `samples` first.

        Raises:
            ValueError: for values of other shapes, or that are no numbers.
        """
        found = self._distribution(X)
        return found.density(self._scaled(values, X)) / self._unit

    def predict_interval(self, X: Any, coverage: float = 0.9) -> np.ndarray:
        """The interval with equal probability on both sides outside; axes `samples`, two ends.

        Args:
            X: finite numbers, axes `samples`, `features`.
            coverage: probability inside, above 0 and below 1.

        Raises:
            ValueError: for another coverage.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"MarketRegressor: coverage must be above 0 and below 1, got {coverage}.")
        found = self._distribution(X)
        ends = [found.quantile(level) for level in ((1 - coverage) / 2, (1 + coverage) / 2)]
        return self._centre + self._unit * np.stack(ends, 1)

    def interval_market(self, row: Any, liquidity: float = 1.0) -> IntervalLMSR:
        """A market for one row that opens at the prices, to trade intervals in.

        Args:
            row: finite numbers, axis `features`.
            liquidity: `b`, credits per nat.

        Raises:
            ValueError: if the mechanism is not "interval", or for more than one row.
        """
        check_is_fitted(self)
        if np.ndim(row) != 1:
            raise ValueError(
                f"MarketRegressor: interval_market needs one row, the axis features; got the shape {np.shape(row)}."
            )
        if self.mechanism != "interval":
            raise ValueError(
                f"MarketRegressor: interval_market needs mechanism='interval', this is {self.mechanism!r}."
            )
        mass = self._distribution(np.asarray(row)[None]).mass[0]
        low, high = self._centre + self._unit * self._ends
        return IntervalLMSR.open(low, high, self.grid.bit_length() - 1, liquidity, prior=mass / mass.sum())

    def explain(self, X: Any, y: Any = None) -> RegressionExplanation:
        """Who expects what for each row and stakes how much on it, and with numbers what that earned; wealth stays as it is.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: finite numbers, one a sample.

        Raises:
            ValueError: for tables that make no sense, and more or fewer numbers than rows.
        """
        said = self._said(X)
        given = (
            np.zeros(len(said))
            if y is None
            else _numbers("y", require_answers("MarketRegressor.explain", y, len(said)))
        )
        questions = self._questions(self._table(said, given))
        found = explained(self.rule_, self.wealth_, questions)
        earned = None if y is None else np.einsum("qto,qo->qt", found.profits, questions.resolution)
        return RegressionExplanation(self._names, said, self.deviations_, found.bets.paid, earned)

    def _begin(
        self, X: Any, y: Any, sample_weight: Any, reset: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, reset=reset)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            if not sample_weight.sum() > 0:
                raise ValueError("MarketRegressor: some sample_weight must be above 0.")
        return X, np.asarray(y, np.float64), sample_weight

    def _check(self) -> None:
        self._check_trading()
        for name, known in (("mechanism", MECHANISMS), ("kernel", KERNELS)):
            if getattr(self, name) not in known:
                told = f"must be one of {', '.join(known)}, got {getattr(self, name)!r}"
                raise ValueError(f"MarketRegressor: {name} {told}.")
        if self.grid < 2 or self.grid & (self.grid - 1):
            raise ValueError(f"MarketRegressor: grid must be a power of 2, at least 2, got {self.grid}.")
        if not self.bandwidth > 0:
            raise ValueError(f"MarketRegressor: bandwidth must be above 0, got {self.bandwidth}.")

    def _scale(self, y: np.ndarray, said: np.ndarray, counts: np.ndarray) -> None:
        """The unit, the width of beliefs and the range of outcomes."""
        self._centre = float(np.average(y, weights=counts))
        spread = float(np.sqrt(np.average((y - self._centre) ** 2, weights=counts)))
        self._unit = spread if spread > 0 else 1.0
        residual = np.sqrt(np.average((said - y[:, None]) ** 2, axis=0, weights=counts))
        self.deviations_ = np.maximum(residual, LEAST * self._unit)
        seen = (y[counts > 0] - self._centre) / self._unit
        # a deviation of room on both sides
        self._ends = np.array([seen.min() - 1, seen.max() + 1])
        self.rule_ = MECHANISMS[self.mechanism].rule(self)

    def _table(self, said: np.ndarray, number: np.ndarray) -> Table:
        scaled = (number - self._centre) / self._unit
        return Table((said - self._centre) / self._unit, self.deviations_ / self._unit, scaled)

    def _questions(self, table: Table) -> Questions:
        beliefs, resolution = MECHANISMS[self.mechanism].questions(self, table)
        return everybody(beliefs)._replace(resolution=resolution)

    def _predictions(self, X: np.ndarray) -> np.ndarray:
        return np.stack([_predicted(trader, X) for _, trader in self.traders_], 1)

    def _said(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        table: Any = validate_data(self, X, dtype=np.float64, reset=False)
        return self._predictions(table)

    def _distribution(self, X: Any) -> Any:
        said = self._said(X)
        return MECHANISMS[self.mechanism].distribution(self, self._table(said, np.zeros(len(said))))

    def _scaled(self, values: Any, X: Any) -> np.ndarray:
        given = _numbers("values", values)
        if given.ndim not in (1, 2) or (given.ndim == 2 and len(given) not in (1, len(X))):
            raise ValueError(
                f"MarketRegressor: values need the axis values, or {len(X)} samples first and then values; got the shape {given.shape}."
            )
        return np.broadcast_to((given - self._centre) / self._unit, (len(X), given.shape[-1]))


def _numbers(name: str, given: Any) -> np.ndarray:
    found = np.asarray(given)
    if found.dtype.kind not in "iuf" or np.any(np.isnan(found)):
        raise ValueError(f"MarketRegressor: {name} must be numbers, none of them NaN; got {given!r}.")
    return found.astype(np.float64)


def _predicted(trader: Any, X: np.ndarray) -> np.ndarray:
    said = np.asarray(trader.predict(X), np.float64).reshape(len(X))
    if not np.all(np.isfinite(said)):
        raise ValueError(f"MarketRegressor: the trader {trader!r} expects what is no number (NaN or infinite).")
    return said


def auto(seed: int, rows: int) -> people.Named:
    """Four traders of different kinds, for a table of some rows."""
    return [
        ("ridge", make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))),
        ("neighbours", make_pipeline(StandardScaler(), KNeighborsRegressor(max(1, min(15, rows // 4))))),
        ("forest", RandomForestRegressor(random_state=seed)),
        ("tree", DecisionTreeRegressor(max_depth=3, random_state=seed)),
    ]
