"""Markets as estimators: scikit-learn's contract, what wealth learns, and that the log adds up."""

from __future__ import annotations

import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs the extra `forecasting`")

from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import check_estimator

from catallax.forecasting import LMSR, IntervalLMSR, LeafMarketClassifier, MarketClassifier, MarketRegressor
from catallax.forecasting.clearing import Kelly, ProportionalCARA
from catallax.forecasting.learning._calibration import best_power, sharpened

SKIPPED = {"check_array_api_input"}
WEIGHTS = "check_sample_weight_equivalence_on_dense_data"
DRAWN = {WEIGHTS: "a forest draws its bootstrap row by row, whatever the rows weigh"}
X, Y = load_iris(return_X_y=True)
TRADERS = [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(max_depth=2, random_state=0))]
REGRESSORS = [("ridge", Ridge()), ("tree", DecisionTreeRegressor(max_depth=3, random_state=0))]


def failed(model, **settings):
    checks = check_estimator(model, on_skip=None, **settings)
    assert len(checks) > 40
    return {check["check_name"] for check in checks if check["status"] != "passed"}


@pytest.mark.long
def test_scikit_learn_accepts_traders():
    logistic, tree = ("logistic", LogisticRegression()), ("tree", DecisionTreeClassifier(max_depth=2, random_state=0))
    assert failed(MarketClassifier([logistic, tree])) <= SKIPPED


@pytest.mark.long
def test_scikit_learn_accepts_the_traders_it_comes_with():
    assert failed(MarketClassifier(cv=2), expected_failed_checks=DRAWN) <= {*SKIPPED, *DRAWN}


@pytest.mark.long
def test_scikit_learn_accepts_leaves():
    found = failed(LeafMarketClassifier(RandomForestClassifier(10)), expected_failed_checks=DRAWN)
    assert found <= {*SKIPPED, *DRAWN}


@pytest.mark.long
@pytest.mark.parametrize("mechanism", ["density", "interval", "gaussian"])
def test_scikit_learn_accepts_regressors(mechanism):
    reason = (
        "traders come to the maker in turn: a row that counts twice is one large trade, two rows are two small ones"
    )
    known = {WEIGHTS: reason} if mechanism == "interval" else {}
    model = MarketRegressor(REGRESSORS, mechanism, grid=8, epochs=1)
    assert failed(model, expected_failed_checks=known) <= {*SKIPPED, *known}


@pytest.fixture(scope="module")
def market():
    return MarketClassifier([*TRADERS, ("nothing", DummyClassifier())], random_state=0).fit(X, Y)


def test_wealth_is_the_posterior_of_held_out_likelihoods(market):
    assert market.score(X, Y) > 0.9
    assert market.wealth_[2] < 1e-6 and market.wealth_.sum() == pytest.approx(1)
    log = market.trade_log_
    gained = np.zeros(3)
    np.add.at(gained, log["trader"], np.log(log["belief"]))
    posterior = np.exp(gained - gained.max())
    np.testing.assert_allclose(market.wealth_, posterior / posterior.sum(), rtol=1e-8)


def test_the_log_adds_up(market):
    log = market.trade_log_
    assert len(log) == 3 * len(X) and market.price_path_.shape == (len(X), 3)
    np.testing.assert_allclose(log["after"], log["before"] * log["belief"] / log["price"], rtol=1e-9)
    assert market.wealth_path_.shape == (len(X) + 1, 3)
    np.testing.assert_allclose(market.wealth_path_.sum(1), 1, rtol=1e-12)
    assert sorted(log["sample"][::3]) == list(range(len(X)))
    with pytest.raises(ImportError, match="pip install pandas") if "pandas" not in sys.modules else memoryview(b""):
        log.to_frame()


def test_explanations_say_who_staked_and_earned(market):
    found = market.explain(X[:4], Y[:4])
    np.testing.assert_allclose(found.paid.sum(1), 1, rtol=1e-12)
    np.testing.assert_allclose(found.profits.sum(1), 0, atol=1e-12)
    np.testing.assert_allclose(found.earned[:, :2].sum(1), 0, atol=1e-5)
    np.testing.assert_allclose(found.prices, market.predict_proba(X[:4]), atol=1e-12)
    assert "bayes stakes" in found.table(0) and "earned" in found.table(0)
    assert market.explain(X[:1]).earned is None


@pytest.mark.parametrize(
    "settings",
    [
        {"mechanism": "cara", "eta": 0.3},
        {"mechanism": "linear", "eta": 0.3},
        {"mechanism": "lmsr"},
        {"mechanism": Kelly(0.5), "schedule": "batch", "epochs": 10},
    ],
    ids=str,
)
def test_every_mechanism_learns_who_knows(settings):
    traders = [(name, model.fit(X[::2], Y[::2])) for name, model in (*TRADERS, ("nothing", DummyClassifier()))]
    model = MarketClassifier(traders, fit_traders=False, random_state=0, **settings).fit(X[1::2], Y[1::2])
    assert model.wealth_[2] < 1 / 3 and model.wealth_.sum() == pytest.approx(1)
    assert model.score(X[1::2], Y[1::2]) > 0.9


