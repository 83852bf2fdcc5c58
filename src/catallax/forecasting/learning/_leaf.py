"""A market of the leaves of a forest."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_random_state

from catallax.forecasting.clearing import CARA, AbstractCallMarket, ProportionalCARA, SequentialLMSR
from catallax.forecasting.clearing._settings import require_settings
from catallax.forecasting.learning._estimator import AbstractMarketClassifier
from catallax.forecasting.learning._records import trades
from catallax.forecasting.learning._rules import rule_of
from catallax.forecasting.learning._wealth import Questions, one_after_the_other, open_questions, padded_size

HELD = 0.3
"""Of the rows, kept from the forest with `train_on="holdout"`."""


class LeafMarketClassifier(AbstractMarketClassifier):
    """Each leaf of a forest is a trader that comes for the rows that reach it and believes the frequencies of its classes.

    All leaves begin with the same wealth, when the prices are the forest's probabilities, and trade the rows that their tree was not grown on: a fully
    grown leaf is always right about its own. `eta / rows` of each order is filled, all of it at most, so that an epoch turns over about `eta` times the
    wealth. No leaf is left with exactly nothing: a row that reaches ruined leaves alone has the forest's prices, or those at what the ruined have won from each other since.

    Attributes: `classes_`, `n_features_in_`; `forest_`; `wealth_`, one a leaf, together 1; `wealth_path_`, at the beginning and after each epoch;
    `price_path_`, at which rows were traded, axes `epochs`, `samples`, `classes`; `trade_log_`, of the last epoch or `partial_fit`.

    Source: Barbu and Lay (2012), specialised participants and constant betting; that the leaves trade out of bag is ours.
    """

    def __init__(
        self,
        forest: Any = None,
        mechanism: str | AbstractCallMarket = "constant",
        risk: float = 1.0,
        eta: float = 10.0,
        epochs: int = 10,
        train_on: str = "oob",
        random_state: Any = None,
    ) -> None:
        """Settings; nothing is checked before `fit`.

        Args:
            forest: a forest of classification trees that is not fitted; 100 trees of `RandomForestClassifier` by default.
            mechanism: as of `MarketClassifier`, except "cara" and "lmsr", for which leaves know too little. Settings of a rule are one for all or one a tree.
            risk: aversion of isoelastic traders.
            eta: the part of each order that is filled, times the number of rows.
            epochs: passes over the rows.
            train_on: "oob", rows that a tree's bootstrap left out, or "holdout", 30 % of the rows that the forest never sees.
            random_state: as scikit-learn understands it.
        """
        self.forest = forest
        self.mechanism = mechanism
        self.risk = risk
        self.eta = eta
        self.epochs = epochs
        self.train_on = train_on
        self.random_state = random_state

    def _more(self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """The forest stays as it is."""
        self._trade(self._resolved(self._questions(X), y, weight), np.arange(len(y)), self._part)
        self.wealth_path_ = np.concatenate([self.wealth_path_, self.wealth_[None]])

    def _fit(
        self, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, classes: np.ndarray | None
    ) -> LeafMarketClassifier:
        self._check()
        self.classes_ = np.unique(y) if classes is None else classes
        self._labels(y)
        rng = check_random_state(self.random_state)
        grown, traded = self._rows(y, rng)
        forest: Any = RandomForestClassifier() if self.forest is None else clone(self.forest)
        if forest.random_state is None:
            forest.set_params(random_state=rng.randint(2**31 - 1))
        held = None if weight is None else weight[grown]
        self.forest_ = forest.fit(X[grown], y[grown], sample_weight=held)
        require_settings("LeafMarketClassifier", self.rule_, len(forest.estimators_))
        counts = [tree.tree_.node_count for tree in forest.estimators_]
        self._first = np.concatenate([[0], np.cumsum(counts)])
        leaf = np.concatenate([tree.tree_.children_left < 0 for tree in forest.estimators_])
        self._place = np.cumsum(leaf) - 1
        self._frequencies = _frequencies(forest, self.classes_)[leaf]
        self.wealth_ = np.full(leaf.sum(), 1 / leaf.sum())
        questions = self._resolved(self._questions(X[traded]), y[traded], None if weight is None else weight[traded])
        if self.train_on == "oob":
            questions = questions._replace(here=self._out_of_bag(len(y)))
        rows = np.flatnonzero(questions.here.any(1))
        if not len(rows):
            raise ValueError(
                f"LeafMarketClassifier: no row is out of bag of any tree (n_samples={len(y)}); take more rows, or train_on='holdout'."
            )
        self._part = min(1.0, self.eta / len(rows))
        wealth, prices = [self.wealth_], []
        for _ in range(self.epochs):
            order = rng.permutation(rows)
            now = np.full((len(traded), len(self.classes_)), np.nan)
            now[order] = self._trade(questions.taken(order), traded[order], self._part)
            wealth.append(self.wealth_)
            prices.append(now)
        self.wealth_path_, self.price_path_ = np.stack(wealth), np.stack(prices)
        return self

    def _check(self) -> None:
        if self.mechanism in ("cara", "lmsr") or isinstance(self.mechanism, CARA | ProportionalCARA | SequentialLMSR):
            raise ValueError(
                f"LeafMarketClassifier: mechanism {self.mechanism!r} needs beliefs above 0, and most leaves know one class."
            )
        self.rule_ = rule_of("LeafMarketClassifier", self.mechanism, self.risk)
        if not self.eta > 0:
            raise ValueError(f"LeafMarketClassifier: eta must be above 0, got {self.eta}.")
        if self.epochs < 1:
            raise ValueError(f"LeafMarketClassifier: epochs must be at least 1, got {self.epochs}.")
        if self.train_on not in ("oob", "holdout"):
            raise ValueError(f"LeafMarketClassifier: train_on must be 'oob' or 'holdout', got {self.train_on!r}.")
        if (
            self.forest is not None
            and not hasattr(self.forest, "estimators_samples_")
            and not hasattr(type(self.forest), "estimators_samples_")
        ):
            raise ValueError(f"LeafMarketClassifier: forest must be a forest of scikit-learn, got {self.forest!r}.")
        if self.train_on == "oob" and self.forest is not None and not self.forest.bootstrap:
            raise ValueError(
                "LeafMarketClassifier: without bootstrap no row is out of bag; set bootstrap=True, or train_on='holdout'."
            )

    def _rows(self, y: np.ndarray, rng: np.random.RandomState) -> tuple[np.ndarray, np.ndarray]:
        """Which rows the forest grows on, and which are traded."""
        every = np.arange(len(y))
        if self.train_on == "oob":
            return every, every
        counts = np.unique(y, return_counts=True)[1]
        split: Any = train_test_split(every, test_size=HELD, random_state=rng, stratify=y if counts.min() > 3 else None)
        return split[0], split[1]

    def _out_of_bag(self, rows: int) -> np.ndarray:
        out = np.ones((rows, len(self.forest_.estimators_)), bool)
        for tree, drawn in enumerate(self.forest_.estimators_samples_):
            out[drawn, tree] = False
        return out

    def _trade(self, questions: Questions, samples: np.ndarray, part: float) -> np.ndarray:
        # leaves without customers, up to one of a few numbers, so that forests of like size share a compiled program
        leaves = len(self.wealth_)
        spare = np.zeros(padded_size(leaves, 1024) - leaves)
        found = one_after_the_other(self.rule_, np.concatenate([self.wealth_, spare]), questions, part, 0.0)
        self.wealth_ = found.wealth[:leaves]
        self.trade_log_ = trades(questions, found, samples)
        return found.prices

    def _questions(self, X: np.ndarray) -> Questions:
        nodes = self.forest_.apply(X) + self._first[:-1]
        seats = self._place[nodes]
        return open_questions(seats, self._frequencies[seats])


def _frequencies(forest: Any, classes: np.ndarray) -> np.ndarray:
    """Of the market's classes, in every node of every tree."""
    counts = np.concatenate([tree.tree_.value[:, 0, :] for tree in forest.estimators_])
    found = np.zeros((len(counts), len(classes)))
    found[:, np.searchsorted(classes, forest.classes_)] = counts / counts.sum(1, keepdims=True)
    return found
