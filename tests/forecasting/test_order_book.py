"""The book of orders: matching, sets, collateral, the maker beside it, and the log."""

import numpy as np
import pytest

from catallax.core import MICRO
from catallax.forecasting import LMSR, ConstantProduct, Order, OrderBook, OrderBookMarket


def market(**settings):
    made = OrderBookMarket(**settings)
    for trader in ("ann", "bob", "cid"):
        made.open(trader, cash=10.0)
    return made


def state(made):
    return (
        made.books.balances,
        made.book,
        list(made.log),
        {trader: made.positions(trader).tolist() for trader in made.traders},
    )


def test_price_goes_before_time_and_time_before_size():
    made = market()
    made.place("ann", 0, shares=-1.0, price=0.62)
    made.place("bob", 0, shares=-1.0, price=0.60)
    made.place("ann", 0, shares=-2.0, price=0.60)
    done = made.place("cid", 0, shares=3.5, price=0.65)
    assert [(entry.trader, entry.shares[1] / MICRO) for entry in done[1::2]] == [
        ("bob", 1.0),
        ("ann", 2.0),
        ("ann", 0.5),
    ]
    assert made.cash("cid") == pytest.approx(10 - 0.6 - 1.2 - 0.31)
    np.testing.assert_allclose(made.book.depth(buys=False), [[0.62, 0.5]])


def test_two_buyers_mint_a_set_and_two_sellers_merge_it():
    made = market()
    made.place("ann", 0, shares=4.0, price=0.6)
    assert made.place("bob", 1, shares=4.0, price=0.39) == []
    assert len(made.place("bob", 1, shares=4.0, price=0.45)) == 2
    assert made.positions("ann").tolist() == [4.0, 0.0] and made.positions("bob").tolist() == [0.0, 4.0]
    assert made.books["clearing"] == 4 * MICRO
    made.place("ann", 0, shares=-4.0, price=0.5)
    made.place("bob", 1, shares=-4.0, price=0.5)
    assert made.books["clearing"] == 0 and made.imbalance == 0
    # bob sold the second outcome at 0.5, for which he had paid 0.4; his other bid still stands
    assert (made.cash("ann"), made.cash("bob")) == (9.6, 10.4)
    assert len(made.orders) == 1


def test_collateral_is_netted_over_orders_and_positions():
    made = market()
    made.place("ann", 0, shares=10.0, price=0.6)  # 6 credits if it does not happen
    made.place("ann", 0, shares=-20.0, price=0.9)  # 2 credits if it does
    with pytest.raises(ValueError, match="could owe"):
        made.place("ann", 0, shares=10.0, price=0.45)
    made.place("ann", 0, shares=10.0, price=0.4)


def test_nobody_trades_with_itself():
    made = market()
    made.place("ann", 0, shares=-1.0, price=0.5)
    assert made.place("ann", 0, shares=1.0, price=0.6) == []
    assert [(order.trader, order.buys) for order in made.orders] == [("ann", True)]
    placed, _, taken_away = list(made.log)[-3:]
    assert (taken_away.kind, taken_away.trader, taken_away.reason) == ("cancel", "ann", str(placed.number))
    assert state(OrderBookMarket.replay(list(made.log))) == state(made)


def test_an_own_order_stays_where_the_maker_is_better():
    made = market(maker=LMSR(2, 10.0))
    made.place("ann", 0, shares=-1.0, price=0.7)
    made.place("ann", 0, shares=1.0, price=0.75)
    assert [(order.trader, order.tick) for order in made.orders] == [("ann", 70)]
    made.place("ann", 0, shares=9.0, price=0.75)  # more than the maker sells below 0.7
    assert made.orders == () and made.positions("ann")[0] == 10.0


def test_a_cancellation_counts_once():
    made = market()
    made.place("ann", 0, shares=1.0, price=0.5)
    number = made.orders[0].number
    with pytest.raises(ValueError, match="belongs to 'ann'"):
        made.cancel("bob", number)
    assert made.cancel("ann", number)
    before = state(made)
    assert not made.cancel("ann", number)
    assert state(made) == before


def test_the_maker_trades_until_the_best_order_is_better():
    made = market(maker=LMSR(2, 10.0))
    made.place("ann", 0, shares=-3.0, price=0.6)
    done = made.place("bob", 0, shares=9.0, price=0.7)
    with_maker = 10 * np.log(0.6 / 0.4)
    assert [entry.reason.split()[0] for entry in done] == ["maker", "order", "order", "maker"]
    assert done[0].shares[0] / MICRO == pytest.approx(with_maker, abs=1e-3)
    assert made.positions("bob")[0] == pytest.approx(9.0, abs=1e-3)
    assert 0.6 < made.prices[0] < 0.7
    made.resolve(0)
    assert made.imbalance == 0


@pytest.mark.parametrize("maker", [None, LMSR(2, 2.0)])
@pytest.mark.parametrize("outcome", [0, 1, None, (0.3, 0.7)])
def test_any_stream_of_orders_keeps_the_books(maker, outcome):
    rng = np.random.default_rng(0)
    made = market(maker=maker)
    for _ in range(60):
        before = state(made)
        trader = str(rng.choice(made.traders))
        try:
            made.place(
                trader,
                int(rng.integers(2)),
                shares=round(float(rng.normal()) * 4, 2) or 1.0,
                price=round(float(rng.uniform(0.01, 0.99)), 2),
            )
        except ValueError as error:
            assert "could owe" in str(error)
            assert state(made) == before
        if rng.random() < 0.2 and made.orders:
            made.cancel(made.orders[0].trader, made.orders[0].number)
        assert made.imbalance == 0
        assert all(made.books[trader] >= 0 and made.positions(trader).min() == 0 for trader in made.traders)
        bids, asks = made.book.state
        assert not (bids and asks and bids[0].tick >= asks[0].tick)
    assert any(entry.kind == "trade" for entry in made.log)
    made.resolve(outcome)
    assert made.imbalance == 0 and made.books["clearing"] == 0
    assert state(OrderBookMarket.replay(list(made.log), maker=maker)) == state(made)
    with pytest.raises(ValueError, match=r"OrderBookMarket.replay: the log ends after .* cut short"):
        OrderBookMarket.replay(list(made.log)[:-1], maker=maker)


