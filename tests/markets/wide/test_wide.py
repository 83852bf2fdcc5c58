"""The wide market: books, equilibrium, and its special cases."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.agents import AllOf, Bankrupt, InvestAndRepay, MutateTheRich, PoorerThan, Sometimes
from catallax.auctions import CreditConservingVickrey, FirstPrice
from catallax.core import Status
from catallax.envs import Foraging, Rights, SupplyChain
from catallax.equilibria import indivisible
from catallax.markets import Firms, Households, Turnover, retooled

INCOME = np.array([0, 0, 0, 0, 0.5, 3.0, 1.0])


@pytest.fixture(scope="module")
def village():
    return SupplyChain.village()


def economy(world, income, **settings):
    firms = Firms.of(world.inputs, world.outputs, copies=2, rate=0.01, outlay=0.02, endowment=5.0)
    wanted = np.flatnonzero(income)
    return cx.WideMarket(
        world, producers=firms, consumers=Households.wanting(wanted, income[wanted], world.goods), **settings
    )


@pytest.fixture(scope="module")
def ran(village):
    return economy(village, INCOME).run(400, 0)


def test_with_one_right_and_no_goods_it_is_the_deep_market_tick_by_tick():
    env, key = cx.envs.GridWorld(rows=3, cols=3, goal=(2, 2)), jax.random.key(3)
    society = cx.agents.Tabular.society(env, clones=1)
    paid = []
    for auction in (FirstPrice(), CreditConservingVickrey()):
        deep = cx.DeepMarket(society, auction, levies=(cx.levies.BidFee(0.01),), round_ticks=1)
        state, sales = jax.jit(
            lambda state, deep=deep: jax.lax.scan(lambda s, _: deep.round(env, s, key, tracked=1), state, None, 200)
        )(deep.init(env, 1, key))
        wide = cx.WideMarket(Rights(env), actors=society, auction=auction, levies=deep.levies).run(200, key)
        for name in ("winner", "pays", "reward"):
            np.testing.assert_array_equal(getattr(sales, name)[:, 0], getattr(wide.record, name))
        assert float(np.sum(wide.record.reward)) > 0 and len(set(wide.record.winner[:, 0].tolist())) > 3
        np.testing.assert_array_equal(state.ledger.wealth, wide.state.ledger.wealth)
        np.testing.assert_array_equal(state.cohorts[0].individuals.table, wide.state.actors[0].individuals.table)
        paid.append(np.asarray(wide.record.pays))
    assert np.sum(paid[0] != paid[1]) > 50


def test_with_births_and_deaths_it_is_the_deep_market_too():
    def bolder(key, parent):
        return eqx.tree_at(lambda a: a.table, parent, parent.table * jax.random.uniform(key, minval=0.8, maxval=1.3))

    env, key = cx.envs.GridWorld(rows=2, cols=2, goal=(1, 1)), jax.random.key(3)
    founders = cx.agents.Tabular.society(env, clones=1)
    room = cx.Cohort.empty(jax.tree.map(lambda leaf: leaf[0], founders.individuals), 6)
    individuals = jax.tree.map(lambda *leaves: jnp.concatenate(leaves), founders.individuals, room.individuals)
    society = cx.Cohort(individuals, jnp.concatenate([founders.alive, room.alive]), 10.0)
    entry = AllOf((InvestAndRepay(bolder, 2.0, threshold=4.0), Sometimes(MutateTheRich(bolder, 3.0), 0.3)))
    exits = (PoorerThan(0.6),)
    deep = cx.DeepMarket(society, FirstPrice(), entry=entry, exits=exits, repayment=0.5, round_ticks=1)
    state, sales = jax.jit(
        lambda state: jax.lax.scan(lambda s, _: deep.round(env, s, key, tracked=1), state, None, 150)
    )(deep.init(env, 1, key))
    turnover = Turnover(entry, exits, repayment=0.5)
    wide = cx.WideMarket(Rights(env), actors=society, auction=FirstPrice(), turnover=turnover, round_ticks=1).run(
        150, key
    )
    for name in ("winner", "pays", "reward"):
        np.testing.assert_array_equal(getattr(sales, name)[:, 0], getattr(wide.record, name))
    for old, new in zip(jax.tree.leaves(state.lives), jax.tree.leaves(wide.state.lives), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(state.ledger.wealth, wide.state.ledger.wealth)
    np.testing.assert_array_equal(state.cohorts[0].individuals.table, wide.state.actors[0].individuals.table)
    assert int(state.tally.births) == wide.record.births.sum() > 5
    assert int(state.tally.deaths) == wide.record.deaths.sum() > 3


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


def test_ticks_are_equilibria_and_a_supply_chain_comes_near_its_planner(ran, village):
    assert float(np.quantile(ran.record.gap, 0.95)) <= 1e-6 and float(np.max(ran.record.gap)) <= 1e-2
    best = village.steady_state(INCOME).consumed[4:]
    reached = np.asarray(ran.record.consumed).sum(1)[200:, 4:].mean(0)
    share = np.exp(INCOME[4:] @ np.log(reached / best) / INCOME.sum())
    assert 0.95 <= share <= 1.05


def test_a_run_in_parts_is_the_run(village, ran):
    market = economy(village, INCOME)
    first = market.run(3, 0, market.init(jax.random.key(0)))
    again = market.run(2, 0, first.state)
    for got, whole in zip(again.record, ran.record, strict=True):
        np.testing.assert_allclose(got, whole[3:5], rtol=1e-9, atol=1e-12)
    assert again.record.lost.dtype == np.float64 and again.state.ledger.audit() == 0


def test_rights_are_sold_alike_however_a_run_is_cut():
    env = cx.envs.GridWorld(rows=3, cols=3, goal=(2, 2))
    market = cx.WideMarket(Rights(env, 2), actors=cx.agents.Tabular.society(env, clones=2), auction=FirstPrice())
    whole, first = market.run(20, 1), market.run(12, 1)
    np.testing.assert_array_equal(market.run(8, 1, first.state).record.winner, whole.record.winner[12:])


def test_nobody_pays_for_what_goes_with_a_missing_good():
    # food is made of labour and a tool, and there are no tools
    world = SupplyChain([[1.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]], [10.0, 0.0, 0.0], [0.0, 1.0, 1.0])
    firms = Firms.of(world.inputs, world.outputs, endowment=5.0)
    run = cx.WideMarket(world, producers=firms, consumers=Households.wanting([2], [1.0], 3)).run(3, 0)
    np.testing.assert_allclose(run.record.wealth, 5.0, atol=1e-5)
    assert float(np.max(run.record.gap)) <= 1e-6
    assert np.all(run.record.prices[:, 2] > 0.5)  # what a lot of food would bring


def test_goods_are_conserved_from_the_first_to_the_last_tick():
    # every technique makes as many units as it uses and nothing perishes, so that only nature brings and consumers take
    world = SupplyChain([[1.0, 0, 0], [0, 2.0, 0]], [[0, 1.0, 0], [0, 0, 2.0]], [3.0, 0, 0], [1.0, 1.0, 1.0])
    firms = Firms.of(world.inputs, world.outputs, copies=2, rate=0.1, outlay=0.2)
    run = cx.WideMarket(world, producers=firms, consumers=Households.wanting([2], [1.0], 3)).run(40, 0)
    there, eaten = float(np.sum(np.asarray(run.state.holdings))), float(np.sum(run.record.consumed))
    assert eaten > 10 and there + eaten == pytest.approx(40 * 3.0, rel=1e-9)


@pytest.fixture(scope="module")
def coming_and_going():
    # as many units are made as used and nothing perishes; the second technique wastes two of its three units' worth
    world = SupplyChain(
        [[1.0, 0, 0], [0, 3.0, 0], [0, 1.0, 0]], [[0, 1.0, 0], [0, 0, 3.0], [0, 0, 1.0]], [3.0, 0, 0], [1.0, 1.0, 1.0]
    )
    quick = Firms.of(world.inputs, world.outputs, copies=2, rate=0.3, outlay=0.5, endowment=1.0, room=4)
    slow = Firms.of(world.inputs, world.outputs, techniques=[0, 1], rate=0.05, outlay=0.2, endowment=1.0, room=2)
    another = retooled(world.inputs, world.outputs)
    market = cx.WideMarket(
        world,
        producers=(quick, slow),
        consumers=Households.wanting([2], [1.0], 3),
        levies=(cx.levies.WealthTax(0.05),),
        turnover=(
            Turnover(MutateTheRich(another, 1.0), (PoorerThan(0.4),)),
            Turnover(InvestAndRepay(another, 0.5, threshold=1.2), (Bankrupt(0.3),), repayment=0.2),
        ),
        round_ticks=2,
    )
    return market, market.run(60, 0)


def test_firms_of_several_kinds_come_and_go_and_the_books_close(coming_and_going):
    market, run = coming_and_going
    births, deaths, alive = run.record.births, run.record.deaths, np.asarray(run.record.alive)
    assert (births.sum(0) > 1).all() and (deaths.sum(0) > 1).all() and not births[::2].any()
    for kind, rows in enumerate((slice(0, 10), slice(10, 14))):
        begun = int(market.producers[kind].alive.sum())
        np.testing.assert_array_equal(begun + np.cumsum(births[:, kind] - deaths[:, kind]), alive[:, rows].sum(1))
    assert run.state.ledger.audit() == 0 and float(np.max(run.record.lost)) <= 1e-9
    assert np.all(run.record.wealth >= 0) and np.all(run.record.wealth[~alive] == 0)
    assert np.all(np.asarray(run.state.holdings)[:-1][~alive[-1]] == 0)


def test_goods_of_those_who_leave_are_not_lost(coming_and_going):
    _, run = coming_and_going
    there, eaten = float(np.sum(np.asarray(run.state.holdings))), float(np.sum(run.record.consumed))
    assert eaten > 10 and there + eaten == pytest.approx(60 * 3.0, rel=1e-9)


def test_consumers_alone_buy_what_nature_brings(village):
    run = cx.WideMarket(village, consumers=Households.wanting([0], [2.0], 7)).run(4, 0)
    np.testing.assert_allclose(np.asarray(run.record.consumed)[:, 0, 0], 10.0, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(run.record.prices)[:, 0], 0.2, rtol=1e-4)


def test_levies_take_from_all_accounts_and_stay_in_the_books(village):
    taxed = economy(village, INCOME, levies=(cx.levies.WealthTax(0.5),)).run(5, 0)
    free = economy(village, INCOME).run(5, 0)
    assert taxed.state.ledger.audit() == 0
    assert float(taxed.record.wealth[0].sum()) == pytest.approx(0.5 * float(free.record.wealth[0].sum()), rel=1e-4)


def test_whoever_acted_with_a_right_owns_and_sells_what_was_made_with_it():
    world = Foraging.far_and_near(2)
    actors = cx.agents.Tabular.society(world.right, clones=1, initial_bid=5.0, endowment=1e3)
    consumers = Households.wanting([0, 1], [0.2, 0.2], 2, worth=1.0)
    run = cx.WideMarket(world, actors=actors, consumers=consumers, auction=FirstPrice()).run(120, 0)
    bodies, _ = world.right.reset_many(jax.random.split(jax.random.key(0), 2))
    keys, delivered = jax.random.split(jax.random.key(0), 2), np.zeros((120, 5, 2))
    for tick, winners in enumerate(np.asarray(run.record.winner)):
        step = world.right.step_many(keys, bodies, jnp.asarray(winners))  # the k-th actor does the k-th move
        bodies = step.state
        np.add.at(delivered[tick], winners, np.asarray(step.info["made"]))
    there, eaten = np.asarray(run.state.holdings).sum(0), np.asarray(run.record.consumed).sum((0, 1))
    assert delivered.sum() > 3
    np.testing.assert_allclose(there + eaten, delivered.sum((0, 1)), atol=1e-9)
    # the consumers' money went to those who delivered, a tick later
    earned = (delivered[:-1] * np.asarray(run.record.prices)[1:, None, :]).sum((0, 2))
    assert earned.sum() == pytest.approx(float(np.sum(run.record.spent)), rel=1e-4)
    assert run.state.ledger.audit() == 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "consumers, and producers if there are any, must be given"),
        ({"auction": FirstPrice()}, "has 0 rights, so actors and an auction must not be given"),
        ({"consumers": Households.wanting([1], [1.0], 3)}, "Households value 3 goods, SupplyChain has 7"),
        ({"consumers": Households.wanting([1], [1.0], 7), "discount": 2.0}, "discount must lie in"),
        ({"consumers": Households.wanting([1], [1.0], 7), "turnover": Turnover()}, "for each of 0 kinds"),
    ],
)
def test_parts_that_do_not_fit_are_named(village, settings, said):
    with pytest.raises(ValueError, match=said):
        cx.WideMarket(village, **settings)


def test_goods_that_are_no_number_stop_the_run(village):
    broken = eqx.tree_at(lambda world: world.gift, village, jnp.full(7, jnp.nan))
    with pytest.raises(cx.markets.MarketError, match="WideMarket: amounts or prices of goods are NaN"):
        economy(broken, INCOME).run(3, 0)


def test_a_bid_that_is_no_number_stops_the_run():
    env = cx.envs.Bandit()
    broken = cx.Cohort.stack([cx.agents.Constant(float("nan"), action=0)])
    market = cx.WideMarket(Rights(env, 2), actors=broken, auction=FirstPrice())
    with pytest.raises(cx.markets.MarketError, match="WideMarket: agent 0 bid NaN"):
        market.run(3, 0)
    with pytest.raises(ValueError, match="ticks must be at least 1"):
        market.run(0, 0)