class Sure(ClassifierMixin, BaseEstimator):
    """Believes in the first class, whatever comes."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile(np.eye(len(self.classes_))[0], (len(X), 1))


def test_who_is_too_sure_is_corrected_and_nobody_is_ruined():
    told = 0.3 + 0.4 * np.random.default_rng(2).random(4000)
    labels = (np.random.default_rng(3).random(4000) < told).astype(int)
    sure = sharpened(np.stack([1 - told, told], 1), np.asarray(3.0))
    assert best_power(sure, labels, np.ones(4000)) == pytest.approx(1 / 3, abs=0.05)
    assert best_power(sure[:9] * 0 + 0.5, labels[:9], np.ones(9)) == 1  # who says nothing is left alone
    counts = np.arange(60) % 3
    repeated = best_power(np.repeat(sure[:60], counts, 0), np.repeat(labels[:60], counts), np.ones(60))
    assert best_power(sure[:60], labels[:60], counts.astype(float)) == pytest.approx(repeated, rel=1e-9)
    traders = [("sure", Sure()), ("bayes", GaussianNB())]
    market = MarketClassifier(traders, random_state=0).fit(X, Y)
    assert market.powers_[0] < 0.1 and market.wealth_[0] < 1e-9
    ruinous = MarketClassifier(traders, "cara", eta=1.0, calibrate=False, random_state=0).fit(X, Y)
    assert ruinous.powers_.tolist() == [1, 1] and np.all(np.diff(np.log(ruinous.wealth_path_[:, 0])) > np.log(0.05))


def test_it_lives_in_a_pipeline_and_clones(market):
    again = clone(market).fit(X, Y)
    np.testing.assert_array_equal(again.wealth_, market.wealth_)
    piped = make_pipeline(StandardScaler(), clone(market)).fit(X, Y)
    assert piped.score(X, Y) > 0.9


def test_partial_fit_bets_before_it_learns():
    order = np.random.default_rng(0).permutation(len(X))
    rows, labels = X[order], Y[order]
    traders = [("bayes", GaussianNB()), ("nothing", DummyClassifier())]
    model = MarketClassifier(traders, calibrate=False, random_state=0)
    model.partial_fit(rows[:50], labels[:50], classes=[0, 1, 2])
    knew, wealth = model.traders_[0][1].predict_proba(rows[50:100]), model.wealth_
    model.partial_fit(rows[50:100], labels[50:100])
    log = model.trade_log_[100:]
    assert log["sample"].tolist() == list(np.repeat(np.arange(50, 100), 2))
    np.testing.assert_allclose(log["before"][:2], wealth, rtol=1e-12)
    believed = np.maximum(knew, 1e-3)
    believed /= believed.sum(1, keepdims=True)
    np.testing.assert_allclose(log["belief"][::2], believed[np.arange(50), labels[50:100]], rtol=1e-9)
    assert model.traders_[0][1].class_count_.sum() == 100  # and then it learned
    with pytest.raises(ValueError, match="labels \\[7\\] are none of the classes"):
        model.partial_fit(rows[:2], np.array([7, 7]))


def test_weights_are_repetitions():
    counts = np.random.default_rng(1).integers(0, 3, len(X))
    traders = [("tree", DecisionTreeClassifier(max_depth=2, random_state=0)), ("nothing", DummyClassifier())]
    held = [(np.arange(0, 150, 2), np.arange(1, 150, 2)), (np.arange(1, 150, 2), np.arange(0, 150, 2))]
    weighted = MarketClassifier(traders, cv=held, random_state=0).fit(X, Y, sample_weight=counts)
    many = np.repeat(np.arange(150), counts)
    odd = many % 2 == 1
    again = [(np.flatnonzero(~odd), np.flatnonzero(odd)), (np.flatnonzero(odd), np.flatnonzero(~odd))]
    repeated = MarketClassifier(traders, cv=again, random_state=0).fit(X[many], Y[many])
    np.testing.assert_allclose(weighted.wealth_, repeated.wealth_, rtol=1e-7)


@pytest.fixture(scope="module")
def leaves():
    return LeafMarketClassifier(RandomForestClassifier(12), epochs=3, random_state=0).fit(X, Y)


def test_leaves_begin_as_their_forest_and_trade_out_of_bag(leaves):
    forest, total = leaves.forest_.predict_proba(X[:20]), leaves.wealth_.sum()
    assert total == pytest.approx(1) and leaves.wealth_path_.shape == (4, len(leaves.wealth_))
    assert np.abs(leaves.predict_proba(X[:20]) - forest).max() < 0.3
    learned, leaves.wealth_ = leaves.wealth_, leaves.wealth_path_[0]
    np.testing.assert_allclose(leaves.predict_proba(X[:20]), forest, atol=1e-12)
    leaves.wealth_ = learned
    drawn = leaves.forest_.estimators_samples_
    tree_of = np.repeat(np.arange(12), [tree.get_n_leaves() for tree in leaves.forest_.estimators_])
    assert not any(row["sample"] in drawn[tree_of[row["trader"]]] for row in leaves.trade_log_[:200])


def test_where_all_leaves_are_ruined_there_is_still_a_price():
    rng = np.random.default_rng(0)
    rows, labels, ahead = rng.normal(size=(60, 2)), rng.integers(0, 2, 60), rng.normal(size=(500, 2))
    model = LeafMarketClassifier(RandomForestClassifier(3), eta=1e4, epochs=1, random_state=0).fit(rows, labels)
    poor = model.wealth_[model.explain(ahead).seats].max(1) < 1e-50
    assert poor.any() and model.wealth_.min() > 0
    np.testing.assert_allclose(model.predict_proba(ahead)[poor], model.forest_.predict_proba(ahead)[poor])
    assert np.all(np.isfinite(model.predict_proba(ahead)))


def test_leaves_go_on_with_a_holdout():
    model = LeafMarketClassifier(RandomForestClassifier(12), epochs=3, train_on="holdout", random_state=0).fit(X, Y)
    before = model.wealth_
    model.partial_fit(X[60:90], Y[60:90])
    assert not np.array_equal(before, model.wealth_) and model.wealth_.sum() == pytest.approx(1)
    assert "trader" in model.explain(X[:1], Y[:1]).table()


@pytest.fixture(scope="module")
def diabetes():
    table, target = load_diabetes(return_X_y=True)
    return table[:200], target[:200]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kernel": "gaussian", "schedule": "batch", "epochs": 5},
        {"mechanism": "interval", "grid": 16},
        {"mechanism": "gaussian", "eta": 0.2},
    ],
    ids=str,
)
def test_regressors_make_a_distribution(diabetes, settings):
    table, target = diabetes
    model = MarketRegressor([*REGRESSORS, ("mean", DummyRegressor())], random_state=0, **settings).fit(table, target)
    assert model.wealth_.sum() == pytest.approx(1) and model.wealth_[2] < 1 / 3
    grid = np.linspace(target.min() - 400, target.max() + 400, 400)
    density = model.predict_density(table[:3], grid)
    np.testing.assert_allclose(np.trapezoid(density, grid, axis=1), 1, atol=0.02)
    mean = np.trapezoid(density * grid, grid, axis=1)
    np.testing.assert_allclose(mean, model.predict(table[:3]), atol=3)
    ends = model.predict_interval(table[:3], 0.8)
    below = [model.predict_cdf(table[:3], ends[:, [side]])[:, 0] for side in (0, 1)]
    np.testing.assert_allclose(below, [[0.1] * 3, [0.9] * 3], atol=1e-6)
    said = model.explain(table[:5], target[:5])
    assert said.names == ("ridge", "tree", "mean") and said.paid.min() >= 0
    if settings.get("mechanism") != "interval":  # where the house pays
        np.testing.assert_allclose(said.earned.sum(1), 0, atol=1e-9)


def test_the_tree_of_intervals_is_the_market_over_bins():
    tree, maker = IntervalLMSR.open(0.0, 8.0, levels=3, liquidity=2.0), LMSR(8, 2.0)
    for low, high, shares in ((1.0, 6.0, 1.5), (0.0, 1.0, -0.4), (3.0, 4.0, 7.0), (2.0, 8.0, 0.3)):
        bundle = np.where((np.arange(8) >= low) & (np.arange(8) < high), shares, 0.0)
        maker, trade = maker.apply(maker.quote(shares=bundle))
        tree, _, cost = tree.buy(low, high, shares=shares)
        assert cost == pytest.approx(float(trade.cost), abs=1e-12)
        np.testing.assert_allclose(tree.prices, maker.prices, atol=1e-12)
        assert tree.price(low, high) == pytest.approx(maker.prices[int(low) : int(high)].sum(), abs=1e-12)
    assert tree.worst_case_loss == pytest.approx(2 * np.log(8))
    assert tree.buy(2.0, 5.0, to_price=0.25)[0].price(2.0, 5.0) == pytest.approx(0.25)
    for wrong, told in (
        ((0.5, 2.0), "begin and end at bins"),
        ((0.0, 8.0), "share of everything"),
        ((3.0, 3.0), "begin and end"),
    ):
        with pytest.raises(ValueError, match=told):
            tree.buy(*wrong, shares=1.0)
    with pytest.raises(ValueError, match="above 0 and below 1"):
        tree.buy(2.0, 5.0, to_price=1.0)


def test_refusals_say_why(market):
    for settings, told in (
        ({"mechanism": "auction"}, "mechanism must be one of"),
        ({"traders": []}, "list of pairs"),
        ({"traders": [("a", Ridge())]}, "no predict_proba"),
        ({"traders": TRADERS * 2}, "different names"),
        ({"eta": 0.0}, "eta must be above 0"),
        ({"clip": 0.0}, "clip must be above 0"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"schedule": "later"}, "schedule must be one of"),
        ({"wealth_floor": -0.1}, "wealth_floor"),
        ({"traders": TRADERS, "initial_wealth": [1.0, -1.0]}, "initial_wealth must be"),
        ({"traders": TRADERS, "mechanism": Kelly(np.full(3, 0.5))}, "each of 3 traders, and there are 2"),
    ):
        with pytest.raises(ValueError, match=told):
            MarketClassifier(**settings).fit(X, Y)
    with pytest.raises(ValueError, match="NaN"):
        market.predict(np.full((1, 4), np.nan))
    with pytest.raises(ValueError, match="none of the classes"):
        market.explain(X[:1], [9])
    with pytest.raises(ValueError, match=r"MarketClassifier\.explain: y needs one answer for each of 3 rows"):
        market.explain(X[:3], Y[:2])
    for settings, told in (
        ({"train_on": "luck"}, "train_on must be"),
        ({"mechanism": "cara"}, "beliefs above 0"),
        ({"forest": RandomForestClassifier(2, bootstrap=False)}, "bootstrap=True"),
        ({"forest": RandomForestClassifier(2), "mechanism": Kelly(np.full(3, 0.5))}, "3 traders, and there are 2"),
    ):
        with pytest.raises(ValueError, match=told):
            LeafMarketClassifier(**settings).fit(X, Y)
    regressor = MarketRegressor(REGRESSORS, cv=2).fit(X, Y)
    for values, told in (
        (np.zeros((2, 4)), "or 3 samples first"),
        (1.0, "axis values"),
        ([np.nan], "none of them NaN"),
    ):
        with pytest.raises(ValueError, match=told):
            regressor.predict_cdf(X[:3], values)
    with pytest.raises(ValueError, match=r"MarketRegressor\.explain: y needs one answer for each of 3 rows"):
        regressor.explain(X[:3], Y[:2])
    with pytest.raises(ValueError, match="aversion \\(risk\\) must be one number"):
        MarketRegressor(REGRESSORS, "gaussian", risk=[1.0, 2.0], cv=2).fit(X, Y)
    for settings, told in (({"grid": 12}, "power of 2"), ({"kernel": "flat"}, "kernel must be one of")):
        with pytest.raises(ValueError, match=told):
            MarketRegressor(**settings).fit(X, Y)


def test_a_dear_interval_is_brought_down_exactly():
    market = IntervalLMSR.open(0.0, 8.0, levels=3, liquidity=1.0).buy(2.0, 5.0, shares=45.0)[0]
    np.testing.assert_allclose(market.buy(2.0, 5.0, to_price=0.5)[0].price(2.0, 5.0), 0.5, rtol=1e-12)


def test_first_rows_that_lack_a_class_are_weighed_too():
    rows, weight = np.arange(100), np.where(np.arange(100) % 2, 10.0, 0.1)
    market = MarketClassifier(TRADERS[:1], random_state=0).partial_fit(
        X[rows], Y[rows], classes=[0, 1, 2], sample_weight=weight
    )
    expected = np.average(X[:50], axis=0, weights=weight[:50])
    np.testing.assert_allclose(market.traders_[0][1].theta_[0], expected)


def test_leaves_cannot_trade_where_beliefs_of_zero_are_ruin():
    with pytest.raises(ValueError, match="beliefs above 0"):
        LeafMarketClassifier(RandomForestClassifier(3), mechanism=ProportionalCARA()).fit(X, Y)


def test_a_forest_with_a_seed_of_its_own_keeps_it():
    fits = [LeafMarketClassifier(RandomForestClassifier(3, random_state=0)).fit(X, Y) for _ in range(2)]
    assert {fit.forest_.random_state for fit in fits} == {0}


def test_a_row_that_counts_a_thousand_times_is_not_too_much():
    """Where the others are as good as ruined, wealth is the winner's, and not what it was."""
    market = MarketClassifier([("tree", DecisionTreeClassifier(random_state=0)), ("dummy", DummyClassifier())], cv=2)
    market.fit(X, Y, sample_weight=np.full(len(Y), 1e4))
    assert np.isfinite(market.wealth_).all() and market.wealth_.max() > 1 - 1e-9
