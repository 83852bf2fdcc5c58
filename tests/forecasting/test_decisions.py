"""Bets that are called off, decisions that pay for lies, and those that do not."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

import catallax as cx
from catallax.forecasting import (
    ConditionalMarket,
    DecisionMarket,
    EpsGreedy,
    Greedy,
    Softmax,
    TradeLog,
    Trial,
    decision_gain,
    importance_weights,
    marginal_values,
    off_policy_value,
    unweighted,
)

GRID = np.arange(1, 100) / 100
GOOD = np.stack(np.meshgrid(GRID, GRID), -1).reshape(-1, 2)
REPORTS = np.stack([GOOD, 1 - GOOD], -1)
TRUTH = np.array([[0.5, 0.5], [0.6, 0.4]])
PRIOR = np.array([[0.9, 0.1], [0.6, 0.4]])
TWO = ("a", "b"), ("good", "bad")


def best(rule, weighting, truth=TRUTH, prior=PRIOR):
    """The best report of the grid, of several the one nearest to the truth; its gain, and that of the truth."""
    gains = decision_gain(REPORTS, truth, prior, rule, weighting)
    top = REPORTS[gains > gains.max() - 1e-12]
    told = top[np.argmin(np.abs(top - truth).sum((1, 2)))]
    return tuple(told[:, 0].round(2)), gains.max(), float(decision_gain(truth, truth, prior, rule, weighting))


@pytest.mark.parametrize(
    ("rule", "weighting", "report", "gain", "truthful"),
    [
        (Greedy(), unweighted, (0.5, 0.49), 0.511, 0.0),
        (EpsGreedy(0.1), unweighted, (0.51, 0.50), 0.484, 0.026),
        (EpsGreedy(0.1), importance_weights, (0.5, 0.6), 0.511, 0.511),
    ],
)
def test_the_table_of_lies(rule, weighting, report, gain, truthful):
    told, most, honest = best(rule, weighting)
    assert told == report
    assert (round(most, 3), round(honest, 3)) == (gain, truthful)


@pytest.mark.parametrize(
    "rule", [EpsGreedy(0.1), EpsGreedy(0.9), Softmax(0.1, 0.02), Softmax(1.0, 0.3), Trial((0.2, 0.8))]
)
def test_with_full_support_the_truth_is_best(rule):
    rng = np.random.default_rng(0)
    for _ in range(10):
        p = rng.integers(1, 100, (2, 2)) / 100
        truth, prior = np.stack([p, 1 - p], -1)
        told, _, _ = best(rule, importance_weights, truth, prior)
        assert told == tuple(truth[:, 0].round(2))
        np.testing.assert_allclose(rule.chances(truth[:, 0]) @ importance_weights(rule.chances(truth[:, 0])), 2)


@pytest.mark.parametrize("rule", [Greedy(), EpsGreedy(0.0), Trial((1.0, 0.0))])
def test_without_full_support_a_lie_is_as_good_or_better(rule):
    gains = decision_gain(REPORTS, TRUTH, PRIOR, rule, importance_weights)
    honest = decision_gain(TRUTH, TRUTH, PRIOR, rule, importance_weights)
    lies = np.abs(REPORTS - TRUTH).sum((1, 2)) > 0.2
    assert gains[lies].max() >= honest - 1e-12
    with pytest.raises(ValueError, match="full support"):
        DecisionMarket(*TWO, 1.0, rule)


def test_the_house_pays_no_more_than_it_said_and_the_weights_are_fair():
    rng, losses, hits = np.random.default_rng(0), [], []
    for seed in range(150):
        market = DecisionMarket(("a", "b", "c"), ("good", "bad"), 2.0, EpsGreedy(0.15))
        for trader in ("ann", "bob"):
            market.open(trader, 10_000.0)
            for action in market.actions:
                p = rng.choice([1e-6, 0.5, 1 - 1e-6]) if seed % 2 else rng.uniform(0.01, 0.99)
                market.report(trader, {action: (p, 1 - p)})
        action = market.decide(str(seed))
        row = market.actions.index(action)
        hits.append(np.eye(3)[row] * importance_weights(market.chances))
        market.settle(action, market.outcomes[int(np.argmax(market.prices[row]))])
        losses.append(market.house_loss)
        assert market.imbalance == 0 and market.books[cx.forecasting._accounts.CLEARING] == 0
    bound = 2.0 * np.log(2) * 3 / 0.15
    assert market.worst_case_loss == pytest.approx(bound)
    assert 0.9 * bound < max(losses) <= bound
    off = (np.mean(hits, 0) - 1) / (np.std(hits, 0) / np.sqrt(len(hits)))
    assert np.all(np.abs(off) < 4)


def test_a_decision_market_refuses_and_nothing_changes():
    market = DecisionMarket(*TWO, 1.0, EpsGreedy(0.2), commitment=cx.forecasting.commit("dice"))
    market.open("ann", 2.0)
    before = market.prices.copy(), dict(market.books.balances), len(market.log)
    for call, told in (
        (lambda: market.report("ann", {"c": (0.5, 0.5)}), "no action 'c'"),
        (lambda: market.report("ann", {"a": (0.4, 0.7)}), "add up to 1"),
        (lambda: market.report("ann", {"a": (1.0, 0.0)}), "above 0"),
        (lambda: market.report("ann", {"a": (0.2, 0.3, 0.5)}), "expected 2 probabilities"),
        (lambda: market.report("ann", {"a": (0.7, 0.3), "b": (0.99, 0.01)}), "could owe"),
        (lambda: market.report("bob", {"a": (0.7, 0.3)}), "no account"),
        (lambda: market.open("ann", 1.0), "already"),
        (lambda: market.open("clearing", 1.0), "already"),
        (lambda: market.open("eve", -1.0), "cannot begin"),
        (lambda: market.decide("coin"), "committed"),
        (lambda: market.settle("a", "great"), "no outcome 'great'"),
    ):
        with pytest.raises(ValueError, match=told):
            call()
    assert np.all(market.prices == before[0]) and (dict(market.books.balances), len(market.log)) == before[1:]
    market.report("ann", {"a": (0.55, 0.45)})
    done = market.decide("dice")
    with pytest.raises(ValueError, match="the decision has been made"):
        market.report("ann", {"a": (0.5, 0.5)})
    with pytest.raises(ValueError, match="was decided"):
        market.settle(next(action for action in market.actions if action != done), "good")
    market.settle(done, "good")
    with pytest.raises(ValueError, match="was settled"):
        market.settle(done, "good")
    for wrong, told in (
        ({"rule": Softmax(1.0, 0.6)}, "lower it"),
        ({"rule": Trial((0.5, 0.3, 0.2))}, "do not fit"),
        ({"utility": (1.0,)}, "utility of each of 2"),
        ({"utility": (1.0, np.nan)}, "utility must be finite"),
        ({"prior": [[0.5, 0.5]]}, "prior of the shape"),
        ({"prior": 0.5}, "prior of the shape"),
        ({"prior": [[0.5, 0.5], [0.5]]}, "prior should be numbers in rows of the same length"),
        ({"prior": [[0.5, 0.5], [0.5, np.nan]]}, "prior must be finite"),
        ({"prior": [[0.5, 0.5], [1.0, 0.0]]}, "prior should be probabilities above 0"),
        ({"actions": ("a", "a")}, "different actions"),
        ({"liquidity": 0.0}, "liquidity"),
    ):
        with pytest.raises(ValueError, match=told):
            DecisionMarket(**{"actions": TWO[0], "outcomes": TWO[1], "liquidity": 1.0, "rule": EpsGreedy(0.2), **wrong})


def test_the_log_says_what_was_decided_and_happened_and_is_replayed(tmp_path):
    told = {"liquidity": 2.0, "rule": Softmax(0.3, 0.05), "prior": [[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]]}
    names, secret = (("a", ("b", 2)), ("good", "fair", "bad")), "dice"
    opening = {"commitment": cx.forecasting.commit(secret), **told}
    market = DecisionMarket(*names, **opening)
    market.open("ann", 200.0)
    market.report("ann", {("b", 2): (0.1, 0.2, 0.7000001)}, reason="saw the draft")
    market.open("bob", 100.0)
    market.report("bob", {"a": (1 / 3, 1 / 3, 1 / 3), ("b", 2): (0.3, 0.3, 0.4)})
    done = market.decide(secret)
    market.settle(done, "bad")
    decided, settled = market.log[4:6]
    row = market.actions.index(done)
    assert (decided.kind, json.loads(decided.about)) == ("decide", {"secret": secret, "action": row})
    assert (settled.kind, json.loads(settled.about)) == ("settle", {"action": row, "outcome": 2})
    assert repr(done) in decided.reason and "'bad' happened" in settled.reason
    log = TradeLog.load(market.log.save(tmp_path / "log.csv"))
    for end in (len(log), 5, 4, 2):  # also before it was settled, decided, or reported to the last
        again = DecisionMarket.replay(log[:end], *names, **opening)
        assert list(again.log) == log[:end]
    again = DecisionMarket.replay(log, *names, **opening)
    assert again.books.balances == market.books.balances and again.settled == market.settled == (done, "bad")
    assert again.prices.tolist() == market.prices.tolist() and again.decided == done
    other = json.dumps({"secret": secret, "action": 1 - row})
    for forged, wrong, message in (
        ([*log[:4], replace(decided, about=other)], opening, "entry 4 is"),
        ([*log[:4], replace(decided, about=other.replace(secret, "coin"))], opening, "entry 4, .* committed to"),
        ([*log[:4], replace(settled, number=4)], opening, "entry 4, .*call decide"),
        (log[:-1], opening, "cut short"),
        (log, {**opening, "liquidity": 2.5}, "entry 1 is"),
        ([*log[:1], replace(log[1], shares=(9,) * 6)], opening, "entry 1 is"),
    ):
        with pytest.raises(ValueError, match=f"DecisionMarket.replay: .*{message}"):
            DecisionMarket.replay(forged, *names, **wrong)


def test_chances_that_are_no_numbers_are_no_trial():
    with pytest.raises(ValueError, match="add up to 1"):
        Trial((float("nan"), 0.5))


def test_shapes_that_do_not_fit_a_gain_are_told():
    for wrong, told in (
        (((TRUTH, TRUTH, PRIOR[:1]), {}), "axes"),
        (((TRUTH[0], TRUTH, PRIOR), {}), "axes"),
        (((TRUTH, TRUTH, PRIOR), {"utility": (1.0, 0.0, 0.0)}), "utility of each of 2"),
    ):
        with pytest.raises(ValueError, match=told):
            decision_gain(*wrong[0], Greedy(), unweighted, **wrong[1])


def test_accounts_gain_what_the_theory_says():
    """By the chances of actions and outcomes, exactly: a liar, and after it an honest trader."""
    lie = np.array([[0.3, 0.7], [0.8, 0.2]])
    gains = np.zeros(2)
    for d, o in itertools.product(range(2), repeat=2):
        market = DecisionMarket(*TWO, 3.0, EpsGreedy(0.2), prior=PRIOR)
        for trader, report in (("liar", lie), ("honest", TRUTH)):
            market.open(trader, 1_000.0)
            market.report(trader, dict(zip(TWO[0], report.tolist(), strict=True)))
        chance = market.chances[d] * TRUTH[d, o]
        market.settle(TWO[0][d], TWO[1][o])
        gains += chance * (np.array([market.cash("liar"), market.cash("honest")]) - 1_000)
    far = [3 * np.sum(TRUTH * np.log(TRUTH / q)) for q in (PRIOR, lie)]
    np.testing.assert_allclose(gains, [far[0] - far[1], far[1]], atol=1e-5)


def test_called_off_bets():
    prior = np.array([[0.1, 0.2, 0.1], [0.3, 0.2, 0.1]])
    market = ConditionalMarket(("d", "e"), ("x", "y", "z"), 10.0, prior)
    market.accounts.open("ann", 100.0)
    table = market.payoffs("y", "d", to_price=0.7)
    np.testing.assert_allclose(table[0], 10 * np.log([0.3 / 0.5, 0.7 / 0.5, 0.3 / 0.5]), atol=1e-12)
    assert np.all(table[1] == 0)
    conditions, other = market.conditions_prices, market.given("e")
    market.bet("ann", "y", given="d", to_price=0.7)
    np.testing.assert_allclose(market.given("d"), [0.15, 0.7, 0.15], atol=1e-7)
    np.testing.assert_allclose(market.conditions_prices, conditions, atol=1e-7)
    np.testing.assert_allclose(market.given("e"), other, atol=1e-7)
    maker = cx.forecasting.Quadratic(6, 10.0)  # the same bundle moves the condition where the maker is another
    assert abs(maker.quote(shares=table.reshape(-1)).after.reshape(2, 3).sum(1) - 0.5).max() > 1e-3
    market.accounts.open("poor", 0.1)
    before = market.prices
    for call, told in (
        (lambda: market.bet("ann", "w", "d", 0.5), "no outcome 'w'"),
        (lambda: market.bet("ann", "x", "f", 0.5), "no condition 'f'"),
        (lambda: market.bet("ann", "x", "d", 1.0), "below 1"),
        (lambda: market.bet("poor", "x", "d", 0.9), "could leave"),
    ):
        with pytest.raises(ValueError, match=told):
            call()
    assert np.all(market.prices == before)
    market.resolve("d", "y")
    assert market.accounts.profit("ann") == pytest.approx(10 * np.log(0.7 / 0.5), abs=1e-5)
    with pytest.raises(ValueError, match="resolved"):
        market.bet("ann", "x", "d", 0.5)
    with pytest.raises(ValueError, match="impossible"):
        ConditionalMarket(("d", "e"), ("x", "y"), 1.0, [[0.5, 0.5], [0.0, 0.0]])


def test_off_policy_value_of_a_known_bandit():
    means, target = np.array([0.2, 0.5, 0.8]), np.array([0.1, 0.1, 0.8])
    behaviour = Softmax(0.3, 0.05).chances(1 - means)
    rng = np.random.default_rng(0)
    actions = rng.choice(3, 20_000, p=behaviour)
    found = off_policy_value(actions, rng.random(actions.size) < means[actions], behaviour, target)
    assert abs(found.value - target @ means) < 4 * found.error and found.error < 0.05
    counts = np.repeat(np.arange(3), (5, 3, 2))  # every action as often as it should be: exact
    assert off_policy_value(counts, means[counts], [0.5, 0.3, 0.2], target).value == pytest.approx(target @ means)
    rows = np.stack([[0.5, 0.3, 0.2]] * 10)
    assert off_policy_value(counts, means[counts], rows, rows).value == pytest.approx(means[counts].mean())
    for wrong, told in (
        (([0], [1.0], [0.0, 1.0], [1.0, 0.0]), "nothing is known"),
        (([2], [1.0], [0.5, 0.5], [1.0, 0.0]), "actions 0 to 1"),
        (([0.5], [1.0], [0.5, 0.5], [1.0, 0.0]), "whole actions"),
        (([0], [1.0], [0.5, 0.6], [1.0, 0.0]), "add up to 1"),
        (([0], [1.0], [0.5, 0.5], [1.0]), "target should be"),
    ):
        with pytest.raises(ValueError, match=told):
            off_policy_value(*wrong)


def test_fact_checkers_are_paid():
    """The table of specs/forecasting.md 8.2: the first signal misleads, the second corrects it."""
    weights = np.array([[15 / 32, 15 / 32], [1 / 24, 1 / 48]])
    event = np.array([[0.08, 0.08], [0.5, 0.2]])
    joint = np.stack([weights * event, weights * (1 - event)])
    rewards = marginal_values(joint, [(0, 1), (1, 1)], liquidity=10.0)
    np.testing.assert_allclose(rewards, [-0.471, 0.915], atol=5e-4)
    np.testing.assert_allclose(rewards.sum(), 0.444, atol=5e-4)
    both = [(value, other) for value, other in itertools.product(range(2), repeat=2)]
    chance = [joint[:, i, j].sum() for i, j in both]
    gains = [marginal_values(joint, [(0, i), (1, j)]) for i, j in both]
    np.testing.assert_allclose(np.sum(chance * np.sum(gains, 1)), 0.024431, atol=5e-7)  # mutual information of both
    np.testing.assert_allclose(np.dot(chance, gains)[0], 0.021673, atol=5e-7)
    np.testing.assert_allclose(marginal_values(joint, [(0, 1)], paid=[0.1]) + 0.1, 0.3112, atol=5e-5)
    for wrong, told in (
        ((joint * 2, [(0, 1)]), "add up to 1"),
        ((joint, [(2, 0)]), "no value 0 of signal 2"),
        ((joint * np.nan, [(0, 1)]), "joint must be finite"),
        ((joint, [(0, 1)], 0.0), "liquidity"),
        ((joint, [(0, 1), (0, 1)]), "at most once"),
        ((joint, [(0, 1)], 1.0, [1.0, 2.0]), "payments"),
        ((np.array([[0.5, 0.0], [0.5, 0.0]]), [(0, 1)]), "cannot occur"),
    ):
        with pytest.raises(ValueError, match=told):
            marginal_values(*wrong)


def test_what_was_covered_can_be_paid():
    """A chance whose inverse rounds up: ann owes all she has, to the last micro-credit, and the market can still be settled."""
    market = DecisionMarket(*TWO, 1.0, Trial((9 / 20, 11 / 20)))
    least = 9 / 20
    market.open("ann", cash=2.0)
    worst = np.exp(-2.0 * least) / 2
    market.report("ann", {TWO[0][0]: (worst + 1e-9, 1 - worst - 1e-9)})
    market.settle(TWO[0][0], TWO[1][0])
    assert market.cash("ann") < 1e-5
    assert market.imbalance == 0


def test_a_secret_that_was_committed_to_must_be_used():
    market = DecisionMarket(*TWO, 1.0, EpsGreedy(0.2), commitment=cx.forecasting.commit("dice"))
    with pytest.raises(ValueError, match="call decide"):
        market.settle(TWO[0][0], TWO[1][0])
    assert market.settled is None
