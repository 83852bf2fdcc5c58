"""Walrasian prices: those of programs, auctions and trying everything agree, and where there are none it is said."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brute_force import best_welfare, bounds_on_grid, clearing_prices, fractional_welfare
from hypothesis import given, settings
from hypothesis import strategies as st

from catallax.core import Status
from catallax.equilibria.indivisible import (
    Additive,
    AscendingAuction,
    AssignmentMarket,
    Capped,
    Centre,
    ConfigurationProgram,
    DescendingAuction,
    Highest,
    Lowest,
    Mixed,
    UnitDemand,
    VickreyClarkeGroves,
    WinnerDetermination,
    XorBids,
    certified,
    gross_substitutes,
)
from catallax.equilibria.indivisible import Assignment as AssignmentRule

NONE_CLEAR = Capped(Additive([[4, 4, 4], [2, 1, 1], [4, 3, 3]]), [5, 2, 5])


@pytest.mark.parametrize("select", [Lowest(), Highest(), Centre()], ids=lambda s: type(s).__name__)
def test_a_market_without_clearing_prices_is_recognised(select):
    found = ConfigurationProgram(select).solve(NONE_CLEAR)
    assert found.status is Status.NO_WALRASIAN and found.approximate
    assert (found.welfare, found.bound, found.gap) == pytest.approx((9.0, 9.5, 0.5), abs=1e-6)
    assert found.welfare == best_welfare(NONE_CLEAR)
    # no prices prove a lower bound, so none clear
    assert bounds_on_grid(NONE_CLEAR, 0.25)[1].min() == 9.5


def test_the_status_is_that_of_a_program_over_all_bundles():
    rng, seen = np.random.default_rng(0), []
    for number in range(40):
        market = Capped(Additive(rng.integers(1, 6, (3, 3))), rng.integers(1, 11, 3)) if number else NONE_CLEAR
        found = ConfigurationProgram(Lowest()).solve(market)
        whole, parts = best_welfare(market), fractional_welfare(market)
        assert (found.welfare, found.bound) == pytest.approx((whole, parts), abs=1e-6)
        seen.append(found.status is Status.NO_WALRASIAN)
        assert seen[-1] == (parts > whole + 1e-6)
    assert 0 < sum(seen) < 5


def substitutes(rng) -> Mixed:
    """Whole-credit values of additive, unit-demand and nested agents, all gross substitutes."""
    weights = np.sort(rng.integers(0, 6, 3))[::-1]
    held = np.arange(1, 8)[:, None] >> np.arange(3) & 1
    # the i-th unit of anything is worth less than the one before
    decreasing = XorBids(np.zeros(7, int), held, [weights[: row.sum()].sum() for row in held])
    return Mixed((Additive(rng.integers(0, 6, (1, 3))), UnitDemand(rng.integers(0, 6, (2, 3))), decreasing))


def test_programs_and_auctions_find_the_ends_of_the_lattice():
    rng = np.random.default_rng(0)
    for _ in range(8):
        market = substitutes(rng)
        assert gross_substitutes(market).all()
        every = clearing_prices(market)
        low, high = every.min(0), every.max(0)
        assert {tuple(low), tuple(high)} <= set(map(tuple, every))  # a lattice
        for prices, found in (
            (low, ConfigurationProgram(Lowest()).solve(market)),
            (high, ConfigurationProgram(Highest()).solve(market)),
            ((low + high) / 2, ConfigurationProgram().solve(market)),
            (low, AscendingAuction().solve(market)),
            (high, DescendingAuction().solve(market)),
        ):
            np.testing.assert_allclose(found.prices, prices, atol=1e-6)
            assert found.status is Status.SOLVED and not found.approximate


def test_in_assignment_markets_the_lowest_prices_are_vickrey_payments():
    rng = np.random.default_rng(1)
    for _ in range(12):
        market = UnitDemand(rng.integers(0, 9, (4, 3)))
        supply = rng.integers(1, 3, 3)
        low, high = (AssignmentMarket(select).solve(market, supply) for select in (Lowest(), Highest()))
        for other in (ConfigurationProgram(Lowest()).solve(market, supply), AscendingAuction().solve(market, supply)):
            np.testing.assert_allclose(low.prices, other.prices, atol=1e-6)
        np.testing.assert_allclose(high.prices, DescendingAuction().solve(market, supply).prices, atol=1e-6)
        sale = VickreyClarkeGroves(AssignmentRule()).solve(market, supply)
        np.testing.assert_allclose(sale.payments, low.payments, atol=1e-6)
        assert low.status is high.status is Status.SOLVED and (low.prices <= high.prices + 1e-9).all()


def test_one_good_costs_between_the_second_and_the_first_capped_bid():
    rng = np.random.default_rng(2)
    for _ in range(25):
        values, wealth = rng.random(6), rng.random(6)
        second, first = np.sort(np.minimum(values, wealth))[-2:]
        market = Capped(Additive(values[:, None]), wealth)
        ends = [ConfigurationProgram(select).solve(market) for select in (Lowest(), Highest())]
        assert [end.status for end in ends] == [Status.SOLVED] * 2
        np.testing.assert_allclose([end.prices[0] for end in ends], [second, first], rtol=1e-6)
        bundles = ends[0].bundles
        inside, outside = (second + first) / 2, (first + 0.01, second - 0.01)
        assert certified(market, np.ones(1), bundles, np.array([inside])).status is Status.SOLVED
        for price in outside:
            wrong = certified(market, np.ones(1), bundles, np.array([max(price, 0.0)]))
            assert wrong.approximate or second < 0.01


def test_additive_agents_always_have_prices():
    rng = np.random.default_rng(3)
    for number in range(20):
        market = Additive(rng.random((3, 3)))
        # as pairs of agent and good, and as bids on all bundles
        found = ConfigurationProgram().solve(market if number % 2 else XorBids.of(market))
        assert found.status is Status.SOLVED
        assert found.welfare == pytest.approx(market.values.max(0).sum(), rel=1e-12)


@given(seed=st.integers(0, 10_000), units=st.integers(1, 2))
@settings(max_examples=8, deadline=None)
def test_the_parts_of_the_gap_add_up(seed, units):
    rng = np.random.default_rng(seed)
    market = Mixed(
        (Capped(Additive(rng.integers(0, 6, (2, 3))), rng.integers(0, 9, 2)), UnitDemand(rng.random((1, 3))))
    )
    supply, prices = np.full(3, float(units)), rng.random(3) * 4
    found = certified(market, supply, WinnerDetermination().allocate(market, supply).bundles, prices)
    assert found.gap == pytest.approx(found.bound - found.welfare, abs=1e-9)
    assert found.gap == pytest.approx(found.regret.sum() + found.clearing_error, abs=1e-9)
    assert (found.regret >= -1e-9).all() and found.clearing_error >= 0
    np.testing.assert_array_equal(found.payments, found.bundles @ prices)
    best = ConfigurationProgram().solve(market, supply)
    assert best.bound <= found.bound + 1e-6 and best.welfare == pytest.approx(found.welfare)


def test_a_certificate_sees_what_is_wrong():
    market, supply = UnitDemand([[5, 3], [4, 1]]), np.ones(2)
    right, swapped = np.array([[False, True], [True, False]]), np.eye(2, dtype=bool)
    assert certified(market, supply, right, np.array([2.0, 0.0])).status is Status.SOLVED
    dear = certified(market, supply, right, np.array([3.5, 0.0]))
    assert dear.regret.tolist() == [0.0, 0.5] and dear.gap == 0.5 and dear.approximate
    unsold = certified(market, supply, np.zeros((2, 2), bool), np.array([5.0, 3.0]))
    assert (unsold.clearing_error, unsold.gap, unsold.regret.sum()) == (8.0, 8.0, 0.0)
    assert certified(market, supply, swapped, np.array([2.0, 0.0])).gap == 1.0
    for bundles, prices in ((np.ones((2, 2), bool), [2.0, 0.0]), (right, [-1.0, 0.0]), (right, [np.nan, 0.0])):
        with pytest.raises(ValueError, match="certified: more units given away than supplied, or a price"):
            certified(market, supply, bundles, np.array(prices))


def test_scale_does_not_matter():
    for scale in (1e-6, 1e6):
        found = ConfigurationProgram(Lowest()).solve(UnitDemand(np.array([[5, 3], [4, 1]]) * scale))
        np.testing.assert_allclose(found.prices, [2 * scale, 0], atol=1e-9 * scale)
        poor = Capped(Additive(np.array([[4, 4, 4], [2, 1, 1], [4, 3, 3]]) * scale), np.array([5, 2, 5]) * scale)
        assert ConfigurationProgram().solve(poor).gap == pytest.approx(0.5 * scale)


def test_goods_without_supply():
    market = UnitDemand([[5, 3], [4, 1]])
    assert AssignmentMarket().solve(market, [1, 0]).prices[0] == pytest.approx(4.0)
    assert AscendingAuction().solve(market, [1, 0]).status is Status.SOLVED
    for part in (AssignmentMarket(Highest()), ConfigurationProgram()):
        with pytest.raises(ValueError, match=r"a good without supply has no highest price; leave out goods \[1\]"):
            part.solve(market, [1, 0])


def test_nobody_wants_anything():
    market = UnitDemand(np.zeros((2, 3)))
    for part in (AssignmentMarket(), ConfigurationProgram(), AscendingAuction(), DescendingAuction()):
        found = part.solve(market)
        assert found.status is Status.SOLVED and not found.prices.any() and not found.bundles.any()


def test_a_coarse_step_stays_near_and_says_so():
    rng = np.random.default_rng(4)
    for _ in range(8):
        market = UnitDemand(rng.random((4, 3)) * 10)
        low = AssignmentMarket().solve(market).prices
        for step in (0.5, 2.0**-12):
            found = AscendingAuction(step).solve(market)
            assert np.abs(found.prices - low).max() <= 3 * step and found.gap <= 4 * 3 * step
    coarse = AscendingAuction(3.0).solve(UnitDemand([[5.0], [4.0]]))  # two want it at 3, nobody at 6
    assert (coarse.prices.item(), coarse.gap, coarse.status) == (3.0, 1.0, Status.NOT_CONVERGED)


def test_without_gross_substitutes_auctions_do_not_claim_to_clear():
    shoes = XorBids([0, 1], [[1, 1], [1, 0]], [3, 2])  # a pair, and a one-legged agent
    assert not gross_substitutes(shoes).all()
    assert ConfigurationProgram().solve(shoes).status is Status.SOLVED
    for auction in (AscendingAuction(), DescendingAuction()):
        assert auction.solve(NONE_CLEAR).status is Status.NOT_CONVERGED
    pairs = XorBids([0, 1, 2], [[1, 1, 0], [0, 1, 1], [1, 0, 1]], [2, 2, 2])
    assert ConfigurationProgram().solve(pairs).status is Status.NO_WALRASIAN
    assert AscendingAuction().solve(pairs).gap == pytest.approx(1.0)


def test_auctions_run_on_the_device_for_many_markets_at_once():
    rng = np.random.default_rng(5)
    tables = jnp.asarray(np.stack([UnitDemand(rng.integers(0, 9, (4, 3))).table() for _ in range(8)]), jnp.float32)
    for auction in (AscendingAuction(), DescendingAuction()):
        together = jax.jit(jax.vmap(auction.run, (0, None)))(tables, jnp.ones(3))
        assert together.prices.dtype == jnp.float32 and together.prices.shape == (8, 3)
        assert (together.rounds >= 0).all() and together.rounds.max() > 0
        alone = jax.jit(auction.run)(tables[3], jnp.ones(3))
        np.testing.assert_array_equal(alone.prices, together.prices[3])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: AscendingAuction(0.0), "AscendingAuction: step must be a positive number of credits, got 0.0"),
        (lambda: DescendingAuction(float("nan")), "DescendingAuction: step must be a positive"),
        (lambda: AscendingAuction(1e-9).solve(UnitDemand([[5.0]])), "AscendingAuction: a step of 1e-09 credits can take"),
        (lambda: AscendingAuction().solve(UnitDemand([[5.0]]), [-1]), "AscendingAuction: supply must be whole units"),
        (lambda: ConfigurationProgram().solve(UnitDemand([[5.0]]), [0.5]), "ConfigurationProgram: supply must be whole"),
        (lambda: AssignmentMarket().solve(UnitDemand([[5.0]]), [1, 1]), "AssignmentMarket: supply must be whole"),
        (lambda: ConfigurationProgram().solve(Capped(Additive(np.ones((3, 30))), np.ones(3))), r"Capped: .* 3 agents x 2\^30"),
    ],
)  # fmt: skip
def test_errors_name_the_part_and_the_fix(make, said):
    with pytest.raises(ValueError, match=said):
        make()
