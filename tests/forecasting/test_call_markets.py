"""Call markets: what they price, and that nothing is lost."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.forecasting.clearing import (
    CARA,
    AggressiveBetting,
    Isoelastic,
    Kelly,
    LinearBetting,
    ProportionalCARA,
    SequentialLMSR,
    call,
    log_utility_prices,
    play,
)

RNG = np.random.default_rng(0)
TRADERS, OUTCOMES, QUESTIONS = 5, 4, 12
WEALTH = RNG.uniform(0.5, 3.0, TRADERS)
BELIEFS = RNG.dirichlet(np.ones(OUTCOMES), (QUESTIONS, TRADERS))
CONSERVING = {
    "Kelly": Kelly(),
    "fractional Kelly": Kelly(RNG.uniform(0.05, 1.0, TRADERS)),
    "CARA": CARA(RNG.uniform(3.0, 6.0, TRADERS)),
    "ProportionalCARA": ProportionalCARA(0.5),
    "Isoelastic, mixed": Isoelastic(np.array([0.1, 0.7, 1.0, 3.0, 9.0])),
    "LinearBetting": LinearBetting(),
    "AggressiveBetting": AggressiveBetting(0.1),
}


@pytest.fixture(scope="module", params=CONSERVING)
def cleared(request):
    rule = CONSERVING[request.param]
    return rule, call(rule, WEALTH, BELIEFS)


def test_prices_are_a_distribution_and_bets_cancel(cleared):
    rule, (prices, shares, paid, profits) = cleared
    np.testing.assert_allclose(prices.sum(1), 1, atol=1e-12)
    assert prices.min() > 0 and shares.min() >= 0
    np.testing.assert_allclose(profits.sum(1), 0, atol=1e-9)
    np.testing.assert_allclose(profits, shares - paid[..., None], atol=1e-12)
    if not isinstance(rule, CARA):
        assert np.all(paid <= WEALTH * (1 + 1e-12))


def test_wealth_is_conserved_over_questions(cleared):
    rule, called = cleared
    outcomes = RNG.integers(OUTCOMES, size=QUESTIONS)
    played = play(rule, WEALTH, BELIEFS, outcomes)
    np.testing.assert_allclose(played.wealth.sum(1), WEALTH.sum(), rtol=1e-8)
    np.testing.assert_allclose(played.prices[0], called.prices[0], atol=1e-12)
    gained = played.wealth[1] - played.wealth[0]
    np.testing.assert_allclose(gained, called.profits[0][:, outcomes[0]], atol=1e-9)


def grid_market(fraction, outcomes):
    """100 bettors with the beliefs i / 101 on what happened."""
    yes = np.arange(1, 101) / 101
    beliefs = np.broadcast_to(np.stack([yes, 1 - yes], 1), (len(outcomes), 100, 2))
    return play(Kelly(fraction), np.full(100, 0.01), beliefs, 1 - outcomes)


def test_a_grid_of_bettors_is_the_rule_of_laplace():
    """T1.9: to 1e-7 once both answers have come four times, and a regret below `ln 100` against the best bettor in hindsight."""
    happened = (np.random.default_rng(1).random(300) < 0.7).astype(int)
    played = grid_market(1.0, happened)
    asked = np.arange(300)
    given = np.concatenate([[0], np.cumsum(happened)[:-1]])
    both = np.minimum(given, asked - given) >= 4
    np.testing.assert_allclose(played.prices[both, 0], ((given + 1) / (asked + 2))[both], atol=1e-7)
    assert both.sum() > 250
    loss = -np.log(played.prices[asked, 1 - happened]).sum()
    beliefs, successes = np.arange(1, 101) / 101, happened.sum()
    best = -(successes * np.log(beliefs) + (300 - successes) * np.log(1 - beliefs)).max()
    assert 0 < loss - best < np.log(100)


@pytest.mark.parametrize("fraction", [1.0, 0.2])
def test_regret_is_bounded_on_a_sequence_made_to_hurt(fraction):
    """Each outcome is the one that the market finds less likely; the bound is `ln(1 / w) / l` for every bettor."""
    rule, wealth = Kelly(fraction), np.full(100, 0.01)
    yes = np.arange(1, 101) / 101
    h = jnp.asarray(np.stack([yes, 1 - yes], 1))

    def turn(w, _):
        prices = rule.clear(w, h)
        worst = jnp.argmin(prices)
        return w + rule.profits(w, h, prices)[:, worst], (jnp.log(prices[worst]), worst)

    _, (logs, worst) = jax.jit(lambda w: jax.lax.scan(turn, w, None, length=400))(jnp.asarray(wealth))
    losses = -np.log(np.asarray(h))[:, np.asarray(worst)].sum(1)
    assert -float(logs.sum()) <= losses.min() + np.log(100) / fraction + 1e-3


@pytest.mark.parametrize(
    ("fraction", "deviation", "forgets", "error"), [(0.05, 0.029, 0.990, 0.005), (0.2, 0.014, 0.993, 0.011)]
)
def test_fractional_bettors_forget(fraction, deviation, forgets, error):
    """T1.10, over eight sequences: the price keeps moving, as a frequency does that forgets."""
    found = []
    for seed in range(8):
        happened = (np.random.default_rng(seed).random(2000) < 0.7).astype(int)
        prices, discounted, frequency = grid_market(fraction, happened).prices[1000:, 0], [], 0.5
        for outcome in happened:
            discounted.append(frequency)
            frequency += (1 - forgets) * (outcome - frequency)
        found.append((prices.std(), np.abs(prices - np.asarray(discounted)[1000:]).mean()))
    deviations, errors = np.mean(found, 0)
    assert abs(deviations / deviation - 1) < 0.15 and errors < error


def test_fractions_of_their_own_clear():
    """T1.11: as many shares of yes as of no, and the fraction is a belief between the own and the market's."""
    fraction = RNG.uniform(0.1, 0.9, TRADERS)
    found = call(Kelly(fraction), WEALTH, BELIEFS[0])
    np.testing.assert_allclose(found.shares.sum(0), found.shares.sum(0)[0], rtol=1e-12)
    mixed = fraction[:, None] * BELIEFS[0] + (1 - fraction)[:, None] * found.prices
    whole = call(Kelly(), WEALTH, mixed)
    np.testing.assert_allclose(whole.prices, found.prices, atol=1e-12)
    np.testing.assert_allclose(whole.profits, found.profits, atol=1e-12)


