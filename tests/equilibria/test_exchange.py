"""Exchange economies against root finding, a convex program, closed forms and invariants."""

import inspect

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import root

import catallax as cx
from catallax.core import Status
from catallax.equilibria import (
    EquilibriumPath,
    ExcessDemandNewton,
    ExchangeInteriorPoint,
    FisherCap,
    certify_exchange,
    exchange,
    solve,
)
from catallax.equilibria.valuations import CES, CobbDouglas, Concave, Leontief, Linear, Separable
from catallax.lab import load_experiment

AGENTS, GOODS = 6, 3


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


@pytest.fixture
def economy(rng):
    return rng.uniform(0.1, 1, (AGENTS, GOODS)), rng.uniform(0, 1, (AGENTS, GOODS))


def saturating(scale, amount):
    return scale * jnp.log1p(4 * amount)


def by_root_finding(weights, endowments, elasticity):
    """SciPy on the excess demand of CES agents; worth of everything: 1."""
    supply = endowments.sum(0)

    def prices(logs):
        worth = np.exp(np.r_[logs, 0.0])
        return worth / worth.sum() / supply

    def excess(logs):
        p = prices(logs)
        bids = weights * p ** (1 - elasticity)
        asked = (endowments @ p)[:, None] * bids / bids.sum(1, keepdims=True) / p
        return (asked.sum(0) / supply - 1)[:-1]

    found = root(excess, np.zeros(supply.size - 1), tol=1e-13)
    assert found.success
    return prices(found.x)


@pytest.mark.parametrize("elasticity", [3.0, 1.0, 0.5])
def test_ces_prices_are_those_of_root_finding(double, economy, elasticity):
    weights, endowments = (jnp.asarray(part) for part in economy)
    valuation = CobbDouglas(weights) if elasticity == 1 else CES(weights, jnp.asarray(elasticity))
    found = exchange(valuation, endowments, method=ExcessDemandNewton() if elasticity == 1 else None)
    assert found.status == Status.SOLVED and found.gap <= 1e-6 and found.clearing_error <= 1e-6
    np.testing.assert_allclose(found.prices, by_root_finding(*economy, elasticity), rtol=1e-7)
    np.testing.assert_allclose(found.prices @ endowments.sum(0), 1, rtol=1e-12)
    np.testing.assert_allclose(found.payments, endowments @ found.prices, rtol=1e-7)
    # in a Fisher market with these incomes nobody would do anything else
    fixed = solve(valuation, endowments.sum(0), endowments @ found.prices, cap=FisherCap(), tol=1e-12)
    np.testing.assert_allclose(fixed.prices, found.prices, rtol=1e-5)


def test_cobb_douglas_prices_are_an_eigenvector(double, economy):
    """`p_j omega_j = sum_a (p e_a) A_aj`: the stationary distribution of money."""
    weights, endowments = economy
    shares, supply = weights / weights.sum(1, keepdims=True), endowments.sum(0)
    values, vectors = np.linalg.eig(shares.T @ (endowments / supply))
    worth = np.real(vectors[:, np.argmax(np.real(values))])
    found = exchange(CobbDouglas(jnp.asarray(weights)), jnp.asarray(endowments), method=ExcessDemandNewton())
    np.testing.assert_allclose(found.prices, worth / worth.sum() / supply, rtol=1e-8)


def test_linear_prices_are_those_of_a_convex_program(double, economy):
    pytest.importorskip("cvxpy", reason="the convex program needs the extra `bench`")
    by_program = inspect.getmodule(load_experiment("exchange_economies").run).by_program
    values, endowments = economy
    found = exchange(Linear(jnp.asarray(values)), jnp.asarray(endowments), tol=1e-10)
    assert found.status == Status.SOLVED and found.gap <= 1e-10 and found.clearing_error <= 1e-10
    np.testing.assert_allclose(found.prices, by_program(values, endowments), rtol=1e-5)


def test_two_traders_swap(double):
    """Each owns what the other likes better: one price, and everything changes hands."""
    found = exchange(Linear(jnp.asarray([[1.0, 2.0], [3.0, 1.0]])), jnp.eye(2), tol=1e-10)
    np.testing.assert_allclose(found.prices, [0.5, 0.5], atol=1e-8)
    np.testing.assert_allclose(found.bundles, [[0.0, 1.0], [1.0, 0.0]], atol=1e-8)


def test_one_rich_owner_stalls_nothing(double):
    families = inspect.getmodule(load_experiment("exchange_economies").run).families
    drawn = [families(8, 3, np.random.default_rng((0, seed)))["one rich"] for seed in (0, 2, 3)]
    weights, owned = (jnp.asarray(np.stack(part)) for part in zip(*drawn, strict=True))
    found = exchange(jax.vmap(Linear)(weights), owned)
    assert np.all(found.status == Status.SOLVED) and np.all(found.iterations <= 40), found.iterations


def test_who_needs_not_trade_leaves_prices_open(double):
    """Any price ratio from 1/2 to 2 will do; the economy is certified all the same."""
    found = exchange(Linear(jnp.asarray([[2.0, 1.0], [1.0, 2.0]])), jnp.eye(2), tol=1e-10)
    assert found.status == Status.SOLVED and 0.5 <= found.prices[0] / found.prices[1] <= 2
    np.testing.assert_allclose(found.bundles, jnp.eye(2), atol=1e-5)


