"""Scores against values worked out by hand, identities that hold exactly, and refusals."""

from __future__ import annotations

import csv
import itertools
import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, stats

from catallax.forecasting import (
    LMSR,
    DecisionMarket,
    Entry,
    EpsGreedy,
    OrderBookMarket,
    PredictionMarket,
    TradeLog,
    scoring,
)
from catallax.forecasting.combinatorial import AbstractJointMarket, DenseMarket, JunctionTreeMarket


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Calibrated forecasts of 4,000 events."""
    rng = np.random.default_rng(5)
    said = rng.beta(1.5, 2.0, 4_000).round(2)
    return said, (rng.random(said.size) < said).astype(int)


def test_proper_scores_equal_values_by_hand() -> None:
    three = [[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]
    np.testing.assert_allclose(scoring.brier(three, [1, 2]), [0.25 + 0.49 + 0.04, 0.01 + 0.01 + 0.04])
    np.testing.assert_allclose(scoring.log_score(three, [1, 2]), np.log([0.3, 0.8]))
    np.testing.assert_allclose(scoring.spherical(three, [1, 2]), [0.3 / math.sqrt(0.38), 0.8 / math.sqrt(0.66)])
    np.testing.assert_allclose(scoring.brier([[0.3, 0.7]], [1]), 2 * scoring.brier([0.7], [1]))
    assert scoring.log_score([0.0, 0.25], [1, 0], base=2).tolist() == [-math.inf, math.log2(0.75)]


def test_no_report_beats_the_belief() -> None:
    belief, reports = 0.3, np.linspace(0.01, 0.99, 99)
    for score, sign in ((scoring.brier, -1), (scoring.log_score, 1), (scoring.spherical, 1)):
        ones = np.ones(99, int)
        expected = sign * (belief * score(reports, ones) + (1 - belief) * score(reports, 0 * ones))
        assert reports[np.argmax(expected)] == pytest.approx(belief)


def test_scores_of_numbers_equal_their_definitions() -> None:
    rng = np.random.default_rng(0)
    draws, came = rng.normal(size=(3, 7)), rng.normal(size=3)
    pairs = np.abs(draws[:, :, None] - draws[:, None]).mean((1, 2))
    np.testing.assert_allclose(scoring.ensemble_crps(draws, came), np.abs(draws - came[:, None]).mean(1) - pairs / 2)
    for y in (-1.0, 0.3, 4.0):
        by_parts = integrate.quad(lambda x: stats.norm.cdf(x, 1, 2) ** 2, -40, y)[0]
        by_parts += integrate.quad(lambda x: stats.norm.sf(x, 1, 2) ** 2, y, 40)[0]
        assert scoring.gaussian_crps([1.0], [2.0], [y])[0] == pytest.approx(by_parts, abs=1e-8)
    # twice the mean pinball loss over all levels is the CRPS
    levels = (np.arange(2_000) + 0.5) / 2_000
    loss = scoring.pinball(stats.norm.ppf(levels)[None], levels, [0.7])
    assert 2 * loss.mean() == pytest.approx(scoring.gaussian_crps([0.0], [1.0], [0.7])[0], abs=1e-4)


def test_the_fair_score_of_few_draws_is_that_of_their_law() -> None:
    """Exactly, over all draws there can be; that of members as they are is above it by E|X - X'| / 2n."""
    values, chances, y = np.array([0.0, 1.0, 5.0]), np.array([0.2, 0.5, 0.3]), 2.0
    spread = chances @ np.abs(values[:, None] - values) @ chances
    law = chances @ np.abs(values - y) - spread / 2
    for size in (2, 3):
        drawn = np.array(list(itertools.product(range(3), repeat=size)))
        weight, came = chances[drawn].prod(1), np.full(len(drawn), y)
        assert weight @ scoring.crps(values[drawn], came) == pytest.approx(law, abs=1e-14)
        above = weight @ scoring.ensemble_crps(values[drawn], came) - law
        assert above == pytest.approx(spread / (2 * size), abs=1e-14)


def test_crps_agrees_with_scoringrules() -> None:
    rules = pytest.importorskip("scoringrules")
    draws, came = np.random.default_rng(1).normal(size=(5, 9)), np.zeros(5)
    for ours, estimator in ((scoring.ensemble_crps, "nrg"), (scoring.crps, "fair")):
        np.testing.assert_allclose(ours(draws, came), rules.crps_ensemble(came, draws, estimator=estimator))
    np.testing.assert_allclose(
        scoring.gaussian_crps(came, came + 2, came + 1), rules.crps_normal(came + 1, came, came + 2)
    )