def test_quotes_walk_the_book():
    book = OrderBook()
    for number, (tick, size) in enumerate(((60, 2.0), (70, 1.0))):
        book, _ = book.placed(Order(number, "ann", False, tick, int(size * MICRO)))
    book, _ = book.placed(Order(2, "bob", True, 50, 4 * MICRO))
    assert float(book.quote(0, shares=2.5).cost) == pytest.approx(1.2 + 0.35)
    assert float(book.quote(0, spend=1.55).shares[0]) == pytest.approx(2.5)
    assert float(book.quote(0, to_price=0.65).shares[0]) == 2.0
    assert float(book.quote(1, to_price=0.5).shares[1]) == 4.0  # the bid for the first at 0.5 is an offer of the second
    assert float(book.quote(1, shares=3.0).cost) == pytest.approx(1.5)
    assert float(book.quote(0, shares=-3.0).cost) == pytest.approx(-1.5)
    np.testing.assert_allclose(book.prices, [0.55, 0.45])
    # what is left of a sum buys nothing at a worse price while the better order stands
    lower, _ = book.placed(Order(3, "bob", True, 20, MICRO))
    assert float(lower.quote(0, spend=-0.000095).shares[0]) == -1e-4
    trade = book.quote(0, shares=2.5)
    after, _ = book.apply(trade)
    np.testing.assert_allclose(after.depth(buys=False), [[0.7, 0.5]])
    assert after.worst_case_loss == 0
    with pytest.raises(ValueError, match="quote again"):
        after.apply(book.quote(0, shares=0.5))
    with pytest.raises(ValueError, match=r"3.0 shares of outcome 0 are offered, not 4.0"):
        book.quote(0, shares=4.0)
    with pytest.raises(ValueError, match="there are the outcomes 0 to 1"):
        book.quote(2, shares=1.0)
    with pytest.raises(ValueError, match="one of the 2 outcomes"):
        book.apply(trade._replace(shares=np.ones(2)))


def test_a_spend_is_met_to_the_lot_or_refused():
    book, _ = OrderBook().placed(Order(0, "ann", False, 55, 2 * MICRO))
    assert int(1.001 * MICRO) < 1_001_000  # what a double of it makes of 1.82 shares
    assert float(book.quote(0, spend=1.001).shares[0]) == 1.82
    assert float(book.quote(0, spend=1.1).shares[0]) == 2.0
    with pytest.raises(ValueError, match=r"2.0 shares of outcome 0 are offered for 1.1 credits in all, not 1.2"):
        book.quote(0, spend=1.2)
    with pytest.raises(ValueError, match=r"0.0 shares of outcome 0 are wanted for 0.0 credits in all, not 1"):
        book.quote(0, spend=-1.0)


def test_a_price_above_is_sold_down():
    book = OrderBook()
    for number, (buys, tick) in enumerate(((True, 50), (True, 40), (True, 30), (False, 60))):
        book, _ = book.placed(Order(number, "ann", buys, tick, MICRO))
    for price, sold, paid in ((0.4, 2.0, 0.9), (0.395, 2.0, 0.9), (0.45, 1.0, 0.5), (0.01, 3.0, 1.2)):
        quoted = book.quote(0, to_price=price)
        assert (float(quoted.shares[0]), float(quoted.cost)) == (-sold, pytest.approx(-paid))
        assert book.apply(quoted)[0].bids == book.bids[round(sold) :]
    up = book.quote(1, to_price=0.35)  # the second costs 0.4 from the ask at 0.6, and sells at 0.4
    assert (up.shares.tolist(), float(up.cost)) == ([0.0, -1.0], pytest.approx(-0.4))
    assert not book.quote(0, to_price=0.55).shares.any()
    with pytest.raises(ValueError, match="above 0 and below 1"):
        book.quote(0, to_price=1.0)


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda m: m.place("dot", 0, shares=1.0, price=0.5), "no account"),
        (lambda m: m.place("ann", 2, shares=1.0, price=0.5), "outcome 0 or 1"),
        (lambda m: m.place("ann", 0, shares=0.0, price=0.5), "multiple of 100 micro-shares above 0"),
        (lambda m: m.place("ann", 0, shares=1.0, price=0.505), "multiple of 1/100"),
        (lambda m: m.place("ann", 0, shares=1.0, price=1.0), "1 to 99 ticks"),
        (lambda m: m.place("ann", 0, shares=float("nan"), price=0.5), "finite"),
        (lambda m: m.place("ann", 0, shares=100.0, price=0.5), "could owe"),
        (lambda m: OrderBookMarket(maker=LMSR(3, 1.0)), "2 outcomes"),
        (lambda m: OrderBookMarket(ticks=7), "divide"),
        (lambda m: OrderBookMarket(maker=ConstantProduct(np.array([9.0, 9.0]), fee=0.1)), "set fee=0"),
    ],
)
def test_refusals_change_nothing(act, told):
    made = market()
    before = state(made)
    with pytest.raises(ValueError, match=told):
        act(made)
    assert state(made) == before
