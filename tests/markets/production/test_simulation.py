"""Goods, money and prices in time: exact books, goods conserved, and the planner's prices in the end."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.core import money
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


@pytest.fixture(scope="module")
def trading(workshop):
    """Its market, and a compiled tick."""
    market = pn.Simulator(pn.SoftmaxClearing(2.0))
    return market, jax.jit(lambda day: market.tick(workshop, day))


@pytest.mark.parametrize("cash", [10.0, 0.3, 0.0])
def test_the_books_close_and_nobody_overspends_at_every_tick(workshop, trading, cash):
    market, tick = trading
    day = market.open(workshop, jnp.full(workshop.nodes, cash))
    for _ in range(30):
        before = day
        day, book = tick(day)
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
    market = pn.Simulator(pn.SoftmaxClearing(jnp.asarray(beta)))
    cash = jnp.asarray([0.0, 0.5, 0.25, 0.0])
    day = market.open(shop, cash)._replace(posts=jnp.ones((4, 1)))
    after, book = jax.jit(lambda d: market.tick(shop, d))(day)
    bids = jnp.asarray([0.5, 0.25, 0.0])
    shares = jax.nn.softmax(beta * bids)
    np.testing.assert_allclose(after.shares[:, 0], shares, rtol=1e-5)
    got = jnp.minimum(3 * shares, jnp.asarray([1.0, 1.0, jnp.inf]))
    np.testing.assert_allclose(after.stock[1:, 0], got, rtol=1e-4)
    np.testing.assert_allclose(float(book.unsold), 3 - float(jnp.sum(got)), atol=1e-3)
    np.testing.assert_allclose(after.stock[0, 0], 3.0 + float(book.unsold), rtol=1e-6)
    np.testing.assert_allclose(after.ledger.wealth[0], jnp.sum(got * bids), atol=1e-4)
    assert int(book.short) == (short if beta > 1 else int(3 * shares[0] > 1))


def test_rich_markets_trade_at_the_prices_of_the_planner_with_entropy(double):
    """`beta = y / tau`: the split of the golden economy settles at the shares of `tau`."""
    economy = pn.examples.simple_split()
    for tau, share in ((1.0, 0.421227), (5.0, 0.471660)):
        market = pn.Simulator(pn.SoftmaxClearing(jnp.asarray(1 / tau)), pace=jnp.asarray(0.3))
        day, book = market.run(economy, market.open(economy, jnp.full(3, 100.0)), 300)
        np.testing.assert_allclose(day.shares[0, 0], share, atol=1e-6)
        np.testing.assert_allclose(book.welfare[-1], 3 * np.sqrt(share) + 4 * np.sqrt(1 - share), atol=1e-6)


def test_sellers_who_learn_find_the_optimum(double):
    economy = pn.examples.simple_split()
    market = pn.Simulator(pn.LearningSellers(0.2), pace=0.5)
    day, _ = market.run(economy, market.open(economy, jnp.full(3, 100.0)), 300)
    np.testing.assert_allclose(day.shares[:, 0], [0.36, 0.64], atol=1e-6)
    np.testing.assert_allclose(day.posts[1:, 0], 2.5, atol=1e-6)
    # all money is accounted for: the world paid 5 a tick, and the seller got 2.5 of it
    wealth = money.exact(day.ledger.agents)
    assert day.ledger.audit() == 0 and wealth.sum() == -(money.exact(day.ledger.house) + money.exact(day.ledger.world))


def test_thin_money_breaks_the_equality_with_the_planner(double):
    """Failure: who cannot pay does not get what the planner would give it (budgets), as long as it is poor."""
    economy = pn.examples.simple_split()
    market = pn.Simulator(pn.SoftmaxClearing(2.0))
    bids = jnp.asarray([[2.5], [2.5], [2.5]])
    tick = jax.jit(lambda d: market.tick(economy, d))
    got = []
    for cash in (100.0, 0.1, 0.0):
        day = market.open(economy, jnp.asarray([0.0, cash, 100.0]))._replace(posts=bids)
        got.append(float(tick(day)[0].shares[0, 0]))
    assert got[0] == pytest.approx(0.5) and got[0] > got[1] > got[2] > 0


def test_settings_are_shares():
    for field in ("pace", "shade", "keep"):
        with pytest.raises(ValueError, match=f"{field} must lie"):
            pn.Simulator(**{field: 1.5})
