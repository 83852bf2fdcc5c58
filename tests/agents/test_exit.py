"""Exit rules: who goes, and where the estate lands."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from societies import Wages, constants, population, rounds

import catallax as cx
from catallax.agents import Bankrupt, Crowded, Idle, PoorerThan
from catallax.core import NOBODY, money


@pytest.mark.parametrize(
    ("rule", "goes"),
    [
        (Bankrupt(), [True, False, False, False]),
        (Bankrupt(0.5), [True, True, False, False]),
        (Idle(20), [False, False, True, True]),
        (Crowded(), [False, False, False, True]),
        (PoorerThan(0.25), [True, False, False, True]),
        (PoorerThan(0.0), [False, False, False, False]),
        (PoorerThan(1.0), [True, True, True, True]),
    ],
)
def test_who_goes(rule, goes):
    seen = population([0.0, 0.5, 0.75, 2.0], idle=[0, 19, 20, 21], endowment=[1.0, 2.0, 1.0, 16.0])
    assert rule.leavers(seen).tolist() == goes
    assert jax.jit(rule.leavers)(seen).tolist() == goes


def test_nobody_makes_room_where_there_is_room():
    seen = population([1.0, 1.0], alive=[True, False], idle=[9, 99])
    assert Crowded().leavers(seen).tolist() == [False, False]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Idle(0), "Idle: ticks must be at least 1, got 0"),
        (lambda: PoorerThan(1.5), r"PoorerThan: share must lie in \[0, 1\], got 1.5"),
        (lambda: PoorerThan(float("nan")), "PoorerThan: share must lie in"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.fixture(scope="module")
def loser():
    """The third bids most and loses 0.5 a tick: a round of four ticks in each of two instances halves it."""
    env = Wages((0.25, 0.125, -0.5))
    cohort = cx.Cohort.stack(constants(0.0, -1.0, 0.25), endowment=4.0)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), exits=(PoorerThan(0.5), Idle(8)), round_ticks=4)
    return rounds(market, env, 2, 3)


def test_the_poor_and_the_idle_leave(loser):
    alive = [state.cohorts[0].alive.tolist() for state in loser]
    # the third had 8 credits and lost 0.75 in each of 8 sales; the second never bids; the first wins when it is gone
    assert alive == [[True] * 3, [True, True, False], [True, False, False], [True, False, False]]
    assert [int(state.lives.wins[2]) for state in loser] == [0, 8, 8, 8]
    assert [int(state.tally.deaths) for state in loser] == [0, 1, 2, 2]
    assert int(loser[-1].tally.bankruptcies) == 0


def test_the_estate_goes_to_the_house(loser):
    before, after = loser[1], loser[2]
    # the second still owned its endowment of 4 credits in each of 2 instances when it was sent away
    assert int(money.exact(before.ledger.agents)[1]) == 8 << 20
    assert int(money.exact(after.ledger.agents)[1]) == 0
    assert int(money.exact(after.ledger.house) - money.exact(before.ledger.house)) == 8 << 20
    assert [state.ledger.imbalance for state in loser] == [0] * 4


def test_worlds_of_the_dead_fall_to_the_house():
    env = cx.envs.Chain(max_steps=None)
    # moves left for ever and owns the world when it is sent away for being poor
    cohort = cx.Cohort.stack(constants(1.0, 0.5), endowment=4.0)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), exits=(PoorerThan(0.9),), discount=0.5, round_ticks=3)
    before, after = rounds(market, env, 1, 1)
    assert after.cohorts[0].alive.tolist() == [False, True]
    assert (int(after.owner[0]), bool(after.pending.valid[0])) == (NOBODY, False)
    assert before.ledger.imbalance == after.ledger.imbalance == 0


def test_when_everybody_left_the_market_says_so():
    cohort = cx.Cohort.stack(constants(0.25, 0.5), endowment=1.0)
    market = cx.DeepMarket(cohort, cx.auctions.FirstPrice(), exits=(Bankrupt(2.0),), round_ticks=2)
    with pytest.raises(cx.markets.MarketError, match=r"no agent is alive \(tick 2\).*pass `entry=`"):
        cx.train(market, Wages((0.0, 0.0)), ticks=8, instances=1, key=jax.random.key(0))


def test_exits_need_one_cohort_without_clones():
    one = cx.Cohort.stack(constants(0.25, 0.5))
    with pytest.raises(ValueError, match=r"need one cohort without clones, got 2 cohorts with clones \[1, 1\]"):
        cx.DeepMarket((one, one), cx.auctions.FirstPrice(), exits=(Bankrupt(),))
    with pytest.raises(ValueError, match=r"got 1 cohorts with clones \[2\]"):
        cx.DeepMarket(cx.Cohort.stack(constants(0.25), clones=2), cx.auctions.FirstPrice(), exits=(Bankrupt(),))


def test_the_living_keep_what_they_have(loser):
    last = loser[-1]
    # 16 sales at 0 credits each, 0.25 earned every time, on top of 8
    assert float(last.ledger.wealth[0]) == 8 + 16 * 0.25
    assert np.asarray(last.ledger.wealth[1:] == 0).all()
