"""Goods, money and prices in time: exact books, goods conserved, and the planner's prices in the end."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.core import Ledger, money
from catallax.markets import production as pn


@pytest.fixture(scope="module")
def workshop():
    """Two resources, a layer of firms, consumers with steep utilities."""
    draw = np.random.default_rng(0)
    firms = [pn.Firm(pn.CobbDouglas(draw.uniform(0.5, 1.5, 2), draw.dirichlet(np.ones(3), 2)[:, :2])) for _ in range(3)]
    eaters = [pn.Consumer(pn.PowerUtility(draw.uniform(1, 3, 2))) for _ in range(3)]
    edges = [(i, j) for i in (0, 1) for j in (2, 3, 4)] + [(i, j) for i in (2, 3, 4) for j in (5, 6, 7)]
    nodes = [pn.Resource([1.0, 2.0]), pn.Resource([2.0, 0.5]), *firms, *eaters]
    cost = np.zeros((len(edges), 2))
    cost[::4] = 0.05
    return pn.Economy(nodes, edges, ("iron", "steel"), transport=cost)


@eqx.filter_jit
def tick(market, economy, day):
    """One program for all markets of a kind: their settings are arrays."""
    return market.tick(economy, day)


def softmax(beta, pace=0.5):
    return pn.Simulator(pn.SoftmaxClearing(jnp.asarray(beta)), pace=jnp.asarray(pace))


@pytest.mark.parametrize("cash", [10.0, 0.3, 0.0])
def test_the_books_close_and_nobody_overspends_at_every_tick(workshop, cash):
    market = softmax(2.0)
    day = market.open(workshop, jnp.full(workshop.nodes, cash))
    for _ in range(30):
        before = day
        day, book = tick(market, workshop, day)
        assert day.ledger.audit() == 0
        assert np.all(np.asarray(day.ledger.agents.coins) >= 0)
        sold = np.zeros((workshop.nodes, 2))
        np.add.at(sold, np.asarray(workshop.source), np.asarray(day.shares * before.stock[workshop.source]))
        assert np.all(sold <= np.asarray(before.stock) * (1 + 1e-5) + 1e-6)
    # after a while everybody earns what it spends, whatever there was to begin with
    assert int(book.short) == 0 and float(book.unsold) < 1e-4 and float(book.turnover) > 1


@pytest.fixture(scope="module")
def shop():
    """Three units, three buyers who get nothing out of them."""
    eater = pn.Consumer(pn.LinearUtility([0.0]))
    return pn.Economy([pn.Resource([3.0]), eater, eater, eater], [(0, 1), (0, 2), (0, 3)])


@pytest.mark.parametrize(("beta", "short"), [(1.0, 0), (20.0, 1)])
def test_goods_are_sold_or_stay(shop, beta, short):
    """Bids are 1 credit, paced by what each could pay for a unit; who gets more than it can pay leaves the rest to the seller."""
    market = softmax(beta)
    cash = jnp.asarray([0.0, 0.5, 0.25, 0.0])
    day = market.open(shop, cash)._replace(posts=jnp.ones((4, 1)))
    after, book = tick(market, shop, day)
    bids = jnp.asarray([0.5, 0.25, 0.0])
    shares = jax.nn.softmax(beta * bids)
    np.testing.assert_allclose(after.shares[:, 0], shares, rtol=1e-5)
    got = jnp.minimum(3 * shares, jnp.asarray([1.0, 1.0, jnp.inf]))
    np.testing.assert_allclose(after.stock[1:, 0], got, rtol=1e-4)
    np.testing.assert_allclose(float(book.unsold), 3 - float(jnp.sum(got)), atol=1e-3)
    np.testing.assert_allclose(after.stock[0, 0], 3.0 + float(book.unsold), rtol=1e-6)
    np.testing.assert_allclose(after.ledger.wealth[0], jnp.sum(got * bids), atol=1e-4)
    assert int(book.short) == (short if beta > 1 else int(3 * shares[0] > 1))


@pytest.fixture(scope="module")
def opened():
    """The golden economy, and its first day with money enough."""
    with jax.enable_x64(True):
        economy = pn.examples.simple_split()
        return economy, softmax(1.0).open(economy, jnp.full(3, 100.0))


@pytest.mark.parametrize(("tau", "share"), [(1.0, 0.421227), (5.0, 0.471660)])
def test_rich_markets_trade_at_the_prices_of_the_planner_with_entropy(double, opened, tau, share):
    """`beta = y / tau`: the split of the golden economy settles at the shares of `tau`."""
    (economy, day), market = opened, softmax(1 / tau, 0.3)
    for _ in range(100):
        day, book = tick(market, economy, day)
    np.testing.assert_allclose(day.shares[0, 0], share, atol=1e-6)
    np.testing.assert_allclose(book.welfare, 3 * np.sqrt(share) + 4 * np.sqrt(1 - share), atol=1e-6)


def test_sellers_who_learn_find_the_optimum(double, opened):
    economy, day = opened
    day, _ = pn.Simulator(pn.LearningSellers(0.2), pace=0.5).run(economy, day, 300)
    np.testing.assert_allclose(day.shares[:, 0], [0.36, 0.64], atol=1e-6)
    np.testing.assert_allclose(day.posts[1:, 0], 2.5, atol=1e-6)
    # all money is accounted for: the world paid 5 a tick, and the seller got 2.5 of it
    wealth = money.exact(day.ledger.agents)
    assert day.ledger.audit() == 0 and wealth.sum() == -(money.exact(day.ledger.house) + money.exact(day.ledger.world))


def test_thin_money_breaks_the_equality_with_the_planner(double, opened):
    """Failure: who cannot pay does not get what the planner would give it (budgets), as long as it is poor."""
    (economy, rich), market = opened, softmax(2.0)
    got = []
    for cash in (100.0, 0.1, 0.0):
        books = Ledger.open(3).endow(jnp.asarray([0.0, cash, 100.0]))
        day = rich._replace(ledger=books, posts=jnp.full_like(rich.posts, 2.5))
        got.append(float(tick(market, economy, day)[0].shares[0, 0]))
    assert got[0] == pytest.approx(0.5) and got[0] > got[1] > got[2] > 0


def test_fixed_purses_trade_at_the_equilibrium_with_capped_spending(double):
    """Who is short scales all its bids alike, so that `p = U' / (1 + l)`: the conditions of `Equ` with budgets, not those of the planner."""
    worth, purse = np.array([[3.0, 1.0], [1.0, 2.0]]), jnp.asarray([0.0, 0.5, 100.0])
    economy = pn.Economy(
        [pn.Resource([1.0, 1.0]), *(pn.Consumer(pn.PowerUtility(u)) for u in worth)], [(0, 1), (0, 2)], 2
    )
    market = pn.Simulator(pn.LearningSellers(jnp.asarray(0.2)), pace=jnp.asarray(0.5))
    morning = day = market.open(economy, purse)
    for _ in range(150):
        day, _ = tick(market, economy, day._replace(ledger=morning.ledger))
    x = np.asarray(day.shares)
    value = 0.5 * worth / np.sqrt(x)
    shaded = value[1] / value[0]  # the second, who has money, bids what a unit is worth to it; these are the prices
    np.testing.assert_allclose(shaded, shaded[0], rtol=1e-4)
    assert shaded[0] < 0.7 and float(value[1] @ x[0]) == pytest.approx(0.5, rel=1e-4)


def test_settings_are_shares():
    for field in ("pace", "shade", "keep"):
        with pytest.raises(ValueError, match=f"{field} must lie"):
            pn.Simulator(**{field: 1.5})
