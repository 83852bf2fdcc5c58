"""Laws of every book and every kind of trader: beside a plain second telling of the rules, quote by quote."""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catallax as cx
from catallax.core import BUYER, NOBODY, SELLER, Quote

BOOKS = {"single quote": cx.auctions.SingleQuoteBook(), "order book": cx.auctions.OrderBook()}
TRADERS = {"ZI-U": cx.agents.ZIU(), "ZI-C": cx.agents.ZIC(), "ZIP": cx.agents.ZIP()}
BUYERS, AGENTS, QUOTES = 3, 6, 24


@partial(jax.jit, static_argnums=0)
def play(name, agents, prices, valid):
    """Trades and the two best quotes after each of a row of quotes."""
    rule = BOOKS[name]

    def step(book, now):
        agent, price, valid = now
        book, trade = rule.place(book, Quote(agent, jnp.where(agent < BUYERS, BUYER, SELLER), price, valid))
        return book, (trade, rule.best(book))

    return jax.lax.scan(step, rule.open(AGENTS), (agents, prices, valid))[1]


def single_quote(agents, prices, valid):
    """The rules of the single-quote book, told again."""
    bid = ask = None
    for agent, price, right in zip(agents, prices, valid, strict=True):
        trade = (0, NOBODY, NOBODY)
        if right and agent < BUYERS:
            if ask and price >= ask[0]:
                trade, bid, ask = (ask[0], agent, ask[1]), None, None
            elif not bid or price > bid[0]:
                bid = (price, agent)
        elif right:
            if bid and price <= bid[0]:
                trade, bid, ask = (bid[0], bid[1], agent), None, None
            elif not ask or price < ask[0]:
                ask = (price, agent)
        yield (*trade, bid[0] if bid else 0, ask[0] if ask else 0)


def order_book(agents, prices, valid):
    """The rules of the order book, told again with two sorted queues."""
    bids, asks = [], []  # (price towards the front, time, agent)
    for time, (agent, price, right) in enumerate(zip(agents, prices, valid, strict=True)):
        trade = (0, NOBODY, NOBODY)
        if right:
            bids, asks = ([order for order in queue if order[2] != agent] for queue in (bids, asks))
            if agent < BUYERS and asks and price >= asks[0][0]:
                cost, _, other = asks.pop(0)
                trade = (cost, agent, other)
            elif agent < BUYERS:
                bids = sorted([*bids, (-price, time, agent)])
            elif bids and price <= -bids[0][0]:
                value, _, other = bids.pop(0)
                trade = (-value, other, agent)
            else:
                asks = sorted([*asks, (price, time, agent)])
        yield (*trade, -bids[0][0] if bids else 0, asks[0][0] if asks else 0)


TOLD = {"single quote": single_quote, "order book": order_book}


@pytest.mark.parametrize("name", BOOKS)
@given(
    quotes=st.lists(
        st.tuples(st.integers(0, AGENTS - 1), st.integers(1, 6), st.booleans()), min_size=QUOTES, max_size=QUOTES
    )
)
@settings(max_examples=60, deadline=None)
def test_every_quote_does_what_the_rules_say(name, quotes):
    agents, prices, valid = zip(*quotes, strict=True)
    trade, (bid, ask) = play(name, *(jnp.asarray(x) for x in (agents, prices, valid)))
    found = np.stack([trade.price, trade.buyer, trade.seller, bid, ask], axis=1)
    assert found.tolist() == [list(row) for row in TOLD[name](agents, prices, valid)]
    assert (np.asarray(trade.happened) == (found[:, 0] > 0)).all()


@pytest.mark.parametrize("name", BOOKS)
def test_the_earlier_quote_makes_the_price(name):
    trade, _ = play(name, jnp.asarray([4, 0, 1, 5]), jnp.asarray([3, 6, 5, 2]), jnp.ones(4, bool))
    assert trade.price.tolist() == [0, 3, 0, 5]
    assert trade.buyer.tolist() == [NOBODY, 0, NOBODY, 1] and trade.seller.tolist() == [NOBODY, 4, NOBODY, 5]


def test_who_came_first_sells_first_unless_it_quotes_again():
    again = play("order book", jnp.asarray([3, 4, 3, 0]), jnp.asarray([2, 2, 2, 6]), jnp.ones(4, bool))[0]
    first = play("order book", jnp.asarray([3, 4, 5, 0]), jnp.asarray([2, 2, 2, 6]), jnp.ones(4, bool))[0]
    assert int(again.seller[-1]) == 4 and int(first.seller[-1]) == 3


@eqx.filter_jit
def trade_all(market, keys):
    return market.run(keys, 2)


MARKETS = {
    (book, kind): cx.markets.DoubleMarket(cx.envs.SYMMETRIC, trader, rule, quotes=200)
    for book, rule in BOOKS.items()
    for kind, trader in TRADERS.items()
    if kind != "ZI-U" or book == "single quote"
}


