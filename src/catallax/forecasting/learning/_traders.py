"""Estimators as traders: what they believe about rows that they have not seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import KFold, StratifiedKFold, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import has_fit_parameter

Named = list[tuple[str, Any]]


def require_traders(part: str, traders: Any, method: str) -> Named:
    """Refuse what is no list of pairs of a name and an estimator.

    Raises:
        ValueError: naming the trader.
    """
    if not isinstance(traders, Sequence) or isinstance(traders, str) or not traders:
        raise ValueError(f"{part}: traders must be 'auto' or a list of pairs (name, estimator), got {traders!r}.")
    for pair in traders:
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            raise ValueError(f"{part}: a trader is a pair (name, estimator), got {pair!r}.")
        if not hasattr(pair[1], method):
            raise ValueError(f"{part}: the trader {pair[0]!r} has no {method}; give it an estimator that has.")
    names = [name for name, _ in traders]
    if len(set(names)) < len(names):
        raise ValueError(f"{part}: traders need different names, got {names}.")
    return list(traders)


def fitted(estimator: Any, X: np.ndarray, y: np.ndarray, weight: np.ndarray | None, labels: bool = True) -> Any:
    """A copy that has learned from the rows that count; where there is one class alone, a trader who always expects it."""
    if weight is not None and weight.any():
        X, y, weight = X[weight > 0], y[weight > 0], weight[weight > 0]
    if labels and len(np.unique(y)) < 2:
        return DummyClassifier(strategy="prior").fit(X, y)
    copy: Any = clone(estimator)
    return copy.fit(X, y, **weighted(estimator, weight))


def weighted(estimator: Any, weight: np.ndarray | None) -> dict[str, Any]:
    """Weights for those who can use them."""
    if weight is None:
        return {}
    if has_fit_parameter(estimator, "sample_weight"):
        return {"sample_weight": weight}
    if isinstance(estimator, Pipeline) and has_fit_parameter(estimator.steps[-1][1], "sample_weight"):
        return {f"{estimator.steps[-1][0]}__sample_weight": weight}
    return {}


def folds(cv: Any, X: np.ndarray, y: np.ndarray, rng: np.random.RandomState, labels: bool = True) -> list:
    """Splits by number or by scikit-learn's words; a number is reduced where there are fewer rows."""
    if not isinstance(cv, int | np.integer):
        checked: Any = check_cv(cv, y, classifier=labels)
        return list(checked.split(X, y))
    few = min(np.unique(y, return_counts=True)[1]) if labels else 0
    parts = int(min(cv, len(y)))
    kind = StratifiedKFold if labels and few >= parts else KFold
    return list(kind(parts, shuffle=True, random_state=rng).split(X, y))


def held_out(
    traders: Named,
    X: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    splits: list,
    read: Any,
    n_jobs: Any,
    labels: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """What traders say about rows of the folds that they did not learn from, axes `rows`, `traders` and what `read` adds; and which rows were held out."""
    jobs = [(place, train, test) for place in range(len(traders)) for train, test in splits]

    def say(place: int, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        part = None if weight is None else weight[train]
        return read(fitted(traders[place][1], X[train], y[train], part, labels), X[test])

    said: Any = Parallel(n_jobs=n_jobs)(delayed(say)(*job) for job in jobs)
    found = np.zeros((len(X), len(traders), *said[0].shape[1:]))
    out = np.zeros(len(X), bool)
    for (place, _, test), answer in zip(jobs, said, strict=True):
        found[test, place] = answer
        out[test] = True
    return found, out


def probabilities(part: str, trader: Any, X: np.ndarray, classes: np.ndarray, clip: float) -> np.ndarray:
    """`predict_proba` in the order of the market's classes, none below `clip`, adding up to 1.

    Raises:
        ValueError: for a trader that knows a class which the market does not, or believes what is no number.
    """
    said = np.asarray(trader.predict_proba(X), np.float64)
    places = np.searchsorted(classes, trader.classes_)
    if np.any(places >= len(classes)) or np.any(classes[np.minimum(places, len(classes) - 1)] != trader.classes_):
        raise ValueError(
            f"{part}: the trader {trader!r} bets on the classes {trader.classes_}, the market has {classes}."
        )
    if not np.all(np.isfinite(said)):
        raise ValueError(f"{part}: the trader {trader!r} believes what is no number (NaN or infinite).")
    found = np.zeros((len(X), len(classes)))
    found[:, places] = said
    return clipped(found, clip)


def clipped(beliefs: np.ndarray, clip: float) -> np.ndarray:
    """None below `clip` before they are scaled to add up to 1 over the last axis."""
    found = np.maximum(beliefs, clip)
    return found / found.sum(-1, keepdims=True)
