"""Pictures of forecasts and prediction markets show the numbers that they are given."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from catallax import view
from catallax.forecasting import OrderBook, OrderBookMarket, PredictionMarket, Quadratic, TradeLog, scoring


def words(figure: Figure) -> str:
    from matplotlib.text import Text

    return " ".join(t.get_text() for t in figure.findobj(Text))  # pyright: ignore[reportAttributeAccessIssue] - found by type


@pytest.fixture(scope="module")
def market() -> PredictionMarket:
    """Two traders, one of whom was right."""
    market = PredictionMarket(Quadratic(outcomes=2, liquidity=10.0))
    for name in ("ann", "bob"):
        market.open(name, cash=20.0)
    market.trade("ann", 0, to_price=0.8)
    market.trade("bob", 0, to_price=0.6)
    market.resolve(0)
    return market


def test_reliability_marks_what_lies_outside_of_the_band() -> None:
    said = np.repeat([0.1, 0.9], 200)
    came = np.r_[np.arange(200) < 20, np.arange(200) < 100].astype(int)
    figure = view.reliability_diagram({"bold": scoring.reliability(said, came, samples=50)})
    dots = figure.axes[0].collections[-1]
    offsets, colors = np.asarray(dots.get_offsets()), np.asarray(dots.get_facecolor())
    np.testing.assert_allclose(offsets, [[0.1, 0.1], [0.9, 0.5]])
    assert not np.array_equal(colors[0], colors[1])
    assert [round(bar.get_height(), 3) for bar in figure.axes[1].patches if bar.get_height()] == [0.5, 0.5]
    assert "probability" in words(figure) and "bold" in words(figure)


def test_the_path_of_a_market_steps_through_its_prices(market: PredictionMarket) -> None:
    figure = view.market_path(market.log, ("yes", "no"), truth={"truth": 0.7})
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [0.5, 0.8, 0.6], atol=1e-5)
    up, down = (np.asarray(marks.get_offsets()) for marks in figure.axes[0].collections)
    np.testing.assert_allclose([up[0], down[0]], [[1, 0.8], [2, 0.6]], atol=1e-5)
    assert "price of yes" in words(figure) and "truth" in words(figure)


def test_the_depth_of_a_book_adds_up() -> None:
    book = OrderBookMarket()
    book.open("ann", cash=50.0)
    for shares, price in ((5.0, 0.4), (3.0, 0.3), (-4.0, 0.7)):
        book.place("ann", 0, shares=shares, price=price)
    figure = view.book_depth(book.book)
    bids, asks = figure.axes[0].lines[:2]
    assert max(bids.get_ydata()) == 8 and max(asks.get_ydata()) == 4
    assert "spread 0.3 credits" in words(figure)


def test_profits_and_drawdowns_are_those_of_the_log(market: PredictionMarket) -> None:
    figure = view.trader_profits(scoring.wealth_paths(market.log))
    found = scoring.profits(market.log)
    ends = sorted(line.get_ydata()[-1] for line in figure.axes[0].lines if len(line.get_ydata()) == 4)
    np.testing.assert_allclose(ends, sorted(profit.profit for profit in found.values()))
    lowest = min(float(np.min(line.get_ydata())) for line in figure.axes[1].lines)
    assert lowest == pytest.approx(-100 * max(profit.drawdown for profit in found.values()))
    assert "credits" in words(figure)


def test_many_traders_are_grey_but_for_the_ends() -> None:
    wealth = {f"t{number}": [10.0, 10.0 + number] for number in range(20)}
    said = words(view.trader_profits(wealth, most=4, dark=True))
    assert "14" not in said.split("others")[0].replace("+14", "") and "16 others" in said and "t19 +19" in said


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: view.reliability_diagram({}), "at least one forecaster"),
        (lambda: view.market_path(TradeLog()), "nothing was traded"),
        (lambda: view.book_depth(OrderBook()), "no order stands"),
        (lambda: view.trader_profits({"a": [1.0], "b": [1.0, 2.0]}), "all over the same moments"),
    ],
)
def test_what_cannot_be_drawn_is_told(draw, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()
