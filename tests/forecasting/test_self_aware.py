"""Markets about the market, down to the price of the question itself."""

import numpy as np
import pytest

from catallax.forecasting import (
    LMSR,
    OrderBookMarket,
    PredictionMarket,
    SelfAwareMarket,
    crossings,
    literal,
    reflective,
)


def below(market):
    return lambda own: own < 0.4


def soft(own):
    """1 below 0.35, 0 above 0.45, straight between."""
    return float(np.clip((0.45 - own) / 0.1, 0, 1))


def asked(worth, settlement=reflective):
    market = SelfAwareMarket(PredictionMarket(LMSR(2, 1.0)), settlement)
    market.ask("q", worth, liquidity=10.0)
    for trader in ("ann", "bob"):
        market.questions["q"].open(trader, 100.0)
    return market


@pytest.mark.parametrize(
    ("worth", "consistent", "jumps"),
    [
        (lambda p: p < 0.4, (), (0.4,)),
        (lambda p: p > 0.4, (0.0, 1.0), (0.4,)),
        (soft, (0.45 / 1.1,), ()),
        (lambda p: 0.25, (0.25,), ()),
        (lambda p: 0.3 + 0.4 * (p >= 0.5), (0.3, 0.7), (0.5,)),
    ],
)
def test_crossings(worth, consistent, jumps):
    found = crossings(worth)
    np.testing.assert_allclose([c.price for c in found if c.consistent], consistent, atol=1e-12)
    np.testing.assert_allclose([c.price for c in found if not c.consistent], jumps, atol=1e-12)


@pytest.mark.parametrize(("start", "pays"), [(0.05, 0.4), (0.4, 0.4), (0.95, 0.4)])
def test_the_diagonal_question_pays_where_its_worth_jumps(start, pays):
    market = asked(below)
    assert market.consistent_prices("q") == ()
    market.questions["q"].trade("ann", 0, to_price=start)
    market.questions["q"].trade("bob", 0, to_price=0.41)
    assert market.settle("q") == pays == market.price("q")
    # bob's move towards 0.4 pays the divergence it took away, nothing more
    kl = [0.4 * np.log(0.4 / p) + 0.6 * np.log(0.6 / (1 - p)) for p in (start, 0.41)]
    assert market.questions["q"].profit("bob") == pytest.approx(10 * (kl[0] - kl[1]), abs=1e-5)
    assert market.imbalance == 0


def test_taken_literally_whoever_trades_last_decides_what_is_true():
    """Two endings a hair apart: one trade that costs next to nothing makes bob's shares pay in full, or not."""
    profits = {}
    for settlement in (literal, reflective):
        for end in (0.4001, 0.3999):
            market = asked(below, settlement)
            for trader, price in (("ann", 0.1), ("bob", end)):
                market.questions["q"].trade(trader, 0, to_price=price)
            market.settle("q")
            profits[settlement, end] = market.questions["q"].profit("bob")
    assert profits[literal, 0.3999] == pytest.approx(10 * np.log(3.999), abs=1e-5)
    assert profits[literal, 0.4001] == pytest.approx(10 * np.log(0.5999 / 0.9), abs=1e-5)
    assert abs(profits[reflective, 0.3999] - profits[reflective, 0.4001]) < 1e-5


def test_a_soft_threshold_has_one_price_and_a_self_fulfilling_one_several():
    market = asked(lambda market: soft)
    (price,) = market.consistent_prices("q")
    assert market.settle("q") == pytest.approx(price, abs=1e-6) == pytest.approx(soft(price), abs=1e-6)
    for end in (0.2, 0.9):
        market = asked(lambda market: lambda own: own > 0.4)
        market.questions["q"].trade("ann", 0, to_price=end)
        assert market.settle("q") == (end > 0.4)


def test_questions_about_price_and_leader_wait_until_they_are_due():
    market = SelfAwareMarket(PredictionMarket(LMSR(2, 10.0)))
    for trader in ("ann", "bob"):
        market.main.open(trader, 20.0)
    market.ask("price", lambda m: m.main.prices[0], 5.0, after=2)
    market.ask_which("leader", lambda m: max(m.main.traders, key=m.main.wealth), ("ann", "bob"), 5.0, after=2)
    market.ask("price below this one's", lambda m: lambda own: m.price("price") < own, 5.0)
    market.questions["leader"].open("eve", 10.0)
    market.questions["leader"].trade("eve", 1, to_price=0.9)
    market.main.trade("bob", 0, to_price=0.6)
    with pytest.raises(ValueError, match="due after 1 more trades"):
        market.settle("price")
    assert market.questions["price"].resolution is None
    market.main.trade("ann", 0, to_price=0.75)
    assert market.settle("price") == pytest.approx(0.75, abs=1e-6)
    assert market.settle("leader") == 1  # bob bought at lower prices
    assert market.questions["leader"].profit("eve") == pytest.approx(5 * np.log(1.8), abs=1e-5)
    assert market.settle("price below this one's") == 0.0
    assert market.imbalance == 0


def test_a_fill_is_one_trade_though_both_sides_are_in_the_log():
    book = OrderBookMarket(ticks=10, maker=LMSR(2, 10.0))
    for trader in ("ann", "bob"):
        book.open(trader, 20.0)
    market = SelfAwareMarket(book)
    market.ask("later", lambda m: 0.5, 5.0, after=2)
    book.place("ann", 0, shares=1.0, price=0.4)
    assert len(book.place("bob", 0, shares=-1.0, price=0.4)) >= 1 and book.trades == 1
    with pytest.raises(ValueError, match="due after 1 more trades"):
        market.settle("later")
    book.place("ann", 0, shares=1.0, price=0.9)  # the maker's, with one row
    assert book.trades == 2 and market.settle("later") == 0.5


def test_a_question_that_was_called_off_has_no_price():
    market = asked(below)
    market.questions["q"].resolve(None)
    with pytest.raises(ValueError, match="called off"):
        market.price("q")


def test_refusals_change_nothing():
    market = asked(lambda market: 2.0)
    for call, told in (
        (lambda: market.settle("q"), "between 0 and 1"),
        (lambda: market.settle("r"), "no question 'r'"),
        (lambda: market.ask("q", below, 1.0), "asked already"),
        (lambda: market.ask("r", below, 1.0, after=-1), "due in the past"),
        (lambda: market.ask_which("r", lambda m: "a", ("a", "a"), 1.0), "different options"),
    ):
        with pytest.raises(ValueError, match=told):
            call()
    assert market.questions["q"].resolution is None and list(market.questions) == ["q"]
    market.ask("nothing", lambda m: lambda own: None, 1.0)  # a function that forgot to return
    with pytest.raises(ValueError, match="worth a number between 0 and 1, got None"):
        market.settle("nothing")
    market.ask_which("who", lambda m: "c", ("a", "b"), 1.0)
    with pytest.raises(ValueError, match="none of"):
        market.settle("who")
    with pytest.raises(ValueError, match="choice between options"):
        market.consistent_prices("who")
    done = asked(below)
    done.settle("q")
    with pytest.raises(ValueError, match="is settled"):
        done.settle("q")
