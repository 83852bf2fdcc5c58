"""Prices and bundles against closed forms, linear programs and invariants."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import linprog

import catallax as cx
from catallax.core import Status
from catallax.equilibria import FisherCap, ProportionalResponse, SpendCap, ValueCap, certify, solve
from catallax.equilibria.valuations import CES, CobbDouglas, Concave, Leontief, Linear
from catallax.equilibria.valuations import _weights as check_weights

AGENTS, GOODS, TOL = 6, 3, 1e-11
"""Of most tests, so that they share compiled programs: one for each valuation and cap."""
WORKED = [
    # values, supply, budgets, price under a value cap, under a spending cap
    ([[1.0], [1.0]], 10.0, [1.0, 0.0], 0.0, 0.1),
    ([[1.0], [1.0]], 10.0, [1.0, 1.0], 0.0, 0.2),
    ([[1.0], [1.0]], 10.0, [1.0, 3.0], 0.0, 0.4),
    ([[4.0], [2.0]], 1.0, [1.0, 1.0], 0.0, 2.0),
]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def double():
    with jax.enable_x64(True):
        yield


def weights(rng, agents=AGENTS, goods=GOODS):
    return jnp.asarray(rng.uniform(0.1, 1, (agents, goods)))


@pytest.mark.parametrize(("values", "supply", "budgets", "capped", "spent"), WORKED)
def test_worked_examples_of_both_caps(double, values, supply, budgets, capped, spent):
    for cap, price in ((ValueCap(), capped), (SpendCap(), spent)):
        found = solve(Linear(jnp.asarray(values)), jnp.asarray([supply]), jnp.asarray(budgets), cap=cap, tol=TOL)
        np.testing.assert_allclose(found.prices, [price], atol=2e-5)
        assert found.status == Status.SOLVED
    if budgets == [1.0, 3.0]:
        np.testing.assert_allclose(found.bundles[:, 0], [2.5, 7.5], atol=2e-5)


def test_value_cap_is_a_linear_program(double, rng):
    """Maximise `sum t_a` with `t_a <= w_a`, `t_a <= V_a x_a`: prices are its duals."""
    agents, goods = AGENTS, GOODS
    values, budgets, supply = weights(rng), rng.uniform(0.2, 1.5, agents), rng.uniform(0.5, 2, goods)
    found = solve(Linear(values), jnp.asarray(supply), jnp.asarray(budgets), tol=TOL)
    worth = np.zeros((agents, agents * goods))
    for a in range(agents):
        worth[a, a * goods : (a + 1) * goods] = -np.asarray(values)[a]
    rows = np.block(
        [[worth, np.eye(agents)], [np.tile(np.eye(goods), agents), np.zeros((goods, agents))]]
    )  # fmt: skip
    best = linprog(
        np.r_[np.zeros(agents * goods), -np.ones(agents)], rows, np.r_[np.zeros(agents), supply],
        bounds=[(0, None)] * (agents * goods) + [(0, w) for w in budgets],
    )  # fmt: skip
    np.testing.assert_allclose(found.prices, -best.ineqlin.marginals[agents:], atol=1e-5)
    np.testing.assert_allclose(jnp.sum(jnp.minimum(Linear(values).value(found.bundles), budgets)), -best.fun, rtol=1e-8)


def test_leontief_under_a_value_cap_is_a_linear_program(double, rng):
    needs, budgets, supply = weights(rng), rng.uniform(0.2, 1.5, AGENTS), rng.uniform(0.5, 1, GOODS)
    found = solve(Leontief(needs), jnp.asarray(supply), jnp.asarray(budgets), tol=TOL)
    best = linprog(-np.ones(AGENTS), np.asarray(needs).T, supply, bounds=[(0, w) for w in budgets])
    np.testing.assert_allclose(found.prices, -best.ineqlin.marginals, atol=1e-5)
    assert found.gap <= 1e-10


def test_cobb_douglas_prices_in_closed_form(double, rng):
    """`p_j = sum_a w_a A_aj / omega_j` where all money is spent."""
    shares = weights(rng)
    budgets, supply = jnp.asarray(rng.uniform(0.2, 2, AGENTS)), jnp.asarray(rng.uniform(0.5, 2, GOODS))
    found = solve(CobbDouglas(shares), supply, budgets, cap=FisherCap(), tol=TOL)
    np.testing.assert_allclose(found.prices, budgets @ (shares / shares.sum(1, keepdims=True)) / supply, rtol=1e-6)
    np.testing.assert_allclose(found.payments, budgets, rtol=1e-6)


@pytest.mark.long
def test_one_class_is_the_limit_of_another(double, rng):
    """CES towards Cobb-Douglas and Leontief; CES and Cobb-Douglas as any concave function."""
    weight, budgets, supply = weights(rng, 5, 3), jnp.asarray(rng.uniform(0.2, 1, 5)), jnp.ones(3)
    shares = weight / weight.sum(1, keepdims=True)
    for cap in (ValueCap(), SpendCap()):

        def price(valuation, cap=cap):
            found = solve(valuation, supply, budgets, cap=cap, tol=1e-10)
            assert found.status == Status.SOLVED
            return found.prices

        near = CES(shares, 1.01)
        np.testing.assert_allclose(price(near), price(CobbDouglas(shares)), rtol=2e-2, atol=1e-7)
        np.testing.assert_allclose(price(CES(weight, 1e-4)), price(Leontief(weight)), atol=2e-3)

        def ces(a, x):
            return jnp.sum(jnp.sqrt(a * x)) ** 2

        np.testing.assert_allclose(price(Concave(ces, weight, 3)), price(CES(weight, 2.0)), atol=1e-5)


@pytest.mark.parametrize("cap", [ValueCap(), SpendCap(), FisherCap()], ids=lambda cap: type(cap).__name__)
@pytest.mark.parametrize("kind", [Linear, Leontief, CobbDouglas, CES])
def test_everybody_has_a_best_bundle(double, rng, kind, cap):
    """The certificate against what random bundles reach, and the books."""
    weight, supply = weights(rng), jnp.asarray(rng.uniform(0.5, 2, GOODS))
    budgets = jnp.asarray(rng.uniform(0.1, 1, AGENTS))
    valuation = kind(weight)
    found = solve(valuation, supply, budgets, cap=cap, tol=TOL)
    assert -1e-12 <= found.gap <= TOL and found.clearing_error <= TOL and found.status == Status.SOLVED
    assert np.all(found.payments <= budgets * (1 + 1e-4)) and np.all(found.bundles >= 0)
    others = jnp.asarray(rng.dirichlet(np.ones(GOODS + 1), (500, AGENTS))[..., :GOODS]) * 3 * supply[None, None, :]
    paid = others @ found.prices
    if isinstance(cap, ValueCap):
        gain = jnp.minimum(jax.vmap(valuation.value)(others), budgets[None, :]) - paid
        now = jnp.minimum(valuation.value(found.bundles), budgets) - found.payments
    else:  # scaled down to what the money buys
        scale = jnp.minimum(1, budgets[None, :] / paid)
        keep = 0.0 if isinstance(cap, FisherCap) else 1.0
        gain = (jax.vmap(valuation.value)(others) - keep * paid) * scale
        now = valuation.value(found.bundles) - keep * found.payments
    assert float(jnp.max(gain - now[None, :])) <= 1e-4


def test_concave_valuations_that_are_not_homogeneous(double, rng):
    """A net of positive weights and a concave activation; under both caps no bundle on a grid is better."""

    def net(theta, x):
        inner, outer = theta
        return outer @ jnp.log1p(inner @ x)

    theta = (jnp.asarray(rng.uniform(0, 1, (6, 4, 2))), jnp.asarray(rng.uniform(0.5, 2, (6, 4))))
    valuation = Concave(net, theta, goods=2)
    supply = jnp.asarray([3.0, 2.0])
    grid = jnp.stack(jnp.meshgrid(jnp.linspace(0, 3, 60), jnp.linspace(0, 2, 60)), -1).reshape(-1, 1, 2)
    values = jax.vmap(valuation.value)(jnp.broadcast_to(grid, (3600, 6, 2)))
    for cap, budgets in ((ValueCap(), jnp.full(6, 2.0)), (SpendCap(), jnp.asarray([0.1, 0.2, 0.5, 1.0, 2.0, 4.0]))):
        found = solve(valuation, supply, budgets, cap=cap, tol=1e-9)
        assert found.status == Status.SOLVED and found.gap <= 1e-9
        paid = grid @ found.prices
        if isinstance(cap, ValueCap):
            gain = jnp.minimum(values, budgets[None, :]) - paid
            now = jnp.minimum(valuation.value(found.bundles), budgets) - found.payments
        else:
            gain = jnp.where(paid <= budgets[None, :], values - paid, -jnp.inf)
            now = valuation.value(found.bundles) - found.payments
            assert np.all(found.payments <= budgets * (1 + 1e-6)) and (found.payments < 0.99 * budgets).any()
        assert float(jnp.max(gain - now[None, :])) <= 1e-7


@pytest.mark.long
def test_derivatives_are_those_of_the_exact_equilibrium(double, rng):
    """Against closed forms and finite differences."""
    shares, budgets, supply = weights(rng, 5, 3), jnp.asarray(rng.uniform(0.2, 1, 5)), jnp.asarray([1.0, 2.0, 0.5])
    shares = shares / shares.sum(1, keepdims=True)

    def price(shares, supply, budgets):
        return solve(CobbDouglas(shares), supply, budgets, cap=FisherCap(), tol=1e-12).prices

    by_supply, by_budget = jax.jacrev(price, (1, 2))(shares, supply, budgets)
    np.testing.assert_allclose(by_budget, (shares / supply[None, :]).T, atol=1e-8)
    np.testing.assert_allclose(by_supply, -jnp.diag(budgets @ shares / supply**2), atol=1e-7)

    def root(scale, x):
        return jnp.sum(scale * jnp.sqrt(x))

    def dear(scale):
        return solve(Concave(root, scale, 3), supply, budgets, cap=SpendCap(), tol=1e-12).prices

    way = jnp.asarray(rng.normal(size=(5, 3)))
    _, slope = jax.jvp(dear, (shares,), (way,))
    np.testing.assert_allclose(slope, (dear(shares + 1e-5 * way) - dear(shares - 1e-5 * way)) / 2e-5, rtol=1e-5)

    def linear(values):
        return solve(Linear(values), supply, budgets / 3, cap=SpendCap(), tol=1e-13).prices

    _, slope = jax.jvp(linear, (shares,), (way,))
    np.testing.assert_allclose(slope, (linear(shares + 1e-4 * way) - linear(shares - 1e-4 * way)) / 2e-4, atol=1e-3)


def test_changes_that_must_not_matter(double, rng):
    values, supply = weights(rng), jnp.asarray([1.0, 2.0, 3.0])
    budgets = jnp.asarray(rng.uniform(0.1, 0.3, AGENTS)).at[-1].set(0)

    def prices(values, supply, budgets):
        return solve(Linear(values), supply, budgets, cap=SpendCap(), tol=TOL).prices

    known = prices(values, supply, budgets)
    np.testing.assert_allclose(prices(values[::-1, ::-1], supply[::-1], budgets[::-1])[::-1], known, rtol=1e-5)
    # the last one has no money: another half of the first in its place
    halves = budgets.at[jnp.asarray([0, -1])].set(budgets[0] / 2)
    np.testing.assert_allclose(prices(values.at[-1].set(values[0]), supply, halves), known, rtol=1e-5)
    # while all budgets bind prices follow the money; where none does they do not
    np.testing.assert_allclose(prices(values, supply, budgets / 10), known / 10, rtol=1e-5)
    np.testing.assert_allclose(
        prices(values, supply, budgets * 1e3), prices(values, supply, jnp.where(budgets > 0, jnp.inf, 0.0)), rtol=1e-5
    )


def test_many_markets_at_once_and_single_precision(rng):
    values = jnp.asarray(rng.uniform(0.1, 1, (5, AGENTS, GOODS)), jnp.float32)
    supply, budgets = jnp.ones(GOODS), jnp.asarray(rng.uniform(0, 1, (5, AGENTS)), jnp.float32)
    markets = eqx.filter_vmap(Linear)(values)
    together = solve(markets, jnp.broadcast_to(supply, (5, GOODS)), budgets)
    assert together.prices.dtype == jnp.float32 and np.all(together.gap <= 1e-6)
    with jax.enable_x64(True):  # the program of other tests
        one, money, whole = (jnp.asarray(np.asarray(array, float)) for array in (values[3], budgets[3], supply))
        alone = solve(Linear(one), whole, money, tol=TOL)
    np.testing.assert_allclose(together.prices[3], alone.prices, rtol=1e-3)
    # inside a transformation the precision is that around it
    inside = jax.jit(jax.vmap(lambda v, w: solve(Linear(v), supply, w, tol=1e-3)))(values, budgets)
    assert inside.prices.dtype == jnp.float32 and np.all(inside.gap <= 1e-3)
    np.testing.assert_allclose(inside.prices, together.prices, rtol=5e-2)


def test_goods_that_nobody_wants_or_nobody_has(double):
    values = Linear(jnp.asarray([[2.0, 0.0, 1.0], [1.0, 0.0, 3.0]]))
    found = solve(values, jnp.asarray([1.0, 5.0, 0.0]), jnp.asarray([1.0, 1.0]), cap=SpendCap(), tol=1e-10)
    assert found.status == Status.SOLVED
    np.testing.assert_allclose(found.prices[1], 0, atol=1e-6)
    # of the third there is nothing: it costs what the highest bidder would give
    pacing = jnp.minimum(1, found.prices[0] / values.weights[:, 0])
    np.testing.assert_allclose(found.prices[2], jnp.max(pacing * values.weights[:, 2]), rtol=1e-5)


def test_unlimited_wealth_leaves_no_kink(double):
    """Who gets everything pays what a little more would be worth to it, whatever wealth means."""
    unlimited = jnp.full(2, jnp.inf)
    for cap in (ValueCap(), SpendCap()):
        found = solve(Linear(jnp.asarray([[4.0], [2.0]])), jnp.ones(1), unlimited, cap=cap, tol=TOL)
        np.testing.assert_allclose(found.prices, [4.0], rtol=1e-4)


def test_somebody_without_money_buys_nothing(double):
    found = solve(Linear(jnp.asarray([[1.0], [5.0]])), jnp.ones(1), jnp.asarray([1.0, 0.0]), cap=SpendCap(), tol=TOL)
    np.testing.assert_allclose(found.bundles[:, 0], [1, 0], atol=1e-4)
    np.testing.assert_allclose(found.prices, [1.0], rtol=1e-4)


def test_the_certificate_sees_what_is_wrong(double, rng):
    values, supply = Linear(weights(rng).at[:2].multiply(2)), jnp.ones(GOODS)
    budgets = jnp.asarray([0.05, 0.05, 5.0, 5.0, 5.0, 5.0])
    good = solve(values, supply, budgets, cap=SpendCap(), tol=TOL)

    @jax.jit
    def judged(prices, bundles):
        return certify(values, supply, budgets, SpendCap(), prices, bundles, tol=1e-6)

    assert judged(good.prices, good.bundles).status == Status.SOLVED
    dear = judged(good.prices * 1.1, good.bundles)
    assert dear.gap > 1e-3 and dear.status == Status.NOT_CONVERGED
    assert judged(good.prices, good.bundles[::-1]).gap > 1e-3
    sold_twice = judged(good.prices, good.bundles * 1.2)
    assert sold_twice.clearing_error == pytest.approx(0.2) and sold_twice.status == Status.NOT_CONVERGED
    assert judged(good.prices, good.bundles * 0.5).clearing_error > 1e-2
    lent = good.bundles.at[0].add(-1.0).at[1].add(1.0)  # markets clear, but somebody holds less than nothing
    assert judged(good.prices, lent).clearing_error > 0.5
    assert judged(good.prices.at[0].set(-0.1), good.bundles).gap == jnp.inf
    # 1% of a small budget is overspent, by somebody whose money it does not matter to: the gap sees its square alone
    most, rich = int(jnp.argmax(good.bundles[0])), 2 + int(jnp.argmax(good.bundles[2:].sum(1)))
    more = 0.01 * good.bundles[0, most]
    over = judged(good.prices, good.bundles.at[0, most].add(more).at[rich, most].add(-more))
    assert over.gap < 1e-6 and over.regret >= 0.01 * 0.05 / 20.1 * 0.99 > 100 * judged(good.prices, good.bundles).regret


def test_the_certificate_where_amounts_are_zero(double):
    """Nothing at stake is no reason for NaN, and who rightly holds nothing is not charged with its budget."""
    ones = jnp.ones(2)
    nothing = certify(Linear(jnp.zeros((2, 2))), ones, ones, ValueCap(), 0 * ones, jnp.full((2, 2), 0.5), tol=1e-6)
    assert nothing.gap == 0 and nothing.regret == 0 and nothing.status == Status.SOLVED
    one_good = Concave(lambda a, x: a * jnp.log1p(jnp.sum(x)), jnp.asarray([10.0, 0.1]), 1)
    all_to_one = jnp.asarray([[1.0], [0.0]])
    for cap in (ValueCap(), SpendCap()):
        judged = certify(one_good, jnp.ones(1), jnp.full(2, 50.0), cap, jnp.asarray([5.0]), all_to_one, tol=1e-6)
        assert judged.status == Status.SOLVED and abs(judged.gap) < 1e-12


def test_too_few_iterations_are_told(rng):
    method = cx.equilibria.InteriorPoint(1e-9, steps=2)
    found = solve(Linear(weights(rng)), jnp.ones(GOODS), jnp.ones(AGENTS), method=method)
    assert found.status == Status.NOT_CONVERGED and found.gap > 1e-9 and found.iterations == 2


def test_proportional_response_gets_there_slowly(double, rng):
    values, budgets, supply = Linear(weights(rng)), jnp.asarray(rng.uniform(0.1, 1, AGENTS)), jnp.ones(GOODS)
    for cap in (SpendCap(), FisherCap()):
        slow = solve(values, supply, budgets, cap=cap, method=ProportionalResponse(1e-4))
        exact = solve(values, supply, budgets, cap=cap, tol=TOL)
        assert slow.gap <= 1e-4 and slow.iterations > exact.iterations
        np.testing.assert_allclose(slow.prices, exact.prices, rtol=0.03)


def test_rounding_is_no_curvature():
    """A homogeneous function has no bend along its own ray, in single precision a little less or more."""

    def ces(a, x):
        return jnp.sum(jnp.sqrt(a * x)) ** 2

    weight = jnp.asarray(np.random.default_rng(0).uniform(0.1, 1, (5, 3)), jnp.float32)
    found = jax.jit(lambda a: solve(Concave(ces, a, 3), jnp.ones(3), jnp.full(5, 0.5), cap=SpendCap(), tol=1e-3))(
        weight
    )
    assert found.status != Status.NOT_CONCAVE and found.gap <= 0.1


def test_the_certificate_of_money_that_must_be_spent(double, rng):
    """Of any concave function as of the class it belongs to; a credit of value may cost more than a credit."""
    weight, budgets, supply = weights(rng), jnp.full(AGENTS, 20.0), jnp.ones(GOODS)
    found = solve(CES(weight), supply, budgets, cap=FisherCap(), tol=TOL)
    assert jnp.min(found.payments / CES(weight, 2.0).value(found.bundles)) > 1
    same = Concave(lambda a, x: jnp.sum(jnp.sqrt(a * x)) ** 2, weight, 3)

    @jax.jit
    def gap(prices):
        return certify(same, supply, budgets, FisherCap(), prices, found.bundles, tol=1e-6).gap

    assert gap(found.prices) <= 1e-5
    assert gap(found.prices * jnp.asarray([1.2, 1.0, 1.0])) > 1e-2
    # at twice the prices everybody spends twice its money on what would be best for it
    assert gap(2 * found.prices) > 0.9


def test_satiation_is_no_curvature_and_not_certified(double):
    """There is more than anybody wants: concave all the same, and bundles that must be taken are not the best."""
    sated = Concave(lambda a, x: jnp.sum(a * x - x**2), jnp.asarray([10.0, 8.0]), 2)
    found = solve(sated, jnp.full(2, 20.0), jnp.full(2, 50.0))
    assert found.status == Status.NOT_CONVERGED and 0.1 < found.gap < jnp.inf and np.all(found.prices >= 0)


def test_what_is_not_concave_is_not_certified(double):
    found = solve(Concave(lambda a, x: a * jnp.sum(x**2), jnp.ones(3), 2), jnp.ones(2), jnp.ones(3))
    assert found.status == Status.NOT_CONCAVE and found.gap == jnp.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: solve(Linear(jnp.ones((2, 3))), jnp.ones(2), jnp.ones(2)), "2 agents and 3 goods"),
        (lambda: solve(Linear(jnp.ones((2, 2))), jnp.asarray([1.0, -1.0]), jnp.ones(2)), "supply must be at least 0"),
        (lambda: solve(Linear(jnp.ones((2, 2))), jnp.ones(2), jnp.asarray([1.0, jnp.nan])), "budgets must be"),
        (lambda: solve(Linear(jnp.ones((2, 2))), jnp.ones(2), jnp.zeros(2)), "all budgets are 0"),
        (lambda: solve(Leontief(jnp.ones((2, 2))), jnp.asarray([1.0, 0.0]), jnp.ones(2)), "nothing of good 1"),
        (
            lambda: solve(
                Linear(jnp.eye(2, 3)[::-1] * jnp.asarray([[1.0], [0.0]])), jnp.ones(3), jnp.ones(2), cap=FisherCap()
            ),
            "agent 1 wants nothing",
        ),
        (lambda: Linear(-jnp.ones((2, 2))), "at least 0 credits"),
        (lambda: check_weights("Linear", jnp.ones(2), positive=False), "axes agents and goods"),
        (lambda: CobbDouglas(jnp.zeros((2, 2))), "every agent must want some good"),
        (lambda: CES(jnp.ones((2, 2)), 1.0), "CobbDouglas"),
        (lambda: CES(jnp.ones((2, 2)), jnp.asarray([2.0, 1.0])), "CobbDouglas"),
        (lambda: cx.equilibria.InteriorPoint(0.0), "tol must be above 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("method", "valuation", "cap"),
    [
        (cx.equilibria.InteriorPoint(), Leontief(jnp.ones((2, 2))), ValueCap()),
        (cx.equilibria.DualInteriorPoint(), Linear(jnp.ones((2, 2))), ValueCap()),
        (ProportionalResponse(), Linear(jnp.ones((2, 2))), ValueCap()),
        (cx.equilibria.ConcaveInteriorPoint(), Linear(jnp.ones((2, 2))), FisherCap()),
    ],
)
def test_methods_say_what_they_need(method, valuation, cap):
    with pytest.raises(TypeError, match="expected"):
        solve(valuation, jnp.ones(2), jnp.ones(2), method=method, cap=cap)