def test_who_agrees_with_the_price_changes_nothing():
    """T1.12."""
    before = call(Kelly(), WEALTH, BELIEFS[0])
    after = call(Kelly(), np.append(WEALTH, 7.0), np.vstack([BELIEFS[0], before.prices]))
    np.testing.assert_allclose(after.prices, before.prices, atol=1e-12)
    np.testing.assert_allclose(after.profits[-1], 0, atol=1e-12)


def test_log_utility_is_the_mixture_and_cara_the_product():
    mixture = call(Kelly(), WEALTH, BELIEFS).prices
    np.testing.assert_allclose(call(Isoelastic(1.0), WEALTH, BELIEFS).prices, mixture, atol=1e-12)
    product = np.exp(np.log(BELIEFS).mean(1))
    np.testing.assert_allclose(
        call(CARA(2.0), WEALTH, BELIEFS).prices, product / product.sum(1, keepdims=True), atol=1e-12
    )


def test_isoelastic_prices_are_the_fixed_point():
    """`p_k = (sum_i (w_i / W) h_ik ** (1 / r) / Z_i) ** r`."""
    for aversion in (0.05, 3.0):
        p = call(Isoelastic(aversion), WEALTH, BELIEFS[0]).prices
        spent = (BELIEFS[0] / p) ** (1 / aversion) * p
        scale = spent.sum(1, keepdims=True)
        again = (WEALTH / WEALTH.sum()) @ (BELIEFS[0] ** (1 / aversion) / scale)
        np.testing.assert_allclose(again**aversion, p, rtol=1e-9)


