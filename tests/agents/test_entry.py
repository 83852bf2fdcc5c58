"""Entry rules: who is born, who pays, and who is repaid."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from societies import Wages, constants, founders, population, rounds

import catallax as cx
from catallax.agents import (
    Enumeration,
    InvestAndRepay,
    MutateTheRich,
    Outbid,
    OutbidByChance,
    RandomBirths,
    RandomRules,
    ReplaceTheBroke,
    Rota,
    Rule,
    RuleFamily,
)
from catallax.agents._entry import _draw_by_weight
from catallax.core import NOBODY, Money, money
from catallax.markets._census import census, repay
from catallax.markets._faults import BAD_ENDOWMENT, NOBODY_ALIVE
from catallax.markets._sales import price_newcomers

KEY = jax.random.key(0)
FAMILY = RuleFamily.build(bits=2, actions=2, prices=(0.25, 0.5))


def clone(key, parent):
    return parent


def numbers(newborns) -> list[int]:
    """Which members of the family were born, by condition, action and price."""
    listed = jax.vmap(FAMILY.individual)(jnp.arange(FAMILY.size))
    born = newborns.individuals
    places = []
    for k in np.flatnonzero(newborns.valid):
        same = jax.tree.map(
            lambda every, one, k=k: np.equal(every, one[k : k + 1]).reshape(FAMILY.size, -1).all(1), listed, born
        )
        places.append(int(np.flatnonzero(np.all(jax.tree.leaves(same), axis=0)).item()))
    return places


def test_enumeration_counts_by_free_slots():
    entry = Enumeration(FAMILY, allowance=1.5, per_round=3)
    crowded = population([1.0] * 4, alive=[True, False, True, False])
    state, newborns = entry.newborns(KEY, entry.init(KEY), crowded)
    assert (numbers(newborns), int(state)) == ([0, 1, 2], 2)  # the third finds no slot and comes again
    state, newborns = entry.newborns(KEY, state, crowded._replace(alive=jnp.zeros(4, bool)))
    assert (numbers(newborns), int(state)) == ([2, 3, 4], 5)
    assert newborns.endowment.tolist() == [1.5] * 3
    assert newborns.creator.tolist() == [NOBODY] * 3
    assert int(entry.newborns(KEY, state, crowded._replace(alive=jnp.ones(4, bool)))[0]) == 5


def test_everybodys_turn_comes_and_comes_again_at_the_pace_of_the_schedule():
    entry = Rota(FAMILY, allowance=2.0, pace=4.0, exponent=1.0, per_round=3)
    free = population([0.0] * 4, alive=[False] * 4)
    state, seen, born, rounds_ = entry.init(KEY), [], [], 40
    for _ in range(rounds_):
        state, newborns = entry.newborns(KEY, state, free)
        seen += numbers(newborns)
        born.append(int(newborns.valid.sum()))
        assert newborns.endowment.tolist() == [2.0] * 3
    assert sorted(seen[: FAMILY.size]) == list(range(FAMILY.size)) != seen[: FAMILY.size]
    assert seen[FAMILY.size :] == seen[: len(seen) - FAMILY.size] and max(born) == 3
    assert len(seen) == int(FAMILY.size + 4.0 * (1 / np.arange(1, rounds_ + 1)).sum())
    waiting = state._replace(owed=jnp.float32(3.0))
    full = population([1.0] * 4, alive=[True, True, True, False])
    later, newborns = entry.newborns(KEY, waiting, full)
    assert int(later.turn) == int(state.turn) + 1 and float(later.owed) >= 2  # two find no slot and come again


def test_a_family_is_listed_without_repetition_and_starts_again():
    members = jax.vmap(FAMILY.individual)(jnp.arange(FAMILY.size))
    rows = np.concatenate([np.asarray(leaf).reshape(FAMILY.size, -1) for leaf in jax.tree.leaves(members)], axis=1)
    assert FAMILY.size == 9 * 2 * 2 == len(np.unique(rows, axis=0))
    cares = [int(c).bit_count() for c in members.care[:, 0]]
    assert cares == sorted(cares)
    again = FAMILY.individual(jnp.asarray(FAMILY.size + 5))
    assert jax.tree.map(lambda a, b: bool((a == b[5]).all()), again, members) == jax.tree.map(lambda _: True, again)


def test_random_births_draw_members():
    entry = RandomBirths(FAMILY, allowance=0.5, per_round=64)
    _, newborns = entry.newborns(KEY, entry.init(KEY), population([0.0], alive=[False]))
    drawn = numbers(newborns)
    assert len(drawn) == 64 and len(set(drawn)) > FAMILY.size // 2
    assert (newborns.creator == NOBODY).all() and (newborns.endowment == 0.5).all()
    _, others = entry.newborns(jax.random.key(1), (), population([0.0], alive=[False]))
    assert numbers(others) != drawn


def test_random_rules_are_the_same_for_the_same_number():
    family = RandomRules(KEY, 0.5, 40, 3)
    one, two, other = (family.individual(jnp.asarray(n)) for n in (7, 7, 8))
    assert one.condition(40) == two.condition(40) != other.condition(40)
    assert bool(one.novice) and 0 <= int(one.action) < 3


def test_parents_are_drawn_in_proportion_to_wealth():
    entry = MutateTheRich(clone, allowance=0.25, per_round=4_000)
    seen = population([3.0, 0.0, 1.0, 50.0], alive=[True, True, True, False])
    _, newborns = entry.newborns(KEY, entry.init(KEY), seen)
    share = np.bincount(np.asarray(newborns.individuals.amount, int), minlength=4) / 4_000
    assert share[[1, 3]].tolist() == [0.0, 0.0]
    assert abs(share[0] - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 4_000)
    assert newborns.valid.all() and (newborns.creator == NOBODY).all()
    _, none = entry.newborns(KEY, (), population([0.0, 0.0, 5.0], alive=[True, True, False]))
    assert not none.valid.any()


def test_riches_begin_above_the_line():
    entry = MutateTheRich(clone, allowance=0.25, per_round=50, line=2.0)
    _, newborns = entry.newborns(KEY, (), population([2.0, 1.0, 2.5]))
    assert newborns.valid.all() and (newborns.individuals.amount == 2.0).all()
    assert not entry.newborns(KEY, (), population([2.0, 1.0]))[1].valid.any()


@pytest.mark.parametrize("weight", [[0.0, 1.0, 0.0], [0.0, 0.1, 0.2, 0.0]])
def test_nobody_without_wealth_is_drawn_however_often(weight):
    # among so many uniform numbers some are exactly 0, and some round up to the whole
    drawn = jax.jit(_draw_by_weight, static_argnums=2)(KEY, jnp.asarray(weight), 1 << 24)
    counts = np.asarray(jnp.stack([jnp.sum(drawn == k) for k in range(len(weight))]))
    assert counts[[0, -1]].tolist() == [0, 0]
    assert counts.sum() == 1 << 24


def test_the_richest_invest_if_they_can_afford_it():
    entry = InvestAndRepay(clone, endowment=2.0, threshold=3.0, per_round=3)
    seen = population([6.0, 9.0, 7.0, 99.0], alive=[True, True, True, False])
    _, newborns = entry.newborns(KEY, entry.init(KEY), seen)
    assert newborns.valid.tolist() == [True, True, False]  # 6 credits are no more than three endowments
    assert newborns.creator.tolist() == [1, 2, NOBODY]
    assert newborns.individuals.amount[:2].tolist() == [1.0, 2.0]
    assert newborns.endowment.tolist() == [2.0] * 3


@pytest.mark.parametrize(
    ("alive", "size", "born"), [(2, 4, [0, 1]), (3, 4, [0]), (4, 4, []), (5, 4, []), (0, 9, [0, 1, 2])]
)
def test_the_broke_are_replaced_up_to_a_size(alive, size, born):
    entry = ReplaceTheBroke(Enumeration(FAMILY, 1.0, per_round=3), size)
    seen = population([1.0] * 6, alive=[k < alive for k in range(6)])
    state, newborns = entry.newborns(KEY, entry.init(KEY), seen)
    assert numbers(newborns) == born
    # nobody is skipped: who was not wanted now is the next to come
    _, later = entry.newborns(KEY, state, seen._replace(alive=jnp.zeros(6, bool)))
    assert numbers(later) == list(range(len(born), len(born) + 3))[: min(3, size)]


def test_a_newcomer_outbids_the_best():
    assert float(Outbid(0.25).price(KEY, jnp.asarray(1.5))) == 1.75
    about = jax.vmap(lambda key: OutbidByChance(0.25).price(key, jnp.asarray(1.5)))(jax.random.split(KEY, 300))
    assert 1.625 <= float(about.min()) < 1.64 and 1.86 < float(about.max()) <= 1.875
    rule = Rule.parse("##", 0, 0.0, novice=True)
    cohort = cx.Cohort.stack([Rule.parse("##", 0, 0.5), rule, rule], endowment=4.0)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), newcomers=Outbid(0.25), round_ticks=1)
    states = rounds(market, cx.envs.Multiplexer(1), 2, 2)
    prices = [state.cohorts[0].individuals.price.tolist() for state in states]
    # both meet their first world at once, beside the same competitor, and keep the price for life
    assert prices == [[0.5, 0.0, 0.0], [0.5, 0.75, 0.75], [0.5, 0.75, 0.75]]
    assert states[-1].cohorts[0].individuals.novice.tolist() == [False] * 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rota(FAMILY, -1.0), "Rota: allowance must be at least 0, got -1.0"),
        (lambda: Enumeration(FAMILY, -1.0), "Enumeration: allowance must be at least 0, got -1.0"),
        (lambda: Enumeration(FAMILY, 1.0, per_round=0), "Enumeration: per_round must be at least 1, got 0"),
        (lambda: RandomBirths(FAMILY, float("nan")), "RandomBirths: allowance must be at least 0, got nan"),
        (lambda: MutateTheRich(clone, -0.5), "MutateTheRich: allowance must be at least 0"),
        (lambda: MutateTheRich(clone, 0.5, line=-1.0), "MutateTheRich: line must be at least 0"),
        (lambda: InvestAndRepay(clone, -1.0), "InvestAndRepay: endowment must be at least 0"),
        (lambda: InvestAndRepay(clone, 1.0, threshold=-1.0), "InvestAndRepay: threshold must be at least 0"),
        (lambda: ReplaceTheBroke(Enumeration(FAMILY, 1.0), 0), "ReplaceTheBroke: size must be at least 1"),
        (lambda: Outbid(-0.1), "Outbid: epsilon must be at least 0"),
        (lambda: OutbidByChance(-0.1), "OutbidByChance: epsilon must be at least 0"),
        (lambda: RuleFamily.build(13, 2), "1 to 12 bits can be listed, got 13; use RandomBirths"),
        (
            lambda: cx.DeepMarket(cx.Cohort.stack(constants(1.0)), cx.auctions.FirstPrice(), repayment=1.5),
            r"repayment must lie in \[0, 1\], got 1.5",
        ),
        (
            lambda: cx.DeepMarket(
                [cx.Cohort.stack(constants(1.0))] * 2, cx.auctions.FirstPrice(), entry=Enumeration(FAMILY, 1.0)
            ),
            "entry, exits, newcomers and replay need one cohort without clones, got 2",
        ),
        (
            lambda: cx.DeepMarket(cx.Cohort.stack(constants(1.0)), cx.auctions.FirstPrice(), newcomers=Outbid(0.1)),
            "newcomers prices agents that are `unpriced`, and a Constant never is",
        ),
        (
            lambda: cx.DeepMarket(
                cx.Cohort.stack([Rule.parse("#", 0, 0.0, novice=True), Rule.parse("#", 0, 1.0)]),
                cx.auctions.FirstPrice(),
            ),
            "1 living agents have no price yet and nobody sets it; pass `newcomers=`",
        ),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_house_pays_for_the_enumerated():
    cohort = cx.Cohort.empty(Rule.parse("##", 0, 0.0), 3)
    market = cx.DeepMarket(
        cohort, cx.auctions.FirstPrice(), entry=Enumeration(FAMILY, 0.75, per_round=2), round_ticks=1, discount=0.0
    )
    # the first round finds nobody and sells nothing
    start, first, second = rounds(market, cx.envs.Multiplexer(1, payoff=0.0), 4, 2)
    assert [state.cohorts[0].alive.sum() for state in (start, first, second)] == [0, 2, 3]
    assert first.ledger.wealth.tolist() == [3.0, 3.0, 0.0]  # 0.75 credits in each of 4 instances
    assert int(money.exact(first.ledger.house)) == -(6 << 20)
    assert [int(s.tally.births) for s in (start, first, second)] == [0, 2, 3]
    assert int(second.entry) == 3
    assert second.lives.identity.tolist() == [3, 4, 5]  # 0, 1, 2 named the empty slots
    assert second.ledger.imbalance == 0


def grains(account) -> np.ndarray:
    return np.asarray(money.exact(account))


def invest(wealth: float, endowment: float, count: int, earns: float, repayment: float):
    """A founder that never trades, and heirs that always win and earn."""

    def heir(key, parent):
        return eqx.tree_at(lambda a: (a.amount, a.action), parent, (jnp.asarray(0.0), jnp.asarray(1)))

    market = cx.DeepMarket(
        founders([-1.0, -1.0], [True, False], wealth),
        cx.auctions.FirstPrice(),
        entry=InvestAndRepay(heir, endowment=endowment, threshold=1.0),
        repayment=repayment,
        round_ticks=4,
    )
    return rounds(market, Wages((0.0, earns)), 1, count)


@pytest.fixture(scope="module")
def family_business():
    return invest(150.0, 100.0, 80, repayment=0.3, earns=1.1)


def test_endowments_come_from_the_creator(family_business):
    start, first = family_business[:2]
    assert first.cohorts[0].alive.tolist() == [True, True]
    assert (grains(first.ledger.agents) >> 20).tolist() == [50, 100]
    assert grains(first.ledger.house) == grains(start.ledger.house)
    assert (first.lives.creator.tolist(), first.lives.creator_identity.tolist()) == ([NOBODY, 0], [NOBODY, 0])
    assert grains(first.lives.debt).tolist() == [0, 100 << 20]


def test_the_creator_is_repaid_exactly_its_endowment(family_business):
    founder = np.array([grains(state.ledger.agents)[0] for state in family_business])
    debt = np.array([grains(state.lives.debt)[1] for state in family_business])
    wealth = np.array([grains(state.ledger.agents)[1] for state in family_business])
    # whatever is repaid leaves the debt, to the grain, and it is never overpaid
    assert (founder[1:] + debt[1:] == 150 << 20).all()
    assert (np.diff(debt[1:]) <= 0).all() and (debt >= 0).all()
    assert (debt[-1], founder[-1]) == (0, 150 << 20)
    # only from profit: the heir never falls below what it was born with
    assert (wealth[1:] >= 100 << 20).all()
    assert {state.ledger.imbalance for state in family_business} == {0}


def test_a_debt_that_is_no_float_is_never_overpaid():
    market = cx.DeepMarket(founders([-1.0, -1.0], [True, True], 1.0), cx.auctions.FirstPrice(), repayment=1.0)
    state = market.init(Wages((0.0,)), 1, KEY)
    nobody_and_first = jnp.asarray([NOBODY, 0], jnp.int32)
    owed = (99 << 20) + (1 << 19) + 5  # above 64 credits a float32 counts in steps of 8 grains
    state = state._replace(
        ledger=state.ledger.endow(jnp.asarray([0.0, 200.0])),
        lives=state.lives._replace(
            creator=nobody_and_first,
            creator_identity=nobody_and_first,
            debt=Money(jnp.asarray([0, owed >> 20], jnp.int32), jnp.asarray([0, owed & (2**20 - 1)], jnp.int32)),
        ),
    )
    paid = []
    for _ in range(3):
        state = repay(market, state, market.repayment)
        paid.append(int(grains(state.ledger.agents)[0]) - (1 << 20))
        assert grains(state.lives.debt)[1] == owed - paid[-1] >= 0
    assert paid == [owed - 5, owed, owed]
    assert state.ledger.imbalance == 0


def test_who_cannot_pay_has_no_children():
    entry = InvestAndRepay(clone, endowment=3.0, threshold=0.0, per_round=2)
    cohort = founders([-1.0] * 4, [True, True, False, False], 2.0)
    state = rounds(cx.DeepMarket(cohort, cx.auctions.FirstPrice(), entry=entry, round_ticks=1), Wages((0.0,)), 1, 1)[-1]
    assert int(state.tally.births) == 0
    assert state.ledger.wealth.tolist() == [2.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize("entry", ["enumeration", "rota", "random", "mutation", "investment", "replacement"])
def test_the_books_close_and_nobody_is_born_twice(entry):
    def child(key, parent):
        return parent.mutate(key, 3, 2)

    rules = {
        "rota": Rota(RuleFamily.build(3, 2), 0.6, per_round=2),
        "enumeration": Enumeration(RuleFamily.build(3, 2), 0.6, per_round=2),
        "random": RandomBirths(RandomRules(KEY, 0.4, 3, 2), 0.6, per_round=2),
        "mutation": MutateTheRich(child, 0.6, per_round=2),
        "investment": InvestAndRepay(child, 0.3, threshold=2.0, per_round=2),
        "replacement": ReplaceTheBroke(RandomBirths(RandomRules(KEY, 0.4, 3, 2), 0.6, per_round=4), 6),
    }
    cohort = cx.Cohort.empty(Rule.parse("###", 0, 0.0, novice=True), 8)
    first = jnp.arange(8) < 4
    market = cx.DeepMarket(
        cx.Cohort(cohort.individuals, first, 1.0),
        cx.auctions.FirstPrice(),
        (cx.levies.Rent(0.01),),
        entry=rules[entry],
        exits=(cx.agents.Bankrupt(0.05), cx.agents.Idle(40)),
        newcomers=Outbid(0.01),
        round_ticks=4,
    )
    states = rounds(market, cx.envs.Multiplexer(1), 3, 40)
    assert {state.ledger.audit() for state in states} == {0}
    last = states[-1]
    alive, births, deaths = last.cohorts[0].alive, int(last.tally.births), int(last.tally.deaths)
    assert births > 0 and deaths > 0
    assert int(alive.sum()) == 4 + births - deaths
    identities = np.asarray(last.lives.identity)[np.asarray(alive)]
    assert len(set(identities.tolist())) == len(identities)
    assert int(last.lives.next_identity) == 8 + births
    assert (grains(last.ledger.agents)[~np.asarray(alive)] == 0).all()
    if entry == "replacement":
        assert max(int(state.cohorts[0].alive.sum()) for state in states) == 6


@pytest.mark.parametrize(("closing", "price"), [(False, 0.75), (True, 0.0)])
def test_a_newcomer_outbids_what_others_can_pay_where_something_is_sold(closing, price):
    cohort = cx.Cohort.stack([Rule.parse("##", 0, 8.0), Rule.parse("##", 0, 0.0, novice=True)], endowment=0.5)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), newcomers=Outbid(0.25), round_ticks=1)
    state = market.init(cx.envs.Multiplexer(1), 2, KEY)
    state = price_newcomers(market, state._replace(closing=jnp.full(2, closing)), jax.random.split(KEY, 2))
    assert state.cohorts[0].individuals.price.tolist() == [8.0, price]
    assert bool(state.cohorts[0].individuals.novice[1]) == closing


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Enumeration(RuleFamily.build(1, 1), 1.0), 0),
        (MutateTheRich(clone, 1.0), NOBODY_ALIVE),
        (InvestAndRepay(clone, 1.0), NOBODY_ALIVE),
    ],
)
def test_a_population_that_died_out_is_told(entry, fault):
    cohort = cx.Cohort.stack([Rule.parse("#", 0, 0.25)], endowment=1.0)
    everybody = cx.agents.Bankrupt(1e6)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), entry=entry, exits=[everybody])
    state = market.init(Wages((0.0,)), 1, KEY)
    assert int(census(market, state, KEY, 1).fault.code) == fault


@pytest.mark.parametrize("allowance", [float("nan"), float("inf"), -1.0])
def test_a_newborn_needs_a_real_endowment(allowance):
    entry = eqx.tree_at(lambda e: e.allowance, Enumeration(RuleFamily.build(1, 1), 1.0), allowance)
    cohort = cx.Cohort.empty(Rule.parse("#", 0, 0.0, novice=True), 4)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), entry=entry, newcomers=Outbid(0.1))
    state = census(market, market.init(cx.envs.Multiplexer(1), 2, KEY), KEY, 2)
    assert int(state.fault.code) == BAD_ENDOWMENT