def test_murphys_parts_add_up(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    said, came = drawn
    exact = scoring.murphy(said, came)
    assert exact.within == 0 and exact.score == pytest.approx(scoring.brier(said, came).mean(), abs=1e-14)
    binned = scoring.murphy(said, came, scoring.equal_mass(5))
    assert binned.score == pytest.approx(exact.score, abs=1e-14) and binned.within != 0
    assert binned.uncertainty == pytest.approx(came.mean() * (1 - came.mean()))
    two = scoring.murphy(np.stack([1 - said, said], 1), came)
    np.testing.assert_allclose(two, [2 * part for part in exact], atol=1e-14)


def test_calibration_tells_the_overconfident_from_the_calibrated(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    said, came = drawn
    loud = 1 / (1 + ((1 - said) / said.clip(0.01)) ** 2)
    for bins in (scoring.equal_width(10), scoring.equal_mass(10)):
        curve, wrong = (scoring.reliability(x, came, bins, samples=300) for x in (said, loud))
        kept = curve.count > 20
        assert curve.count.sum() == said.size
        assert np.mean(((curve.low <= curve.frequency) & (curve.frequency <= curve.high))[kept]) >= 0.7
        assert np.mean(((wrong.low <= wrong.frequency) & (wrong.frequency <= wrong.high))[wrong.count > 20]) <= 0.4
        assert scoring.calibration_error(loud, came, bins) > 2 * scoring.calibration_error(said, came, bins)
    assert scoring.largest_calibration_error(loud, came) >= scoring.calibration_error(loud, came)
    low, high = scoring.bootstrap(scoring.calibration_error, loud, came, samples=100)
    assert low < scoring.calibration_error(loud, came) < high
    assert scoring.sharpness(loud) > scoring.sharpness(said)


def test_forecasts_all_alike_make_one_bin() -> None:
    curve = scoring.reliability([0.4] * 10, [1] * 5 + [0] * 5, scoring.equal_mass(5), samples=20)
    assert curve.count.tolist() == [10] and curve.frequency.tolist() == [0.5]


def test_peer_scores_add_up_to_nothing() -> None:
    rng = np.random.default_rng(2)
    said, came = rng.dirichlet(np.ones(3), (4, 6)), rng.integers(3, size=6)
    peer = scoring.peer_score(said, came)
    np.testing.assert_allclose(peer.sum(0), 0, atol=1e-14)
    others = np.delete(said, 1, 0)[:, np.arange(6), came]
    np.testing.assert_allclose(peer[1], np.log(said[1, np.arange(6), came]) - np.log(others).mean(0))


def test_profits_of_a_market_are_its_accounts() -> None:
    market = PredictionMarket(LMSR(outcomes=2, liquidity=10.0))
    for name, cash in (("ann", 20.0), ("bob", 30.0), ("idle", 1.0)):
        market.open(name, cash=cash)
    market.trade("ann", outcome=0, to_price=0.8)
    market.trade("bob", outcome=0, to_price=0.3)
    running = scoring.wealth_paths(market.log)
    assert {name: path[-1] for name, path in running.items()} == pytest.approx(
        {n: market.wealth(n) for n in market.traders}
    )
    market.resolve(1)
    found = scoring.profits(market.log)
    assert {n: p.profit for n, p in found.items()} == pytest.approx({n: market.profit(n) for n in market.traders})
    paid = 10 * math.log(0.5 / 0.2)  # what ann paid for shares that came to nothing
    assert found["ann"].at_risk == pytest.approx(paid, abs=1e-5) and found["ann"].roi == pytest.approx(-1)
    peak = running["ann"][1]
    assert found["ann"].drawdown == pytest.approx((peak - market.cash("ann")) / peak)
    assert found["ann"].growth == pytest.approx(math.log(1 - paid / 20), abs=1e-6)
    # bob sold short: at risk is what the other outcome would have taken beyond what he got
    assert found["bob"].roi > 0 and math.isnan(found["idle"].roi) and found["idle"].drawdown == 0


def _maker_market() -> PredictionMarket:
    market = PredictionMarket(LMSR(outcomes=2, liquidity=10.0))
    market.open("ann", 5.0)
    market.open("bob", 3.0)
    market.trade("ann", outcome=1, to_price=0.6)
    market.trade("bob", outcome=1, to_price=0.55)
    market.resolve(1)
    return market


def _book() -> OrderBookMarket:
    market = OrderBookMarket()
    market.open("ann", 5.0)
    market.open("bob", 3.0)
    market.place("ann", 0, shares=5.0, price=0.6)
    market.place("bob", 1, shares=5.0, price=0.45)
    market.resolve(0)
    return market


def _decision_market() -> DecisionMarket:
    market = DecisionMarket(("a", "b"), ("good", "bad"), 2.0, EpsGreedy(0.3))
    market.open("ann", 30.0)
    market.open("bob", 30.0)
    market.report("ann", {"a": (0.7, 0.3)})
    market.report("bob", {"b": (0.6, 0.4), "a": (0.65, 0.35)})
    market.decide("lot")
    market.settle(market.decided, "good")
    return market


def _joint(kind: type[AbstractJointMarket]) -> AbstractJointMarket:
    market = kind({"A": 2, "B": 2}, 10.0)
    market.open("ann", 5.0)
    market.open("bob", 3.0)
    market.edit("ann", "A", to=0.6)
    market.resolve("A", 1)
    market.edit("bob", "B", to=0.9, allow_negative=True)
    market.resolve("B", 0)
    return market


MARKETS = [_maker_market, _book, _decision_market, lambda: _joint(DenseMarket), lambda: _joint(JunctionTreeMarket)]


@pytest.mark.parametrize("made", MARKETS)
def test_every_log_adds_up_to_the_accounts(made) -> None:
    market = made()
    found = scoring.profits(market.log)
    assert set(found) == {"ann", "bob"} and found["ann"].profit != 0
    for trader, profit in found.items():
        rows = [entry for entry in market.log if entry.trader == trader]
        assert sum(entry.cash for entry in rows) == market.books[trader]
        assert profit.profit == pytest.approx(market.cash(trader) - rows[0].cash / 1e6, abs=1e-9)
        assert profit.at_risk > 0 and -1 - 1e-9 <= profit.roi < 5


def test_profits_of_a_joint_market_are_of_the_assets_its_edits_left() -> None:
    log = _joint(JunctionTreeMarket).log
    found = scoring.profits(log)
    gain, risk = 10 * math.log(1.2), -10 * math.log(0.8)  # ann: 0.5 -> 0.6
    assert found["ann"][:3] == pytest.approx((gain, risk, gain / risk), abs=1e-5)
    # bob owes more than he had, and loses that
    assert found["bob"][:4] == pytest.approx((-3, 3, -1, 1)) and found["bob"].growth == -math.inf
    assert scoring.wealth_paths(log)["ann"] == pytest.approx([5, 5 + gain], abs=1e-5)
    with pytest.raises(ValueError, match="entry 2 is an edit that does not say"):
        scoring.profits([replace(entry, about="{}") for entry in log])


def test_profits_of_a_book_and_of_a_market_called_off() -> None:
    market = OrderBookMarket()
    for name in ("ann", "bob"):
        market.open(name, cash=10.0)
    market.place("ann", 0, shares=5.0, price=0.6)
    market.place("bob", 1, shares=5.0, price=0.45)
    market.resolve(None)
    found = scoring.profits(market.log)
    assert [found[n].profit for n in ("ann", "bob")] == [0, 0]
    assert [found[n].at_risk for n in ("ann", "bob")] == [3, 2]


def test_profits_of_a_decision_market_count_what_its_reports_could_owe() -> None:
    market = DecisionMarket(("a", "b"), ("good", "bad"), 2.0, EpsGreedy(0.2))
    market.open("ann", cash=20.0)
    market.report("ann", {"a": (0.8, 0.2)})
    running = scoring.wealth_paths(market.log)["ann"]
    # what she expects by her own forecast: the chance of the action and the weight cancel
    expected = 2 * (0.8 * math.log(1.6) + 0.2 * math.log(0.4))
    assert running == pytest.approx([20, 20 + expected], abs=1e-5)
    market.settle("a", "bad")
    (found,) = scoring.profits(market.log).values()
    assert found.profit == pytest.approx(market.cash("ann") - 20) == pytest.approx(2 * math.log(0.4) / 0.9, abs=1e-5)
    assert found.at_risk == pytest.approx(
        -2 * math.log(0.4) / 0.1, abs=1e-4
    )  # had the action that looks worse been drawn
    assert market.log.price_path.shape == (2, 4)


def test_a_log_of_reports_is_read_as_it_was_written(tmp_path: Path) -> None:
    market = DecisionMarket(("a", "b"), ("good", "bad"), 2.0, EpsGreedy(0.3))
    market.open("ann", cash=20.0)
    market.report("ann", {"a": (0.8, 0.2)})
    for name in ("log.csv", "log.jsonl", "log.parquet"):
        assert TradeLog.load(market.log.save(tmp_path / name)) == market.log


def test_a_file_from_before_there_was_a_column_has_its_default(tmp_path: Path) -> None:
    market = _maker_market()
    lines = [json.dumps({**asdict(entry)}) for entry in market.log]
    for missing in (("about",), ("about", "weight"), ("cash",), ("kind",)):
        rows = [{name: x for name, x in json.loads(line).items() if name not in missing} for line in lines]
        (tmp_path / "old.jsonl").write_text("\n".join(map(json.dumps, rows)))
        with (tmp_path / "old.csv").open("w") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        for name in ("old.jsonl", "old.csv"):
            if missing == ("kind",):  # without it nobody knows what happened
                with pytest.raises(ValueError, match=r"is not a log.*'kind'"):
                    TradeLog.load(tmp_path / name)
            else:
                defaults = {name: getattr(Entry(0, "", ""), name) for name in missing}
                assert list(TradeLog.load(tmp_path / name)) == [replace(entry, **defaults) for entry in market.log]


def test_a_band_of_several_numbers(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    said, came = (part[:200] for part in drawn)
    low, high = scoring.bootstrap(scoring.murphy, said, came, samples=50)
    assert low.shape == high.shape == (4,) and low[2] < scoring.murphy(said, came).uncertainty < high[2]
    alone = scoring.bootstrap(lambda p, y: scoring.murphy(p, y).resolution, said, came, samples=50)
    assert (low[1], high[1]) == pytest.approx(alone)
    with pytest.raises(ValueError, match=r"a tuple of the shapes \[\(10,\)"):
        scoring.bootstrap(lambda p, y: scoring.reliability(p, y, samples=1), said, came, samples=1)
    with pytest.raises(ValueError, match=r"got the shape \(3,\) for 200 questions"):
        scoring.bootstrap(lambda p, y: np.ones(3), said, came, samples=1)
    with pytest.raises(ValueError, match="figures of all draws must be finite"):
        scoring.bootstrap(scoring.log_score, [0.0, 0.5], [1, 1], samples=5)


def test_time_counts_while_a_forecast_stands() -> None:
    assert scoring.time_averaged([1.0, 2.0, 4.0], [0.0, 1.0, 4.0], closes=8.0) == (1 + 6 + 16) / 8
    with pytest.raises(ValueError, match="times must rise and end before the question closes at 3"):
        scoring.time_averaged([1.0, 2.0], [0.0, 4.0], closes=3.0)
    for closes in (math.inf, math.nan):
        with pytest.raises(ValueError, match="closes must be a finite number"):
            scoring.time_averaged([1.0], [0.0], closes=closes)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scoring.brier([0.5, np.nan], [1, 0]), r"forecasts must be finite; 1 of 2 are not, the first at \[1\]"),
        (lambda: scoring.log_score([[0.5, 0.4]], [0]), "those of question 0 add up to 0.9"),
        (lambda: scoring.brier([1.2], [1]), r"a probability lies in \[0, 1\], got 1.2"),
        (lambda: scoring.brier([0.2, 0.3], [1]), "what happened for 2 questions"),
        (lambda: scoring.brier([0.2], [0.5]), "a whole number from 0 to 1"),
        (lambda: scoring.spherical([[0.5, 0.5]], [2]), "a whole number from 0 to 1"),
        (lambda: scoring.brier([], []), "one probability for each question"),
        (lambda: scoring.crps([1.0], [1.0]), r"axes \[questions, members\]"),
        (lambda: scoring.crps([[1.0]], [1.0]), "one draw says nothing of the spread"),
        (lambda: scoring.brier("ab", [1]), "forecasts should be numbers"),
        (
            lambda: scoring.wealth_paths(
                [Entry(0, "open", "a"), Entry(1, "trade", "a", (1, 0)), Entry(2, "trade", "a", (1,))]
            ),
            "the log of one market",
        ),
        (lambda: scoring.reliability([0.5], [1], samples=0), "and samples"),
        (lambda: scoring.gaussian_crps([0.0], [0.0], [0.0]), "a deviation is above 0"),
        (lambda: scoring.pinball([[1.0]], [1.0], [1.0]), "a level lies between 0 and 1"),
        (lambda: scoring.equal_width(0), "at least one bin"),
        (lambda: scoring.calibration_error([0.5], [1], lambda forecasts: forecasts), "two or more edges"),
        (lambda: scoring.log_score([0.5], [1], base=1), "base of a logarithm"),
        (lambda: scoring.murphy([[0.5, 0.5]], [0], scoring.equal_width()), "bins are of events"),
        (lambda: scoring.peer_score([[0.0], [0.5]], [1]), "forecaster 0 gave the probability 0 to what happened"),
        (lambda: scoring.peer_score([[0.5]], [1]), "of two or more"),
        (lambda: scoring.max_drawdown([-1.0]), "wealth of at least 0"),
        (lambda: scoring.bootstrap(scoring.brier, [0.5], [1], level=1.5), "a level between 0 and 1"),
    ],
)
def test_bad_input_is_told_clearly(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
