"""Instances that are played again: what somebody went broke in has never been, but for its death."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from errands import KEY, Errand, states

import catallax as cx
from catallax.markets import DeepMarket

SPOILER, WORKER = cx.agents.Constant(0.5, 0), cx.agents.Constant(0.4, 1)
BROKE = cx.agents.Bankrupt(0.7)


def market(*agents, replay=BROKE, **parts) -> DeepMarket:
    return DeepMarket(cx.Cohort.stack(list(agents), endowment=1.0), cx.auctions.FirstPrice(), replay=replay, **parts)


@pytest.mark.parametrize("round_ticks", [1, 5])
def test_an_instance_that_broke_somebody_is_undone_and_played_again_without_it(round_ticks):
    spans = -(-2 // round_ticks)
    run = states(market(SPOILER, WORKER, round_ticks=round_ticks), 3 * spans)
    start, undone, (done, _) = run[0][0], run[spans][0], run[2 * spans]
    assert undone.cohorts[0].alive.tolist() == [False, True]
    np.testing.assert_array_equal(undone.ledger.wealth, [0.0, 1.0])
    assert undone.obs.tolist() == start.obs.tolist() and undone.world[0].tolist() == start.world[0].tolist()
    tally = undone.tally
    assert (int(tally.undone), int(tally.bankruptcies), int(tally.deaths)) == (1, 1, 1)
    assert int(tally.sales.sum()) == int(tally.episodes.sum()) == 0
    np.testing.assert_allclose(done.ledger.wealth, [0.0, 1.0 - 0.4 + 1.0], rtol=1e-6)
    assert (int(done.tally.sales.sum()), int(done.tally.episodes.sum()), int(done.tally.undone)) == (2, 1, 1)
    assert run[-1][0].obs.tolist() != start.obs.tolist()
    assert all(state.ledger.imbalance == 0 for state, _ in run)


def test_who_loses_little_is_not_on_trial_and_an_instance_begins_with_a_round():
    run = states(market(SPOILER, WORKER, replay=cx.agents.Bankrupt(0.2), round_ticks=5), 2)
    assert run[1][0].tick == 2 and run[1][0].ledger.wealth.tolist() == [0.5, 1.0]
    winners = np.asarray(run[1][1].winner)[:, 0]
    assert winners.tolist() == [0, 0, -1, -1, -1]
    assert run[1][0].tally.undone == 0 and run[1][0].tally.episodes.tolist() == [1]


def test_nobody_is_born_while_an_instance_is_under_way_or_undone():
    newborn = cx.agents.Strangers(lambda key: SPOILER, 1.0)
    slots = cx.Cohort(cx.Cohort.stack([SPOILER, WORKER, SPOILER]).individuals, jnp.asarray([True, True, False]), 1.0)
    ever = DeepMarket(slots, cx.auctions.FirstPrice(), replay=BROKE, entry=newborn, round_ticks=1)
    births = [int(state.tally.births) for state, _ in states(ever, 4)]
    assert births == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: market(WORKER, earn_out=0.5), "replay undoes whole instances"),
        (lambda: DeepMarket([cx.Cohort.stack([WORKER])] * 2, cx.auctions.FirstPrice(), replay=BROKE), "one cohort"),
        (lambda: market(WORKER).init(Errand(), 2, KEY), "got 2 that share their agents' wealth"),  # pyright: ignore
    ],
)
def test_errors_say_what_to_do(make, message):
    with pytest.raises(ValueError, match=message):
        make()