@pytest.mark.long
def test_two_methods_agree_and_separable_is_concave(double, economy):
    weights, endowments = (jnp.asarray(part) for part in economy)
    smooth = exchange(CES(weights, jnp.asarray(3.0)), endowments)
    inside = exchange(CES(weights, 3.0), endowments, method=ExchangeInteriorPoint(1e-10))
    np.testing.assert_allclose(inside.prices, smooth.prices, rtol=1e-6)
    one = exchange(Separable(saturating, weights), endowments, tol=1e-9)
    other = exchange(Concave(lambda a, x: jnp.sum(a * jnp.log1p(4 * x)), weights, GOODS), endowments, tol=1e-9)
    assert one.status == other.status == Status.SOLVED and one.gap <= 1e-9
    np.testing.assert_allclose(one.prices, other.prices, rtol=1e-6)


def test_money_that_must_be_spent_is_an_exchange_of_equal_shares(double, economy, rng):
    weights, budgets = jnp.asarray(economy[0]), jnp.asarray(rng.uniform(0.2, 2, AGENTS))
    supply = jnp.asarray(economy[1].sum(0))
    values = Separable(saturating, weights)
    found = solve(values, supply, budgets, cap=FisherCap(), tol=1e-9)
    assert found.status == Status.SOLVED and found.gap <= 1e-8
    np.testing.assert_allclose(found.payments, budgets, rtol=1e-7)
    owned = (budgets / jnp.sum(budgets))[:, None] * supply[None, :]
    np.testing.assert_allclose(found.prices, exchange(values, owned, tol=1e-9).prices * jnp.sum(budgets), rtol=1e-7)
    with pytest.raises(TypeError, match="expected FisherCap"):
        solve(values, supply, budgets, method=ExchangeInteriorPoint())


def test_nobody_has_a_better_bundle_that_it_can_pay(double, rng):
    """A net whose inputs help each other, against bundles drawn on the budget lines."""

    def net(theta, x):
        inner, outer = theta
        return outer @ jnp.log1p(inner @ x)

    theta = jnp.asarray(rng.uniform(0, 1, (AGENTS, 4, GOODS))), jnp.asarray(rng.uniform(0.5, 2, (AGENTS, 4)))
    valuation, endowments = Concave(net, theta, GOODS), jnp.asarray(rng.uniform(0, 1, (AGENTS, GOODS)))
    found = exchange(valuation, endowments, tol=1e-8)
    assert found.status == Status.SOLVED and found.gap <= 1e-8
    shares = jnp.asarray(rng.dirichlet(np.full(GOODS, 0.5), (2_000, AGENTS)))
    others = shares * (endowments @ found.prices)[None, :, None] / found.prices[None, None, :]
    best = jnp.max(jax.vmap(valuation.value)(others), 0)
    now = valuation.value(found.bundles)
    assert np.all(best <= now * (1 + 1e-7)) and np.all(best >= now * 0.9)
    # an exchange is worth it
    assert np.all(now >= valuation.value(endowments))


def test_the_certificate_sees_what_is_wrong(double, economy):
    weights, endowments = (jnp.asarray(part) for part in economy)
    valuation = CES(weights, jnp.asarray(3.0))
    good = exchange(valuation, endowments)

    @jax.jit
    def judged(prices, bundles):
        return certify_exchange(valuation, endowments, prices, bundles, tol=1e-6)

    assert judged(good.prices, good.bundles).status == Status.SOLVED
    assert judged(7 * good.prices, good.bundles).gap <= 1e-6  # ratios alone matter
    dear = judged(good.prices * jnp.asarray([1.1, 1.0, 1.0]), good.bundles)
    assert dear.gap > 1e-3 and dear.status == Status.NOT_CONVERGED
    assert judged(good.prices, good.bundles[::-1]).gap > 1e-3
    assert judged(good.prices, good.bundles * 1.2).clearing_error == pytest.approx(0.2)
    assert judged(good.prices, good.bundles * 0.9).gap > 0.05
    assert judged(good.prices, endowments).gap > 1e-3  # everybody keeps what it has
    assert judged(good.prices.at[0].set(-0.1), good.bundles).gap == jnp.inf
    # markets clear, at what somebody holds below nothing
    lent = judged(good.prices, good.bundles.at[0].add(-1.0).at[1].add(1.0))
    assert lent.clearing_error > 0.1 and lent.status == Status.NOT_CONVERGED


