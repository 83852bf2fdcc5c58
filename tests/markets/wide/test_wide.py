"""The wide market: books, equilibrium, and its special cases."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.auctions import CreditConservingVickrey, FirstPrice
from catallax.core import Status
from catallax.envs import Foraging, Rights, SupplyChain
from catallax.equilibria import indivisible
from catallax.markets import Firms, Households

INCOME = np.array([0, 0, 0, 0, 0.5, 3.0, 1.0])


@pytest.fixture(scope="module")
def village():
    return SupplyChain.village()


def economy(world, income, **settings):
    firms = Firms.of(world.inputs, world.outputs, copies=2, rate=0.05, outlay=0.1, endowment=5.0)
    wanted = np.flatnonzero(income)
    return cx.WideMarket(
        world, producers=firms, consumers=Households.wanting(wanted, income[wanted], world.goods), **settings
    )


@pytest.fixture(scope="module")
def ran(village):
    return economy(village, INCOME).run(400, 0)


@pytest.mark.parametrize("auction", [FirstPrice(), CreditConservingVickrey()], ids=["greatest price", "least price"])
def test_with_one_right_and_no_goods_it_is_the_deep_market_tick_by_tick(auction):
    env, key = cx.envs.GridWorld(rows=3, cols=3, goal=(2, 2)), jax.random.key(3)
    society = cx.agents.Tabular.society(env, clones=2)
    deep = cx.DeepMarket(society, auction, round_ticks=300)
    state, sales = jax.jit(lambda state: deep.round(env, state, key, tracked=1))(deep.init(env, 1, key))
    wide = cx.WideMarket(Rights(env), actors=society, auction=auction).run(300, key)
    for name in ("winner", "pays", "reward"):
        np.testing.assert_array_equal(getattr(sales, name), getattr(wide.record, name))
    assert float(np.sum(wide.record.reward)) > 0 and len(set(wide.record.winner[:, 0].tolist())) > 3
    np.testing.assert_array_equal(state.ledger.wealth, wide.state.ledger.wealth)
    np.testing.assert_array_equal(state.cohorts[0].individuals.table, wide.state.actors.individuals.table)


def test_a_rights_price_is_an_end_of_its_equilibrium_prices():
    draw, alive, one = np.random.default_rng(0), jnp.ones(6, bool), np.ones(1)
    for _ in range(20):
        bids = np.float32(np.round(draw.uniform(0, 4, 6), 2))
        bundles = (np.arange(6) == np.argmax(bids))[:, None]
        values = indivisible.Additive(bids[:, None].astype(float))
        for auction, outwards in ((FirstPrice(), 0.01), (CreditConservingVickrey(), -0.01)):
            price = float(auction.clear(jax.random.key(0), jnp.asarray(bids), alive).pays)
            found = indivisible.certified(values, one, bundles, np.array([price]))
            beyond = indivisible.certified(values, one, bundles, np.array([price + outwards]))
            assert found.status is Status.SOLVED and found.gap <= 1e-6
            assert beyond.status is not Status.SOLVED


def test_money_is_exact_and_goods_are_neither_lost_nor_made(ran):
    assert ran.state.ledger.audit() == 0
    assert float(np.max(ran.record.lost)) <= 1e-9 and ran.record.lost.dtype == np.float64
    assert bool(np.all(ran.record.wealth >= 0))


def test_money_comes_from_the_consumers_alone(ran):
    consumers = np.asarray(cx.core.money.exact(ran.state.ledger.consumers)).sum() / 2**20
    assert float(np.sum(ran.record.spent)) + consumers == pytest.approx(400 * INCOME.sum(), rel=1e-6)


def test_every_tick_is_an_equilibrium_and_a_supply_chain_comes_near_its_planner(ran, village):
    assert float(np.max(ran.record.gap)) <= 1e-6
    best = village.steady_state(INCOME).consumed[4:]
    reached = np.asarray(ran.record.consumed).sum(1)[200:, 4:].mean(0)
    share = np.exp(INCOME[4:] @ np.log(reached / best) / INCOME.sum())
    assert 0.95 <= share <= 1.05


def test_a_run_can_go_on_where_it_stopped(village):
    market = economy(village, INCOME)
    first = market.run(5, 0)
    again = market.run(5, 0, first.state)
    assert int(again.state.tick) == 10 and again.state.ledger.audit() == 0
    assert not np.array_equal(first.record.prices, again.record.prices)


def test_levies_take_from_all_accounts_and_stay_in_the_books(village):
    taxed = economy(village, INCOME, levies=(cx.levies.WealthTax(0.5),)).run(5, 0)
    free = economy(village, INCOME).run(5, 0)
    assert taxed.state.ledger.audit() == 0
    assert float(taxed.record.wealth[0].sum()) == pytest.approx(0.5 * float(free.record.wealth[0].sum()), rel=1e-4)


def test_whoever_owned_the_right_owns_what_was_made_with_it():
    world = Foraging.far_and_near(2)
    actors = cx.agents.Tabular.society(world.right, clones=2, initial_bid=5.0, endowment=1e3)
    consumers = Households.wanting([0, 1], [0.2, 0.2], 2, worth=1.0)
    run = cx.WideMarket(world, actors=actors, consumers=consumers, auction=FirstPrice()).run(200, 0)
    assert run.state.ledger.audit() == 0
    assert float(np.sum(run.record.consumed)) > 0
    # consumers pay nobody but those who delivered
    np.testing.assert_allclose(run.record.reward, 0.0)
    made = (
        np.sum(run.record.consumed)
        + np.sum(np.asarray(run.state.holdings))
        + np.sum(np.asarray(run.state.deed.made) * 0)
    )
    assert made == pytest.approx(round(made), abs=1e-6)


def test_the_first_welfare_theorem_holds_where_everybody_knows_the_next_prices(village):
    best = village.steady_state(INCOME)
    # at the planner's prices every technique that runs earns exactly what it pays, and no other one more
    profit = np.asarray(village.outputs) @ best.prices - np.asarray(village.inputs) @ best.prices
    runs = best.levels > 1e-6
    np.testing.assert_allclose(profit[runs], 0.0, atol=1e-5)
    assert np.all(profit <= 1e-5)
    np.testing.assert_allclose(best.prices[4:] * best.consumed[4:], INCOME[4:], rtol=1e-4)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "consumers, and producers if there are any, must be given"),
        ({"auction": FirstPrice()}, "has 0 rights, so actors and an auction must not be given"),
        ({"consumers": Households.wanting([1], [1.0], 3)}, "Households value 3 goods, SupplyChain has 7"),
        ({"consumers": Households.wanting([1], [1.0], 7), "discount": 2.0}, "discount must lie in"),
    ],
)
def test_parts_that_do_not_fit_are_named(village, settings, said):
    with pytest.raises(ValueError, match=said):
        cx.WideMarket(village, **settings)


def test_a_bid_that_is_no_number_stops_the_run():
    env = cx.envs.Bandit()
    broken = cx.Cohort.stack([cx.agents.Constant(float("nan"), action=0)])
    market = cx.WideMarket(Rights(env, 2), actors=broken, auction=FirstPrice())
    with pytest.raises(cx.markets.MarketError, match="WideMarket: agent 0 bid NaN"):
        market.run(3, 0)
    with pytest.raises(ValueError, match="ticks must be at least 1"):
        market.run(0, 0)