def test_a_trader_of_log_utility_before_a_maker():
    for wealth, price in ((5.0, 0.50189), (50.0, 0.65404)):
        found = log_utility_prices(np.array([0.4, 0.6]), np.array([0.7, 0.3]), wealth, 10.0)
        assert found[0] == pytest.approx(price, abs=5e-6)
    prices, belief = BELIEFS[0, :2]
    found = log_utility_prices(prices, belief, 2.0, 3.0)
    held = 2.0 + 3.0 * np.log(found / prices)
    assert held.min() > 0  # and then the utility is concave: the best is where its slope is that of the prices
    np.testing.assert_allclose(found * held / belief, (found * held).sum(), rtol=1e-9)


def test_traders_in_a_queue_share_the_score():
    found = call(SequentialLMSR(0.7), WEALTH, BELIEFS)
    np.testing.assert_allclose(found.profits.sum(1), 0.7 * np.log(OUTCOMES * found.prices), atol=1e-9)
    assert np.all(found.paid < WEALTH)


def test_an_outcome_that_nobody_thinks_possible_is_called_off():
    beliefs = np.array([[0.6, 0.4, 0.0], [0.1, 0.9, 0.0]])
    for rule in (Kelly(0.5), Isoelastic(3.0), LinearBetting()):
        found = call(rule, np.ones(2), beliefs)
        assert found.prices[2] == pytest.approx(0, abs=1e-9) and np.all(np.isfinite(found.profits))
    with pytest.raises(ValueError, match="question 0 came out at price 0"):
        play(Kelly(), np.ones(2), beliefs[None], np.array([2]))


def test_refusals_say_why():
    for wealth, beliefs, told in (
        (np.array([1.0, -1.0]), BELIEFS[0, :2], "at least 0"),
        (np.array([1.0, np.nan]), BELIEFS[0, :2], "finite"),
        (np.zeros(2), BELIEFS[0, :2], "nobody has anything"),
        (np.ones(2), np.array([[0.5, 0.5], [0.0, 0.0]]), r"at \(1,\)"),
        (np.ones(2), np.array([[0.5, 0.5], [np.nan, 1.0]]), "add up to 1"),
        (np.ones(3), BELIEFS[0, :2], "3 traders have wealth and 2 have beliefs"),
    ):
        with pytest.raises(ValueError, match=told):
            call(Kelly(), wealth, beliefs)
    with pytest.raises(ValueError, match="above 0 and add up"):
        call(CARA(), np.ones(2), np.array([[1.0, 0.0], [0.5, 0.5]]))
    with pytest.raises(ValueError, match="call: Kelly has a setting for each of 5 traders, and there are 2"):
        call(CONSERVING["fractional Kelly"], np.ones(2), BELIEFS[0, :2])
    with pytest.raises(ValueError, match="the outcomes 0 to 3"):
        play(Kelly(), WEALTH, BELIEFS, np.full(QUESTIONS, 4))
    with pytest.raises(
        ValueError, match=f"play: outcomes must be whole numbers, one for each of {QUESTIONS} questions"
    ):
        play(Kelly(), WEALTH, BELIEFS, np.array([0]))
    with pytest.raises(ValueError, match="owes more than it has"):
        play(CARA(0.1), WEALTH, BELIEFS, np.zeros(QUESTIONS, int))
    for rule in (Kelly, CARA, ProportionalCARA, Isoelastic, AggressiveBetting):
        with pytest.raises(ValueError, match=rule.__name__):
            rule(0.0)
    with pytest.raises(ValueError, match="Kelly: fraction"):
        Kelly(1.5)
    with pytest.raises(ValueError, match="SequentialLMSR: liquidity"):
        SequentialLMSR(0.0)
    for price in (0.0, 1.0):
        with pytest.raises(ValueError, match="log_utility_prices: prices must be above 0"):
            log_utility_prices(np.array([price, 1 - price]), np.array([0.5, 0.5]), 1.0, 1.0)