def test_complements_are_found_along_a_curve(double):
    """Leontief exchange, where Newton's method alone often ends nowhere, and says so."""
    drawn = [np.random.default_rng(seed) for seed in range(24)]
    needs = jnp.asarray(np.stack([rng.uniform(0.1, 1, (AGENTS, GOODS)) for rng in drawn]))
    endowments = jnp.asarray(np.stack([rng.uniform(0, 1, (AGENTS, GOODS)) for rng in drawn]))
    found = exchange(jax.vmap(Leontief)(needs), endowments)
    assert np.all(found.status == Status.SOLVED) and np.all(found.gap <= 1e-6) and np.all(found.clearing_error <= 1e-6)
    for market in range(24):  # by hand: what incomes buy is there
        prices, owned, need = (np.asarray(part[market]) for part in (found.prices, endowments, needs))
        asked = need * ((owned @ prices) / (need @ prices))[:, None]
        assert np.all(asked.sum(0) <= owned.sum(0) * (1 + 1e-5))
    # Scarf's, from which an auctioneer walks away: equal prices
    cycle = jnp.zeros((24, AGENTS, GOODS)) + jnp.asarray([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]] * 2)[None]
    scarf = exchange(jax.vmap(Leontief)(cycle), jnp.zeros_like(cycle) + jnp.tile(jnp.eye(3), (2, 1))[None])
    assert np.all(scarf.status == Status.SOLVED)
    np.testing.assert_allclose(scarf.prices, jnp.full((24, 3), 1 / 6), rtol=1e-6)
    alone = exchange(jax.vmap(Leontief)(needs), endowments, method=ExcessDemandNewton())
    solved = np.asarray(alone.status == Status.SOLVED)
    assert not solved.all() and np.all((np.asarray(alone.gap) <= 1e-6) == solved)


@pytest.mark.long
def test_derivatives_are_those_of_the_exact_equilibrium(double, economy, rng):
    weights, endowments = (jnp.asarray(part) for part in economy)
    ways = jnp.asarray(rng.normal(size=(2, AGENTS, GOODS)))
    for kind in (lambda w: CES(w, 3.0), Linear):

        def prices(weights, endowments, kind=kind):
            return exchange(kind(weights), endowments, tol=1e-11).prices

        _, slope = jax.jvp(prices, (weights, endowments), (ways[0], 0.1 * ways[1]))
        small = 1e-5
        high, low = (
            prices(weights + sign * small * ways[0], endowments + sign * small * 0.1 * ways[1]) for sign in (1, -1)
        )
        np.testing.assert_allclose(slope, (high - low) / (2 * small), rtol=1e-4, atol=1e-6)


def test_many_economies_at_once_and_single_precision(rng):
    weights = jnp.asarray(rng.uniform(0.1, 1, (5, AGENTS, GOODS)), jnp.float32)
    endowments = jnp.asarray(rng.uniform(0, 1, (5, AGENTS, GOODS)), jnp.float32)
    together = exchange(eqx.filter_vmap(Linear)(weights), endowments)
    assert together.prices.dtype == jnp.float32 and np.all(together.gap <= 2e-6) and np.all(together.status == 0)
    alone = exchange(Linear(weights[3]), endowments[3])
    np.testing.assert_allclose(together.prices[3], alone.prices, rtol=1e-4)
    # inside a transformation the precision is that around it
    inside = jax.jit(lambda w, e: exchange(CES(w, 3.0), e, tol=1e-4))(weights[0], endowments[0])
    assert inside.prices.dtype == jnp.float32 and inside.gap <= 1e-4


TWO = jnp.asarray([[1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: exchange(Linear(jnp.ones((2, 3))), jnp.ones((2, 2))), "axes agents and goods"),
        (lambda: exchange(Linear(jnp.ones((2, 2))), -TWO), "finite and at least 0"),
        (lambda: exchange(Linear(jnp.ones((2, 2))), jnp.asarray([[1.0, 0.0], [1.0, 0.0]])), "nobody owns good 1"),
        (lambda: exchange(Linear(jnp.asarray([[1.0, 0.0], [1.0, 0.0]])), TWO), "nobody wants good 1"),
        (lambda: exchange(Linear(jnp.ones((2, 2))), jnp.asarray([[1.0, 1.0], [0.0, 0.0]])), "agent 1 owns nothing"),
        (lambda: exchange(Linear(jnp.asarray([[1.0, 1.0], [0.0, 0.0]])), TWO), "agent 1 wants nothing"),
        (lambda: exchange(Linear(TWO), TWO), "falls apart"),
        (lambda: exchange(Linear(jnp.asarray([[1.0, 1.0], [0.0, 1.0]])), TWO), "falls apart"),
        (lambda: exchange(Separable(lambda a, x: a * jnp.log1p(x), TWO), TWO), "falls apart"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("method", [ExcessDemandNewton(), EquilibriumPath()], ids=lambda method: type(method).__name__)
def test_methods_say_what_they_need(method):
    with pytest.raises(TypeError, match=r"expected valuations\.Leontief"):
        exchange(Linear(jnp.ones((2, 2))), TWO, method=method)


def test_what_is_not_concave_is_not_certified(double):
    found = exchange(
        Concave(lambda a, x: a * jnp.sum(x**2), jnp.ones(3), 2), jnp.asarray([[1.0, 0.5], [0.3, 1.0], [1.0, 1.0]])
    )
    assert found.status == Status.NOT_CONCAVE and found.gap == jnp.inf


def test_the_room_names_its_parts():
    assert cx.equilibria.exchange is exchange and issubclass(ExchangeInteriorPoint, cx.equilibria.AbstractExchange)
