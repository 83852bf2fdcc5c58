"""The seven properties of weighted-score wagering, by random search."""

import numpy as np
import pytest
from experiment_parts import part

from catallax.forecasting import mean_score, median_score, quadratic_score, repeated_wagers, wager

golden = part("_golden")


@pytest.fixture(scope="module")
def draws():
    rng = np.random.default_rng(0)
    return [golden.stakes(rng) for _ in range(40)]


@pytest.mark.parametrize("name", golden.WAGERING)
def test_it_is(name, draws):
    assert max(golden.WAGERING[name](*stakes) for stakes in draws) < 1e-12


def test_nobody_loses_its_wager_or_more_than_doubles_it(draws):
    for reports, wagers, happened in draws:
        payouts = wager(reports, wagers, happened)
        assert np.all((payouts >= 0) & (payouts <= 2 * wagers + 1e-12))


def test_scores_of_numbers_ask_for_median_and_mean():
    happened = np.array([0.0, 1.0, 5.0])
    for score, best in ((median_score(0.0, 10.0), 1.0), (mean_score(0.0, 10.0), 2.0)):
        values = [np.mean(np.asarray(score(report, happened))) for report in np.linspace(0, 6, 61)]
        assert np.linspace(0, 6, 61)[int(np.argmax(values))] == pytest.approx(best)
    assert quadratic_score(np.array([1.0]), 1.0)[0] == 1.0


def test_wealth_locks_in_where_regimes_recur_and_a_tax_undoes_it():
    """Three who each know one of three regimes of 100 rounds: without a tax two are ruined, and the pool ends up worse than their plain mean."""
    beliefs, rounds = np.array([0.1, 0.5, 0.9]), 3_000
    truth = beliefs[np.arange(rounds) // 100 % 3]
    happened = (np.random.default_rng(0).random(rounds) < truth).astype(float)
    reports = np.broadcast_to(beliefs, (rounds, 3))
    paths = {tax: repeated_wagers(reports, happened, tax=tax) for tax in (0.0, 0.03)}
    plain = ((beliefs.mean() - truth) ** 2).mean()
    locked, taxed = (((paths[tax][:-1] @ beliefs - truth) ** 2).mean() for tax in (0.0, 0.03))
    assert taxed < 0.035 < 0.1 < plain < locked
    assert np.sort(paths[0.0][-1])[1] < 1e-12 and np.all(paths[0.03] >= 0.03 / 3)
    np.testing.assert_allclose(paths[0.03].sum(1), 1, atol=1e-12)
    # it also feeds whoever is always wrong
    wrong = np.stack([truth, 1 - happened], 1)
    starved, fed = (repeated_wagers(wrong, happened, tax=tax)[-1, 1] for tax in (0.0, 0.03))
    assert starved < 1e-12 and fed > 0.015
    # one round is the mechanism itself
    once = 0.5 / 3 + wager(reports[0], np.full(3, 0.5 / 3), happened[0])
    np.testing.assert_allclose(repeated_wagers(reports[:1], happened[:1], fraction=0.5)[1], once, atol=1e-15)


def test_between_the_others_mean_scores_nobody_loses():
    """The arbitrage of Chen et al. (2014): a report whose score beats the others' mean whatever happens."""
    others, wagers = np.array([0.2, 0.9]), np.array([1.0, 3.0, 2.0])
    bounds = [wagers[1:] @ quadratic_score(others, happened) / wagers[1:].sum() for happened in (0.0, 1.0)]
    low, high = 1 - np.sqrt(1 - bounds[1]), np.sqrt(1 - bounds[0])
    assert low < high
    for report in np.linspace(low, high, 5)[1:-1]:
        assert all(wager(np.array([report, *others]), wagers, happened)[0] > wagers[0] for happened in (0.0, 1.0))


def test_nothing_wagered_moves_nothing_and_whole_numbers_are_reports():
    reports, happened = np.array([[1, 0]] * 2), np.array([1, 0])
    assert (repeated_wagers(reports, happened, fraction=0.0) == 0.5).all()
    np.testing.assert_array_equal(repeated_wagers(reports, happened), repeated_wagers(reports * 1.0, happened * 1.0))


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (lambda: wager(np.array([0.5, 0.5]), np.array([1.0, -1.0]), 1.0), "at least 0"),
        (lambda: wager(np.array([0.5, 0.5]), np.array([0.0, 0.0]), 1.0), "not all of them 0"),
        (lambda: wager(np.array([2.5, 0.5]), np.array([1.0, 1.0]), 1.0), r"lie in \[0, 1\]"),
        (lambda: median_score(1.0, 1.0), "low < high"),
        (lambda: repeated_wagers(np.ones((2, 2)), np.ones(2), tax=1.5), r"tax is one number .* in \[0, 1\]"),
        (lambda: repeated_wagers(np.ones((2, 0)), np.ones(2)), "at least one"),
        (lambda: repeated_wagers(np.ones((2, 2)), np.ones(3)), "got the shapes"),
        (lambda: repeated_wagers(np.full((2, 2), 3.0), np.ones(2)), r"scores must lie in \[0, 1\]"),
    ],
)
def test_wrong_wagers_are_refused(act, told):
    with pytest.raises(ValueError, match=told):
        act()
