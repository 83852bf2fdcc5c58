"""The decision auction: its identities, its criterion, and its limits."""

import numpy as np
import pytest

from catallax.induction import (
    BRIA,
    LowestIndex,
    PaperAllowance,
    PowerAllowance,
    Promise,
    RandomTie,
    check_coverage,
    check_overestimation,
    constant_auction,
    every_promise,
    hash_uniform,
)

ARMS = ("a", "b")
PROMISES = every_promise(ARMS, levels=5)


def drawn(rounds, means=(0.4, 0.6)):
    return (np.random.default_rng(0).random((rounds, 2)) < means).astype(float)


@pytest.mark.parametrize("tie_break", [LowestIndex(), RandomTie(1)], ids=["lowest", "random"])
def test_the_loop_is_the_agent_to_the_last_digit_and_the_accounts_close(tie_break):
    rewards = drawn(300)
    agent = BRIA(PROMISES, PowerAllowance(2 / 3), tie_break)
    overestimated = 0.0
    for row in rewards:
        choice, estimate = agent.act(ARMS)
        overestimated += estimate - row[ARMS.index(choice)]
        agent.update(row[ARMS.index(choice)])
        assert min(agent.wealth) >= 0 and overestimated <= agent.trajectory.allowance
    ours, theirs = constant_auction(PROMISES, ARMS, rewards, PowerAllowance(2 / 3), tie_break), agent.trajectory
    assert sum(theirs.wealth) == theirs.allowance - np.sum(theirs.estimates - theirs.rewards)
    assert np.array_equal(np.array(ours.options)[ours.choices], np.array(theirs.options)[theirs.choices])
    for name in ("estimates", "rewards", "winners", "promises", "wealth", "allowance"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    record, other = agent.records[3], ours.record(3)
    for mine, its in zip(record, other, strict=True):
        np.testing.assert_array_equal(mine, its)


def test_reward_and_estimate_at_a_hundred_thousand_rounds():
    promises = every_promise(ARMS, levels=20)
    for rewards in (np.tile([0.4, 0.6], (100_000, 1)), drawn(100_000)):
        found = constant_auction(promises, ARMS, rewards)
        error = check_overestimation(found)
        assert found.average_reward()[-1] >= 0.59
        assert error.last <= 0.01 and error.last <= found.allowance / 100_000
        assert all(check_coverage(found.record(place)).covered for place in range(len(promises)))


def test_the_schedule_of_the_source_warns_and_underestimates():
    with pytest.warns(UserWarning, match="exp"):
        allowance = PaperAllowance()
    # the right promises stand 7th and later: they cannot bid for ages
    promises = [Promise("b", level / 20) for level in range(1, 21)]
    found = constant_auction(promises, ("b",), np.full((20_000, 1), 0.6), allowance)
    assert found.average_reward()[-1] > 0.59 and found.estimates[-1] < 0.31 and check_overestimation(found).last < -0.2
    practical = constant_auction(promises, ("b",), np.full((20_000, 1), 0.6))
    assert practical.estimates[-1] > 0.59


def test_the_rich_decide_until_they_are_broke_and_the_late_have_no_say_before():
    promises, rewards = (Promise("a", 1.0), Promise("b", 0.5)), np.tile([0.25, 0.5], (40, 1))
    found = constant_auction(promises, ARMS, rewards, endowment=np.array([3.0, 0.0]), enters=np.array([0, 20]))
    assert not found.choices[:20].any()  # nobody else is there
    rich = constant_auction(promises, ARMS, rewards, endowment=np.array([3.0, 0.0]))
    assert not rich.choices[:3].any() and rich.estimates[0] == 1.0 and rich.choices[20:].mean() > 0.6
    assert rich.allowance == pytest.approx(3.0 + (np.arange(1, 41) ** -0.5).sum())
    for wrong in ({"endowment": np.array([-1.0, 0.0])}, {"enters": np.array([1, 2])}, {"enters": np.array([0])}):
        with pytest.raises(ValueError, match="endowments of at least 0"):
            constant_auction(promises, ARMS, rewards, **wrong)


def test_no_agent_covers_the_hypothesis_that_contradicts_it():
    """Theorem 2: it promises 1 for the other option, is rejected for ever, and is never tested."""
    found = constant_auction(PROMISES, ARMS, drawn(2_000))
    record = found.record_of(1 - found.choices, np.ones(2_000))
    evidence = check_coverage(record)
    assert not record.tests.size and evidence.score == 0 and evidence.rejections > 1_000 and not evidence.covered


def test_lotteries_are_worth_their_mean():
    """Theorem 4: pseudo-random rewards of mean 0.6 beside a sure 0.5."""
    bits = np.array([[hash_uniform(0, n) < 0.6, 0.5] for n in range(20_000)], float)
    found = constant_auction(
        [Promise("lottery", 0.55), Promise("sure", 0.5), Promise("sure", 1.0)], ("lottery", "sure"), bits
    )
    assert np.mean(found.choices[10_000:] == 0) > 0.9 and found.average_reward()[-1] > 0.57


def test_a_sure_option_is_a_floor():
    """Theorem 5: in the prisoner's dilemma defection guarantees 0.2."""
    pay = {"CC": 0.6, "CD": 0.0, "DC": 1.0, "DD": 0.2}
    ours, theirs = (BRIA(every_promise("CD", levels=5, shuffle=seed)) for seed in (0, 1))
    for _ in range(400):
        mine, other = ours.act("CD")[0], theirs.act("CD")[0]
        ours.update(pay[mine + other])
        theirs.update(pay[other + mine])
    for agent in (ours, theirs):
        assert agent.trajectory.rewards[200:].mean() >= 0.2


@pytest.mark.parametrize("predicted", ["this choice", "past choices"])
def test_a_predictor_of_the_agent_itself(predicted):
    """Newcomb's problem, scaled: 0.8 if one box was predicted, and 0.2 more for taking two. What counts is what a choice brings with it: against a
    predictor of this choice, right nine times of ten, the agent takes one box; where the 0.8 follow from how often it did so far, two boxes always
    bring more, and it ends near 0.2."""
    agent, ones = BRIA(every_promise(("one", "two"), levels=5)), 0
    for time in range(1_000):
        choice, _ = agent.act(("one", "two"))
        foreseen = (choice == "one") == (hash_uniform(0, time) < 0.9)
        share = foreseen if predicted == "this choice" else (ones + 1) / (time + 2)
        agent.update(0.8 * share + 0.2 * (choice == "two"))
        ones += choice == "one"
    last = agent.trajectory
    took_one = np.mean([past.choice == "one" for past in agent.history[500:]])
    if predicted == "this choice":
        assert took_one > 0.95 and last.rewards[500:].mean() > 0.67
    else:
        assert took_one < 0.1 and last.rewards[500:].mean() < 0.35
    assert check_overestimation(last).last <= last.allowance / 1_000


class Greedy(PowerAllowance):
    """It takes instead of giving."""

    def rate(self, rounds):
        return -super().rate(rounds)


def test_refusals_change_nothing():
    agent = BRIA(
        [
            Promise("a", 0.5),
            lambda situation: ("nowhere" if situation.time == 2 else "b", 1.5 if situation.time == 3 else 0.5),
        ]
    )
    with pytest.raises(ValueError, match="call act first"):
        agent.update(0.5)
    agent.act(ARMS)
    for reward in (1.5, -0.1, float("nan")):
        with pytest.raises(ValueError, match=r"in \[0, 1\]"):
            agent.update(reward)
    with pytest.raises(ValueError, match="still to come"):
        agent.act(ARMS)
    agent.allowance, kept = Greedy(), agent.allowance
    with pytest.raises(ValueError, match="Greedy gives"):
        agent.update(0.5)
    assert agent.wealth == (0.0, 0.0)
    agent.allowance = kept
    agent.update(0.5)
    wealth = agent.wealth
    for menu, told in ((ARMS, "hypothesis 1 recommends 'nowhere'"), ((), "menu is empty")):
        with pytest.raises(ValueError, match=told):
            agent.act(menu)
    assert agent.wealth == wealth and len(agent.history) == 1
    for wrong in (np.full((4, 2), 1.2), np.ones((4, 3)), np.ones((0, 2))):
        with pytest.raises(ValueError, match="constant_auction"):
            constant_auction(PROMISES, ARMS, wrong)
    with pytest.raises(ValueError, match="nobody promises anything for the options"):
        BRIA([Promise("a", 0.5), Promise("b", 0.5)]).act("XY")
    for make in (
        lambda: BRIA([]),
        lambda: PowerAllowance(1.0),
        lambda: PowerAllowance(0.2),
        lambda: PowerAllowance(weights=[0.0]),
    ):
        with pytest.raises(ValueError, match=r"BRIA|PowerAllowance"):
            make()
