"""XCS as a scikit-learn classifier: its contract, its coding, its rules."""

from __future__ import annotations

import numpy as np
import pytest

import catallax as cx

pytest.importorskip("sklearn", reason="needs the extra `forecasting`")

from sklearn.utils.estimator_checks import check_estimator

from catallax.adapters._thresholds import Thresholds

CAPACITY = 300


def small(**settings: int) -> cx.adapters.XCSClassifier:
    """Of one size, so that everything here compiles one program for two labels and one for three."""
    return cx.adapters.XCSClassifier(capacity=CAPACITY, **settings)


@pytest.mark.long
def test_scikit_learn_accepts_it():
    checks = check_estimator(small(problems=1_000, bits=2), on_skip=None)
    assert len(checks) > 40
    assert {check["check_name"] for check in checks if check["status"] != "passed"} <= {"check_array_api_input"}


def test_six_bits_of_the_multiplexer_become_rules():
    X = np.array([[int(b) for b in f"{n:06b}"] for n in range(64)])
    y = np.array(["no", "yes"])[[row[2 + 2 * row[0] + row[1]] for row in X]]
    model = small(problems=5_000, random_state=1).fit(X, y)
    assert model.score(X, y) == 1.0 and len(model.thresholds_.value) == 6
    assert model._system().genetic.places == 6  # not among the bits that fill up a word
    best = model.rules(8).splitlines()
    assert len(best) == 8 and all(": yes (payoff" in line or ": no (payoff" in line for line in best)
    assert any(line.count("and") == 2 for line in best)  # two address bits and a data bit
    proba = model.predict_proba(X)
    assert (model.classes_[proba.argmax(1)] == y).all()


def test_thresholds_are_gaps_or_quantiles():
    table = np.array([[0.0, n, 5.0] for n in range(100)] + [[1.0, 99.0, 5.0]])
    coding = Thresholds.of(table, 3)
    assert coding.feature.tolist() == [0, 1, 1, 1] and coding.value[0] == 0.5 and coding.words == 1
    np.testing.assert_allclose(coding.value[1:], [25, 50, 75])
    assert coding.pack(np.array([[1.0, 30.0, 0.0], [0.0, 80.0, 0.0]])).tolist() == [[0b0011], [0b1110]]
    wide = Thresholds.of(np.arange(80.0)[:, None] ** np.ones(3), 15)
    assert wide.words == 2 and wide.pack(np.full((1, 3), 99.0)).tolist() == [[2**32 - 1, 2**13 - 1]]


def test_conditions_read_as_intervals():
    coding = Thresholds(np.array([0, 0, 0, 1]), np.array([1.0, 2.0, 3.0, 0.5]))
    names = ["width", "weight"]

    def spell(value: int, care: int) -> str:
        return coding.spell(np.array([value], np.uint32), np.array([care], np.uint32), names)

    assert spell(0b0001, 0b0101) == "1 < width <= 3"
    assert spell(0b1011, 0b1011) == "width > 2 and weight > 0.5"
    assert spell(0b0000, 0b1000) == "weight <= 0.5"
    assert spell(0, 0) == "always"


@pytest.mark.parametrize("name", ["capacity", "problems", "bits"])
def test_settings_without_sense_are_named(name):
    with pytest.raises(ValueError, match=f"XCSClassifier: {name} must be at least 1, got 0"):
        cx.adapters.XCSClassifier(**{name: 0}).fit([[0.0], [1.0]], [0, 1])


@pytest.mark.parametrize(("name", "value"), [("wildcard", 3.0), ("wildcard", float("nan")), ("mutation", -1.0)])
def test_probabilities_that_are_none_are_named(name, value):
    with pytest.raises(ValueError, match=f"XCSClassifier: {name} must be a probability, got {value}"):
        cx.adapters.XCSClassifier(**{name: value}).fit([[0.0], [1.0]], [0, 1])
