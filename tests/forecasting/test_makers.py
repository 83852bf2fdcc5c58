"""Laws of every automated market maker; one row each."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from experiment_parts import part

import catallax as cx
from catallax.forecasting import (
    LMSR,
    AnswerPools,
    ConstantProduct,
    ConstantUtility,
    LiquiditySensitiveLMSR,
    LogUtility,
    PowerUtility,
    Quadratic,
)
from catallax.forecasting._mechanism import outcome_number, require_positive

golden = part("_golden")
drawn, sold = golden.drawn, golden.sold
MAKERS = {name: maker for name, maker in golden.MAKERS.items() if name != "answer pools"}
"""Those pools, whose search is slow to compile, have a test of their own."""
ADD_UP = [name for name in golden.ADD_UP if name in MAKERS]


@pytest.fixture(params=MAKERS)
def maker(request):
    return MAKERS[request.param]


def test_the_path_does_not_matter(maker):
    """T1.2."""
    assert golden.path(maker, drawn(maker, 7)) < 1e-10


@pytest.mark.parametrize("name", ADD_UP)
def test_a_share_of_everything_costs_a_credit(name):
    """T1.3."""
    maker, _ = sold(MAKERS[name], drawn(MAKERS[name], 3))
    assert golden.complete_sets(maker, 2.5) < 1e-12


def test_prices_are_what_a_little_more_costs(maker):
    maker, _ = sold(maker, drawn(maker, 3))
    for outcome in range(maker.prices.size):
        little = [float(maker.quote(outcome, shares=x).cost) for x in (1e-5, -1e-5)]
        np.testing.assert_allclose((little[0] - little[1]) / 2e-5, maker.prices[outcome], rtol=1e-6)


def test_each_wish_is_met(maker):
    maker, _ = sold(maker, drawn(maker, 3))
    for outcome in range(maker.prices.size):
        for price in (0.3, 0.5, 0.9):
            np.testing.assert_allclose(maker.quote(outcome, to_price=price).after[outcome], price, atol=1e-12)
        for spend in (-1e-4, 0.0, 1e-9, 0.01, 3.0, 40.0):
            np.testing.assert_allclose(maker.quote(outcome, spend=spend).cost, spend, rtol=1e-12, atol=1e-14)


def test_the_house_loses_at_most_what_is_said(maker):
    worst = 0.0
    for seed in range(10):
        bundles = drawn(maker, 3, seed, size=1000 * float(maker.worst_case_loss))
        bundles = abs(bundles) if isinstance(maker, LiquiditySensitiveLMSR) else bundles
        _, costs = sold(maker, bundles)
        worst = max(worst, float((bundles.sum(0) - costs.sum()).max()))
    assert worst <= maker.worst_case_loss * (1 + 1e-9)
    assert worst > 0.9 * maker.worst_case_loss or isinstance(maker, LiquiditySensitiveLMSR)


@pytest.mark.parametrize("name", ["lmsr with a prior", "quadratic"])
def test_no_stream_of_ten_thousand_costs_the_house_more(name):
    """T1.8: from small trades to such that settle the price, and some come near the bound."""
    single, exact = golden.largest_loss(MAKERS[name], 10_000)
    assert 0.99 < exact <= 1 + 1e-9 and single <= 1 + 1e-3


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


@pytest.mark.parametrize("outcome", [1.5, 1.0, "a", None, 2, -1, np.float64(0.0)])
def test_an_outcome_is_a_whole_number(outcome):
    with pytest.raises(ValueError, match="LMSR: there are the outcomes 0 to 1, whole numbers; got"):
        outcome_number("LMSR", 2, outcome)
    if outcome is not None:  # which is every outcome's shares
        with pytest.raises(ValueError, match="there are the outcomes 0 to"):
            MAKERS["lmsr"]._check_wish(outcome if outcome != 2 else 4, None, 1.0, None)
    assert [outcome_number("LMSR", 2, one) for one in (1, np.int64(1), np.asarray(1), jnp.asarray(1))] == [1] * 4


def test_a_number_above_0_is_not_a_word():
    for wrong in ("1", None, np.ones(2), 0.0, float("nan")):
        with pytest.raises(ValueError, match="LMSR: most must be a finite number above 0"):
            require_positive("LMSR", "most", wrong)


def test_answer_pools_keep_the_laws():
    """All in one test, so that their nested search compiles once, on whichever worker."""
    pools = AnswerPools(np.full((2, 2), 4.0), np.array([0.6, 0.3]))
    test_the_path_does_not_matter(pools)
    test_each_wish_is_met(pools)
    test_refusals_say_why(pools)
    test_the_house_loses_at_most_what_is_said(pools)
    for price in (1e-6, 1 - 1e-6):
        np.testing.assert_allclose(pools.quote(1, to_price=price).after[1], price, rtol=1e-7)
    trade = pools.quote(shares=np.array([2.5, 2.5]))
    assert abs(float(trade.cost) - 2.5) < 1e-12
    np.testing.assert_allclose(trade.after, pools.prices, atol=1e-12)


@pytest.mark.long
def test_answer_pools_keep_the_laws_of_loops():
    pools = AnswerPools(np.full((3, 2), 4.0), np.array([0.5, 0.2, 0.3]))
    test_prices_are_what_a_little_more_costs(pools)
    test_in_a_loop_of_many_markets_the_same_as_one_by_one(pools)
    test_inside_jit_a_trade_that_does_not_exist_changes_nothing(pools)


def test_far_prices_are_reached():
    for name in ADD_UP:
        for price in (1e-6, 1 - 1e-6):
            np.testing.assert_allclose(MAKERS[name].quote(1, to_price=price).after[1], price, rtol=1e-7)


def test_a_price_that_is_only_nearly_reached_is_refused():
    """Sold down to nothing the deep market keeps a price; 1e-5 below it there is no trade, and 1e-9 counts as there."""
    maker = MAKERS["liquidity sensitive"]
    least = float(maker.quote(0, shares=-20.0).after[0])
    np.testing.assert_allclose(maker.quote(0, to_price=least + 1e-6).after[0], least + 1e-6, atol=1e-12)
    with pytest.raises(ValueError, match="no trade in outcome 0"):
        maker.quote(0, to_price=least - 1e-5)
    # a market of a billion credits has no digits for that: a spend is met as far as they go
    assert abs(float(Quadratic(2, 1e9).quote(0, spend=0.01).cost) - 0.01) < 1e-6


def test_what_would_cost_more_than_the_maker_has_is_not_sold():
    """Square-root utility is finite at 0: the prices there were none, and the market stood still."""
    maker = ConstantUtility(2, 5.0, PowerUtility(0.5))
    with pytest.raises(ValueError, match="no trade in outcome 1"):
        maker.quote(1, shares=5_000.0)
    near, _ = maker.apply(maker.quote(1, to_price=0.999))
    np.testing.assert_allclose(near.prices, [0.001, 0.999], atol=1e-9)


def test_the_projection_is_the_nearest_distribution():
    """What is above 0 was lowered by the same, and the rest would fall below 0 by it."""
    maker = Quadratic(4, 1.0)
    prices = maker.quote(shares=np.array([0.9, 0.5, 0.2, -3.0])).after
    np.testing.assert_allclose(prices, [0.7, 0.3, 0.0, 0.0], atol=1e-12)


def test_exact_weights_of_a_deep_market_add_up_to_more_than_one():
    """The gradient against the formula of the paper, and the bound of the vig."""
    maker, _ = sold(MAKERS["liquidity sensitive"], abs(drawn(MAKERS["liquidity sensitive"], 3)))
    q, alpha = maker.sold, maker.alpha
    z = np.exp(q / (alpha * q.sum()))
    formula = alpha * np.log(z.sum()) + (q.sum() * z - q @ z) / (q.sum() * z.sum())
    np.testing.assert_allclose(maker.prices, formula, rtol=1e-12)
    assert 1 < maker.prices.sum() <= 1 + alpha * 3 * np.log(3) + 1e-12


def test_the_pool_of_a_play_money_market():
    """The golden check of the spec, and liquidity that moves no price."""
    for name, found in golden.maniswap().items():
        np.testing.assert_allclose(found, golden.MANISWAP[name], rtol=0, atol=1e-7)
    pool = ConstantProduct(np.array([100.0, 60.0]), np.array([0.3, 0.7]))
    after, _ = pool.apply(pool.quote(0, spend=10.0))
    deeper = after.with_liquidity(25.0)
    np.testing.assert_allclose(deeper.prices, after.prices, rtol=1e-12)
    assert deeper.quote(0, to_price=0.5).cost > after.quote(0, to_price=0.5).cost
    assert deeper.worst_case_loss == pool.worst_case_loss + 25.0


def test_pools_of_answers_are_kept_in_line_by_complete_sets():
    """Against one pool of two outcomes for each answer, and the number of sets by bisection: what a trader pays is what the pools take in less the
    sets redeemed, and any other number of sets costs more."""
    reserves, weights = np.array([[100.0, 60.0], [50.0, 70.0], [80.0, 20.0]]), np.array([0.3, 0.6, 0.2])
    answers = AnswerPools(reserves, weights)  # these prices add up to 1.04
    singles = [
        ConstantProduct(held, np.array([p, 1 - p])) for held, p in zip(answers.reserves, answers.weights, strict=True)
    ]
    np.testing.assert_allclose(answers.prices, [pool.prices[0] for pool in singles], atol=1e-15)

    def sold(sets):
        moved = [pool.apply(pool.quote(0, shares=x + sets)) for pool, x in zip(singles, wish, strict=True)]
        return [pool for pool, _ in moved], sum(float(trade.cost) for _, trade in moved) - sets

    wish = np.array([12.0, 0.0, -5.0])
    low, high = -100.0, 100.0
    while high - low > 1e-10:
        sets = (low + high) / 2
        low, high = (low, sets) if sum(pool.prices[0] for pool in sold(sets)[0]) > 1 else (sets, high)
    after, cost = sold(sets)
    ours, trade = answers.apply(answers.quote(shares=wish))
    np.testing.assert_allclose(trade.cost, cost, atol=1e-10)
    np.testing.assert_allclose(ours.reserves, [pool.reserves for pool in after], atol=1e-8)
    assert abs(trade.after.sum() - 1) < 1e-12 and min(sold(sets + 1)[1], sold(sets - 1)[1]) > cost
    first = AnswerPools(np.array([[100.0, 60.0], [60.0, 100.0]]))  # an answer and its opposite: nothing to do
    np.testing.assert_allclose(first.reserves, first.opening, atol=1e-12)
    np.testing.assert_allclose(first.reserves, [[100.0, 60.0], [60.0, 100.0]], atol=1e-12)


def test_a_fee_shrinks_the_trade():
    free, fee = (ConstantProduct(np.array([100.0, 60.0]), np.array([0.3, 0.7]), fee=fee) for fee in (0.0, 0.07))
    trade = fee.quote(0, spend=10.0)
    paid = 0.07 * trade.shares[0] * trade.after[0] * (1 - trade.after[0])
    np.testing.assert_allclose(free.quote(0, shares=trade.shares[0]).cost + paid, 10.0, rtol=1e-9)


def test_constant_utility_of_the_logarithm_is_the_constant_product():
    wealth, prior = 8.0, np.array([0.5, 0.3, 0.2])
    one = ConstantUtility(3, wealth, LogUtility(), prior)
    other = ConstantProduct(np.full(3, wealth), prior)
    bundles = drawn(one, 4)
    ends = [sold(maker, bundles) for maker in (one, other)]
    np.testing.assert_allclose(ends[0][1], ends[1][1], atol=1e-12)
    np.testing.assert_allclose(ends[0][0].prices, ends[1][0].prices, atol=1e-12)


def test_a_bet_on_one_thing_leaves_another_alone_under_the_logarithmic_rule():
    """T1.5: P(A) stays when P(B | A) is raised by a called-off bet. The quadratic rule moves it."""
    assert golden.condition_moved(LMSR(4, 2.0, np.array([0.1, 0.2, 0.3, 0.4])), 0.8) < 1e-12
    assert golden.condition_moved(Quadratic(4, 2.0), 0.8) > 1e-3


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Quadratic(1, 1.0), "at least 2"),
        (lambda: Quadratic(2, -1.0), "above 0"),
        (lambda: ConstantUtility(2, 0.0), "above 0"),
        (lambda: ConstantUtility(2, 1.0, prior=np.array([0.5, 0.6])), "prior must be"),
        (lambda: PowerUtility(1.0), "LogUtility"),
        (lambda: ConstantProduct(np.array([1.0, 0.0])), "reserves must be"),
        (lambda: ConstantProduct(np.ones(2), fee=-0.1), "fee must be"),
        (lambda: ConstantProduct(np.ones(2)).with_liquidity(0.0), "above 0"),
        (lambda: AnswerPools(np.ones((1, 2))), "at least 2 answers"),
        (lambda: AnswerPools(np.ones((2, 2)), np.array([0.5, 1.0])), "weights must be"),
        (lambda: AnswerPools(np.full((2, 2), 100.0), np.full(2, 1e-9)), "add up to about 1"),
        (lambda: LiquiditySensitiveLMSR(np.zeros(2)), "above 0"),
        (lambda: LiquiditySensitiveLMSR(np.ones(2), vig=0.0), "above 0"),
        (lambda: LiquiditySensitiveLMSR(np.full(2, 10.0)).quote(0, shares=-11.0), "no trade"),
    ],
)
def test_wrong_makers_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()


class TestLMSR:
    def test_profits_add_up_to_the_score(self):
        """T1.1: whatever happens, all traders together get the score of the last prices less that of the first."""
        maker = MAKERS["lmsr with a prior"]
        assert golden.telescoping(maker, drawn(maker, 6)) < 1e-12

    def test_the_best_report_is_the_belief(self):
        """T1.4: worth `b KL(h || p)`."""
        far, worth = golden.best_report(LMSR(2, 3.0, np.array([0.4, 0.6])), 0.7)
        assert far < 1e-12 and worth < 1e-12

    def test_prices_are_the_weights_of_hedge(self):
        """T1.7: with the learning rate `1 / b`."""
        assert golden.beside_hedge(MAKERS["lmsr"], drawn(MAKERS["lmsr"], 9)) < 1e-12

    def test_an_informed_trader_earns_the_mutual_information(self):
        """T1.6: `b I(X; Y)`, within 4 standard errors."""
        off, error, _ = golden.information(0, 100_000)
        assert abs(off) < 4 * error

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
