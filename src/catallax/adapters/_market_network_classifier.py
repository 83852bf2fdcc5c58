"""Network markets as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from catallax.adapters._extras import need
from catallax.core import split_by
from catallax.markets.network import AbstractTraining, Integrated, NetworkMarket, Table

base = need("sklearn.base", "forecasting")
validation = need("sklearn.utils.validation", "forecasting")
multiclass = need("sklearn.utils.multiclass", "forecasting")

ROWS, FEATURES, CLASSES = 64, 4, 4
"""Tables are padded to these, each times a power of 4, so that tables of like size share a compiled program."""
CHUNK = 256
"""Rows of one prediction."""


class MarketNetworkClassifier(base.ClassifierMixin, base.BaseEstimator):
    """A market of network layers as a classifier: trained by gradients, by a market, or by both.

    Features are brought to mean 0 and deviation 1 of the first table seen. `history_` holds what every period said of
    itself, by name; `market_` is what was learned as a `NetworkMarket` of standardised features.

    Source: Pallavi Sudhir and Tran-Thanh (2025), sections 3 and 4.
    """

    def __init__(self, training: AbstractTraining | None = None, periods: int = 40, random_state: Any = None) -> None:
        """Settings; nothing is checked before `fit`.

        Args:
            training: `Capitalism()`, `Backpropagated()` or `Integrated()`, the default.
            periods: of training in `fit`.
            random_state: as scikit-learn understands it.
        """
        self.training = training
        self.periods = periods
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> MarketNetworkClassifier:
        """Train from scratch.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: labels, one a sample.

        Raises:
            ValueError: on settings or tables that make no sense, by name.
        """
        if self.periods < 1:
            raise ValueError(f"MarketNetworkClassifier: periods must be at least 1, got {self.periods}.")
        X, y = validation.validate_data(self, X, y, dtype=np.float64)
        multiclass.check_classification_targets(y)
        self.classes_ = np.unique(y)
        table = self._begin(X, y)
        for _ in range(self.periods):
            self._period(table)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> MarketNetworkClassifier:
        """One more period, on these rows.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: labels, one a sample.
            classes: all labels that may ever come; needed in the first call.

        Raises:
            ValueError: on settings or tables that make no sense, by name.
        """
        first = not hasattr(self, "state_")
        X, y = validation.validate_data(self, X, y, dtype=np.float64, reset=first)
        multiclass.check_classification_targets(y)
        if first:
            if classes is None:
                raise ValueError("MarketNetworkClassifier: classes must be passed on the first call to partial_fit.")
            self.classes_ = np.unique(classes)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"MarketNetworkClassifier: labels {unknown} are none of the classes {self.classes_}; "
                "pass all of them in the first call to partial_fit."
            )
        self._period(self._begin(X, y) if first else self._table(X, y))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest label, one a sample."""
        proba = self.predict_proba(X)
        return self.classes_[np.argmax(proba, axis=1)]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Softmax of the outputs; axes `samples`, `classes`."""
        validation.check_is_fitted(self)
        X = self._standardised(validation.validate_data(self, X, dtype=np.float64, reset=False))
        found = []
        for start in range(0, len(X), CHUNK):
            some = X[start : start + CHUNK]
            # always the same number of rows: always the same program
            padded = _padded(some, CHUNK, _size(FEATURES, X.shape[1]))
            outputs = np.asarray(_outputs(self._training, self.state_, padded), np.float64)
            found.append(outputs[: len(some), : len(self.classes_)])
        powers = np.exp(np.concatenate(found) - np.concatenate(found).max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    @property
    def market_(self) -> NetworkMarket:
        """The living firms in the shapes that they need; inputs are standardised features."""
        validation.check_is_fitted(self)
        return self._training.market(self.state_, self.n_features_in_)

    @property
    def _training(self) -> AbstractTraining:
        return Integrated() if self.training is None else self.training

    def _begin(self, X: np.ndarray, y: np.ndarray) -> Table:
        seed = validation.check_random_state(self.random_state).randint(2**31 - 1)
        mean, spread = X.mean(axis=0), X.std(axis=0)
        # of a constant column a little more than rounding may be left
        varies = spread > 100 * np.finfo(np.float64).eps * np.abs(mean)
        self.mean_, self.scale_ = mean, np.where(varies, spread, 1.0)
        self.history_: dict[str, np.ndarray] = {}
        self._key, start = split_by(jax.random.key(seed), "periods", "start")
        table = self._table(X, y)
        self.state_ = jax.tree.map(np.asarray, _init(self._training, start, table))
        return table

    def _period(self, table: Table) -> None:
        self._key, now = split_by(self._key, "next", "now")
        state, record = _train(self._training, now, self.state_, table)
        self.state_ = jax.tree.map(np.asarray, state)
        for name, value in record.items():
            rows = [*self.history_.get(name, ()), np.asarray(value)]
            self.history_[name] = np.stack(rows)

    def _table(self, X: np.ndarray, y: np.ndarray) -> Table:
        rows, features = X.shape
        inputs = _padded(self._standardised(X), _size(ROWS, rows), _size(FEATURES, features))
        labels = np.zeros(len(inputs), np.int32)
        labels[:rows] = np.searchsorted(self.classes_, y)
        real = np.arange(_size(CLASSES, len(self.classes_))) < len(self.classes_)
        return Table(
            jnp.asarray(inputs),
            jnp.asarray(labels),
            jnp.asarray(rows, jnp.int32),
            jnp.asarray(features, jnp.int32),
            jnp.asarray(real),
        )

    def _standardised(self, X: np.ndarray) -> np.ndarray:
        return ((X - self.mean_) / self.scale_).astype(np.float32)


@eqx.filter_jit
def _init(training: AbstractTraining, key: Any, table: Table) -> Any:
    return training.init(key, table)


@eqx.filter_jit
def _train(training: AbstractTraining, key: Any, state: Any, table: Table) -> Any:
    return training.period(key, state, table)


@eqx.filter_jit
def _outputs(training: AbstractTraining, state: Any, x: Any) -> Any:
    return training.outputs(state, x)


def _size(least: int, count: int) -> int:
    while least < count:
        least *= 4
    return least


def _padded(table: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return np.pad(table, ((0, rows - table.shape[0]), (0, columns - table.shape[1])))