def sorted_table(draw, agents, units, order):
    rows = draw(
        st.lists(st.lists(st.integers(1, 200), min_size=units, max_size=units), min_size=agents, max_size=agents)
    )
    return np.sort(np.asarray(rows, np.int32), axis=1)[:, ::order]


@st.composite
def tables(draw, units):
    return sorted_table(draw, 6, units, -1), sorted_table(draw, 6, units, 1)


@pytest.mark.parametrize(("book", "kind"), MARKETS)
@given(tables=tables(4), seed=st.integers(0, 99))
@settings(max_examples=12, deadline=None)
def test_goods_and_money_only_change_hands(book, kind, tables, seed):
    values, costs = tables
    market = MARKETS[book, kind]
    market = eqx.tree_at(lambda m: m.limits, market, limits_of(values, costs))
    prices, profit, traded = (np.asarray(x) for x in trade_all(market, jax.random.split(jax.random.key(seed), 4)))
    assert (traded >= 0).all() and (traded <= 4).all()
    assert (traded[..., :6].sum(-1) == traded[..., 6:].sum(-1)).all()
    assert ((prices > 0).sum(-1) == traded[..., :6].sum(-1)).all()
    assert ((prices >= 0) & (prices <= 200)).all()
    # what all earn together is what the units traded are worth less what they cost, to the tick
    total = np.concatenate([values, -costs])[None, None]
    gains = np.where(np.arange(4) < traded[..., None], total, 0).sum((-1, -2))
    assert (profit.sum(-1) == gains).all()
    # what the buyers pay is what the sellers get
    spent = np.where(np.arange(4) < traded[..., :6, None], values, 0).sum((-1, -2)) - profit[..., :6].sum(-1)
    assert (spent == prices.sum(-1)).all()
    schedule = cx.envs.Schedule.of(values, costs)
    assert (profit.sum(-1) <= schedule.surplus).all()
    if kind != "ZI-U":
        assert (profit >= 0).all()


def limits_of(values, costs):
    return cx.markets.DoubleMarket(cx.envs.Schedule.of(values, costs), TRADERS["ZI-C"], BOOKS["single quote"]).limits


@pytest.mark.parametrize("kind", ["ZI-C", "ZIP"])
@given(
    limit=st.integers(1, 200),
    side=st.sampled_from([BUYER, SELLER]),
    word=st.integers(0, 2**32 - 1),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_a_budget_is_a_budget(kind, limit, side, word, seed):
    """No word of luck makes a quote that loses or that is out of range."""
    trader = TRADERS[kind]
    now = cx.core.Limit(jnp.int32(limit), jnp.int32(side), jnp.asarray(True))
    board = cx.core.Board(*map(jnp.int32, (0, 0, 1, 200)))
    state = trader.init(jax.random.key(seed), now.side)
    price = int(trader.quote(jnp.uint32(word), state, now, board))
    assert 1 <= price <= 200 and side * (limit - price) >= 0


def test_a_word_makes_even_numbers():
    words = jax.random.bits(jax.random.key(0), (20_000,))
    counts = np.bincount(np.asarray(cx.core.whole(words, 1, 10)), minlength=11)
    assert counts[0] == 0 and ((counts[1:] - 2_000) ** 2 / 2_000).sum() < 27.9  # chi-square, 9 degrees, p = 0.001
    assert float(cx.core.uniform(jnp.uint32(2**32 - 1))) < 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cx.agents.ZIP(rate=(0.5, 0.1)), r"ZIP: rate must be a range within \[0, 1\)"),
        (lambda: cx.agents.ZIP(absolute=-1.0), "ZIP: absolute must be at least 0"),
        (lambda: cx.markets.DoubleMarket(cx.envs.SYMMETRIC, TRADERS["ZI-C"], BOOKS["order book"], quotes=0), "DoubleMarket: quotes must be at least 1"),
        (lambda: cx.core.fused(jax.random.key(0, impl="rbg")), "fused: expected a key of the default generator"),
    ],
)  # fmt: skip
def test_bad_settings_are_named(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_a_fused_key_draws_what_the_ordinary_one_draws():
    @jax.jit
    def draws(key):
        below = jax.random.split(jax.random.fold_in(key, 2**31 + 5), (2, 3))[1]
        several = jax.vmap(lambda k: jax.random.uniform(k, (3,)))(below)
        return several, jax.random.key_data(below), jax.random.bits(key, (5, 3), "uint16")

    key = jax.random.key(11)
    for found, expected in zip(draws(cx.core.fused(key)), draws(key), strict=True):
        assert (found == expected).all()
    with jax.enable_x64(True):
        wide = [jax.random.bits(k, (7,), "uint64") for k in (cx.core.fused(key), key)]
        assert wide[0].dtype == "uint64" and (wide[0] == wide[1]).all()
