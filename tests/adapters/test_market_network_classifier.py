"""Network markets as a scikit-learn classifier."""

from __future__ import annotations

import numpy as np
import pytest

import catallax as cx

pytest.importorskip("sklearn", reason="needs the extra `forecasting`")

from sklearn.datasets import make_blobs
from sklearn.utils.estimator_checks import check_estimator

from catallax.markets.network import Backpropagated, Capitalism, Integrated

SMALL = Integrated(width=2, capacity=8, layers=1, steps=40, batch=32, audience=64, rate=0.01)
X, NUMBERS = make_blobs(60, centers=3, n_features=4, random_state=0)
Y = np.array(["ant", "bee", "cat"])[NUMBERS]


def model(**settings: object) -> cx.adapters.MarketNetworkClassifier:
    return cx.adapters.MarketNetworkClassifier(**({"training": SMALL, "periods": 8, "random_state": 0} | settings))


@pytest.mark.long
def test_scikit_learn_accepts_it():
    checks = check_estimator(model(), on_skip=None)
    assert len(checks) > 40
    assert {check["check_name"] for check in checks if check["status"] != "passed"} <= {"check_array_api_input"}


@pytest.fixture(scope="module")
def fitted() -> cx.adapters.MarketNetworkClassifier:
    return model().fit(X, Y)


def test_it_learns_and_keeps_its_history(fitted):
    assert fitted.score(X, Y) == 1.0
    proba = fitted.predict_proba(X)
    np.testing.assert_allclose(proba.sum(1), 1)
    assert (fitted.classes_[proba.argmax(1)] == Y).all()
    assert fitted.history_["neurons"].shape == (8, 1) and fitted.history_["loss"].shape == (8,)
    assert fitted.history_["loss"][-1] < fitted.history_["loss"][0]


def test_what_was_learned_is_a_market(fitted):
    inputs = ((X - fitted.mean_) / fitted.scale_).astype(np.float32)
    market = fitted.market_
    assert market.shapes[0] == (4,) and market.shapes[-1] == (3,)
    assert (fitted.classes_[np.asarray(market.forward(inputs)).argmax(1)] == Y).all()
    assert cx.markets.to_network(market)(inputs[0]).shape == (3,)


def test_partial_fit_is_a_period(fitted):
    one = model()
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        one.partial_fit(X, Y)
    for _ in range(8):
        one.partial_fit(X, Y, classes=["ant", "bee", "cat"])
    np.testing.assert_array_equal(one.predict_proba(X), fitted.predict_proba(X))
    with pytest.raises(ValueError, match=r"labels \['dog'\] are none of the classes"):
        one.partial_fit(X, np.full(60, "dog"))


@pytest.mark.parametrize("training", [Backpropagated(width=8, steps=40), Capitalism(agents=8, hidden=4, instances=16)])
def test_other_ways_of_training(training):
    trained = model(training=training, periods=3).fit(X, Y)
    assert trained.score(X, Y) > 0.5
    assert len(trained.history_["loss"]) == 3


def test_settings_without_sense_are_named():
    with pytest.raises(ValueError, match="periods must be at least 1, got 0"):
        model(periods=0).fit(X, Y)
