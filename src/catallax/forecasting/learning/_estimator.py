"""What classifiers that are markets have in common."""

from __future__ import annotations

import abc
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from catallax.forecasting.learning._records import Explanation
from catallax.forecasting.learning._rules import require_answers
from catallax.forecasting.learning._wealth import Questions, explained

M = TypeVar("M", bound="AbstractMarketClassifier")


class AbstractMarketClassifier(ClassifierMixin, BaseEstimator, abc.ABC):
    """Probabilities are prices: a market of `_questions`, cleared by `rule_` at the wealth `wealth_`."""

    classes_: np.ndarray
    wealth_: np.ndarray
    rule_: Any

    @abc.abstractmethod
    def _questions(self, X: np.ndarray) -> Questions:
        """Who comes for each row and what they believe; how it came out is left open."""

    @abc.abstractmethod
    def _fit(self: M, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, classes: np.ndarray | None) -> M:
        """Learn beliefs and wealth from checked rows; `classes` where more may come than there are."""

    @abc.abstractmethod
    def _more(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Trade more rows in their order, and learn from them what can be learned in parts."""

    def fit(self: M, X: Any, y: Any, sample_weight: Any = None) -> M:
        """Learn beliefs and wealth.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: labels, one a sample.
            sample_weight: how many times a sample counts, for the traders and for their wealth. A trader that takes no weights learns without.

        Raises:
            ValueError: on settings or tables that make no sense, by name.
        """
        return self._fit(*self._begin(X, y, sample_weight, reset=True), classes=None)

    def partial_fit(self: M, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> M:
        """Trade more rows in their order, and then learn from them, as far as traders learn in parts.

        The first call is a `fit`, with all classes that may ever come.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: labels, one a sample.
            classes: all labels; needed in the first call.
            sample_weight: how many times a sample counts.

        Raises:
            ValueError: on tables that make no sense, by name, and labels that were not announced.
        """
        first = not hasattr(self, "wealth_")
        if first and classes is None:
            raise ValueError(f"{type(self).__name__}: classes must be passed on the first call to partial_fit.")
        X, y, weight = self._begin(X, y, sample_weight, reset=first)
        if first:
            return self._fit(X, y, weight, np.unique(classes))
        self._more(X, y, weight)
        return self

    @property
    def _names(self) -> tuple[str, ...] | None:
        return None

    def predict_proba(self, X: Any) -> np.ndarray:
        """Prices; axes `samples`, `classes`."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        prices = explained(self.rule_, self.wealth_, self._questions(X)).prices
        return prices / prices.sum(1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """The dearest class, one a sample."""
        prices = self.predict_proba(X)  # first of all: it says whether there is a model
        return self.classes_[np.argmax(prices, 1)]

    def explain(self, X: Any, y: Any = None) -> Explanation:
        """Who stakes what on each row, what that would earn, and with labels what it earned; wealth stays as it is.

        Args:
            X: finite numbers, axes `samples`, `features`.
            y: labels, one a sample.

        Raises:
            ValueError: for tables that make no sense, labels that are none of the classes, and more or fewer of them than rows.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        questions = self._questions(X)
        found = explained(self.rule_, self.wealth_, questions)
        earned = None
        if y is not None:
            labels = self._labels(require_answers(f"{type(self).__name__}.explain", y, len(X)))
            earned = np.take_along_axis(found.profits, labels[:, None, None], 2)[..., 0]
        shares, paid = found.bets
        return Explanation(
            self.classes_, found.prices, questions.seats, self._names, questions.beliefs, shares, paid, found.profits, earned
        )  # fmt: skip

    def _begin(
        self, X: Any, y: Any, sample_weight: Any, reset: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Checked rows, labels and weights."""
        X, y = validate_data(self, X, y, dtype=np.float64, reset=reset)
        check_classification_targets(y)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            if not sample_weight.sum() > 0:
                raise ValueError(f"{type(self).__name__}: some sample_weight must be above 0.")
        return X, y, sample_weight

    def _labels(self, y: np.ndarray) -> np.ndarray:
        """Places of labels among the classes.

        Raises:
            ValueError: for labels that were never announced.
        """
        unseen = np.setdiff1d(y, self.classes_)
        if len(unseen):
            raise ValueError(
                f"{type(self).__name__}: labels {unseen} are none of the classes {self.classes_}; "
                "fit with all of them, or pass them as classes in the first call to partial_fit."
            )
        return np.searchsorted(self.classes_, y)

    def _resolved(self, questions: Questions, y: np.ndarray, weight: np.ndarray | None) -> Questions:
        """Questions with their answers."""
        known = np.eye(len(self.classes_))[self._labels(y)]
        return questions._replace(resolution=known, weight=np.ones(len(y)) if weight is None else weight)
