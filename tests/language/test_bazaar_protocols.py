"""Bazaars that buy as exact protocols say, with money: every purchase, every report, at every depth."""

import sys

import numpy as np
import pytest

from catallax.lab import load_experiment
from catallax.language import Answer, Bazaar, Buyer, Choose, Forecast, worlds
from catallax.language.bazaar import Bayesian, Contractor, Decider, Informer, Offer, Planned, Reason, SelectionAware
from catallax.language.worlds._protocols import replied

PROTOCOLS = sys.modules[load_experiment("information_protocols").run.__module__]
ONE_EACH = (("I1",), ("I2",), ("I3",))


def assert_as_planned(way, offers, goal):
    """In every case; and of what is not on a receipt nothing can be read."""
    market = PROTOCOLS.arena(way, offers)
    for state in PROTOCOLS.states(way.plan.world):
        result = market.run(Buyer(goal, budget=1.0), state)
        assert PROTOCOLS.as_planned(way.plan, state, result)
        had = {receipt.teaser for receipt in result.receipts}
        assert not any(
            f"{name}={value}" in repr(result) + result.report() for name, value in state.items() if name not in had
        )
    assert market.journal.audit() == 0 and not market.journal.held


@pytest.mark.parametrize("name", PROTOCOLS.PROTOTYPE)
@pytest.mark.parametrize("seed", [0, 125])  # in the second, forgetting is worth more than knowing what was bought
def test_two_levels_buy_as_planned(name, seed):
    world = PROTOCOLS.priced(worlds.random_world(np.random.default_rng(seed)))
    assert_as_planned(PROTOCOLS.ways(world)[name], PROTOCOLS.OFFERS, Forecast("E", 0.5))


@pytest.mark.parametrize(("protocol", "recall"), [("recursive", "everything"), ("successive", "nearest")])
def test_three_levels_buy_as_planned_whoever_computes_it(protocol, recall):
    world = PROTOCOLS.priced(worlds.random_world(np.random.default_rng(4), dearest=0.02))
    plan, recall = getattr(worlds, protocol)(world, ONE_EACH), getattr(worlds, recall)
    assert any(plan.play(state).bought[2] for state in PROTOCOLS.states(world))
    for judge in (Bayesian(world), Planned(plan)):
        assert_as_planned(PROTOCOLS.Way(plan, judge, recall), ONE_EACH, Forecast("E", 0.5))


def test_legumes_are_eaten_raw_not_at_all_or_boiled():
    world, offers = worlds.legume(), [["I1"], ["I2"]]
    for protocol, recall in ((worlds.successive, worlds.nearest), (worlds.recursive, worlds.everything)):
        way = PROTOCOLS.Way(protocol(world, offers), Bayesian(world), recall)
        assert_as_planned(way, offers, Choose("What is for dinner?", ("rice", "raw legumes", "boiled legumes")))


def test_one_at_a_time_what_is_bought_is_worth_its_price_beside_what_is_known():
    """Of what is not declined since the last purchase the highest bid is looked at, and bought for its value ex post."""
    for seed in range(3):
        world = PROTOCOLS.priced(worlds.random_world(np.random.default_rng(seed)))
        bids = dict(zip(world.signals, (0.03, 0.02, 0.01)))
        sellers = [one(world, name, bid) for name, bid in bids.items()]
        market = Bazaar(sellers, slots=1, rounds=9, contractor=Bayesian(world))
        for state in PROTOCOLS.states(world):
            result = market.run(Buyer(Forecast("E", 0.5), 1.0), state)
            known, declined = {}, set()
            while left := [name for name in bids if name not in declined and name not in known]:
                told = {left[0]: state[left[0]]}
                if world.ex_post(told, known) > 0:
                    known, declined = known | told, set()
                else:
                    declined |= set(told)
            assert [receipt.teaser for receipt in result.receipts] == list(known)
            np.testing.assert_allclose(result.output, world.posterior(known))


def one(world, name, bid):
    return Informer(name, lambda v: [Offer.of(f"{name}={v.own}", world.prices[name], bid, name, "s")], signal=name)


def test_who_heeds_the_choice_reports_the_best_reply_to_it():
    world = PROTOCOLS.priced(worlds.random_world(np.random.default_rng(5)))
    plan = replied(worlds.one_level(world, PROTOCOLS.OFFERS), 0)
    assert_as_planned(PROTOCOLS.Way(plan, SelectionAware(world)), PROTOCOLS.OFFERS, Forecast("E", 0.5))


def test_what_helped_to_choose_is_forgotten_and_paid_for_again():
    def told(view):
        return [Offer.of("the context", 0.01, 0.01, salt="s")] if view.brief.depth else []

    def verdict(case):
        cases.append((len(case.levels), [receipt.text for receipt in case.known]))
        return frozenset(e.id for e in case.exhibits)

    cases, goods = [], [Informer(n, lambda v, n=n: [] if v.brief.depth else [Offer.of(n, 0.1, 0.01)]) for n in "ab"]
    market = Bazaar(
        [*goods, Informer("c", told)], depth=2, rounds=2, contractor=Contractor(verdict), recall=worlds.nearest
    )
    result = market.run(Buyer(Answer("?"), 1.0, Decider(lambda brief, known: [receipt.text for receipt in known])))
    first, second = result.output
    assert cases == [(2, []), (1, ["the context"]), (2, [first]), (1, [first, "the context"])] and {first, second} == {
        *"ab"
    }
    assert result.spent == 220_000 and "the context" not in repr(result) + result.report()


def test_a_plan_has_no_verdict_where_its_signals_are_not_on_the_table():
    world = PROTOCOLS.priced(worlds.random_world(np.random.default_rng(0)))
    market = Bazaar([one(world, "I1", 0.01)], contractor=Planned(worlds.one_level(world, PROTOCOLS.OFFERS)))
    result = market.run(Buyer(Forecast("E", 0.5), 1.0), {"I1": 1})
    assert result.market.slips[0].reason is Reason.BROKEN and not result.receipts
