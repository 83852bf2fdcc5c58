"""Accounts, positions, resolution and the log of a market."""

from fractions import Fraction

import numpy as np
import pytest

from catallax.forecasting import LMSR, AnswerPools, Entry, PredictionMarket, TradeLog


@pytest.fixture
def market():
    market = PredictionMarket(LMSR(3, 5.0))
    for trader in ("ann", "bob"):
        market.open(trader, cash=10.0)
    market.trade("ann", 0, spend=4.0, reason="heard something")
    market.trade("bob", shares=[-2.0, 0.0, 1.5])
    market.trade("ann", 0, shares=-1.25)
    return market


def state(market):
    return market.books.balances, market.prices.tolist(), list(market.log), market.resolution


@pytest.mark.parametrize("outcome", [0, 1, 2, None, (0.2, 0.3, 0.5), (Fraction(1, 4), Fraction(3, 4), 0)])
def test_money_is_kept_to_the_last_micro_credit(market, outcome):
    assert market.imbalance == 0
    held = {trader: (market.cash(trader), market.positions(trader)) for trader in market.traders}
    market.resolve(outcome)
    assert market.imbalance == 0
    assert market.books["clearing"] == 0
    assert -market.books["house"] == sum(market.books[trader] for trader in market.traders)
    for trader, (cash, shares) in held.items():
        if outcome is None:
            expected = 10.0
        else:
            worths = np.eye(3)[outcome] if isinstance(outcome, int) else np.asarray(outcome, float)
            expected = cash + shares @ worths
        assert expected - 1e-6 <= market.cash(trader) <= expected + 1e-9
        assert market.profit(trader) == pytest.approx(market.cash(trader) - 10)


def test_the_house_always_has_enough():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        market = PredictionMarket(LMSR(3, 0.01))
        market.open("ann", cash=1e4)
        for _ in range(10):
            try:
                market.trade("ann", int(rng.integers(3)), shares=float(rng.normal()))
            except ValueError as error:
                assert "Trade less" in str(error)
        market.resolve(int(np.argmax(market.positions("ann"))))
        assert market.imbalance == 0


def test_a_maker_too_large_for_the_digits_of_a_double_still_pays_everybody():
    market = PredictionMarket(LMSR(2, 1e13))
    market.open("ann", cash=1e15)
    for outcome, price in ((1, 0.99), (1, 1 - 1e-15), (0, 0.3), (1, 1 - 1e-15)):
        market.trade("ann", outcome, to_price=price)
        assert market.books["clearing"] >= max(market.positions("ann")) * 1e6
    market.resolve(1)
    assert market.imbalance == 0


def test_pools_of_answers_pay_everybody_and_are_replayed():
    pools = AnswerPools(np.full((3, 2), 10.0))
    market = PredictionMarket(pools)
    market.open("ann", cash=90.0)
    for wish in ({"to_price": 0.9}, {"spend": 4.0}, {"shares": -3.0}, {"to_price": 0.05}):
        market.trade("ann", 1, **wish)
        assert market.imbalance == 0 and abs(market.prices.sum() - 1) < 1e-12
    assert state(PredictionMarket.replay(pools, market.log)) == state(market)
    market.resolve(1)
    assert market.imbalance == 0 and market.books["clearing"] == 0


def test_shares_that_were_asked_for_are_got_to_the_last(market):
    """1.001 * 1e6 is 1000999.9999999999 in doubles."""
    assert market.trade("bob", 0, shares=1.001).shares[0] == 1_001_000
    for outcome, held in enumerate(market.positions("bob")):
        market.trade("bob", outcome, shares=-held)
    assert market.positions("bob").tolist() == [0.0, 0.0, 0.0]


def test_a_maker_that_loses_more_than_it_says_is_refused(monkeypatch):
    monkeypatch.setattr(LMSR, "worst_case_loss", np.zeros(()))
    market = PredictionMarket(LMSR(2, 5.0))
    market.open("ann", cash=10.0)
    before = state(market)
    with pytest.raises(ValueError, match="LMSR could lose"):
        market.trade("ann", 0, shares=1.0)
    assert state(market) == before


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda m: m.trade("cid", 0, spend=1.0), "no account"),
        (lambda m: m.trade("ann", 0, spend=7.5), "Trade less"),
        (lambda m: m.trade("ann", 0, shares=-40.0), "Trade less"),
        (lambda m: m.trade("ann", 0, shares=2.0, at_most=0.5), "pays at most"),
        (lambda m: m.trade("ann", 3, shares=2.0), "there are the outcomes"),
        (lambda m: m.trade("ann", 0, to_price=1.0), "below 1"),
        (lambda m: m.open("ann", 1.0), "already"),
        (lambda m: m.open("house", 1.0), "already"),
        (lambda m: m.open("dot", -1.0), "cannot begin"),
        (lambda m: m.open("dot", float("nan")), "PredictionMarket: the cash of 'dot' must be a finite"),
        (lambda m: m.resolve((float("nan"), 0.5, 0.5)), "PredictionMarket: what a share is worth must be a finite"),
        (lambda m: m.resolve(3), "there are the outcomes"),
        (lambda m: m.resolve((0.5, 0.6, 0.0)), "adding up to 1"),
    ],
)
def test_refusals_change_nothing(market, act, told):
    before = state(market)
    with pytest.raises(ValueError, match=told):
        act(market)
    assert state(market) == before


def test_a_resolved_market_is_closed(market):
    market.resolve(1)
    before = state(market)
    for act in (
        lambda: market.trade("ann", 0, spend=1.0),
        lambda: market.resolve(1),
        lambda: market.open("dot", 1.0),
    ):
        with pytest.raises(ValueError, match="resolved"):
            act()
    assert state(market) == before


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("outcome", [2, None, (0.2, 0.3, 0.5)])
def test_a_log_tells_all(market, ending, outcome, tmp_path):
    market.resolve(outcome)
    log = TradeLog.load(market.log.save(tmp_path / f"log{ending}"))
    assert log == market.log
    assert state(PredictionMarket.replay(market.opening, log)) == state(market)


def test_a_log_of_another_market_is_refused(market):
    with pytest.raises(ValueError, match="entry 2"):
        PredictionMarket.replay(LMSR(3, 5.5), market.log)
    market.resolve(0)
    for log, told in (
        (list(market.log)[:-1], "cut short"),
        ([*market.log, market.log[-1]], "is not there"),
        ([*list(market.log)[:2], Entry(2, "order", "ann", (1, 0))], "of the kind 'order'"),
    ):
        with pytest.raises(ValueError, match=rf"PredictionMarket.replay: .*{told}"):
            PredictionMarket.replay(market.opening, log)


@pytest.mark.parametrize("name", ["log.txt", "log.csv", "log.jsonl"])
def test_what_is_no_log_is_refused(name, tmp_path):
    (tmp_path / name).write_text("number,kind\nnothing\n")
    with pytest.raises(ValueError, match=r"is not a log|should end in"):
        TradeLog.load(tmp_path / name)


def test_the_path_of_prices(market):
    path = market.log.price_path
    assert path.shape == (4, 3)
    np.testing.assert_allclose(path[0], 1 / 3)
    np.testing.assert_allclose(path[-1], market.prices)
    assert TradeLog([Entry(0, "open", "ann")]).price_path.size == 0
