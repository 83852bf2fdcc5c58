"""Newcomers on trial: they are tried on the instance that failed, one at a time, and only who solves it stays."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from errands import KEY, Errand, states
from jaxtyping import Array

import catallax as cx
from catallax.agents import Bankrupt, Constant, Enumeration
from catallax.core import NOBODY
from catallax.markets import DeepMarket, Trials, policy_of


class Applicant(cx.core.AbstractAgent):
    """Bids and acts the same whatever it sees."""

    amount: Array
    action: Array

    def bid(self, key, obs):
        return self.amount

    def act(self, key, obs):
        return self.action


def applicant(amount: float, action: object) -> Applicant:
    return Applicant(jnp.asarray(amount, jnp.float32), jnp.asarray(action, jnp.int32))


class Applicants(cx.agents.AbstractFamily):
    """Member k does action k modulo 2, and takes part with its bid, the same for all."""

    bid: float = 0.4
    first: int = 0

    @property
    def size(self) -> int:
        return 1_000

    def individual(self, number):
        return applicant(self.bid, (number + self.first) % 2)


def market(
    *, attempts=5, living=False, both=False, applicants=None, boards=8, floor=0.7, last=False, ticks=2, **parts
) -> DeepMarket:
    """Two slots, in the first of them an agent that spoils every errand, if it lives."""
    slots = cx.Cohort.stack([applicant(0.5, 0)] * 2).individuals
    agents = cx.Cohort(slots, jnp.asarray([living, both]), 9.0)
    family = Applicants() if applicants is None else applicants  # pyright: ignore
    entry = Enumeration(family, 9.0)
    return DeepMarket(
        agents, cx.auctions.FirstPrice(), entry=entry, replay=Bankrupt(floor), trials=Trials(attempts, boards, last),
        round_ticks=ticks, repayment=None, **parts,
    )  # fmt: skip


def test_one_after_the_other_is_tried_on_the_failed_instance_until_one_solves_it():
    run = states(market(), 5)
    states_ = [state for state, _ in run]
    # an auction without a bid, a trial of member 0, one of member 1, and the next instance
    numbers = [int(state.instance.trial.number) for state in states_]
    assert numbers == [0, 1, 2, 0, 0, 0]
    about = [int(state.obs[0]) for state in states_]
    assert about[0] == about[1] == about[2] and about[3] not in (about[0],) and about[4] != about[3]
    assert [int(s.tally.undone) for s in states_] == [0, 0, 1, 1, 1, 1]
    assert [int(s.tally.births) for s in states_] == [0, 0, 0, 1, 1, 1]
    assert [int(s.tally.episodes.sum()) for s in states_] == [0, 0, 0, 1, 2, 3]
    final = states_[-1]
    assert final.cohorts[0].alive.tolist() == [True, False] and final.cohorts[0].individuals.action.tolist()[0] == 1
    assert int(final.lives.wins[0]) == 6 and int(final.lives.next_identity) == 3
    np.testing.assert_allclose(final.ledger.wealth, [9.0 - 3 * 0.4 + 3 * 1.0, 0.0], rtol=1e-6)
    assert all(state.ledger.imbalance == 0 for state in states_)


def test_an_instance_may_last_for_several_rounds():
    """One tick a round: an errand that is sold takes two rounds, one that nobody buys takes one."""
    run = [state for state, _ in states(market(ticks=1), 7)]
    assert [int(state.instance.trial.number) for state in run] == [0, 1, 1, 2, 2, 0, 0, 0]
    assert [int(state.tally.births) for state in run] == [0, 0, 0, 0, 0, 1, 1, 1]
    about = [int(state.obs[0]) for state in run]
    assert len(set(about[:5])) == 1 and about[5] != about[0]
    np.testing.assert_allclose(run[5].ledger.wealth, [9.0 - 2 * 0.4 + 0.4 + 1.0, 0.0], rtol=1e-6)
    assert all(state.ledger.imbalance == 0 for state in run)


def test_the_world_after_the_trials_is_the_one_that_would_have_come():
    """Nothing that happens in a trial, nor how many there are, moves the world on."""
    quick, slow = (states(market(applicants=Applicants(first=k)), 4) for k in (1, 0))  # pyright: ignore
    then = quick[1][0].instance.trial.then[1]
    assert quick[2][0].obs.tolist() == slow[3][0].obs.tolist() == then.tolist()


def test_who_solves_nothing_or_has_no_part_in_it_is_turned_away_and_the_instance_given_up():
    idle = market(attempts=2, applicants=Applicants(bid=0.1, first=1), living=True)  # pyright: ignore
    run = [state for state, _ in states(idle, 4)]
    assert [int(state.instance.trial.number) for state in run] == [0, 1, 2, 0, 1]
    assert run[3].obs.tolist() == run[1].instance.trial.then[1].tolist() != run[2].obs.tolist()
    assert int(run[3].tally.births) == 0 and run[3].cohorts[0].alive.tolist() == [True, False]
    # what failed stays failed: the seller of the last tick has paid for it
    np.testing.assert_allclose(run[3].ledger.wealth, [8.5, 0.0])
    closed = [state for state, _ in states(market(attempts=0, living=True), 3)]
    assert [int(state.instance.trial.number) for state in closed] == [0] * 4
    assert int(closed[-1].tally.episodes.sum()) == 3 and int(closed[-1].tally.births) == 0


@pytest.mark.long
def test_the_last_one_may_stay_though_it_solved_nothing():
    idle = {"attempts": 2, "applicants": Applicants(bid=0.1, first=1), "living": True, "last": True}  # pyright: ignore
    run = [state for state, _ in states(market(**idle), 4)]
    assert [int(state.instance.trial.number) for state in run] == [0, 1, 2, 0, 0]  # no room for another
    assert run[3].obs.tolist() == run[1].instance.trial.then[1].tolist()
    assert int(run[3].tally.births) == 1 and run[3].cohorts[0].alive.tolist() == [True, True]
    # its trial stands: one more failed episode, and the other has paid for it again
    assert [int(state.tally.episodes.sum()) for state in run[1:]] == [1, 1, 2, 3]
    np.testing.assert_allclose(run[3].ledger.wealth, [8.0, 9.0])
    # not if the market has closed meanwhile, or if nobody came at all
    instance = run[2].instance
    nobody = run[2]._replace(instance=instance._replace(trial=instance.trial._replace(newcomer=jnp.asarray(NOBODY))))
    for shut, before in ((market(**{**idle, "attempts": 0}), run[1]), (market(**idle), nobody)):
        after = jax.jit(lambda s, m=shut: m.round(Errand(), s, KEY, 1)[0])(before)  # pyright: ignore
        assert int(after.tally.births) == 0 and int(after.tally.episodes.sum()) == 1
        assert int(after.instance.trial.number) == 0 and after.cohorts[0].alive.tolist() == [True, False]
    # not if it breaks somebody
    broke = [state for state, _ in states(market(**idle, floor=8.2), 4)]
    assert int(broke[3].tally.births) == 0 and broke[3].cohorts[0].alive.tolist() == [True, False]


def test_who_is_on_trial_has_no_part_in_the_policy_and_a_run_has_its_trace():
    run = [state for state, _ in states(market(), 3)]
    tried, stays = (policy_of(market(), state).sale(KEY, jnp.asarray(7)).winner for state in (run[2], run[3]))
    assert run[2].cohorts[0].alive.tolist() == [True, False] and int(tried) == -1 and int(stays) == 0
    trained = cx.train(market(), Errand(), ticks=40, instances=1, key=KEY, chunks=2)  # pyright: ignore
    assert trained.trace["births"][-1] + trained.trace["births"][0] == 1 and trained.ledger.imbalance == 0
    assert trained.trace["undone"][0] == 1


def test_nobody_stays_whose_trial_breaks_another():
    """The newcomer solves the errand, and meanwhile upkeep breaks the agent that it does not buy from."""
    dear = market(applicants=Applicants(bid=0.6, first=1), living=True, floor=7.5, levies=(cx.levies.Upkeep(0.3),))  # pyright: ignore
    run = [state for state, _ in states(dear, 3)]
    assert [int(state.instance.trial.number) for state in run] == [0, 1, 2, 3]
    assert run[2].cohorts[0].alive.tolist() == [True, True] and int(run[3].tally.births) == 0
    np.testing.assert_allclose(run[2].ledger.wealth, [9.0 - 0.5 - 2 * 0.3, 9.0], rtol=1e-6)
    # with a lower floor the same newcomer stays
    cheap = market(applicants=Applicants(bid=0.6, first=1), living=True, floor=1.0, levies=(cx.levies.Upkeep(0.3),))  # pyright: ignore
    stays = states(cheap, 2)[2][0]
    assert int(stays.instance.trial.number) == 0 and int(stays.tally.births) == 1


def test_nobody_is_tried_where_there_is_no_room():
    full = market(living=True, both=True)
    run = [state for state, _ in states(full, 2)]
    assert [int(state.instance.trial.number) for state in run] == [0, 0, 0] and int(run[-1].tally.episodes.sum()) == 2


class Choosy(cx.core.AbstractAgent):
    """Bids on one errand alone."""

    about: Array

    def bid(self, key, obs):
        return jnp.where(obs == self.about, 0.6, cx.core.ABSTAIN)

    def act(self, key, obs):
        return jnp.ones((), jnp.int32)


class Specialists(Applicants):
    """Member k knows errand k."""

    def individual(self, number):
        return Choosy(number % 1_000)


def test_of_many_newborns_one_comes_that_would_bid_on_a_board_of_the_failed_instance():
    slots = cx.Cohort.stack([Choosy(jnp.asarray(0, jnp.int32))] * 2).individuals
    society = DeepMarket(
        cx.Cohort(slots, jnp.asarray([False, False]), 9.0), cx.auctions.FirstPrice(),
        entry=Enumeration(Specialists(), 9.0, 1_000), replay=Bankrupt(0.7), trials=Trials(3, boards=2), round_ticks=2,  # pyright: ignore
    )  # fmt: skip
    run = [state for state, _ in states(society, 3)]
    assert int(run[1].cohorts[0].individuals.about[0]) == int(run[0].obs[0])
    assert [int(state.tally.births) for state in run] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Trials(attempts=-1), "Trials: attempts must be at least 0, got -1"),
        (lambda: Trials(boards=0), "Trials: boards must be at least 1, got 0"),
        (lambda: DeepMarket(cx.Cohort.stack([Constant(0.1, 0)]), cx.auctions.FirstPrice(), trials=Trials()), "pass `replay="),
        (
            lambda: DeepMarket(
                cx.Cohort.stack([Constant(0.1, 0)]), cx.auctions.FirstPrice(), replay=Bankrupt(0.0), trials=Trials()
            ),
            "and `entry=` too",
        ),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(make, message):
    with pytest.raises(ValueError, match=message):
        make()
