"""Laws of every automated market maker; one row each."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.forecasting import LMSR

MAKERS = {
    "lmsr": LMSR(outcomes=4, liquidity=10.0),
    "lmsr with a prior": LMSR(outcomes=3, liquidity=0.5, prior=np.array([0.7, 0.2, 0.1])),
}


@pytest.fixture(params=MAKERS)
def maker(request):
    return MAKERS[request.param]


def drawn(maker, trades, seed=0, size=1.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(trades, maker.prices.size)) * size


def sold(maker, bundles):
    """The maker after bundles, and what each cost."""
    costs = []
    for bundle in bundles:
        maker, trade = maker.apply(maker.quote(shares=bundle))
        costs.append(float(trade.cost))
    return maker, np.asarray(costs)


def test_the_path_does_not_matter(maker):
    bundles = drawn(maker, 7)
    _, costs = sold(maker, bundles)
    assert abs(costs.sum() - float(maker.quote(shares=bundles.sum(0)).cost)) < 1e-10


def test_a_share_of_everything_costs_a_credit(maker):
    maker, _ = sold(maker, drawn(maker, 3))
    trade = maker.quote(shares=np.full(maker.prices.size, 2.5))
    assert abs(float(trade.cost) - 2.5) < 1e-12
    np.testing.assert_allclose(trade.after, maker.prices, atol=1e-12)


def test_prices_are_what_a_little_more_costs(maker):
    maker, _ = sold(maker, drawn(maker, 3))
    for outcome in range(maker.prices.size):
        little = [float(maker.quote(outcome, shares=x).cost) for x in (1e-5, -1e-5)]
        np.testing.assert_allclose((little[0] - little[1]) / 2e-5, maker.prices[outcome], rtol=1e-6)


def test_each_wish_is_met(maker):
    maker, _ = sold(maker, drawn(maker, 3))
    for outcome in range(maker.prices.size):
        for price in (0.003, 0.5, 0.99):
            np.testing.assert_allclose(maker.quote(outcome, to_price=price).after[outcome], price, atol=1e-12)
        for spend in (-1e-4, 0.0, 1e-9, 0.01, 3.0, 40.0):
            np.testing.assert_allclose(maker.quote(outcome, spend=spend).cost, spend, rtol=1e-12, atol=1e-15)


def test_the_house_loses_at_most_what_is_said(maker):
    worst = 0.0
    for seed in range(20):
        bundles = drawn(maker, 3, seed, size=30 * float(maker.worst_case_loss))
        _, costs = sold(maker, bundles)
        worst = max(worst, float((bundles.sum(0) - costs.sum()).max()))
    assert 0.9 * maker.worst_case_loss < worst <= maker.worst_case_loss * (1 + 1e-12)


def test_refusals_say_why(maker):
    outcomes = maker.prices.size
    for wish, told in (
        ({"outcome": outcomes, "spend": 1.0}, "there are the outcomes"),
        ({"outcome": 0}, "expected an outcome with one of"),
        ({"outcome": 0, "spend": 1.0, "shares": 2.0}, "expected an outcome with one of"),
        ({"shares": np.ones(outcomes + 1)}, "numbers of shares"),
        ({"outcome": 0, "to_price": 1.0}, "above 0 and below 1"),
        ({"outcome": 0, "to_price": 0.0}, "above 0 and below 1"),
        ({"outcome": 0, "shares": float("nan")}, "finite"),
        ({"outcome": 0, "spend": -1e9}, "no trade in outcome 0"),
    ):
        with pytest.raises(ValueError, match=told):
            maker.quote(**wish)
    quote = maker.quote(0, spend=0.1)
    moved, _ = maker.apply(quote)
    with pytest.raises(ValueError, match="quote again"):
        moved.apply(quote)


def test_in_a_loop_of_many_markets_the_same_as_one_by_one(maker):
    bundles = drawn(maker, 5).astype(np.float32)

    def trade(maker, bundle):
        maker, done = maker.apply(maker.quote(shares=bundle))
        return maker, done.cost

    def loop(scale):
        return jax.lax.scan(trade, jax.tree.map(jnp.float32, maker), scale * bundles)

    ends, costs = jax.jit(jax.vmap(loop))(jnp.asarray([1.0, 0.5]))
    for place, scale in enumerate((1.0, 0.5)):
        end, cost = sold(maker, scale * bundles)
        np.testing.assert_allclose(ends.prices[place], end.prices, atol=2e-5)
        np.testing.assert_allclose(costs[place], cost, rtol=2e-4, atol=2e-5)


def test_inside_jit_a_trade_that_does_not_exist_changes_nothing(maker):
    @jax.jit
    def traded(spend):
        return maker.apply(maker.quote(0, spend=spend))

    after, trade = traded(-1e9)
    np.testing.assert_allclose(after.prices, maker.prices, rtol=1e-6)
    assert float(trade.cost) == 0.0


class TestLMSR:
    def test_profits_add_up_to_the_score(self):
        """T1.1: whatever happens, all traders together get the score of the last prices less that of the first."""
        maker = MAKERS["lmsr with a prior"]
        bundles = drawn(maker, 6)
        end, costs = sold(maker, bundles)
        score = maker.liquidity * np.log(end.prices / maker.prices)
        np.testing.assert_allclose(bundles.sum(0) - costs.sum(), score, atol=1e-12)

    def test_the_best_report_is_the_belief(self):
        """T1.4: worth `b KL(h || p)`."""
        maker, belief = LMSR(2, 3.0, np.array([0.4, 0.6])), 0.7
        reports = np.linspace(0.01, 0.99, 99)
        quotes = [maker.quote(0, to_price=report) for report in reports]
        profit = np.array([belief * quote.shares[0] - quote.cost for quote in quotes])
        assert reports[profit.argmax()] == pytest.approx(belief)
        entropy = belief * np.log(belief / 0.4) + (1 - belief) * np.log((1 - belief) / 0.6)
        np.testing.assert_allclose(profit.max(), 3.0 * entropy, rtol=1e-12)

    def test_prices_are_the_weights_of_hedge(self):
        """T1.7: with the learning rate `1 / b`."""
        bundles = drawn(MAKERS["lmsr"], 9)
        end, _ = sold(MAKERS["lmsr"], bundles)
        weights = np.exp(bundles.sum(0) / 10.0)
        np.testing.assert_allclose(end.prices, weights / weights.sum(), atol=1e-12)

    def test_an_informed_trader_earns_the_mutual_information(self):
        """T1.6: `b I(X; Y)`, within 4 standard errors."""
        rng = np.random.default_rng(0)
        joint = rng.dirichlet(np.ones(6)).reshape(3, 2)
        marginal, known = joint.sum(1), joint / joint.sum(0)
        information = float(np.sum(joint * np.log(joint / np.outer(marginal, joint.sum(0)))))
        maker = LMSR(3, 1.0, marginal)
        payoffs = []
        for signal in range(2):
            shares = np.log(known[:, signal] / marginal)
            payoffs.append(shares - float(maker.quote(shares=shares).cost))
        drawn_ = rng.choice(6, size=100_000, p=joint.ravel())
        profits = np.stack(payoffs, 1).ravel()[drawn_]
        assert abs(profits.mean() - information) < 4 * profits.std() / np.sqrt(profits.size)

    def test_small_trades_keep_their_digits_in_single_precision(self):
        maker = jax.tree.map(jnp.float32, LMSR(4, 1000.0))
        cost = jax.jit(lambda shares: maker.cost(shares))(jnp.asarray([1e-3, 0.0, 0.0, 0.0]))
        np.testing.assert_allclose(cost, 0.25e-3, rtol=1e-5)

    def test_far_prices_keep_their_digits(self):
        maker, _ = sold(LMSR(2, 1.0), [np.array([2000.0, 0.0])])
        maker, _ = maker.apply(maker.quote(shares=np.array([-2000.0, 0.0])))
        np.testing.assert_allclose(maker.prices, 0.5, rtol=1e-9)

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"outcomes": 1, "liquidity": 1.0}, "at least 2 outcomes"),
            ({"outcomes": 2, "liquidity": 0.0}, "above 0"),
            ({"outcomes": 2, "liquidity": float("inf")}, "above 0"),
            ({"outcomes": 2, "liquidity": 1.0, "prior": np.array([1.0, 0.0])}, "prior must be"),
            ({"outcomes": 2, "liquidity": 1.0, "prior": np.array([0.6, 0.6])}, "prior must be"),
        ],
    )
    def test_wrong_settings_are_refused(self, wrong, told):
        with pytest.raises(ValueError, match=told):
            LMSR(**wrong)


def test_the_program_of_the_page():
    m = cx.forecasting.LMSR(outcomes=4, liquidity=10.0)
    trade = m.quote(outcome=0, to_price=0.7)
    m, trade = m.apply(trade)
    assert abs(m.prices[0] - 0.7) < 1e-9
    assert m.worst_case_loss <= 10.0 * 1.3862944 + 1e-6
